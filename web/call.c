#include "call.h"

#include <pthread.h>
#include <stdlib.h>

static pthread_key_t handle_key;
static const char *dir;

static void close_handle(void *p)
{
	struct qdb *db = p;
	query_db_close(&db);
}

int call_begin(const char *archive_dir, struct err *err)
{
	if (pthread_key_create(&handle_key, close_handle) != 0)
		return err_set(err, ERR_BROKEN, "no thread key left");
	dir = archive_dir;
	return 1;
}

void call_end(void)
{
	call_drop_db();
	pthread_key_delete(handle_key);
	dir = NULL;
}

int call_db(struct qdb **out, struct err *err)
{
	struct qdb *db = pthread_getspecific(handle_key);
	if (db == NULL) {
		if (query_db_open(&db, dir, err) < 0)
			return -1;
		if (pthread_setspecific(handle_key, db) != 0) {
			query_db_close(&db);
			return err_set(err, ERR_BROKEN, "cannot keep a read handle");
		}
	}
	*out = db;
	return query_db_refresh(db, err);
}

void call_drop_db(void)
{
	struct qdb *db = pthread_getspecific(handle_key);
	pthread_setspecific(handle_key, NULL);
	query_db_close(&db);
}

static int by_id(const void *a, const void *b)
{
	int64_t x = ((const struct archive_epoch *)a)->id;
	int64_t y = ((const struct archive_epoch *)b)->id;
	return (x > y) - (x < y);
}

static int load_epochs(struct call *c, struct err *err)
{
	struct qdb *db = pthread_getspecific(handle_key);
	const struct archive_epoch *all;
	size_t n;
	if (archive_epochs(query_db_archive(db), c->arena, &all, &n, err) < 0)
		return -1;
	struct archive_epoch *mine = arena_alloc(c->arena, (n + 1) * sizeof *mine);
	for (size_t i = 0; i < n; i++)
		mine[i] = all[i];
	qsort(mine, n, sizeof *mine, by_id);
	c->epochs = mine;
	c->n_epochs = n;
	return 1;
}

int call_epoch(struct call *c, int64_t id, const struct archive_epoch **out, struct err *err)
{
	struct archive_epoch key = {.id = id};
	if (c->epochs == NULL && load_epochs(c, err) < 0)
		return -1;
	*out = bsearch(&key, c->epochs, c->n_epochs, sizeof key, by_id);
	return *out != NULL;
}
