#define _GNU_SOURCE
#include "reseg.h"

#include "buf.h"
#include "file.h"
#include "framescan.h"
#include "segment.h"
#include "unframe.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

#define PIECE ((size_t)256 << 10)
#define FIRST ((size_t)2 << 20) /* of a large frame; its member's headers are in it */
#define ZEROS_MOST ((size_t)4 << 20) /* zstd makes 32 KiB of 1 GiB of zeros */
#define SKIP_HEAD 8
#define WINDOW_LOG 24 /* what a reader may rely on */

struct reseg {
	const char *path;
	char fresh[4100];
	const struct scrub_set *set;
	struct scrub_counts *counts;
	int in, out; /* out: -1 until something changes */
	struct unframe *u;
	ZSTD_CCtx *z;
	struct buf content, packed; /* of the frame at hand, before and after compression */
	uint64_t gap;               /* zeros behind packed, in the skippable frame it ends with */
};

static int damaged(const struct reseg *r, uint64_t at, struct err *err)
{
	return err_set(err, ERR_BROKEN, "segment '%s' is damaged at byte %llu", r->path,
		       (unsigned long long)at);
}

/* ---- the new file ---- */

static int copy_range(struct reseg *r, uint64_t from, uint64_t to, struct err *err)
{
	char *piece = err_alloc(PIECE);
	int done = 1;
	while (done == 1 && from < to) {
		size_t n = to - from < PIECE ? (size_t)(to - from) : PIECE;
		done = file_pread(r->in, piece, n, (off_t)from, err);
		if (done == 0)
			done = damaged(r, from, err);
		if (done == 1)
			done = file_write(r->out, piece, n, err) < 0 ? -1 : 1;
		from += n;
	}
	free(piece);
	return done;
}

/* The new file, with everything before `at` in it. */
static int begin(struct reseg *r, uint64_t at, struct err *err)
{
	r->out = open(r->fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (r->out < 0)
		return err_errno(err, ERR_BROKEN, "cannot make '%s'", r->fresh);
	return copy_range(r, 0, at, err);
}

/* ---- a frame ---- */

static int out_of_room(const struct reseg *r, uint64_t at, struct err *err)
{
	return err_set(err, ERR_BROKEN, "the frame at byte %llu of '%s' cannot be made to fit its "
		       "place; nothing was changed", (unsigned long long)at, r->path);
}

/* Does a frame of n bytes fit into `room`, with a skippable frame or nothing behind it? */
static bool fits(uint64_t n, uint64_t room)
{
	return n == room || (n < room && room - n >= SKIP_HEAD && room - n <= UINT32_MAX);
}

static int set_up(struct reseg *r, int level, uint64_t raw, struct err *err)
{
	size_t e = ZSTD_CCtx_reset(r->z, ZSTD_reset_session_and_parameters);
	if (!ZSTD_isError(e))
		e = ZSTD_CCtx_setParameter(r->z, ZSTD_c_compressionLevel, level);
	if (!ZSTD_isError(e))
		e = ZSTD_CCtx_setParameter(r->z, ZSTD_c_checksumFlag, 1);
	if (!ZSTD_isError(e) && level > 15)
		e = ZSTD_CCtx_setParameter(r->z, ZSTD_c_windowLog, WINDOW_LOG - 1);
	if (!ZSTD_isError(e))
		e = ZSTD_CCtx_setPledgedSrcSize(r->z, raw);
	return ZSTD_isError(e) ? err_set(err, ERR_BROKEN, "zstd: %s", ZSTD_getErrorName(e)) : 1;
}

/* Behind the frame in r->packed: the head of a frame that fills it up to `room`. */
static void fill_up(struct reseg *r, uint64_t room)
{
	r->gap = room - r->packed.n;
	if (r->gap == 0)
		return;
	r->gap -= SKIP_HEAD;
	uint32_t n = (uint32_t)r->gap;
	const unsigned char head[SKIP_HEAD] = {
		0x53, 0x2A, 0x4D, 0x18,
		(unsigned char)n, (unsigned char)(n >> 8), (unsigned char)(n >> 16),
		(unsigned char)(n >> 24),
	};
	buf_add(&r->packed, head, sizeof head);
}

/* The zeros are a hole: the room is given back to the file system. */
static int put_packed(struct reseg *r, struct err *err)
{
	if (file_write(r->out, r->packed.p, r->packed.n, err) < 0)
		return -1;
	if (r->gap && lseek(r->out, (off_t)r->gap, SEEK_CUR) < 0)
		return err_errno(err, ERR_BROKEN, "cannot write '%s'", r->fresh);
	return 1;
}

/* The edited content of a frame, compressed for a place of `room` bytes, in r->packed. */
static int pack(struct reseg *r, uint64_t at, uint64_t room, struct err *err)
{
	size_t most = ZSTD_compressBound(r->content.n);
	for (int level = 3; level <= 19; level++) {
		buf_clear(&r->packed);
		char *to = buf_room(&r->packed, most);
		if (set_up(r, level, r->content.n, err) < 0)
			return -1;
		size_t n = ZSTD_compress2(r->z, to, most, r->content.p, r->content.n);
		if (ZSTD_isError(n))
			return err_set(err, ERR_BROKEN, "zstd: %s", ZSTD_getErrorName(n));
		if (!fits(n, room))
			continue;
		buf_take(&r->packed, n);
		fill_up(r, room);
		return 1;
	}
	return out_of_room(r, at, err);
}

/* The whole content of a frame, or its first bytes, into r->content. */
static int unpack(struct reseg *r, const struct framescan_frame *f, size_t want, struct err *err)
{
	struct str piece;
	int got = 1;
	buf_clear(&r->content);
	unframe_start(r->u, r->in, f->start, f->end);
	while (r->content.n < want && (got = unframe_next(r->u, &piece, err)) == 1)
		buf_str(&r->content, str_cut(piece, 0, want - r->content.n));
	if (got == 1 && want == f->raw) /* its checksum */
		got = unframe_next(r->u, &piece, err);
	return got < 0 || r->content.n < want ? damaged(r, f->start, err) : 1;
}

static int edit(struct reseg *r, const struct framescan_frame *f, struct err *err)
{
	struct scrub_counts before = *r->counts;
	if (unpack(r, f, (size_t)f->raw, err) < 0 ||
	    scrub_content(r->content.p, r->content.n, r->set, r->counts, err) < 0)
		return -1;
	if (r->counts->messages == before.messages && r->counts->facts == before.facts)
		return 0;
	return pack(r, f->start, f->end - f->start, err);
}

/* A large frame is one member. When that goes, all behind its headers is zeros. */
static int edit_large(struct reseg *r, const struct framescan_frame *f, struct err *err)
{
	static const char zeros[PIECE];
	uint64_t room = f->end - f->start, at;
	size_t head, left;
	if (unpack(r, f, FIRST, err) < 0)
		return -1;
	struct scrub_part part = {r->content.p, r->content.n, f->raw};
	int got = scrub_first(&part, r->set, r->counts, &head, err);
	if (got < 1)
		return got;
	buf_clear(&r->packed);
	ZSTD_outBuffer o = {buf_room(&r->packed, ZEROS_MOST), ZEROS_MOST, 0};
	if (set_up(r, 3, f->raw, err) < 0)
		return -1;
	for (at = 0; at < f->raw;) {
		size_t n = at == 0 ? head : f->raw - at < PIECE ? (size_t)(f->raw - at) : PIECE;
		ZSTD_inBuffer in = {at == 0 ? r->content.p : zeros, n, 0};
		at += n;
		do {
			left = ZSTD_compressStream2(r->z, &o, &in,
						    at == f->raw ? ZSTD_e_end : ZSTD_e_continue);
			if (ZSTD_isError(left) || o.pos == o.size)
				return out_of_room(r, f->start, err);
		} while (in.pos < in.size || (at == f->raw && left));
	}
	if (!fits(o.pos, room))
		return out_of_room(r, f->start, err);
	buf_take(&r->packed, o.pos);
	fill_up(r, room);
	return 1;
}

static int frame(struct reseg *r, const struct framescan_frame *f, struct err *err)
{
	int changed;
	if (f->state == FRAMESCAN_SKIP)
		return r->out < 0 ? 1 : copy_range(r, f->start, f->end, err);
	if (f->state != FRAMESCAN_SOUND || f->raw == UINT64_MAX)
		return damaged(r, f->start, err);
	changed = f->raw > RESEG_FRAME_MOST ? edit_large(r, f, err) : edit(r, f, err);
	if (changed < 0)
		return -1;
	if (changed && r->out < 0 && begin(r, f->start, err) < 0)
		return -1;
	if (changed)
		return put_packed(r, err);
	return r->out < 0 ? 1 : copy_range(r, f->start, f->end, err);
}

static int all_frames(struct reseg *r, struct err *err)
{
	struct stat st;
	struct framescan_frame f;
	int got;
	if (fstat(r->in, &st) < 0)
		return err_errno(err, ERR_BROKEN, "cannot read '%s'", r->path);
	struct framescan s = {r->in, SEGMENT_HEAD, (uint64_t)st.st_size};
	while ((got = framescan_next(&s, &f, err)) == 1)
		if (frame(r, &f, err) < 0)
			return -1;
	if (got < 0 || r->out < 0)
		return got < 0 ? -1 : 0;
	return file_sync(r->out, err) < 0 ? -1 : 1;
}

int reseg_write(const char *path, const struct scrub_set *set, struct scrub_counts *counts,
		struct err *err)
{
	struct reseg r = {.path = path, .set = set, .counts = counts, .out = -1};
	snprintf(r.fresh, sizeof r.fresh, "%s.new", path);
	if (unlink(r.fresh) < 0 && errno != ENOENT)
		return err_errno(err, ERR_BROKEN, "cannot remove '%s'", r.fresh);
	r.in = open(path, O_RDONLY | O_CLOEXEC);
	if (r.in < 0)
		return err_errno(err, ERR_BROKEN, "cannot open '%s'", path);
	r.u = unframe_new();
	r.z = ZSTD_createCCtx();
	if (r.z == NULL)
		err_die("out of memory");
	buf_init(&r.content, RESEG_FRAME_MOST);
	buf_init(&r.packed, ZSTD_compressBound(RESEG_FRAME_MOST) + SKIP_HEAD);
	int done = all_frames(&r, err);
	if (r.out >= 0 && close(r.out) < 0 && done == 1)
		done = err_errno(err, ERR_BROKEN, "cannot close '%s'", r.fresh);
	if (r.out >= 0 && done < 0)
		unlink(r.fresh);
	close(r.in);
	unframe_free(&r.u);
	ZSTD_freeCCtx(r.z);
	buf_free(&r.content);
	buf_free(&r.packed);
	return done;
}
