#define _GNU_SOURCE
#include "sums.h"

#include "file.h"
#include "hash.h"
#include "ifile.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>

/* All that a segment may hold. */
static const char *const files[] = {
	"lexicon", "filter", "order", "records", "headers", "columns", "../dictionary",
	"../dictionary-headers",
	"xapian/iamglass", "xapian/postlist.glass",
	"xapian/docdata.glass", "xapian/termlist.glass", "xapian/position.glass",
	"xapian/spelling.glass", "xapian/synonym.glass",
};
enum { FILES = sizeof files / sizeof *files, LINE = HASH_HEX + 2, MAX_STAMP = 4096 };

/* ---- the stamp ---- */

static int stamp_make(const char *segment, struct buf *out, struct err *err)
{
	char path[4096];
	struct stat st;
	for (size_t i = 0; i < FILES; i++) {
		int n = snprintf(path, sizeof path, "%s/%s", segment, files[i]);
		if (n < 0 || (size_t)n >= sizeof path)
			return err_set(err, ERR_INPUT, "path too long");
		if (stat(path, &st) < 0) {
			if (errno != ENOENT)
				return err_errno(err, ERR_BROKEN, "cannot read '%s'", path);
			continue;
		}
		buf_fmt(out, "%ju %jd %jd.%09ld %s\n", (uintmax_t)st.st_ino,
			(intmax_t)st.st_size, (intmax_t)st.st_mtim.tv_sec, st.st_mtim.tv_nsec,
			files[i]);
	}
	return 1;
}

/* 1 it is the same; 0 another, or none; -1. */
static int stamp_compare(const char *segment, const struct buf *now, struct err *err)
{
	char path[4096];
	struct err ignored;
	struct buf old;
	int n = snprintf(path, sizeof path, "%s/stamp", segment);
	if (n < 0 || (size_t)n >= sizeof path)
		return err_set(err, ERR_INPUT, "path too long");
	buf_init(&old, MAX_STAMP);
	int r = file_load(path, &old, &ignored) == 1 && str_eq(buf_all(&old), buf_all(now));
	buf_free(&old);
	return r;
}

/* Without it the files are read another time, so that it may fail. */
static void stamp_write(const char *segment, const struct buf *b)
{
	char path[4096];
	struct err ignored;
	int n = snprintf(path, sizeof path, "%s/stamp", segment);
	if (n > 0 && (size_t)n < sizeof path)
		file_replace(path, buf_all(b), &ignored);
}

/* ---- the sums ---- */

/* 1; 0: no such file; -1. */
static int sum_of(const char *segment, const char *name, char hex[HASH_HEX + 1], struct err *err)
{
	unsigned char hash[HASH_BYTES];
	char path[4096], piece[1 << 16];
	int n = snprintf(path, sizeof path, "%s/%s", segment, name);
	if (n < 0 || (size_t)n >= sizeof path)
		return err_set(err, ERR_INPUT, "path too long");
	FILE *f = fopen(path, "re");
	if (f == NULL)
		return errno == ENOENT ? 0 : err_errno(err, ERR_BROKEN, "cannot open '%s'", path);
	struct hash_ctx *h = hash_new();
	for (size_t got; (got = fread(piece, 1, sizeof piece, f)) > 0;)
		hash_add(h, piece, got);
	int r = ferror(f) ? err_errno(err, ERR_BROKEN, "cannot read '%s'", path) : 1;
	hash_end(h, hash);
	hash_free(&h);
	fclose(f);
	hash_hex(hash, sizeof hash, hex);
	return r;
}

static int write_sums(const char *segment, struct err *err)
{
	char path[4096], hex[HASH_HEX + 1];
	struct ifile w;
	int r = 1;
	snprintf(path, sizeof path, "%s/sums", segment);
	if (ifile_begin(&w, path, err) < 0)
		return -1;
	for (size_t i = 0; i < FILES && r >= 0; i++) {
		r = sum_of(segment, files[i], hex, err);
		if (r <= 0)
			continue;
		ifile_add(&w, hex, HASH_HEX);
		ifile_add(&w, "  ", 2);
		ifile_add(&w, files[i], strlen(files[i]));
		ifile_add(&w, "\n", 1);
	}
	if (r >= 0)
		return ifile_end(&w, path, err);
	ifile_abandon(&w);
	return -1;
}

int sums_write(const char *segment, struct err *err)
{
	struct buf b;
	buf_init(&b, MAX_STAMP);
	int r = write_sums(segment, err);
	if (r == 1)
		r = stamp_make(segment, &b, err);
	if (r == 1)
		stamp_write(segment, &b);
	buf_free(&b);
	return r;
}

/* Is the line that of the file? Only names that are known are looked at. */
static bool names(struct str line, const char *file)
{
	return line.n > LINE && str_eq(str_cut(line, LINE, line.n), str_of(file));
}

static int check_line(const char *segment, struct str line, struct err *err)
{
	char hex[HASH_HEX + 1];
	size_t i = 0;
	while (i < FILES && !names(line, files[i]))
		i++;
	if (i == FILES)
		return err_set(err, ERR_BROKEN, "'%s/sums' is damaged", segment);
	int r = sum_of(segment, files[i], hex, err);
	if (r < 0)
		return -1;
	if (r == 0)
		return err_set(err, ERR_BROKEN, "'%s/%s' is missing", segment, files[i]);
	if (!str_eq(str_cut(line, 0, HASH_HEX), str_of(hex)) ||
	    !str_eq(str_cut(line, HASH_HEX, LINE), STR("  ")))
		return err_set(err, ERR_BROKEN, "'%s/%s' is damaged", segment, files[i]);
	return 1;
}

int sums_check(const char *segment, struct err *err)
{
	char path[4096];
	struct str rest, line;
	struct buf b;
	unsigned n = 0;
	snprintf(path, sizeof path, "%s/sums", segment);
	buf_init(&b, (size_t)1 << 16);
	int r = file_load(path, &b, err);
	if (r == 0)
		r = err_set(err, ERR_BROKEN, "'%s' is missing", path);
	rest = buf_all(&b);
	if (r == 1 && !str_ends(rest, STR("\n")))
		r = err_set(err, ERR_BROKEN, "'%s' is damaged", path);
	while (r == 1 && rest.n > 0 && str_split(&rest, '\n', &line)) {
		r = check_line(segment, line, err);
		n++;
	}
	if (r == 1 && n < 6) /* lexicon, filter, order, and three of Xapian */
		r = err_set(err, ERR_BROKEN, "'%s' is damaged", path);
	buf_free(&b);
	return r;
}

int sums_trust(const char *segment, struct err *err)
{
	struct buf b;
	buf_init(&b, MAX_STAMP);
	int r = stamp_make(segment, &b, err);
	int same = r == 1 ? stamp_compare(segment, &b, err) : -1;
	if (same == 0) {
		r = sums_check(segment, err);
		if (r == 1)
			stamp_write(segment, &b);
		else
			err_wrap(err, "the index is not as it was written (sheaf reindex)");
	}
	buf_free(&b);
	return same < 0 ? -1 : r;
}
