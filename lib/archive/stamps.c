#define _GNU_SOURCE
#include "stamps.h"

#include "file.h"

#include <stdio.h>
#include <unistd.h>

void stamps_path(char *path, size_t n, const char *dir, uint32_t segment)
{
	snprintf(path, n, "%s/segments/%06u.tsr", dir, segment);
}

int stamps_get(const char *dir, uint32_t segment, struct str seal, const char *roots,
	       struct timestamp *out, struct err *err)
{
	char path[4096];
	unsigned char imprint[HASH_BYTES];
	struct timestamp_want want = {imprint, NULL, roots};
	struct buf answer;
	stamps_path(path, sizeof path, dir, segment);
	hash_of(seal, imprint);
	buf_init(&answer, TIMESTAMP_MOST);
	int r = file_load(path, &answer, err);
	if (r == 1)
		r = timestamp_check(buf_all(&answer), &want, out, err);
	buf_free(&answer);
	return r;
}

int stamps_put(const char *dir, uint32_t segment, struct str answer, struct err *err)
{
	char path[4096];
	stamps_path(path, sizeof path, dir, segment);
	if (access(path, F_OK) == 0)
		return err_set(err, ERR_INPUT, "'%s' is there already", path);
	return file_replace(path, answer, err);
}

static int look(const struct stamps_of *of, uint32_t segment, struct str seal, struct findings *f,
		struct stamps_result *out, struct err *err)
{
	struct findings_item at = {.segment = segment};
	struct timestamp t;
	int r = stamps_get(of->dir, segment, seal, of->roots, &t, err);
	if (r == 1) {
		out->sound++;
		out->segment = segment;
		out->newest = t;
	}
	if (r >= 0)
		return 1;
	if (err->kind == ERR_DENIED)
		return -1;
	findings_add(f, &at, "the timestamp of its seal: %s", err->text);
	return 1;
}

int stamps_check(const struct stamps_of *of, struct findings *f, struct stamps_result *out,
		 struct err *err)
{
	sqlite3_stmt *st;
	*out = (struct stamps_result){0};
	int r = db_one(of->db, err, &st, "SELECT segment, seal FROM segments"
		       " WHERE seal IS NOT NULL ORDER BY segment", "");
	for (; r == 1; r = db_step(of->db, st, err))
		if (look(of, (uint32_t)sqlite3_column_int64(st, 0), db_str(st, 1), f, out,
			 err) < 0) {
			db_done(st);
			return -1;
		}
	return r < 0 ? -1 : 1;
}
