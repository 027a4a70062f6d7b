#include "sums.h"

#include "file.h"
#include "hash.h"
#include "ifile.h"

#include <errno.h>
#include <stdio.h>

/* All that a segment may hold. */
static const char *const files[] = {
	"lexicon", "filter", "order", "../dictionary", "xapian/iamglass", "xapian/postlist.glass",
	"xapian/docdata.glass", "xapian/termlist.glass", "xapian/position.glass",
	"xapian/spelling.glass", "xapian/synonym.glass",
};
enum { FILES = sizeof files / sizeof *files, LINE = HASH_HEX + 2 };

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

int sums_write(const char *segment, struct err *err)
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
