#include "t.h"

#include "db.h"
#include "extract.h"
#include "file.h"
#include "inside.h"
#include "insidedb.h"

#include <stdio.h>
#include <unistd.h>

static char dir[4000], older[4100];

static const char sample[] =
	"Subject: s\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
	"--b\r\n\r\nbody\r\n"
	"--b\r\nContent-Type: application/octet-stream; name=a.bin\r\n\r\nwords inside a file\r\n"
	"--b\r\nContent-Type: text/csv; name=b.csv\r\nContent-Disposition: attachment\r\n"
	"\r\na,b\r\n"
	"--b\r\nContent-Type: application/octet-stream; name=empty.bin\r\n\r\n\r\n"
	"--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: inner\r\n\r\ninner body\r\n"
	"--b--\r\n";

static void fill(struct inside *x, struct arena *a, struct record *r)
{
	struct mail m;
	struct err err = {0};
	mail_parse(a, STR(sample), &mail_default_limits, &m);
	record_make(a, &m, 1, r);
	T(inside_fill(x, a, &m, r, &err) == 1);
}

static const struct record_part *named(const struct record *r, const char *name)
{
	for (size_t i = 0; i < r->n_parts; i++)
		if (str_eq(r->parts[i].filename, str_of(name)))
			return &r->parts[i];
	T(false);
	return &r->parts[0];
}

/* What is text already, or taken apart, is not asked for. */
static void which_parts(void)
{
	struct arena a = {0};
	struct inside *x;
	struct record r;
	inside_open(&x, &(struct inside_options){0});
	fill(x, &a, &r);
	T(named(&r, "a.bin")->outcome == RECORD_SEARCHED);
	T(named(&r, "a.bin")->version == EXTRACT_VERSION);
	T_STR(str_trim(named(&r, "a.bin")->inside), STR("words inside a file"));
	T(named(&r, "empty.bin")->outcome == RECORD_EMPTY);
	size_t asked = 0;
	for (size_t i = 0; i < r.n_parts; i++)
		asked += r.parts[i].outcome != RECORD_NOT_ASKED;
	T(asked == 2);
	inside_close(&x);
	arena_free(&a);
}

/* Changes the one document that is kept. */
static void alter(const char *where, unsigned version, enum record_outcome outcome)
{
	struct arena a = {0};
	unsigned char key[HASH_BYTES];
	struct record_part p = {0};
	static const char bytes[] = "application/octet-stream\0a.bin\0words inside a file";
	struct insidedb *db = insidedb_open(where, true);
	hash_of((struct str){bytes, sizeof bytes - 1}, key);
	struct str ocr = STR("");
	T(insidedb_get(db, &a, key, &ocr, &p) == 1);
	p.version = version;
	p.outcome = outcome;
	p.inside = STR("altered");
	insidedb_put(db, key, ocr, &p);
	insidedb_close(&db);
	arena_free(&a);
}

static struct str text_with(const struct inside_options *o, struct arena *a)
{
	struct inside *x;
	struct record r;
	inside_open(&x, o);
	fill(x, a, &r);
	inside_close(&x);
	return str_trim(named(&r, "a.bin")->inside);
}

/* What was read is not read again, unless another version or a rebuild says so. */
static void kept(void)
{
	struct arena a = {0};
	const struct str anew = STR("words inside a file"), old = STR("altered");
	struct inside_options here = {.dir = older, .write = true};
	T_STR(text_with(&here, &a), anew);
	alter(older, EXTRACT_VERSION, RECORD_FAILED);
	T_STR(text_with(&here, &a), old);
	static const struct {
		unsigned version;
		enum record_outcome outcome;
		bool retry;
		bool taken;
	} row[] = {
		{EXTRACT_VERSION, RECORD_FAILED, false, true},
		{EXTRACT_VERSION, RECORD_FAILED, true, false},
		{EXTRACT_VERSION, RECORD_SEARCHED, true, true},
		{EXTRACT_VERSION + 1, RECORD_SEARCHED, false, false},
	};
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		char path[4200];
		struct err err;
		struct inside_options o = {.dir = path, .write = true, .older = older,
					   .retry = row[i].retry};
		snprintf(path, sizeof path, "%s/new%zu", dir, i);
		T(file_mkdirs(path, &err) == 1);
		alter(older, row[i].version, row[i].outcome);
		T_STR(text_with(&o, &a), row[i].taken ? old : anew);
		o.older = NULL; /* and it was taken over */
		T_STR(text_with(&o, &a), row[i].taken ? old : anew);
	}
	arena_free(&a);
}

/* A file that is no database costs nothing but time. */
static void damaged(void)
{
	struct arena a = {0};
	struct err err;
	char path[4200];
	struct inside_options o = {.dir = dir, .write = true};
	snprintf(path, sizeof path, "%s/parts.db", dir);
	T(file_replace(path, STR("this is no database, but as long as the header of one is,"
				 " and more than a hundred bytes in all."), &err) == 1);
	T_STR(text_with(&o, &a), STR("words inside a file"));
	arena_free(&a);
}

/* Nor does a newer version's, which stays as it is. */
static void newer(void)
{
	struct arena a = {0};
	struct err err;
	struct db *db;
	sqlite3_stmt *st;
	char where[4100], path[4200];
	struct inside_options o = {.dir = where, .write = true};
	snprintf(where, sizeof where, "%s/newer", dir);
	snprintf(path, sizeof path, "%s/parts.db", where);
	T(file_mkdirs(where, &err) == 1 && db_open(&db, path, DB_CREATE, &err) == 1);
	T(db_exec(db, "PRAGMA user_version=3", &err) == 1);
	T_STR(text_with(&o, &a), STR("words inside a file"));
	T(db_one(db, &err, &st, "PRAGMA user_version", "") == 1);
	T(sqlite3_column_int64(st, 0) == 3);
	db_done(st);
	T(db_one(db, &err, &st, "SELECT 1 FROM sqlite_master", "") == 0);
	db_close(&db);
	arena_free(&a);
}

int main(void)
{
	struct err err;
	mail_init();
	snprintf(dir, sizeof dir, "%s", t_dir());
	snprintf(older, sizeof older, "%s/older", dir);
	T(file_mkdirs(older, &err) == 1);
	which_parts();
	kept();
	damaged();
	newer();
	inside_stop();
	T(file_remove_tree(dir, &err) == 1);
	return t_done();
}
