#define _GNU_SOURCE
#include "unframe.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>
#include <zstd.h>

#define PIECE ((size_t)128 << 10)
#define WINDOW_LOG_MOST 24

struct unframe {
	ZSTD_DCtx *z;
	int fd;
	uint64_t at, to;      /* next byte to read from the file, end of the range */
	uint64_t frame, done; /* start of the frame; bytes of it given out before this piece */
	uint64_t end;         /* behind the last whole frame */
	size_t last;          /* size of the piece given out */
	bool within;          /* a frame */
	bool pending;         /* the decompressor has bytes it had no room for */
	ZSTD_inBuffer in;
	char from[PIECE], out[PIECE];
};

struct unframe *unframe_new(void)
{
	struct unframe *u = err_alloc(sizeof *u);
	u->z = ZSTD_createDCtx();
	if (u->z == NULL)
		err_die("out of memory");
	ZSTD_DCtx_setParameter(u->z, ZSTD_d_windowLogMax, WINDOW_LOG_MOST);
	return u;
}

void unframe_free(struct unframe **u)
{
	if (*u == NULL)
		return;
	ZSTD_freeDCtx((*u)->z);
	free(*u);
	*u = NULL;
}

void unframe_start(struct unframe *u, int fd, uint64_t from, uint64_t to)
{
	ZSTD_DCtx_reset(u->z, ZSTD_reset_session_only);
	u->fd = fd;
	u->at = u->frame = u->end = from;
	u->to = to;
	u->done = 0;
	u->last = 0;
	u->within = false;
	u->pending = false;
	u->in = (ZSTD_inBuffer){u->from, 0, 0};
}

static int fill(struct unframe *u, struct err *err)
{
	size_t want = u->to - u->at < PIECE ? (size_t)(u->to - u->at) : PIECE;
	ssize_t r = 0;
	do
		r = want ? pread(u->fd, u->from, want, (off_t)u->at) : 0;
	while (r < 0 && errno == EINTR);
	if (r < 0)
		return err_errno(err, ERR_BROKEN, "cannot read at byte %llu",
				 (unsigned long long)u->at);
	u->in = (ZSTD_inBuffer){u->from, (size_t)r, 0};
	u->at += (uint64_t)r;
	return r > 0;
}

/* File offset of the next byte the decompressor will see. */
static uint64_t place(const struct unframe *u)
{
	return u->at - (u->in.size - u->in.pos);
}

int unframe_next(struct unframe *u, struct str *out, struct err *err)
{
	u->done += u->last;
	u->last = 0;
	for (;;) {
		if (!u->within) {
			u->frame = place(u);
			u->done = 0;
		}
		if (u->in.pos == u->in.size && !u->pending) {
			int r = fill(u, err);
			if (r < 0)
				return -1;
			if (r == 0 && u->within)
				return err_set(err, ERR_BROKEN, "frame at byte %llu is cut short",
					       (unsigned long long)u->frame);
			if (r == 0)
				return 0;
		}
		ZSTD_outBuffer o = {u->out, PIECE, 0};
		size_t left = ZSTD_decompressStream(u->z, &o, &u->in);
		if (ZSTD_isError(left))
			return err_set(err, ERR_BROKEN, "frame at byte %llu is damaged (%s)",
				       (unsigned long long)u->frame, ZSTD_getErrorName(left));
		u->within = left != 0;
		u->pending = u->within && o.pos == o.size;
		if (!u->within)
			u->end = place(u);
		if (o.pos) {
			*out = (struct str){u->out, o.pos};
			u->last = o.pos;
			return 1;
		}
	}
}

uint64_t unframe_frame(const struct unframe *u)
{
	return u->frame;
}

uint64_t unframe_before(const struct unframe *u)
{
	return u->done;
}

uint64_t unframe_end(const struct unframe *u)
{
	return u->end;
}
