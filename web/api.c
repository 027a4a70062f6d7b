#define _GNU_SOURCE
#include "api.h"

#include <jansson.h>
#include <unistd.h>

#include "ask.h"
#include "frame.h"
#include "ndjson.h"
#include "shape.h"
#include "tally.h"

/* ---- search ---- */

static int hits(struct ask *k, json_t *out, struct err *err)
{
	struct query_hit h;
	int r;
	while ((r = ask_next(k, &h, err)) > 0) {
		json_t *o = shape_hit(&k->hit, &k->call->boxes, &h, err);
		if (o == NULL)
			return -1;
		json_array_append_new(out, o);
	}
	return r;
}

static int search(struct ask *k, json_t *o, struct err *err)
{
	if (ask_begin(k, err) < 0)
		return -1;
	ndjson_head(o, k);
	int tallied = tally_search(k, o, err);
	if (tallied != 0)
		return tallied;
	json_t *list = json_array();
	json_object_set_new(o, "messages", list);
	if (hits(k, list, err) < 0)
		return -1;
	return ndjson_sums(o, k, err);
}

int api_search(struct call *c, struct http_response *resp, struct err *err)
{
	struct ask k;
	if (ask_read(&k, c, err) < 0)
		return -1;
	if (k.blank)
		return err_set(err, ERR_INPUT, "parameter 'q' is missing");
	if (k.stream)
		return ndjson_search(c, resp, err);
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

int api_message(struct call *c, struct http_response *resp, struct err *err)
{
	struct query_message m;
	int r = call_message(c, &m, c->args[0], err);
	if (r <= 0)
		return r;
	json_t *o = shape_message(&c->heavy, &c->boxes, &m, API_MAX_TEXT, err);
	if (o == NULL)
		return -1;
	frame_json(resp, o);
	return 1;
}

/* ---- bytes ---- */

/* A large message goes through a file, so that memory does not depend on its size. */
static int spool(struct archive *ar, const struct archive_msg *m, struct http_response *resp,
		 struct err *err)
{
	int fd = http_temp(err);
	if (fd < 0)
		return -1;
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
	if (call_db(c, &db, err) < 0)
		return -1;
	struct archive *ar = query_db_archive(db);
	int r = call_find(c, &m, c->args[0], err);
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
	if (m.size > HTTP_SPILL)
		return spool(ar, &m, resp, err);
	return archive_read(ar, &m, HTTP_SPILL, &resp->body, err);
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
	struct query_message m;
	struct buf name;
	int r = call_message(c, &m, c->args[0], err);
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
	buf_str(&resp->body, mail_part_bytes(&c->heavy, p));
	return 1;
}

int api_health(struct call *c, struct http_response *resp, struct err *err)
{
	struct qdb *db;
	uint64_t indexed, stored;
	if (call_db(c, &db, err) < 0 || query_db_reach(db, &indexed, &stored, err) < 0)
		return -1;
	json_t *o = json_pack("{s:s}", "status", "ok");
	if (person_may(c->who, PERSON_READ) && c->who->all_accounts) {
		json_object_set_new(o, "indexed_to", json_integer((json_int_t)indexed));
		json_object_set_new(o, "stored_to", json_integer((json_int_t)stored));
	}
	frame_json(resp, o);
	return 1;
}
