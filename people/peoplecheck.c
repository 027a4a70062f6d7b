#define _POSIX_C_SOURCE 200809L
#include "peoplecheck.h"

#include "db.h"

#include <stdio.h>
#include <unistd.h>

static int damaged(struct findings *f, const char *text)
{
	struct findings_item at = {.member = STR("people.db")};
	findings_add(f, &at, "what people made is damaged: %s", text);
	return 0;
}

/* SQLite gives one row "ok", or a row for each fault. */
static int rows(struct db *db, bool deep, struct findings *f, struct err *err)
{
	sqlite3_stmt *st;
	char text[300];
	bool whole = true;
	int r = deep ? db_one(db, err, &st, "PRAGMA integrity_check", "")
		     : db_one(db, err, &st, "PRAGMA quick_check", "");
	for (; r == 1; r = db_step(db, st, err)) {
		struct str s = db_str(st, 0);
		if (str_eq(s, STR("ok")))
			continue;
		snprintf(text, sizeof text, "%.*s", STR_ARG(str_cut(s, 0, 250)));
		damaged(f, text);
		whole = false;
	}
	if (r < 0)
		return err->kind == ERR_BROKEN ? damaged(f, err->text) : -1;
	return whole;
}

int peoplecheck(const char *archive_dir, bool deep, struct findings *f, struct err *err)
{
	char path[4096];
	struct db *db = NULL;
	snprintf(path, sizeof path, "%s/people.db", archive_dir);
	if (access(path, F_OK) < 0)
		return 1;
	int r = db_open(&db, path, DB_READ, err);
	if (r < 0 && err->kind == ERR_BROKEN)
		return damaged(f, err->text);
	if (r > 0)
		r = rows(db, deep, f, err);
	db_close(&db);
	return r;
}
