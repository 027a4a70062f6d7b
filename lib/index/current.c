#include "current.h"

#include "file.h"

#include <inttypes.h>
#include <stdio.h>

#define MAX_FILE ((size_t)16 << 20)
#define MAX_NAME 64
#define MAX_OCR 63

static int path_of(const char *archive_dir, char *out, size_t n, struct err *err)
{
	int r = snprintf(out, n, "%s/index/CURRENT", archive_dir);
	return r < 0 || (size_t)r >= n ? err_set(err, ERR_INPUT, "path too long") : 1;
}

/* A directory name that cannot lead out of the index. */
static bool good_name(struct str s)
{
	if (s.n == 0 || s.n > MAX_NAME)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '-')
			return false;
	}
	return true;
}

/* "eng+chi_sim". */
static bool good_languages(struct str s)
{
	if (s.n == 0 || s.n > MAX_OCR)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9') &&
		    c != '_' && c != '+')
			return false;
	}
	return true;
}

static bool take_run(struct str line, uint64_t after, struct current_run *run)
{
	ptrdiff_t dash = str_chr(line, '-');
	return dash > 0 && str_u64(str_cut(line, 0, (size_t)dash), &run->first) == 1 &&
	       str_u64(str_cut(line, (size_t)dash + 1, line.n), &run->last) == 1 &&
	       run->first == after + 1 && run->last >= run->first &&
	       run->last - run->first < UINT32_MAX;
}

static bool parse(struct arena *a, struct str text, struct current *out)
{
	struct str line;
	if (!str_ends(text, STR("\n")))
		return false;
	str_line(&text, &line); /* the version, which was looked at before */
	if (str_line(&text, &line) != 1 || !str_starts(line, STR("generation ")))
		return false;
	out->generation = str_cut(line, sizeof "generation " - 1, line.n);
	if (!good_name(out->generation))
		return false;
	if (str_starts(text, STR("attachments no\n")))
		out->closed = str_line(&text, &line) == 1;
	if (str_starts(text, STR("ocr ")) && str_line(&text, &line) == 1) {
		out->ocr = str_cut(line, 4, line.n);
		if (!good_languages(out->ocr))
			return false;
	}
	while (str_line(&text, &line) == 1) {
		struct current_run run;
		if (!take_run(line, current_last(out), &run))
			return false;
		out->runs = arena_grow(a, out->runs, out->n, sizeof *out->runs);
		out->runs[out->n++] = run;
	}
	return true;
}

/* The number behind "sheaf-index". 0: it is no such line. */
static uint32_t version_of(struct str text)
{
	struct str line;
	uint32_t n;
	if (str_line(&text, &line) != 1 || !str_starts(line, STR("sheaf-index ")) ||
	    !str_u32(str_cut(line, sizeof "sheaf-index " - 1, line.n), &n))
		return 0;
	return n;
}

int current_parse(struct arena *a, struct str text, struct current *out, struct err *err)
{
	*out = (struct current){.generation = {"", 0}, .ocr = {"", 0}};
	uint32_t version = version_of(text);
	if (version > CURRENT_VERSION)
		return err_set(err, ERR_BROKEN,
			       "the index was made by a newer sheaf (version %u, not %d): sheaf "
			       "reindex makes another one", version, CURRENT_VERSION);
	if (version > 0 && version < CURRENT_VERSION)
		return 0;
	if (version && parse(a, text, out))
		return 1;
	*out = (struct current){.generation = {"", 0}, .ocr = {"", 0}};
	return err_set(err, ERR_BROKEN, "list of segments is malformed (sheaf reindex)");
}

int current_load(struct arena *a, const char *archive_dir, struct current *out, struct err *err)
{
	char path[4096];
	struct buf b;
	*out = (struct current){.generation = {"", 0}, .ocr = {"", 0}};
	if (path_of(archive_dir, path, sizeof path, err) < 0)
		return -1;
	buf_init(&b, MAX_FILE);
	int r = file_load(path, &b, err);
	if (r == 1) {
		r = current_parse(a, arena_str(a, buf_all(&b)), out, err);
		if (r < 0)
			err_wrap(err, "'%s'", path);
	}
	buf_free(&b);
	return r;
}

int current_publish(const char *archive_dir, const struct current *c, struct err *err)
{
	char path[4096];
	struct buf b;
	if (path_of(archive_dir, path, sizeof path, err) < 0)
		return -1;
	buf_init(&b, MAX_FILE);
	buf_fmt(&b, "sheaf-index %d\ngeneration %.*s\n", CURRENT_VERSION, STR_ARG(c->generation));
	if (c->closed)
		buf_str(&b, STR("attachments no\n"));
	if (c->ocr.n)
		buf_fmt(&b, "ocr %.*s\n", STR_ARG(c->ocr));
	for (size_t i = 0; i < c->n; i++)
		buf_fmt(&b, "%" PRIu64 "-%" PRIu64 "\n", c->runs[i].first, c->runs[i].last);
	int r = b.full ? err_set(err, ERR_BROKEN, "too many index segments")
		       : file_replace(path, buf_all(&b), err);
	buf_free(&b);
	return r;
}

uint64_t current_last(const struct current *c)
{
	return c->n ? c->runs[c->n - 1].last : 0;
}
