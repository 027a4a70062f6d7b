#define _GNU_SOURCE
#include "call.h"

#include "large.h"
#include "log.h"

#include <pthread.h>
#include <stdio.h>
#include <sys/statvfs.h>
#include <unistd.h>

/* With less than that a change of people.db fails. */
enum { LITTLE_ROOM = 256 << 10 };

static pthread_key_t handle_key, people_key;
static const char *dir, *found_at;
static bool by_tls;

static void close_handle(void *p)
{
	struct qdb *db = p;
	query_db_close(&db);
}

static void close_people(void *p)
{
	struct people *people = p;
	people_close(&people);
}

int call_begin(const char *archive_dir, struct err *err)
{
	if (pthread_key_create(&handle_key, close_handle) != 0 ||
	    pthread_key_create(&people_key, close_people) != 0)
		return err_set(err, ERR_BROKEN, "no thread key left");
	dir = archive_dir;
	return 1;
}

void call_end(void)
{
	call_drop_db();
	pthread_key_delete(handle_key);
	pthread_key_delete(people_key);
	dir = NULL;
}

void call_found_at(const char *public_url, bool tls)
{
	found_at = public_url;
	by_tls = tls;
}

struct str call_base(const struct call *c)
{
	struct str host = c->req->host.n ? c->req->host : STR("localhost");
	if (found_at == NULL)
		return arena_fmt(c->arena, "http%s://%.*s", by_tls ? "s" : "", STR_ARG(host));
	struct str url = str_of(found_at);
	return str_ends(url, STR("/")) ? str_cut(url, 0, url.n - 1) : url;
}

struct rights call_rights(const struct call *c)
{
	const struct person *p = c->who;
	if (p == NULL) /* nobody asks: the handles are tried before the first request */
		return (struct rights){.some = true};
	return (struct rights){!p->all_accounts, p->accounts, p->n_accounts};
}

int call_visible(struct call *c, const struct bits **out, struct err *err)
{
	struct rights rights = call_rights(c);
	struct qdb *db;
	*out = &c->visible;
	if (c->visible.w)
		return 1;
	if (call_db(c, &db, err) < 0)
		return -1;
	return rights_visible(&rights, query_db_archive(db), &c->visible, err);
}

/* This thread's handle, made if it has none. */
static int handle(struct qdb **out, struct err *err)
{
	*out = pthread_getspecific(handle_key);
	if (*out)
		return 1;
	if (query_db_open(out, dir, err) < 0)
		return -1;
	if (pthread_setspecific(handle_key, *out) == 0)
		return 1;
	query_db_close(out);
	return err_set(err, ERR_BROKEN, "cannot keep a read handle");
}

int call_db(struct call *c, struct qdb **out, struct err *err)
{
	if (handle(out, err) < 0)
		return -1;
	if (c->begun) /* one answer is of one state of the index */
		return 1;
	shape_mailboxes(&c->boxes, query_db_archive(*out), c->arena);
	c->boxes.db = *out;
	c->boxes.rights = call_rights(c);
	if (query_db_refresh(*out, err) < 0)
		return -1;
	c->begun = true;
	return 1;
}

int call_archive(struct call *c, struct archive **out, struct qdb **db, struct err *err)
{
	struct err unused;
	*db = NULL;
	if (c->alone == NULL && call_db(c, db, err) > 0) {
		*out = query_db_archive(*db);
		return 1;
	}
	*db = NULL;
	if (c->alone == NULL) {
		call_drop_db();
		if (err->kind == ERR_LATER)
			return -1;
		if (archive_open(&c->alone, dir, ARCHIVE_READ, &unused) < 0)
			return -1;
		log_line(LOG_ERROR, "%s", err->text);
	} else {
		err_set(err, ERR_BROKEN, "the index cannot be read");
	}
	*out = c->alone;
	shape_mailboxes(&c->boxes, c->alone, c->arena);
	return 0;
}

const char *call_dir(void)
{
	return dir;
}

bool call_people_there(void)
{
	char path[4096];
	if (pthread_getspecific(people_key))
		return true;
	int n = snprintf(path, sizeof path, "%s/people.db", dir);
	return n > 0 && (size_t)n < sizeof path && access(path, F_OK) == 0;
}

int call_people(struct people **out, struct err *err)
{
	*out = pthread_getspecific(people_key);
	if (*out)
		return 1;
	if (people_open(out, dir, err) < 0)
		return -1;
	if (pthread_setspecific(people_key, *out) == 0)
		return 1;
	people_close(out);
	return err_set(err, ERR_BROKEN, "cannot keep a read handle");
}

int call_own_db(struct call *c, struct qdb **out, struct err *err)
{
	if (query_db_open(out, dir, err) < 0)
		return -1;
	shape_mailboxes(&c->boxes, query_db_archive(*out), c->arena);
	c->boxes.db = *out;
	c->boxes.rights = call_rights(c);
	return 1;
}

/* Why could nothing be changed? NULL: not for want of room or rights. */
static const char *no_change(void)
{
	struct statvfs disk;
	if (access(dir, W_OK) < 0)
		return "the archive cannot be written to";
	if (statvfs(dir, &disk) == 0 && (uint64_t)disk.f_bavail * disk.f_frsize < LITTLE_ROOM)
		return "the disk of the archive is full";
	return NULL;
}

/* Is it about a file of the archive? Subjects stand in quotes; the directory may be ".". */
static bool names_file(const struct call *c, const struct err *err)
{
	struct str begin = arena_fmt(c->arena, "'%s", dir);
	return str_find(str_of(err->text), begin) >= 0;
}

void call_tell(const struct call *c, struct err *err)
{
	bool asks = str_eq(c->req->method, STR("GET")) || str_eq(c->req->method, STR("HEAD"));
	const char *why = NULL;
	if (err->kind == ERR_BROKEN && !asks)
		why = no_change();
	else if (err->kind == ERR_LATER && names_file(c, err))
		why = "somebody else is at work in the archive";
	if (why == NULL)
		return;
	log_line(LOG_ERROR, "web: %s", err->text);
	err_set(err, ERR_LATER, "%s", why);
}

void call_drop_db(void)
{
	struct qdb *db = pthread_getspecific(handle_key);
	pthread_setspecific(handle_key, NULL);
	query_db_close(&db);
	struct people *p = pthread_getspecific(people_key);
	pthread_setspecific(people_key, NULL);
	people_close(&p);
}

int call_find(struct call *c, struct archive_msg *out, struct str id, struct err *err)
{
	struct qdb *db;
	struct rights rights = call_rights(c);
	if (call_db(c, &db, err) < 0)
		return -1;
	return rights_find(&rights, query_db_archive(db), id, out, err);
}

int call_message(struct call *c, struct query_message *out, struct str id, struct err *err)
{
	struct qdb *db;
	struct archive_msg m;
	int r = call_find(c, &m, id, err);
	if (r <= 0)
		return r;
	if (call_db(c, &db, err) < 0)
		return -1;
	struct rights rights = call_rights(c);
	c->large = large_enter(m.size);
	return query_load(db, &c->heavy, &rights, &m, out, err);
}

bool call_may_read(const struct call *c, struct str account)
{
	struct rights rights = call_rights(c);
	return rights_account(&rights, account);
}

void call_release(struct call *c)
{
	arena_free(&c->heavy);
	large_leave(&c->large);
	archive_close(&c->alone);
	bits_free(&c->visible);
}
