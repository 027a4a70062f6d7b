#define _GNU_SOURCE
#include "byid.h"

#include "log.h"
#include "markup.h"

enum { LONGEST = 2000, MOST_MS = 10000 };

/* HEADER MESSAGE-ID "<id>", with quotes and backslashes escaped. "": no query can ask for it. */
static struct str query_for(struct arena *a, struct str id)
{
	struct buf b;
	if (id.n == 0 || id.n > LONGEST)
		return STR("");
	buf_init(&b, 2 * LONGEST + 64);
	buf_str(&b, STR("HEADER MESSAGE-ID \"<"));
	for (size_t i = 0; i < id.n; i++) {
		if ((unsigned char)id.p[i] < ' ') {
			buf_free(&b);
			return STR("");
		}
		if (id.p[i] == '"' || id.p[i] == '\\')
			buf_chr(&b, '\\');
		buf_chr(&b, id.p[i]);
	}
	buf_str(&b, STR(">\""));
	struct str q = arena_str(a, buf_all(&b));
	buf_free(&b);
	return q;
}

/* How many messages have it, up to two; the first one's id. -1: failed. */
static int look(struct call *c, struct str text, char *first, struct err *err)
{
	struct query_options o = {.dialect = QUERY_IMAP, .bare = true,
				  .deadline_ms = log_now_ms() + MOST_MS};
	struct query *q = NULL;
	struct query_hit h;
	struct qdb *db;
	int n = 0, r = 1;
	o.rights = call_rights(c);
	if (call_db(c, &db, err) < 0 || query_open(&q, db, c->arena, text, &o, err) < 0)
		return -1;
	while (n < 2 && (r = query_next(q, c->arena, &h, err)) == 1)
		if (n++ == 0)
			hash_hex(h.msg.hash, HASH_BYTES, first);
	query_close(&q);
	return r < 0 ? -1 : n;
}

int byid_page(struct call *c, struct http_response *resp, struct err *err)
{
	char id[HASH_HEX + 1];
	struct str text = query_for(c->arena, c->args[0]);
	struct buf b;
	struct markup m = {&b, c->arena};
	if (text.n == 0)
		return 0;
	int n = look(c, text, id, err);
	if (n <= 0)
		return n;
	buf_init(&b, 64 << 10);
	if (n == 1) {
		MARKUP(&m, "/message/");
		markup_url(&m, str_of(id));
	} else {
		MARKUP(&m, "/?dialect=imap&q=");
		markup_url(&m, text);
	}
	resp->status = 302;
	http_header(resp, "Location", arena_str(c->arena, buf_all(&b)).p);
	buf_free(&b);
	return 1;
}
