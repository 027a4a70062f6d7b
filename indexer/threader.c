#define _GNU_SOURCE
#include "threader.h"

#include "proc.h"
#include "threads.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* So many messages are taken up in one transaction. */
enum { BATCH = 8192 };
/* More of a message without a file is not read: it holds the header. */
#define MAX_HEADER ((size_t)256 << 10)

/* ---- writing ---- */

struct threader_out {
	FILE *f;
};

int threader_begin(struct threader_out **out, const char *dir, struct current_run run,
		   struct err *err)
{
	char path[4096];
	snprintf(path, sizeof path, "%s/.kin-%" PRIu64 "-%" PRIu64, dir, run.first, run.last);
	FILE *f = fopen(path, "we");
	if (f == NULL)
		return err_errno(err, ERR_BROKEN, "cannot make '%s'", path);
	*out = err_alloc(sizeof **out);
	(*out)->f = f;
	return 1;
}

int threader_put(struct threader_out *o, const struct kin *k, struct err *err)
{
	if (fwrite(k, sizeof *k, 1, o->f) == 1)
		return 1;
	return err_errno(err, ERR_BROKEN, "cannot write what messages say of threads");
}

int threader_end(struct threader_out **o, struct err *err)
{
	int r = 1;
	if (*o == NULL)
		return 1;
	if (fclose((*o)->f) != 0)
		r = err_errno(err, ERR_BROKEN, "cannot write what messages say of threads");
	free(*o);
	*o = NULL;
	return r;
}

/* ---- reading ---- */

struct reader {
	const char *dir;
	struct archive *ar;
	FILE *f; /* a worker's, or NULL */
	uint64_t last; /* of its messages */
	struct arena a;
	struct buf raw;
};

static void close_file(struct reader *r)
{
	if (r->f)
		fclose(r->f);
	r->f = NULL;
}

/* The file that begins with that message. */
static void open_file(struct reader *r, uint64_t number)
{
	DIR *dir = opendir(r->dir);
	struct dirent *e;
	while (dir && r->f == NULL && (e = readdir(dir)) != NULL) {
		struct str name = str_of(e->d_name), first;
		char path[4096];
		uint64_t from;
		if (!str_starts(name, STR(".kin-")))
			continue;
		name = str_cut(name, 5, name.n);
		if (!str_split(&name, '-', &first) || str_u64(first, &from) != 1 ||
		    str_u64(name, &r->last) != 1 || from != number)
			continue;
		snprintf(path, sizeof path, "%s/%s", r->dir, e->d_name);
		r->f = fopen(path, "re");
	}
	if (dir)
		closedir(dir);
}

/* From a file. 1; 0 none tells. */
static int told(struct reader *r, uint64_t number, bool look, struct kin *out)
{
	if (r->f && number > r->last)
		close_file(r);
	if (r->f == NULL && look)
		open_file(r, number);
	if (r->f == NULL)
		return 0;
	if (fread(out, sizeof *out, 1, r->f) == 1 && out->number == number)
		return 1;
	close_file(r);
	return 0;
}

static int parsed(struct reader *r, uint64_t number, struct kin *out, struct err *err)
{
	struct archive_msg msg;
	struct mail m;
	int x = archive_find(r->ar, number, &msg, err);
	if (x == 0)
		return err_set(err, ERR_BROKEN, "message %" PRIu64 " is missing in the archive",
			       number);
	buf_clear(&r->raw);
	arena_reset(&r->a);
	if (x < 0 || (!msg.destroyed && archive_read(r->ar, &msg, MAX_HEADER, &r->raw, err) < 0))
		return -1;
	struct str raw = buf_all(&r->raw);
	ptrdiff_t crlf = str_find(raw, STR("\r\n\r\n")), lf = str_find(raw, STR("\n\n"));
	ptrdiff_t end = crlf >= 0 && (lf < 0 || crlf < lf) ? crlf + 4 : lf + 2;
	mail_parse(&r->a, crlf < 0 && lf < 0 ? raw : str_cut(raw, 0, (size_t)end),
		   &mail_default_limits, &m);
	kin_make(&r->a, &m, msg.hash, out);
	out->number = number;
	return 1;
}

static int take_up(struct reader *r, struct threads *t, uint64_t last, struct err *err)
{
	struct kin *list = err_alloc(BATCH * sizeof *list);
	uint64_t done;
	int x = threads_done(t, &done, err);
	bool look = true;
	while (x >= 0 && done < last && !proc_stopped()) {
		size_t n = 0;
		for (; x >= 0 && n < BATCH && done < last; n++) {
			struct kin *k = &list[n];
			bool had = r->f != NULL;
			if (told(r, ++done, look || had, k) == 1) {
				look = true;
				continue;
			}
			look = had; /* files come in a row, behind what has none */
			x = parsed(r, done, k, err);
		}
		if (x >= 0)
			x = threads_add(t, list, n, err);
		look = true;
	}
	free(list);
	return x < 0 ? -1 : 1;
}

int threader_run(const char *archive_dir, const char *dir, uint64_t last, struct err *err)
{
	struct reader r = {.dir = dir};
	struct threads *t = NULL;
	mail_init();
	buf_init(&r.raw, MAX_HEADER);
	int x = archive_open(&r.ar, archive_dir, ARCHIVE_READ, err);
	if (x > 0)
		x = threads_create(&t, dir, err);
	if (x > 0)
		x = take_up(&r, t, last, err);
	if (x > 0)
		x = threads_servers(t, r.ar, err);
	close_file(&r);
	threads_close(&t);
	archive_close(&r.ar);
	arena_free(&r.a);
	buf_free(&r.raw);
	return x;
}
