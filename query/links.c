#include "links.h"

#include "buf.h"
#include "htmltok.h"

static void add(struct buf *out, struct str target)
{
	while (target.n > 0) {
		ptrdiff_t at = str_find(target, STR("&amp;"));
		buf_str(out, str_cut(target, 0, at < 0 ? target.n : (size_t)at + 1));
		target = str_cut(target, at < 0 ? target.n : (size_t)at + 5, target.n);
	}
	buf_chr(out, '\n');
}

static bool leads(struct str name)
{
	return str_ieq(name, STR("href")) || str_ieq(name, STR("src")) ||
	       str_ieq(name, STR("action"));
}

struct str links_text(struct arena *a, struct str html)
{
	struct htmltok_reader r = {.s = html};
	struct htmltok t;
	struct buf b;
	buf_init(&b, 2 * html.n + 1);
	while (htmltok_next(&r, &t)) {
		struct str name, value;
		while (t.kind == HTMLTOK_OPEN && htmltok_attr(&t.attrs, &name, &value))
			if (leads(name))
				add(&b, value);
	}
	struct str s = arena_str(a, buf_all(&b));
	buf_free(&b);
	return s;
}
