#define _GNU_SOURCE
#define ZSTD_STATIC_LINKING_ONLY /* ZSTD_d_stableOutBuffer */
#include "reader.h"

#include "file.h"
#include "segment.h"
#include "tarball.h"
#include "unframe.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

#define CACHED_MOST ((size_t)4 << 20)

/* A frame at hand. */
struct frame {
	ZSTD_DCtx *z;
	struct buf text;         /* decompressed so far */
	size_t raw;              /* bytes of the whole content */
	uint64_t at, next, end;  /* in the file: the frame, what was not looked at yet, its end */
	size_t want;             /* bytes that the decompressor asks for, 0: none */
	uint64_t last_use;
	uint32_t segment;
	bool valid;
};

struct reader {
	const char *dir;
	char path[4096]; /* the segment that is open */
	int fd;
	uint32_t segment;
	struct frame *frames; /* those read last */
	size_t n_frames;
	struct frame *frame;  /* that of the message being read */
	struct buf packed;    /* a block of it, as in the file */
	uint64_t clock;
	struct unframe *stream; /* for frames that are not cached */
	struct hash_ctx *hash;
};

/* One message being read. */
struct pull {
	const struct archive_msg *m;
	uint64_t left; /* bytes of it still to come */
	bool cached;
	struct str rest; /* at hand: from the cached frame, or of the piece decompressed last */
};

struct reader *reader_new(const char *dir, unsigned frames)
{
	struct reader *r = err_alloc(sizeof *r);
	r->dir = dir;
	r->fd = -1;
	r->frames = err_alloc(frames * sizeof *r->frames);
	r->n_frames = frames;
	r->hash = hash_new();
	buf_init(&r->packed, ZSTD_DStreamInSize());
	for (size_t i = 0; i < frames; i++)
		buf_init(&r->frames[i].text, CACHED_MOST);
	return r;
}

void reader_free(struct reader **r)
{
	if (*r == NULL)
		return;
	if ((*r)->fd >= 0)
		close((*r)->fd);
	for (size_t i = 0; i < (*r)->n_frames; i++) {
		ZSTD_freeDCtx((*r)->frames[i].z);
		buf_free(&(*r)->frames[i].text);
	}
	free((*r)->frames);
	buf_free(&(*r)->packed);
	unframe_free(&(*r)->stream);
	hash_free(&(*r)->hash);
	free(*r);
	*r = NULL;
}

/* What is at hand of a segment that was written anew is of the old one. */
static void forget(struct reader *r, uint32_t segment)
{
	for (size_t i = 0; i < r->n_frames; i++)
		if (r->frames[i].segment == segment)
			r->frames[i].valid = false;
}

static int open_segment(struct reader *r, uint32_t number, struct err *err)
{
	struct stat st;
	/* A segment that was written anew has no name any more (destroy.h). */
	if (r->fd >= 0 && r->segment == number && fstat(r->fd, &st) == 0 && st.st_nlink)
		return 1;
	if (r->fd >= 0 && r->segment == number)
		forget(r, number);
	if (r->fd >= 0)
		close(r->fd);
	r->segment = number;
	segment_path(r->path, sizeof r->path, r->dir, number);
	r->fd = open(r->path, O_RDONLY | O_CLOEXEC);
	return r->fd < 0 ? err_errno(err, ERR_BROKEN, "cannot open segment '%s'", r->path) : 1;
}

static int damaged(const struct reader *r, uint64_t at, struct err *err)
{
	return err_set(err, ERR_BROKEN, "segment '%s' is damaged at byte %llu", r->path,
		       (unsigned long long)at);
}

/* The next n bytes of the frame in the file. 1 or -1. */
static int fetch(struct reader *r, size_t n, struct str *out, struct err *err)
{
	struct frame *f = r->frame;
	buf_clear(&r->packed);
	char *p = n <= f->end - f->next ? buf_room(&r->packed, n) : NULL;
	if (p == NULL)
		return damaged(r, f->at, err);
	int got = file_pread(r->fd, p, n, (off_t)f->next, err);
	if (got < 0)
		return err_wrap(err, "segment '%s'", r->path);
	*out = (struct str){p, n};
	return got == 0 ? damaged(r, f->at, err) : 1;
}

/* Decompresses what was asked for, at most a block. 1 or -1. */
static int step(struct reader *r, struct err *err)
{
	struct frame *f = r->frame;
	struct str packed;
	if (fetch(r, f->want, &packed, err) < 0)
		return -1;
	ZSTD_inBuffer in = {packed.p, packed.n, 0};
	ZSTD_outBuffer out = {f->text.p, f->raw, f->text.n};
	f->want = ZSTD_decompressStream(f->z, &out, &in);
	if (ZSTD_isError(f->want) || in.pos == 0)
		return damaged(r, f->at, err);
	f->next += in.pos;
	buf_take(&f->text, out.pos - f->text.n);
	return 1;
}

/* Decompresses the frame up to byte `to` of its content. 1 or -1. */
static int unpack(struct reader *r, uint64_t to, struct err *err)
{
	struct frame *f = r->frame;
	int got = to > f->raw ? damaged(r, f->at, err) : 1;
	while (got > 0 && f->text.n < to && f->want)
		got = step(r, err);
	if (got > 0 && f->text.n < to)
		got = damaged(r, f->at, err);
	if (got < 0)
		f->valid = false;
	return got;
}

/* The frame of the message, if it is at hand, else that which was used longest ago. */
static struct frame *choose(struct reader *r, const struct archive_msg *m)
{
	struct frame *oldest = &r->frames[0];
	for (size_t i = 0; i < r->n_frames; i++) {
		struct frame *f = &r->frames[i];
		if (f->valid && f->segment == m->segment && f->at == m->frame)
			return f;
		if (oldest->valid && (!f->valid || f->last_use < oldest->last_use))
			oldest = f;
	}
	oldest->valid = false;
	return oldest;
}

/* Its memory is where the content goes: without a window of its own it copies nothing, and takes
 * a tenth of the memory. A library that does not know the parameter does without. */
static void start(struct frame *f)
{
	if (f->z == NULL && (f->z = ZSTD_createDCtx()) == NULL)
		err_die("out of memory");
	ZSTD_DCtx_reset(f->z, ZSTD_reset_session_only);
	ZSTD_DCtx_setParameter(f->z, ZSTD_d_stableOutBuffer, 1);
	f->want = ZSTD_FRAMEHEADERSIZE_MIN(ZSTD_f_zstd1);
	f->next = f->at;
}

/* Brings the message's frame to hand. 1; 0 it is too large for that; -1. */
static int load_frame(struct reader *r, const struct archive_msg *m, struct err *err)
{
	struct frame *f = r->frame = choose(r, m);
	struct str head;
	f->last_use = ++r->clock;
	if (f->valid)
		return 1;
	buf_clear(&f->text);
	f->at = f->next = m->frame;
	f->end = m->frame_end;
	f->segment = m->segment;
	size_t n = f->end - f->at < ZSTD_FRAMEHEADERSIZE_MAX ? (size_t)(f->end - f->at) : ZSTD_FRAMEHEADERSIZE_MAX;
	if (fetch(r, n, &head, err) < 0)
		return -1;
	unsigned long long raw = ZSTD_getFrameContentSize(head.p, head.n);
	if (raw == ZSTD_CONTENTSIZE_ERROR)
		return damaged(r, m->frame, err);
	if (raw == ZSTD_CONTENTSIZE_UNKNOWN || raw > CACHED_MOST)
		return 0;
	buf_room(&f->text, (size_t)raw);
	f->raw = (size_t)raw;
	start(f);
	f->valid = true;
	return 1;
}

/* Is that header the one of this message? */
static bool is_header_of(const char *block, const struct archive_msg *m)
{
	struct tarball_head h;
	struct err ignored;
	char name[HASH_HEX + 5];
	hash_hex(m->hash, HASH_BYTES, name);
	memcpy(name + HASH_HEX, ".eml", 5);
	return tarball_head(block, &h, &ignored) == 1 && h.size == m->size &&
	       strcmp(h.name, name) == 0;
}

/* Goes to the message in a frame that streams; looks at its header on the way. */
static int skip_to(struct reader *r, struct pull *p, struct err *err)
{
	char head[TARBALL_BLOCK];
	uint64_t want = p->m->offset, at = 0;
	size_t have = 0;
	unframe_start(r->stream, r->fd, p->m->frame, p->m->frame_end);
	while (at < want) {
		int got = unframe_next(r->stream, &p->rest, err);
		if (got < 0)
			return err_wrap(err, "segment '%s'", r->path);
		if (got == 0)
			return damaged(r, p->m->frame, err);
		/* the part of this piece that lies in the block before the message */
		uint64_t from = want - TARBALL_BLOCK > at ? want - TARBALL_BLOCK - at : 0;
		uint64_t to = want - at < p->rest.n ? want - at : p->rest.n;
		struct str part = str_cut(p->rest, (size_t)from, (size_t)to);
		memcpy(head + have, part.n ? part.p : "", part.n);
		have += part.n;
		at += p->rest.n;
		p->rest = str_cut(p->rest, (size_t)to, p->rest.n);
	}
	return is_header_of(head, p->m) ? 1 : damaged(r, p->m->frame, err);
}

static int pull_start(struct reader *r, const struct archive_msg *m, struct pull *p,
		      struct err *err)
{
	*p = (struct pull){.m = m, .left = m->size};
	if (open_segment(r, m->segment, err) < 0)
		return -1;
	if (m->frame >= m->frame_end || m->offset < TARBALL_BLOCK)
		return damaged(r, m->frame, err);
	int got = load_frame(r, m, err);
	if (got < 0)
		return -1;
	if (got == 1) {
		if (m->offset > r->frame->raw || m->size > r->frame->raw - m->offset)
			return damaged(r, m->frame, err);
		if (unpack(r, m->offset + m->size, err) < 0)
			return -1;
		struct str all = buf_all(&r->frame->text);
		if (!is_header_of(all.p + m->offset - TARBALL_BLOCK, m))
			return damaged(r, m->frame, err);
		p->cached = true;
		p->rest = str_cut(all, (size_t)m->offset, (size_t)(m->offset + m->size));
		return 1;
	}
	if (r->stream == NULL)
		r->stream = unframe_new();
	return skip_to(r, p, err);
}

/* The next bytes of the message. 1; 0 end; -1. */
static int pull_next(struct reader *r, struct pull *p, struct str *out, struct err *err)
{
	while (p->left && p->rest.n == 0) {
		int got = p->cached ? 0 : unframe_next(r->stream, &p->rest, err);
		if (got < 0)
			return err_wrap(err, "segment '%s'", r->path);
		if (got == 0)
			return damaged(r, p->m->frame, err);
	}
	if (p->left == 0)
		return 0;
	*out = str_cut(p->rest, 0, p->left < p->rest.n ? (size_t)p->left : p->rest.n);
	p->rest = (struct str){"", 0};
	p->left -= out->n;
	return 1;
}

static int check_hash(struct reader *r, const struct archive_msg *m, struct err *err)
{
	unsigned char hash[HASH_BYTES];
	hash_end(r->hash, hash);
	if (memcmp(hash, m->hash, HASH_BYTES) == 0)
		return 1;
	return err_set(err, ERR_BROKEN, "segment '%s' holds wrong bytes for message %llu", r->path,
		       (unsigned long long)m->number);
}

int reader_read(struct reader *r, const struct archive_msg *m, size_t max, struct buf *out,
		struct err *err)
{
	struct pull p;
	struct str piece;
	size_t before = out->n, want = m->size < max ? (size_t)m->size : max;
	if (pull_start(r, m, &p, err) < 0)
		return -1;
	/* of a part there is no hash: the frame's checksum, at its end, stands in */
	if (p.cached && want < m->size && unpack(r, r->frame->raw, err) < 0)
		return -1;
	if (buf_room(out, want) == NULL)
		return err_set(err, ERR_INPUT, "message %llu does not fit in %zu bytes",
			       (unsigned long long)m->number, out->max);
	int got = 1;
	while (out->n - before < want && (got = pull_next(r, &p, &piece, err)) == 1)
		buf_str(out, str_cut(piece, 0, want - (out->n - before)));
	if (got == 1 && want == m->size) {
		hash_add(r->hash, out->p + before, want);
		got = check_hash(r, m, err);
	}
	if (got < 0)
		out->n = before;
	return got < 0 ? -1 : 1;
}

int reader_copy_out(struct reader *r, const struct archive_msg *m, int fd, struct err *err)
{
	struct pull p;
	struct str piece;
	unsigned char dropped[HASH_BYTES];
	if (pull_start(r, m, &p, err) < 0)
		return -1;
	int got;
	while ((got = pull_next(r, &p, &piece, err)) == 1) {
		hash_add(r->hash, piece.p, piece.n);
		if (file_write(fd, piece.p, piece.n, err) < 0) {
			got = -1;
			break;
		}
	}
	if (got < 0) {
		hash_end(r->hash, dropped);
		return -1;
	}
	return check_hash(r, m, err);
}
