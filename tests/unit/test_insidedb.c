/* Which documents are read again when the languages of pictures change. */
#include "t.h"

#include "db.h"
#include "file.h"
#include "insidedb.h"

#include <stdio.h>

static char dir[4000];
static const unsigned char key[HASH_BYTES] = "0123456789abcdef0123456789abcde";

static void languages(void)
{
	static const struct {
		const char *kept, *asked; /* kept NULL: it holds no pictures */
		bool found;
	} row[] = {
		{NULL, "", true}, {NULL, "eng", true}, {"", "", true}, {"", "eng", false},
		{"eng", "eng", true}, {"eng", "", false}, {"eng", "eng+deu", false},
		{"eng+deu", "eng", false},
	};
	struct insidedb *db = insidedb_open(dir, true);
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct arena a = {0};
		struct record_part p = {.outcome = RECORD_SEARCHED, .version = 7}, got = {0};
		struct str kept = row[i].kept ? str_of(row[i].kept) : (struct str){0};
		struct str ocr = str_of(row[i].asked);
		p.why = STR("w");
		p.inside = STR("words");
		insidedb_put(db, key, kept, &p);
		T(insidedb_get(db, &a, key, &ocr, &got) == row[i].found);
		if (row[i].found) {
			T_STR(got.inside, STR("words"));
			T(got.version == 7 && (ocr.p == NULL) == (row[i].kept == NULL));
		}
		arena_free(&a);
	}
	insidedb_close(&db);
}

/* A file of version 1 does not tell of pictures: it is begun anew, or not read. */
static void older(void)
{
	struct db *db;
	struct err err = {0};
	struct arena a = {0};
	struct record_part p = {.outcome = RECORD_EMPTY}, got = {0};
	struct str ocr = STR("");
	char path[4200];
	p.why = p.inside = STR("");
	snprintf(path, sizeof path, "%s/parts.db", dir);
	T(db_open(&db, path, DB_CREATE, &err) == 1);
	T(db_exec(db, "DROP TABLE part; CREATE TABLE part(key INTEGER PRIMARY KEY, hash BLOB,"
		  " version INTEGER, outcome INTEGER, why TEXT, size INTEGER, text BLOB);"
		  "PRAGMA user_version=1;", &err) == 1);
	db_close(&db);
	T(insidedb_open(dir, false) == NULL);
	struct insidedb *x = insidedb_open(dir, true);
	T(x != NULL && insidedb_get(x, &a, key, &ocr, &got) == 0);
	insidedb_put(x, key, ocr, &p);
	T(insidedb_get(x, &a, key, &ocr, &got) == 1);
	insidedb_close(&x);
	arena_free(&a);
}

int main(void)
{
	struct err err;
	snprintf(dir, sizeof dir, "%s", t_dir());
	languages();
	older();
	T(file_remove_tree(dir, &err) == 1);
	return t_done();
}
