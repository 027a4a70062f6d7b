#define _GNU_SOURCE
#include "segwalk.h"

#include "tarball.h"
#include "unframe.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define RECORDS_MOST ((size_t)1 << 20)

struct segwalk {
	struct unframe *u;
	struct str rest;    /* of the piece decompressed last */
	size_t piece;       /* its size */
	uint64_t left;      /* bytes of the member not yet read, */
	uint64_t padding;   /* and zeros behind them */
	struct buf records; /* of the member */
	struct str path;    /* its long name, in records; or empty */
	struct tarball_head head;
};

struct segwalk *segwalk_new(int fd, uint64_t from, uint64_t to)
{
	struct segwalk *w = err_alloc(sizeof *w);
	w->u = unframe_new();
	buf_init(&w->records, RECORDS_MOST);
	segwalk_start(w, fd, from, to);
	return w;
}

void segwalk_start(struct segwalk *w, int fd, uint64_t from, uint64_t to)
{
	unframe_start(w->u, fd, from, to);
	w->rest = w->path = (struct str){"", 0};
	w->piece = 0;
	w->left = w->padding = 0;
}

void segwalk_free(struct segwalk **w)
{
	if (*w == NULL)
		return;
	unframe_free(&(*w)->u);
	buf_free(&(*w)->records);
	free(*w);
	*w = NULL;
}

/* Up to n bytes. 1; 0 end; -1. */
static int take(struct segwalk *w, uint64_t n, struct str *out, struct err *err)
{
	if (w->rest.n == 0) {
		int r = unframe_next(w->u, &w->rest, err);
		if (r < 1)
			return r;
		w->piece = w->rest.n;
	}
	*out = str_cut(w->rest, 0, n < w->rest.n ? (size_t)n : w->rest.n);
	w->rest = str_cut(w->rest, out->n, w->rest.n);
	return 1;
}

static int cut_short(const struct segwalk *w, struct err *err)
{
	return err_set(err, ERR_BROKEN, "a member is cut short in the frame at byte %llu",
		       (unsigned long long)unframe_frame(w->u));
}

/* Exactly n bytes appended to *out. 1; 0 nothing more (only at the first byte); -1. */
static int gather(struct segwalk *w, size_t n, struct buf *out, struct err *err)
{
	struct str piece;
	size_t want = n;
	while (n) {
		int r = take(w, n, &piece, err);
		if (r == 0 && n < want)
			return cut_short(w, err);
		if (r < 1)
			return r;
		buf_str(out, piece);
		n -= piece.n;
	}
	return 1;
}

int segwalk_read(struct segwalk *w, struct str *out, struct err *err)
{
	if (w->left == 0)
		return 0;
	int r = take(w, w->left, out, err);
	if (r == 0)
		return cut_short(w, err);
	if (r == 1)
		w->left -= out->n;
	return r;
}

/* Goes behind the member at hand. */
static int skip(struct segwalk *w, struct err *err)
{
	struct str piece;
	w->left += w->padding;
	w->padding = 0;
	int r;
	while ((r = segwalk_read(w, &piece, err)) == 1)
		;
	return r < 0 ? -1 : 1;
}

/* The next header block. 1; 0 end, also a block of zeros; -1. */
static int next_head(struct segwalk *w, struct err *err)
{
	struct buf block;
	buf_init(&block, TARBALL_BLOCK);
	int r = gather(w, TARBALL_BLOCK, &block, err);
	if (r == 1)
		r = tarball_head(block.p, &w->head, err);
	buf_free(&block);
	return r;
}

/* The pax records before a member. */
static int read_records(struct segwalk *w, struct err *err)
{
	uint64_t size = w->head.size;
	struct str piece, all, key, value;
	if (size > RECORDS_MOST)
		return err_set(err, ERR_BROKEN, "pax records of %llu bytes",
			       (unsigned long long)size);
	buf_clear(&w->records);
	if (size && gather(w, (size_t)size, &w->records, err) < 1)
		return err->kind ? -1 : cut_short(w, err);
	w->left = tarball_padding(size);
	int r;
	while ((r = segwalk_read(w, &piece, err)) == 1)
		;
	all = buf_all(&w->records);
	while (r == 0 && (r = tarball_next(&all, &key, &value, err)) == 1) {
		if (str_eq(key, STR("path")))
			w->path = value;
		r = 0;
		if (all.n == 0)
			break;
	}
	return r < 0 ? -1 : 1;
}

/* What follows the end of the archive: 0; -1 it is not only zeros. */
static int only_zeros(struct segwalk *w, struct err *err)
{
	struct str piece;
	int r;
	while ((r = take(w, UINT64_MAX, &piece, err)) == 1)
		for (size_t i = 0; i < piece.n; i++)
			if (piece.p[i])
				return err_set(err, ERR_BROKEN,
					       "data behind the end of the tar archive");
	return r;
}

int segwalk_next(struct segwalk *w, struct segwalk_member *out, struct err *err)
{
	*err = (struct err){0};
	if (skip(w, err) < 0)
		return -1;
	buf_clear(&w->records);
	w->path = (struct str){"", 0};
	int r = next_head(w, err);
	if (r == 1 && w->head.type == 'x') {
		if (read_records(w, err) < 0)
			return -1;
		r = next_head(w, err);
		if (r == 0)
			return cut_short(w, err);
	}
	if (r == 0)
		return only_zeros(w, err);
	if (r < 0)
		return -1;
	if (w->head.type != '0')
		return err_set(err, ERR_BROKEN, "a member of type %d in the frame at byte %llu",
			       w->head.type, (unsigned long long)unframe_frame(w->u));
	w->left = w->head.size;
	w->padding = tarball_padding(w->left);
	*out = (struct segwalk_member){
		.name = w->path.n ? w->path : str_of(w->head.name),
		.size = w->head.size,
		.mtime = w->head.mtime,
		.records = buf_all(&w->records),
		.frame = unframe_frame(w->u),
		.offset = unframe_before(w->u) + (w->piece - w->rest.n),
	};
	return 1;
}

static bool is_commit(struct str line)
{
	return str_starts(line, STR("{\"fact\":\"commit\","));
}

/* Does the member of facts at hand end with a commit? Its last line is short. */
static int ends_with_commit(struct segwalk *w, struct err *err)
{
	struct buf tail;
	struct str piece, all, line = {"", 0};
	buf_init(&tail, (size_t)4 << 20);
	int r;
	while ((r = segwalk_read(w, &piece, err)) == 1) {
		if (tail.n > 8192)
			buf_drop(&tail, tail.n - 4096);
		buf_str(&tail, piece);
	}
	all = buf_all(&tail);
	while (r == 0 && str_line(&all, &line))
		;
	if (r == 0)
		r = is_commit(line);
	buf_free(&tail);
	return r;
}

int segwalk_commits(const char *path, uint64_t from, uint64_t to, int64_t *n_out, struct err *err)
{
	struct segwalk_member m;
	struct err damage;
	int fd = open(path, O_RDONLY | O_CLOEXEC), r = 0;
	*n_out = 0;
	if (fd < 0)
		return err_errno(err, ERR_BROKEN, "cannot open segment '%s'", path);
	struct segwalk *w = segwalk_new(fd, from, to);
	while (r >= 0 && segwalk_next(w, &m, &damage) == 1) {
		if (!str_starts(m.name, STR("facts/")))
			continue;
		r = ends_with_commit(w, &damage);
		*n_out += r == 1;
	}
	segwalk_free(&w);
	close(fd);
	return 1;
}
