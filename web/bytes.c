#include "bytes.h"

#include "frame.h"
#include "listing.h"
#include "params.h"
#include "present.h"
#include "range.h"

/* ---- what all have in common ---- */

static const char *const none[] = {NULL};

/* Names the entity. Is it what the asker has? Then that is the answer. The kind counts up when
 * what is made of a message changes. */
static bool known(struct call *c, const struct archive_msg *m, const char *kind,
		  struct http_response *resp, struct str *etag)
{
	char id[HASH_HEX + 1];
	hash_hex(m->hash, HASH_BYTES, id);
	*etag = arena_fmt(c->arena, "\"%s%s\"", id, kind);
	http_header(resp, "ETag", etag->p);
	resp->cache = "private, no-cache";
	if (!range_known(c->req, *etag))
		return false;
	resp->status = 304;
	return true;
}

static json_t *named(const struct archive_msg *m)
{
	char id[HASH_HEX + 1];
	hash_hex(m->hash, HASH_BYTES, id);
	return json_pack("{s:s}", "id", id);
}

static int take_apart(struct call *c, struct query_message *m, struct err *err)
{
	int r = params_only(c, none, err);
	return r < 0 ? r : call_message(c, m, c->args[0], err);
}

/* ---- the message ---- */

int bytes_whole(struct archive *ar, const struct archive_msg *m, struct http_response *resp,
		struct err *err)
{
	if (m->size <= HTTP_SPILL)
		return archive_read(ar, m, HTTP_SPILL, &resp->body, err);
	int fd = http_temp(err);
	if (fd < 0)
		return -1;
	resp->fd = fd;
	resp->fd_size = m->size;
	return archive_copy_out(ar, m, fd, err) < 0 ? -1 : 1;
}

int bytes_raw(struct call *c, struct http_response *resp, struct err *err)
{
	struct archive_msg m;
	struct qdb *db;
	struct str etag;
	char id[HASH_HEX + 1];
	int r = params_only(c, none, err) < 0 ? -1 : call_find(c, &m, c->args[0], err);
	if (r <= 0 || known(c, &m, "", resp, &etag))
		return r;
	hash_hex(m.hash, HASH_BYTES, id);
	resp->type = "message/rfc822";
	http_header(resp, "Content-Disposition",
		    arena_fmt(c->arena, "attachment; filename=\"%.12s.eml\"", id).p);
	if (call_db(c, &db, err) < 0)
		return -1;
	r = bytes_whole(query_db_archive(db), &m, resp, err);
	if (r > 0)
		range_apply(c->req, etag, resp);
	return r;
}

int bytes_text(struct call *c, struct http_response *resp, struct err *err)
{
	struct query_message m;
	struct str etag;
	int r = take_apart(c, &m, err);
	if (r <= 0 || known(c, &m.msg, "-text2", resp, &etag))
		return r;
	struct html_seen seen = query_reading(&c->heavy, &m);
	resp->type = "text/plain; charset=utf-8";
	buf_str(&resp->body, present_utf8(&c->heavy, html_marked(&c->heavy, &seen)));
	return 1;
}

int bytes_headers(struct call *c, struct http_response *resp, struct err *err)
{
	struct query_message m;
	struct str etag;
	int r = take_apart(c, &m, err);
	if (r <= 0 || known(c, &m.msg, "-headers1", resp, &etag))
		return r;
	json_t *o = named(&m.msg);
	json_object_set_new(o, "headers", m.mail.n_parts
						  ? shape_headers(&c->heavy, &m.mail.parts[0])
						  : json_array());
	frame_json(resp, o);
	return 1;
}

/* What comes of attachments may change with the index. */
static const char *of_index(struct call *c, const char *kind)
{
	struct qdb *db;
	struct err ignored;
	struct str g = call_db(c, &db, &ignored) > 0 ? query_db_generation(db) : STR("");
	return arena_fmt(c->arena, "%s-%.*s", kind, STR_ARG(g)).p;
}

int bytes_parts(struct call *c, struct http_response *resp, struct err *err)
{
	struct query_message m;
	struct str etag;
	int r = take_apart(c, &m, err);
	if (r <= 0 || known(c, &m.msg, of_index(c, "-parts2"), resp, &etag))
		return r;
	json_t *o = named(&m.msg);
	json_object_set_new(o, "parts", shape_parts(&c->heavy, &m));
	json_object_set_new(o, "cut", json_boolean(m.raw.n < m.msg.size));
	frame_json(resp, o);
	return 1;
}

int bytes_copies(struct call *c, struct http_response *resp, struct err *err)
{
	struct query_message m;
	int r = take_apart(c, &m, err);
	if (r <= 0)
		return r;
	json_t *list = shape_copies(&c->heavy, &c->boxes, m.copies, m.n_copies, err);
	if (list == NULL)
		return -1;
	json_t *o = named(&m.msg);
	json_object_set_new(o, "copies", list);
	struct listing_sums sums = {m.n_copies, "exact", STR("")};
	return frame_answer(resp, o, listing_close(c, o, &sums, err));
}

/* ---- parts ---- */

static const struct {
	const char *type;
	struct str magic;
	size_t at;
} pictures[] = {
	{"image/png", {"\x89PNG\r\n\x1a\n", 8}, 0}, {"image/jpeg", {"\xff\xd8\xff", 3}, 0},
	{"image/gif", {"GIF8", 4}, 0}, {"image/webp", {"WEBP", 4}, 8},
};

/* Is it a picture of pixels, and do its first bytes say so? */
static bool is_picture(struct str type, struct str bytes)
{
	for (size_t i = 0; i < sizeof pictures / sizeof *pictures; i++) {
		size_t at = pictures[i].at;
		if (str_eq(type, str_of(pictures[i].type)))
			return str_eq(str_cut(bytes, at, at + pictures[i].magic.n),
				      pictures[i].magic);
	}
	return false;
}

static bool is_charset(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		if (!((c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') ||
		      c == '-' || c == '_'))
			return false;
	}
	return s.n > 0 && s.n <= 40;
}

/* What the part is sent as: a constant, or in the arena. */
static const char *type_of(struct arena *a, const struct mail_part *p, struct str bytes)
{
	for (size_t i = 0; i < sizeof pictures / sizeof *pictures; i++)
		if (str_eq(p->type, str_of(pictures[i].type)))
			return is_picture(p->type, bytes) ? pictures[i].type
							     : "application/octet-stream";
	if (str_eq(p->type, STR("application/pdf")))
		return "application/pdf";
	if (!str_eq(p->type, STR("text/plain")))
		return "application/octet-stream";
	if (str_utf8(bytes))
		return "text/plain; charset=utf-8";
	if (is_charset(p->charset))
		return arena_fmt(a, "text/plain; charset=%.*s", STR_ARG(p->charset)).p;
	return "text/plain";
}

/* A name that no system takes for a path, and that no control character is in. */
static struct str tame(struct arena *a, struct str name)
{
	char *p = (char *)arena_str(a, present_utf8(a, name)).p;
	for (char *at = p; *at; at++)
		if ((unsigned char)*at < 0x20 || *at == 0x7F || *at == '/' || *at == '\\')
			*at = '_';
	struct str s = str_of(p);
	size_t n = s.n < 200 ? s.n : 200;
	while (n < s.n && n > 0 && (s.p[n] & 0xC0) == 0x80)
		n--;
	return str_cut(s, 0, n);
}

static void disposition(struct call *c, const struct mail_part *p, bool in_page,
			struct http_response *resp)
{
	struct str name = tame(c->arena, p->filename.n ? p->filename : STR("part.bin"));
	struct buf b;
	buf_init(&b, 8192);
	buf_fmt(&b, "%s; filename*=UTF-8''", in_page ? "inline" : "attachment");
	url_escape(&b, name);
	http_header(resp, "Content-Disposition", arena_str(c->arena, buf_all(&b)).p);
	buf_free(&b);
}

static const struct mail_part *find_part(const struct mail *m, struct str number)
{
	for (size_t i = 1; i < m->n_parts; i++)
		if (str_eq(m->parts[i].number, number))
			return &m->parts[i];
	return m->n_parts == 1 && str_eq(number, STR("1")) ? &m->parts[0] : NULL;
}

static int wants_inline(const struct call *c, bool *out, struct err *err)
{
	static const char *const names[] = {"inline", NULL};
	if (params_flag(c, "inline", out, err) < 0)
		return -1;
	return params_only(c, names, err);
}

int bytes_part(struct call *c, struct http_response *resp, struct err *err)
{
	struct query_message m;
	struct str etag;
	bool in_page;
	int r = wants_inline(c, &in_page, err) < 0 ? -1 : call_message(c, &m, c->args[0], err);
	if (r <= 0)
		return r;
	const struct mail_part *p = find_part(&m.mail, c->args[1]);
	if (p == NULL)
		return 0;
	if (m.raw.n < m.msg.size)
		return err_set(err, ERR_INPUT, "the message is too large to be taken apart here;"
			       " take it whole from /raw");
	if (known(c, &m.msg, arena_fmt(c->arena, "-part1-%.*s", STR_ARG(p->number)).p, resp, &etag))
		return 1;
	struct str bytes = mail_part_bytes(&c->heavy, p);
	resp->type = type_of(c->arena, p, bytes);
	disposition(c, p, in_page && is_picture(p->type, bytes), resp);
	buf_str(&resp->body, bytes);
	range_apply(c->req, etag, resp);
	return 1;
}

int bytes_part_text(struct call *c, struct http_response *resp, struct err *err)
{
	struct query_message m;
	struct str etag;
	size_t at = 0;
	int r = take_apart(c, &m, err);
	const struct mail_part *p = r > 0 ? find_part(&m.mail, c->args[1]) : NULL;
	if (p == NULL)
		return r < 0 ? -1 : 0;
	const struct record_part *found = NULL;
	for (const struct mail_part *q = m.mail.parts; q <= p; q++)
		found = record_beside(&m.record, q, &at);
	if (known(c, &m.msg, of_index(c, arena_fmt(c->arena, "-inside1-%.*s",
						   STR_ARG(p->number)).p), resp, &etag))
		return 1;
	resp->type = "text/plain; charset=utf-8";
	if (found != NULL)
		http_header(resp, "Sheaf-Outcome", record_outcome_name(found->outcome));
	buf_str(&resp->body, present_utf8(&c->heavy, p->searched ? p->text
						     : found ? found->inside : STR("")));
	return 1;
}
