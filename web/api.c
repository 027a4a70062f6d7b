#define _GNU_SOURCE
#include "api.h"

#include <fcntl.h>
#include <jansson.h>
#include <stdlib.h>
#include <unistd.h>

#include "ask.h"
#include "frame.h"
#include "present.h"

/* The bytes as a JSON string that is always valid. */
static json_t *text(struct arena *a, struct str s)
{
	s = present_utf8(a, s);
	return json_stringn_nocheck(s.n ? s.p : "", s.n);
}

/* A time, or null. */
static json_t *when(struct arena *a, bool known, int64_t epoch, int zone)
{
	struct str s = known ? present_time(a, epoch, zone) : STR("");
	return s.n ? text(a, s) : json_null();
}

static json_t *addresses(struct arena *a, const struct mail_address *list, size_t n)
{
	json_t *out = json_array();
	for (size_t i = 0; i < n; i++)
		json_array_append_new(out, json_pack("{s:o,s:o}", "name", text(a, list[i].name),
						     "email", text(a, list[i].email)));
	return out;
}

static json_t *flags(struct arena *a, const struct archive_copy *c)
{
	const struct str *names;
	json_t *out = json_array();
	size_t n = present_flags(a, c, &names);
	for (size_t i = 0; i < n; i++)
		json_array_append_new(out, text(a, names[i]));
	return out;
}

static json_t *copy(struct call *c, const struct archive_copy *copy, const struct archive_epoch *e)
{
	struct arena *a = c->arena;
	json_t *o = json_object();
	json_object_set_new(o, "account", text(a, e->account));
	json_object_set_new(o, "mailbox", text(a, e->mailbox));
	json_object_set_new(o, "uidvalidity", json_integer(e->uidvalidity));
	json_object_set_new(o, "uid", json_integer(copy->uid));
	json_object_set_new(o, "internaldate", when(a, true, copy->internaldate, copy->zone));
	json_object_set_new(o, "flags", flags(a, copy));
	json_object_set_new(o, "vanished", when(a, copy->vanished != 0, copy->vanished, 0));
	return o;
}

/* The array of copies, or NULL with *err. */
static json_t *copies(struct call *c, const struct archive_copy *list, size_t n, struct err *err)
{
	json_t *out = json_array();
	for (size_t i = 0; i < n; i++) {
		const struct archive_epoch *e;
		int r = call_epoch(c, list[i].epoch, &e, err);
		if (r == 0)
			err_set(err, ERR_BROKEN, "copy in an unknown mailbox");
		if (r <= 0) {
			json_decref(out);
			return NULL;
		}
		json_array_append_new(out, copy(c, &list[i], e));
	}
	return out;
}

/* What search results and messages have in common, without copies. */
static json_t *summary(struct arena *a, const struct archive_msg *m, const struct record *r)
{
	char id[HASH_HEX + 1];
	json_t *o = json_object();
	hash_hex(m->hash, HASH_BYTES, id);
	json_object_set_new(o, "id", json_string(id));
	json_object_set_new(o, "number", json_integer((json_int_t)m->number));
	json_object_set_new(o, "date", when(a, r->date.usable, r->date.epoch, r->date.zone));
	json_object_set_new(o, "from", addresses(a, r->from, r->n_from));
	json_object_set_new(o, "to", addresses(a, r->to, r->n_to));
	json_object_set_new(o, "cc", addresses(a, r->cc, r->n_cc));
	json_object_set_new(o, "subject", text(a, r->subject));
	json_object_set_new(o, "size", json_integer((json_int_t)m->size));
	return o;
}

/* ---- search ---- */

static int hits(struct ask *k, json_t *out, struct err *err)
{
	struct query_hit h;
	int r;
	while ((r = ask_next(k, &h, err)) > 0) {
		json_t *o = summary(&k->hit, &h.msg, &h.record);
		json_array_append_new(out, o);
		json_object_set_new(o, "snippet", text(&k->hit, h.snippet));
		json_t *list = copies(k->call, h.copies, h.n_copies, err);
		if (list == NULL)
			return -1;
		json_object_set_new(o, "copies", list);
	}
	return r;
}

static json_t *warnings(struct ask *k)
{
	const struct query_warning *w;
	json_t *out = json_array();
	size_t n = query_warnings(k->query, &w);
	for (size_t i = 0; i < n; i++)
		json_array_append_new(out, json_pack("{s:i,s:o}", "column", w[i].column, "text",
						     text(k->call->arena, w[i].text)));
	return out;
}

static int search(struct ask *k, json_t *o, struct err *err)
{
	struct arena *a = k->call->arena;
	struct ask_summary s;
	if (ask_begin(k, err) < 0)
		return -1;
	const char *dialect = k->options.dialect == QUERY_IMAP ? "imap" : "box";
	json_object_set_new(o, "query", json_pack("{s:s,s:o}", "dialect", dialect, "tree",
						  text(a, query_tree(k->query))));
	json_t *list = json_array();
	json_object_set_new(o, "messages", list);
	if (hits(k, list, err) < 0 || ask_finish(k, &s, err) < 0)
		return -1;
	json_object_set_new(o, "next", k->next.n ? text(a, k->next) : json_null());
	json_object_set_new(o, "total", json_integer((json_int_t)s.total));
	json_object_set_new(o, "total_relation", json_string(s.exact ? "exact" : "at_least"));
	json_object_set_new(o, "warnings", warnings(k));
	json_object_set_new(o, "not_fully_searchable", json_integer((json_int_t)s.not_fully));
	json_object_set_new(o, "indexed_to", json_integer((json_int_t)s.indexed_to));
	json_object_set_new(o, "stored_to", json_integer((json_int_t)s.stored_to));
	json_object_set_new(o, "took_ms", json_real(s.took_ms));
	return 1;
}

int api_search(struct call *c, struct http_response *resp, struct err *err)
{
	struct ask k;
	if (ask_read(&k, c, err) < 0)
		return -1;
	if (k.blank)
		return err_set(err, ERR_INPUT, "parameter 'q' is missing");
	json_t *o = json_object();
	int r = search(&k, o, err);
	ask_end(&k);
	if (r > 0)
		frame_json(resp, o);
	else
		json_decref(o);
	return r;
}

/* ---- one message ---- */

static json_t *marks(unsigned bits)
{
	json_t *out = json_array();
	for (unsigned bit = 1; bit && bit <= bits; bit <<= 1)
		if (bits & bit)
			json_array_append_new(out, json_string(mail_mark_name((enum mail_mark)bit)));
	return out;
}

static json_t *headers(struct arena *a, const struct mail_part *p)
{
	json_t *out = json_array();
	for (size_t i = 0; i < p->n_fields; i++)
		json_array_append_new(out, json_pack("{s:o,s:o}", "name",
						     text(a, p->fields[i].name), "value",
						     text(a, p->fields[i].value)));
	return out;
}

static json_t *parts(struct arena *a, const struct mail *m)
{
	json_t *out = json_array();
	for (size_t i = 0; i < m->n_parts; i++) {
		const struct mail_part *p = &m->parts[i];
		json_t *o = json_object();
		json_object_set_new(o, "number", text(a, p->number));
		json_object_set_new(o, "parent", json_integer(p->parent));
		json_object_set_new(o, "type", text(a, p->type));
		json_object_set_new(o, "charset", text(a, p->charset));
		json_object_set_new(o, "filename", text(a, p->filename));
		json_object_set_new(o, "attachment", json_boolean(p->attachment));
		json_object_set_new(o, "searched", json_boolean(p->searched));
		json_object_set_new(o, "encoded_size", json_integer((json_int_t)p->body.n));
		json_object_set_new(o, "marks", marks(p->marks));
		json_array_append_new(out, o);
	}
	return out;
}

int api_message(struct call *c, struct http_response *resp, struct err *err)
{
	struct arena *a = c->arena;
	struct qdb *db;
	struct query_message m;
	if (call_db(&db, err) < 0)
		return -1;
	int r = query_message(db, a, c->args[0], &m, err);
	if (r <= 0)
		return r;
	json_t *list = copies(c, m.copies, m.n_copies, err);
	if (list == NULL)
		return -1;
	json_t *o = summary(a, &m.msg, &m.record);
	json_object_set_new(o, "message_id", text(a, m.record.message_id));
	if (m.mail.n_parts)
		json_object_set_new(o, "headers", headers(a, &m.mail.parts[0]));
	json_object_set_new(o, "parts", parts(a, &m.mail));
	json_object_set_new(o, "copies", list);
	json_object_set_new(o, "text", text(a, query_reading(a, &m)));
	json_object_set_new(o, "marks", marks(m.mail.marks));
	json_object_set_new(o, "cut", json_boolean(m.raw.n < m.msg.size));
	frame_json(resp, o);
	return 1;
}

/* ---- bytes ---- */

enum { SMALL = 1 << 20 };

/* A large message goes through an unlinked file, so that memory does not depend on its size. */
static int spool(struct archive *ar, const struct archive_msg *m, struct http_response *resp,
		 struct err *err)
{
	const char *tmp = getenv("TMPDIR");
	int fd = open(tmp ? tmp : "/var/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (fd < 0)
		return err_errno(err, ERR_BROKEN, "cannot make a temporary file");
	if (archive_copy_out(ar, m, fd, err) < 0) {
		close(fd);
		return -1;
	}
	resp->fd = fd;
	resp->fd_size = m->size;
	return 1;
}

/* Is the entity that the asker has the one there is? */
static bool has_already(struct str if_none_match, struct str etag)
{
	return str_eq(if_none_match, STR("*")) || str_find(if_none_match, etag) >= 0;
}

int api_raw(struct call *c, struct http_response *resp, struct err *err)
{
	struct qdb *db;
	struct archive_msg m;
	char id[HASH_HEX + 1];
	if (call_db(&db, err) < 0)
		return -1;
	struct archive *ar = query_db_archive(db);
	int r = archive_find_id(ar, c->args[0], &m, err);
	if (r <= 0)
		return r;
	hash_hex(m.hash, HASH_BYTES, id);
	struct str etag = arena_fmt(c->arena, "\"%s\"", id);
	http_header(resp, "ETag", etag.p);
	resp->cache = "private, no-cache";
	if (has_already(c->req->if_none_match, etag)) {
		resp->status = 304;
		return 1;
	}
	resp->type = "message/rfc822";
	http_header(resp, "Content-Disposition",
		    arena_fmt(c->arena, "attachment; filename=\"%.12s.eml\"", id).p);
	if (m.size > SMALL)
		return spool(ar, &m, resp, err);
	return archive_read(ar, &m, SMALL, &resp->body, err);
}

static const struct mail_part *find_part(const struct mail *m, struct str number)
{
	for (size_t i = 1; i < m->n_parts; i++)
		if (str_eq(m->parts[i].number, number))
			return &m->parts[i];
	return m->n_parts == 1 && str_eq(number, STR("1")) ? &m->parts[0] : NULL;
}

int api_part(struct call *c, struct http_response *resp, struct err *err)
{
	struct qdb *db;
	struct query_message m;
	struct buf name;
	if (call_db(&db, err) < 0)
		return -1;
	int r = query_message(db, c->arena, c->args[0], &m, err);
	if (r <= 0)
		return r;
	const struct mail_part *p = find_part(&m.mail, c->args[1]);
	if (p == NULL)
		return 0;
	if (m.raw.n < m.msg.size)
		return err_set(err, ERR_INPUT, "the message is too large to be taken apart here;"
			       " take it whole from /raw");
	buf_init(&name, 8192);
	buf_str(&name, STR("attachment; filename*=UTF-8''"));
	url_escape(&name, str_cut(p->filename.n ? p->filename : STR("part.bin"), 0, 1000));
	http_header(resp, "Content-Disposition", arena_str(c->arena, buf_all(&name)).p);
	buf_free(&name);
	/* The sender's type is not repeated: a browser must not run what a stranger sent. */
	resp->type = "application/octet-stream";
	buf_str(&resp->body, mail_part_bytes(c->arena, p));
	return 1;
}

int api_health(struct call *c, struct http_response *resp, struct err *err)
{
	struct qdb *db;
	uint64_t indexed, stored;
	if (call_db(&db, err) < 0 || query_db_reach(db, &indexed, &stored, err) < 0)
		return -1;
	json_t *o = json_pack("{s:s}", "status", "ok");
	if (c->trusted) {
		json_object_set_new(o, "indexed_to", json_integer((json_int_t)indexed));
		json_object_set_new(o, "stored_to", json_integer((json_int_t)stored));
	}
	frame_json(resp, o);
	return 1;
}
