#define _GNU_SOURCE
#include "db.h"

#include "buf.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define KEPT 256
#define BUSY_MS 5000

struct db {
	sqlite3 *h;
	char path[4096];
	struct {
		const char *sql;
		sqlite3_stmt *st;
	} kept[KEPT];
	size_t n;
};

static enum err_kind kind_of(int code)
{
	switch (code & 0xFF) {
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return ERR_LATER;
	case SQLITE_NOMEM:
		err_die("sqlite: out of memory");
	default:
		return ERR_BROKEN;
	}
}

int db_error(struct db *db, struct err *err)
{
	int code = db->h ? sqlite3_errcode(db->h) : SQLITE_NOMEM;
	return err_set(err, kind_of(code), "catalog '%s': %s", db->path,
		       db->h ? sqlite3_errmsg(db->h) : "out of memory");
}

int db_exec(struct db *db, const char *sql, struct err *err)
{
	return sqlite3_exec(db->h, sql, NULL, NULL, NULL) == SQLITE_OK ? 1 : db_error(db, err);
}

/* '?' and '#' and '%' mean something in a URI. */
static void uri(struct buf *b, const char *path, const char *query)
{
	buf_fmt(b, "file:");
	for (; *path; path++) {
		if (strchr("?#%", *path))
			buf_fmt(b, "%%%02X", (unsigned char)*path);
		else
			buf_chr(b, *path);
	}
	buf_fmt(b, "%s", query);
}

static int open_uri(struct db *db, const char *query, int flags, struct err *err)
{
	struct buf b;
	buf_init(&b, 3 * sizeof db->path + 32);
	uri(&b, db->path, query);
	flags |= SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX;
	int rc = sqlite3_open_v2(buf_cstr(&b), &db->h, flags, NULL);
	buf_free(&b);
	if (rc != SQLITE_OK)
		return db_error(db, err);
	sqlite3_extended_result_codes(db->h, 1);
	sqlite3_busy_timeout(db->h, BUSY_MS);
	sqlite3_db_config(db->h, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	return 1;
}

/* No write-ahead log beside it, and nobody can make one: then the file is all there is. */
static bool is_still(const char *path)
{
	char wal[4100], dir[4096];
	struct stat st;
	snprintf(wal, sizeof wal, "%s-wal", path);
	if (stat(wal, &st) == 0 && st.st_size)
		return false;
	snprintf(dir, sizeof dir, "%s", path);
	char *slash = strrchr(dir, '/');
	if (slash)
		*slash = '\0';
	return access(slash ? dir : ".", W_OK) < 0;
}

static int open_for(struct db *db, enum db_mode mode, struct err *err)
{
	static const char settings[] = "PRAGMA trusted_schema=OFF; PRAGMA cell_size_check=ON;"
				       "PRAGMA cache_size=-32768;";
	bool read = mode == DB_READ || mode == DB_STILL;
	int flags = read		? SQLITE_OPEN_READONLY
		    : mode == DB_CREATE ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
					: SQLITE_OPEN_READWRITE;
	bool still = mode == DB_STILL || (read && is_still(db->path));
	const char *query = still ? "?immutable=1" : "";
	if (open_uri(db, query, flags, err) < 0 || db_exec(db, settings, err) < 0)
		return -1;
	/* The system keeps the pages for all readers; the cache is each one's own. */
	if (read)
		return db_exec(db, "PRAGMA cache_size=-2048;", err);
	return db_exec(db, "PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=16000;", err);
}

int db_open(struct db **out, const char *path, enum db_mode mode, struct err *err)
{
	struct db *db = err_alloc(sizeof *db);
	snprintf(db->path, sizeof db->path, "%s", path);
	if (open_for(db, mode, err) < 0) {
		db_close(&db);
		return -1;
	}
	*out = db;
	return 1;
}

void db_close(struct db **db)
{
	if (*db == NULL)
		return;
	for (size_t i = 0; i < (*db)->n; i++)
		sqlite3_finalize((*db)->kept[i].st);
	sqlite3_close((*db)->h);
	free(*db);
	*db = NULL;
}

/* All pages in one step: one state, whatever a writer does meanwhile. */
static int copy_pages(struct db *db, sqlite3 *to)
{
	sqlite3_exec(to, "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF;", NULL, NULL, NULL);
	sqlite3_backup *b = sqlite3_backup_init(to, "main", db->h, "main");
	if (b == NULL)
		return sqlite3_errcode(to);
	sqlite3_backup_step(b, -1);
	return sqlite3_backup_finish(b);
}

int db_copy(struct db *db, const char *path, struct err *err)
{
	sqlite3 *to = NULL;
	/* An empty file of ours first: SQLite's own would be readable by everybody. */
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0)
		return err_errno(err, ERR_BROKEN, "cannot make '%s'", path);
	int rc = sqlite3_open_v2(path, &to, SQLITE_OPEN_READWRITE, NULL);
	if (rc == SQLITE_OK)
		rc = copy_pages(db, to);
	int closed = sqlite3_close(to);
	int r = rc == SQLITE_OK ? closed : rc;
	if (r != SQLITE_OK)
		r = err_set(err, kind_of(r), "cannot copy the catalog to '%s': %s", path,
			    sqlite3_errstr(r));
	else
		r = fsync(fd) < 0 ? err_errno(err, ERR_BROKEN, "cannot fsync '%s'", path) : 1;
	close(fd);
	return r;
}

sqlite3_stmt *db_prepare(struct db *db, const char *sql, struct err *err)
{
	sqlite3_stmt *st;
	if (sqlite3_prepare_v3(db->h, sql, -1, SQLITE_PREPARE_PERSISTENT, &st, NULL) == SQLITE_OK)
		return st;
	db_error(db, err);
	return NULL;
}

static sqlite3_stmt *kept(struct db *db, const char *sql, struct err *err)
{
	for (size_t i = 0; i < db->n; i++)
		if (db->kept[i].sql == sql)
			return db->kept[i].st;
	if (db->n == KEPT)
		err_die("db: too many statements");
	sqlite3_stmt *st = db_prepare(db, sql, err);
	if (st) {
		db->kept[db->n].sql = sql;
		db->kept[db->n++].st = st;
	}
	return st;
}

static void bind_str(sqlite3_stmt *st, int i, struct str s, bool text)
{
	const char *p = s.n ? s.p : "";
	if (text)
		sqlite3_bind_text64(st, i, p, s.n, SQLITE_STATIC, SQLITE_UTF8);
	else
		sqlite3_bind_blob64(st, i, p, s.n, SQLITE_STATIC);
}

static void bind(sqlite3_stmt *st, const char *kinds, va_list ap)
{
	for (int i = 1; kinds[i - 1]; i++) {
		if (kinds[i - 1] == 'i') {
			sqlite3_bind_int64(st, i, va_arg(ap, int64_t));
		} else {
			struct str s = va_arg(ap, struct str);
			bind_str(st, i, s, kinds[i - 1] == 's' && str_utf8(s));
		}
	}
}

int db_step(struct db *db, sqlite3_stmt *st, struct err *err)
{
	int rc = sqlite3_step(st);
	if (rc == SQLITE_ROW)
		return 1;
	int r = rc == SQLITE_DONE ? 0 : db_error(db, err);
	sqlite3_reset(st);
	return r;
}

void db_done(sqlite3_stmt *st)
{
	sqlite3_reset(st);
}

int db_do(struct db *db, struct err *err, const char *sql, const char *kinds, ...)
{
	sqlite3_stmt *st = kept(db, sql, err);
	if (st == NULL)
		return -1;
	va_list ap;
	va_start(ap, kinds);
	bind(st, kinds, ap);
	va_end(ap);
	int r;
	while ((r = db_step(db, st, err)) == 1)
		;
	return r < 0 ? -1 : 1;
}

int db_one(struct db *db, struct err *err, sqlite3_stmt **out, const char *sql,
	   const char *kinds, ...)
{
	sqlite3_stmt *st = kept(db, sql, err);
	if (st == NULL)
		return -1;
	va_list ap;
	va_start(ap, kinds);
	bind(st, kinds, ap);
	va_end(ap);
	*out = st;
	return db_step(db, st, err);
}

int db_changes(struct db *db)
{
	return sqlite3_changes(db->h);
}

struct str db_str(sqlite3_stmt *st, int column)
{
	const void *p = sqlite3_column_blob(st, column);
	int n = sqlite3_column_bytes(st, column);
	return (struct str){p ? p : "", p && n > 0 ? (size_t)n : 0};
}
