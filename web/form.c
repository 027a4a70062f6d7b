#include "form.h"

#include "nonce.h"

static char key[NONCE_HEX + 1];

int form_begin(struct err *err)
{
	return nonce_make(key, err);
}

struct str form_secret(struct arena *a, const char *purpose, struct str text)
{
	unsigned char hash[HASH_BYTES];
	char hex[HASH_HEX + 1];
	hash_of(arena_fmt(a, "%s %s %.*s", purpose, key, STR_ARG(text)), hash);
	hash_hex(hash, HASH_BYTES, hex);
	return arena_str(a, str_of(hex));
}

int form_read(const struct http_request *req, struct url *out)
{
	struct err unused = {0};
	*out = (struct url){0};
	if (!str_istarts(req->content_type, STR("application/x-www-form-urlencoded")))
		return 0;
	struct str target = arena_fmt(req->arena, "/?%.*s", STR_ARG(req->body));
	return url_parse(req->arena, target, out, &unused) > 0;
}

void form_field(struct markup *m, const char *name, struct str value)
{
	if (value.n == 0)
		return;
	MARKUP(m, "<input type=\"hidden\" name=\"");
	markup_text(m, str_of(name));
	MARKUP(m, "\" value=\"");
	markup_text(m, value);
	MARKUP(m, "\">");
}

void form_hidden(struct markup *m, struct str csrf)
{
	form_field(m, "csrf", csrf);
}
