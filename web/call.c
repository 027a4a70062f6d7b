#define _GNU_SOURCE
#include "call.h"

#include "large.h"

#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

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
}
