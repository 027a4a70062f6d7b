#include "style.h"

/* Made by the linker from the files' names. */
extern const char _binary_style_css_start[], _binary_style_css_end[];
extern const char _binary_sheaf_js_start[], _binary_sheaf_js_end[];
extern const char _binary_icon_svg_start[], _binary_icon_svg_end[];

static int send(struct http_response *resp, const char *type, const char *start, const char *end)
{
	resp->type = type;
	resp->cache = "private, max-age=300";
	buf_add(&resp->body, start, (size_t)(end - start));
	return 1;
}

int style_css(struct call *c, struct http_response *resp, struct err *err)
{
	(void)c;
	(void)err;
	return send(resp, "text/css; charset=utf-8", _binary_style_css_start,
		    _binary_style_css_end);
}

int style_script(struct call *c, struct http_response *resp, struct err *err)
{
	(void)c;
	(void)err;
	return send(resp, "text/javascript; charset=utf-8", _binary_sheaf_js_start,
		    _binary_sheaf_js_end);
}

int style_icon(struct call *c, struct http_response *resp, struct err *err)
{
	(void)c;
	(void)err;
	return send(resp, "image/svg+xml", _binary_icon_svg_start, _binary_icon_svg_end);
}
