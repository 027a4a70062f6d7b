#define _GNU_SOURCE
#include "insidedb.h"

#include "db.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <zstd.h>

#define VERSION 2
#define LEVEL 9
/* What one document may take of a reader's memory, whatever the file says. */
#define MAX_TEXT ((uint64_t)64 << 20)

static const char schema[] =
	"PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; BEGIN IMMEDIATE;"
	"CREATE TABLE IF NOT EXISTS part(key INTEGER PRIMARY KEY, hash BLOB NOT NULL,"
	" version INTEGER, outcome INTEGER, why TEXT, size INTEGER, text BLOB, ocr TEXT);"
	"PRAGMA user_version=2;"
	"COMMIT;";

struct insidedb {
	struct db *db;
	ZSTD_DCtx *z; /* a new one for each text would cost as much as all else */
	bool write;
};

/* -1: it cannot be had. */
static int64_t pragma(struct insidedb *x, const char *sql)
{
	struct err err;
	sqlite3_stmt *st;
	int64_t n = -1;
	if (db_one(x->db, &err, &st, sql, "") == 1) {
		n = sqlite3_column_int64(st, 0);
		db_done(st);
	}
	return n;
}

/* Of this version, or, to be written, still empty. What version 1 held goes: it does not tell of
 * pictures. */
static bool is_good(struct insidedb *x)
{
	struct err err;
	int64_t version = pragma(x, "PRAGMA user_version");
	if (x->write && version == 1)
		return db_exec(x->db, "DROP TABLE IF EXISTS part", &err) > 0;
	return version == VERSION || (x->write && version == 0);
}

static bool is_full(struct insidedb *x)
{
	int64_t pages = pragma(x, "PRAGMA page_count");
	return pages < 0 || (uint64_t)pages * 4096 > INSIDEDB_MAX;
}

struct insidedb *insidedb_open(const char *dir, bool write)
{
	char path[4096];
	struct err err = {0};
	struct insidedb *x = err_alloc(sizeof *x);
	x->write = write;
	x->z = ZSTD_createDCtx();
	int n = snprintf(path, sizeof path, "%s/parts.db", dir);
	bool there = n > 0 && (size_t)n < sizeof path && access(path, F_OK) == 0;
	if ((there || write) &&
	    db_open(&x->db, path, write ? DB_CREATE : DB_READ, &err) > 0 &&
	    is_good(x) && (!write || db_exec(x->db, schema, &err) > 0))
		return x;
	insidedb_close(&x);
	return NULL;
}

void insidedb_close(struct insidedb **db)
{
	if (*db == NULL)
		return;
	db_close(&(*db)->db);
	ZSTD_freeDCtx((*db)->z);
	free(*db);
	*db = NULL;
}

static int64_t number_of(const unsigned char key[HASH_BYTES])
{
	int64_t n;
	memcpy(&n, key, sizeof n);
	return n;
}

/* Unpacks the text. False: it is damaged. */
static bool take_text(struct insidedb *x, struct arena *a, struct str packed, uint64_t size,
		      struct str *out)
{
	if (size > MAX_TEXT)
		return false;
	char *p = arena_alloc(a, (size_t)size + 1);
	*out = (struct str){p, (size_t)size};
	if (size == 0)
		return true;
	size_t got = ZSTD_decompressDCtx(x->z, p, (size_t)size, packed.p, packed.n);
	return !ZSTD_isError(got) && got == size && str_utf8(*out);
}

static bool take(struct insidedb *x, struct arena *a, sqlite3_stmt *st,
		 const unsigned char key[HASH_BYTES], struct record_part *out)
{
	const struct str want = {(const char *)key, HASH_BYTES};
	int64_t outcome = sqlite3_column_int64(st, 2), version = sqlite3_column_int64(st, 1);
	int64_t size = sqlite3_column_int64(st, 4);
	if (!str_eq(db_str(st, 0), want) || outcome <= RECORD_NOT_ASKED ||
	    outcome >= RECORD_OUTCOMES || version < 0 || version > UINT32_MAX || size < 0 ||
	    !take_text(x, a, db_str(st, 5), (uint64_t)size, &out->inside))
		return false;
	out->outcome = (enum record_outcome)outcome;
	out->version = (unsigned)version;
	out->why = arena_str(a, db_str(st, 3));
	return true;
}

int insidedb_get(struct insidedb *db, struct arena *a, const unsigned char key[HASH_BYTES],
		 struct str *ocr, struct record_part *out)
{
	struct err err;
	sqlite3_stmt *st;
	struct record_part got = *out;
	if (db == NULL || db_one(db->db, &err, &st, "SELECT hash, version, outcome, why, size,"
				 " text, ocr = '*' FROM part WHERE key = ?1 AND ocr IN (?2, '*')",
				 "is", number_of(key), *ocr) != 1)
		return 0;
	bool good = take(db, a, st, key, &got), without = sqlite3_column_int(st, 6) != 0;
	db_done(st);
	if (good)
		*out = got;
	if (good && without)
		*ocr = (struct str){0};
	return good;
}

void insidedb_put(struct insidedb *db, const unsigned char key[HASH_BYTES], struct str ocr,
		  const struct record_part *p)
{
	struct err err;
	if (db == NULL || !db->write || p->inside.n > MAX_TEXT || is_full(db))
		return;
	size_t room = ZSTD_compressBound(p->inside.n), n = 0;
	char *packed = err_alloc(room);
	if (p->inside.n > 0)
		n = ZSTD_compress(packed, room, p->inside.p, p->inside.n, LEVEL);
	if (!ZSTD_isError(n))
		db_do(db->db, &err,
		      "INSERT OR REPLACE INTO part VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
		      "ibiisibs", number_of(key), (struct str){(const char *)key, HASH_BYTES},
		      (int64_t)p->version, (int64_t)p->outcome, p->why, (int64_t)p->inside.n,
		      (struct str){packed, n}, ocr.p ? ocr : STR("*"));
	free(packed);
}
