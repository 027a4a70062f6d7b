#define _GNU_SOURCE
#include "exporting.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file.h"
#include "frame.h"
#include "jsonbody.h"
#include "listing.h"
#include "params.h"
#include "present.h"
#include "range.h"
#include "shape.h"

static const struct job_limits *limits;

static const struct {
	const char *name, *type;
} formats[] = {
	{"mbox", "application/mbox"},
	{"maildir.tar", "application/x-tar"},
	{"eml.tar.zst", "application/zstd"},
};
enum { FORMATS = sizeof formats / sizeof *formats };

void exporting_limits(const struct job_limits *l)
{
	limits = l;
}

static size_t format_of(struct str name)
{
	size_t i = 0;
	while (i < FORMATS && !str_eq(name, str_of(formats[i].name)))
		i++;
	return i;
}

/* The owner of the process, who could look into the file anyway. */
static bool sees_all(const struct call *c)
{
	return c->who->name.n == 0 && person_may(c->who, PERSON_OWNER);
}

/* ---- reading ---- */

static int find(struct call *c, struct job *out, struct err *err)
{
	struct people *p;
	int64_t id;
	int r = params_id(c, &id, err);
	if (r > 0)
		r = call_people(&p, err);
	if (r > 0)
		r = job_find(p, c->arena, id, out, err);
	return r == 1 && !sees_all(c) && !str_eq(out->owner, c->who->name) ? 0 : r;
}

static json_t *when(struct call *c, int64_t at)
{
	return at ? shape_text(c->arena, present_time(c->arena, at, 0)) : json_null();
}

static void add_links(json_t *o, const struct job *j)
{
	char url[100];
	const char *const names[] = {"file", "manifest"};
	for (size_t i = 0; i < 2; i++) {
		snprintf(url, sizeof url, "/api/v1/export/%lld/%s", (long long)j->id, names[i]);
		json_object_set_new(o, names[i], json_string(url));
	}
	json_object_set_new(o, "size", json_integer((json_int_t)j->size));
	json_object_set_new(o, "sha256", json_stringn(j->sha256.p, j->sha256.n));
	json_object_set_new(o, "damaged", json_integer((json_int_t)j->damaged));
	json_object_set_new(o, "inexact", json_integer((json_int_t)j->inexact));
}

static json_t *describe(struct call *c, const struct job *j)
{
	struct arena *a = c->arena;
	json_t *o = json_pack("{s:I, s:o, s:o, s:o, s:o, s:o, s:o}", "id", (json_int_t)j->id,
			      "state", shape_text(a, j->state), "q", shape_text(a, j->query),
			      "dialect", shape_text(a, j->dialect), "account",
			      shape_text(a, j->account), "mailbox", shape_text(a, j->mailbox),
			      "format", shape_text(a, j->format));
	json_object_set_new(o, "owner", shape_text(a, j->owner));
	json_object_set_new(o, "reason", j->reason.n ? shape_text(a, j->reason) : json_null());
	json_object_set_new(o, "messages", json_integer((json_int_t)j->messages));
	json_object_set_new(o, "total", j->total ? json_integer((json_int_t)j->total)
						 : json_null());
	json_object_set_new(o, "bytes", json_integer((json_int_t)j->bytes));
	json_object_set_new(o, "tries", json_integer(j->tries));
	json_object_set_new(o, "asked_at", when(c, j->asked));
	json_object_set_new(o, "started_at", when(c, j->started));
	json_object_set_new(o, "ended_at", when(c, j->ended));
	json_object_set_new(o, "expires_at", when(c, j->expires));
	if (str_eq(j->state, STR("done")))
		add_links(o, j);
	return o;
}

int exporting_list(struct call *c, struct job_rows *out, struct err *err)
{
	struct people *p;
	if (call_people(&p, err) < 0)
		return -1;
	return job_list(p, c->arena, c->who->name, sees_all(c), out, err);
}

int exporting_all(struct call *c, struct http_response *resp, struct err *err)
{
	struct job_rows rows;
	static const char *const none[] = {NULL};
	if (params_only(c, none, err) < 0 || exporting_list(c, &rows, err) < 0)
		return -1;
	json_t *out = json_array();
	for (size_t i = 0; i < rows.n; i++)
		json_array_append_new(out, describe(c, &rows.list[i]));
	return listing_whole(c, resp, "exports", out, err);
}

int exporting_one(struct call *c, struct http_response *resp, struct err *err)
{
	struct job j;
	int r = find(c, &j, err);
	if (r > 0)
		frame_json(resp, describe(c, &j));
	return r;
}

/* ---- asking ---- */

static int read_body(struct call *c, struct job *j, struct err *err)
{
	static const char *const names[] = {"q", "dialect", "account", "mailbox", "format", NULL};
	const struct jsonbody_text texts[] = {
		{"q", &j->query}, {"dialect", &j->dialect}, {"account", &j->account},
		{"mailbox", &j->mailbox}, {"format", &j->format}};
	json_t *o;
	if (jsonbody_read(c->req, &o, err) < 0)
		return -1;
	int r = jsonbody_only(o, names, err);
	if (r > 0)
		r = jsonbody_texts(c->arena, o, texts, 5, err);
	json_decref(o);
	if (r > 0 && j->query.p == NULL)
		return err_set(err, ERR_INPUT, "export what? (a query as 'q')");
	return r;
}

static int check_words(const struct job *j, struct err *err)
{
	if (!str_eq(j->dialect, STR("box")) && !str_eq(j->dialect, STR("imap")))
		return err_set(err, ERR_INPUT, "'dialect' is box or imap");
	if (format_of(j->format) == FORMATS)
		return err_set(err, ERR_INPUT, "'format' is mbox, maildir.tar or eml.tar.zst");
	return 1;
}

static int check_query(struct call *c, const struct job *j, json_t **warnings, struct err *err)
{
	struct query_options o = {
		.dialect = str_eq(j->dialect, STR("imap")) ? QUERY_IMAP : QUERY_BOX,
		.account = j->account, .mailbox = j->mailbox, .rights = call_rights(c)};
	struct query *q = NULL;
	struct qdb *db;
	if (call_db(c, &db, err) < 0 || query_open(&q, db, c->arena, j->query, &o, err) < 0)
		return -1;
	*warnings = shape_warnings(c->arena, q);
	query_close(&q);
	return 1;
}

int exporting_ask(struct call *c, struct job *j, json_t **warnings, struct err *err)
{
	struct people *p;
	j->owner = c->who->name;
	j->accounts = job_accounts(c->arena, c->who);
	if (check_words(j, err) < 0 || check_query(c, j, warnings, err) < 0)
		return -1;
	if (call_people(&p, err) > 0 && job_add(p, j, limits, err) > 0)
		return 1;
	json_decref(*warnings);
	return -1;
}

int exporting_new(struct call *c, struct http_response *resp, struct err *err)
{
	struct job j = {.dialect = STR("box")};
	json_t *warnings;
	if (read_body(c, &j, err) < 0 || exporting_ask(c, &j, &warnings, err) < 0)
		return -1;
	json_t *o = describe(c, &j);
	json_object_set_new(o, "warnings", warnings);
	resp->status = 202;
	http_header(resp, "Location",
		    arena_fmt(c->arena, "/api/v1/export/%lld", (long long)j.id).p);
	frame_json(resp, o);
	return 1;
}

/* A finished one's file goes at once; of one at work its process sees to that. */
int exporting_end(struct call *c, struct err *err)
{
	struct job j;
	struct people *p;
	char path[4200];
	int r = find(c, &j, err);
	if (r > 0)
		r = call_people(&p, err);
	if (r <= 0)
		return r;
	r = job_cancel(p, j.id, err);
	if (r == 0) {
		job_path(path, limits, j.id, "");
		r = job_expired(p, j.id, err);
		if (r > 0 && str_eq(j.state, STR("done")))
			r = file_remove_tree(path, err);
	}
	return r;
}

int exporting_cancel(struct call *c, struct http_response *resp, struct err *err)
{
	int r = exporting_end(c, err);
	if (r > 0)
		resp->status = 204;
	return r;
}

/* ---- what came of it ---- */

static int open_result(struct call *c, const struct job *j, const char *name,
		       struct http_response *resp, struct err *err)
{
	char path[4200];
	struct stat st;
	if (!str_eq(j->state, STR("done")))
		return 0;
	if (!job_may(j, c->who))
		return err_set(err, ERR_DENIED, "you may not read all the mail any more that"
			       " this export holds: ask for it again");
	job_path(path, limits, j->id, name);
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0 && errno == ENOENT) /* it expired just now */
		return 0;
	if (fd < 0)
		return err_errno(err, ERR_BROKEN, "cannot open '%s'", path);
	if (fstat(fd, &st) < 0) {
		close(fd);
		return err_errno(err, ERR_BROKEN, "cannot stat '%s'", path);
	}
	resp->fd = fd;
	resp->fd_size = (uint64_t)st.st_size;
	resp->cache = "private, no-cache";
	return 1;
}

static int answer_file(struct call *c, const char *name, struct http_response *resp,
		       struct err *err)
{
	struct job j;
	bool data = strcmp(name, "data") == 0;
	int r = find(c, &j, err);
	if (r > 0)
		r = open_result(c, &j, name, resp, err);
	if (r <= 0)
		return r;
	struct str etag = arena_fmt(c->arena, "\"%.*s%s\"", STR_ARG(j.sha256), data ? "" : "-m");
	size_t f = format_of(j.format);
	const char *end = data && f < FORMATS ? formats[f].name : "manifest.ndjson";
	resp->type = data && f < FORMATS ? formats[f].type : "application/x-ndjson";
	http_header(resp, "ETag", etag.p);
	http_header(resp, "Content-Disposition",
		    arena_fmt(c->arena, "attachment; filename=\"sheaf-%lld.%s\"",
			      (long long)j.id, end).p);
	if (range_known(c->req, etag)) {
		close(resp->fd);
		resp->fd = -1;
		resp->status = 304;
		return 1;
	}
	range_apply(c->req, etag, resp);
	return 1;
}

int exporting_file(struct call *c, struct http_response *resp, struct err *err)
{
	return answer_file(c, "data", resp, err);
}

int exporting_manifest(struct call *c, struct http_response *resp, struct err *err)
{
	return answer_file(c, "manifest.ndjson", resp, err);
}
