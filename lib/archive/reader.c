#define _GNU_SOURCE
#include "reader.h"

#include "buf.h"
#include "file.h"
#include "frames.h"
#include "segment.h"
#include "tarball.h"
#include "unframe.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

struct reader {
	const char *dir;
	char path[4096]; /* the segment that is open */
	int fd;
	struct stat is;
	uint32_t segment;
	struct frames *frames;
	struct frame *frame;    /* that of the message being read */
	struct unframe *stream; /* for frames that are not kept */
	struct hash_ctx *hash;
};

/* One message being read. */
struct pull {
	const struct archive_msg *m;
	uint64_t left; /* bytes of it still to come */
	struct str rest; /* at hand: of the frame that is kept, or the piece decompressed last */
};

struct reader *reader_new(const char *dir, bool scattered)
{
	struct reader *r = err_alloc(sizeof *r);
	r->dir = dir;
	r->fd = -1;
	r->frames = frames_new(scattered);
	r->hash = hash_new();
	return r;
}

void reader_free(struct reader **r)
{
	if (*r == NULL)
		return;
	if ((*r)->fd >= 0)
		close((*r)->fd);
	frames_free(&(*r)->frames);
	unframe_free(&(*r)->stream);
	hash_free(&(*r)->hash);
	free(*r);
	*r = NULL;
}

static int open_segment(struct reader *r, uint32_t number, struct err *err)
{
	/* A segment that was written anew has no name any more (destroy.h). */
	if (r->fd >= 0 && r->segment == number && fstat(r->fd, &r->is) == 0 && r->is.st_nlink)
		return 1;
	if (r->fd >= 0)
		close(r->fd);
	r->segment = number;
	segment_path(r->path, sizeof r->path, r->dir, number);
	r->fd = open(r->path, O_RDONLY | O_CLOEXEC);
	if (r->fd < 0 || fstat(r->fd, &r->is) < 0)
		return err_errno(err, ERR_BROKEN, "cannot open segment '%s'", r->path);
	return 1;
}

static int damaged(const struct reader *r, uint64_t at, struct err *err)
{
	return err_set(err, ERR_BROKEN, "segment '%s' is damaged at byte %llu", r->path,
		       (unsigned long long)at);
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

static int check_hash(struct reader *r, const struct archive_msg *m, struct err *err)
{
	unsigned char hash[HASH_BYTES];
	hash_end(r->hash, hash);
	if (memcmp(hash, m->hash, HASH_BYTES) == 0)
		return 1;
	return err_set(err, ERR_BROKEN, "segment '%s' holds wrong bytes for message %llu", r->path,
		       (unsigned long long)m->number);
}

/* Finds the message in the frame at hand and looks whether it is that. Of a part (not `whole`)
 * there is no hash: the frame's checksum, at its end, stands in. 1 or -1. */
static int find_in(struct reader *r, struct pull *p, bool whole, struct err *err)
{
	const struct archive_msg *m = p->m;
	struct str text;
	uint64_t raw = frames_size(r->frame);
	if (m->offset > raw || m->size > raw - m->offset)
		return damaged(r, m->frame, err);
	if (frames_text(r->frame, whole ? m->offset + m->size : raw, &text, err) < 0)
		return err_wrap(err, "segment '%s'", r->path);
	if (!is_header_of(text.p + m->offset - TARBALL_BLOCK, m))
		return damaged(r, m->frame, err);
	p->rest = str_cut(text, (size_t)m->offset, (size_t)(m->offset + m->size));
	if (!whole)
		return 1;
	hash_add(r->hash, p->rest.p, p->rest.n);
	return check_hash(r, m, err);
}

/* Takes the message's frame and finds it there. When that was kept and does not hold what it
 * should, its file may be gone and another may have its number: then the file itself is read, once:
 * who kept it since then has this file open. 1; 0 it is too large to be kept; -1. */
static int take_frame(struct reader *r, struct pull *p, bool whole, struct err *err)
{
	const struct archive_msg *m = p->m;
	struct frames_place place = {r->fd, r->is.st_dev, r->is.st_ino, m->frame, m->frame_end};
	for (bool again = true;; again = false) {
		int got = frames_take(r->frames, &place, &r->frame, err);
		if (got < 0)
			return err_wrap(err, "segment '%s'", r->path);
		if (got == 0 || find_in(r, p, whole, err) > 0)
			return got;
		again = again && frames_old(r->frame);
		frames_give(r->frames, &r->frame, false);
		if (!again)
			return -1;
	}
}

/* 1: until frames_give the bytes of the message are at hand; r->frame: they are checked. -1. */
static int pull_start(struct reader *r, const struct archive_msg *m, struct pull *p, bool whole,
		      struct err *err)
{
	*p = (struct pull){.m = m, .left = m->size};
	if (open_segment(r, m->segment, err) < 0)
		return -1;
	if (m->frame >= m->frame_end || m->offset < TARBALL_BLOCK)
		return damaged(r, m->frame, err);
	int got = take_frame(r, p, whole, err);
	if (got != 0)
		return got;
	if (r->stream == NULL)
		r->stream = unframe_new();
	return skip_to(r, p, err);
}

/* The next bytes of the message. 1; 0 end; -1. */
static int pull_next(struct reader *r, struct pull *p, struct str *out, struct err *err)
{
	while (p->left && p->rest.n == 0) {
		int got = r->frame ? 0 : unframe_next(r->stream, &p->rest, err);
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

int reader_read(struct reader *r, const struct archive_msg *m, size_t max, struct buf *out,
		struct err *err)
{
	struct pull p;
	struct str piece;
	size_t before = out->n, want = m->size < max ? (size_t)m->size : max;
	bool whole = want == m->size;
	if (buf_room(out, want) == NULL)
		return err_set(err, ERR_INPUT, "message %llu does not fit in %zu bytes",
			       (unsigned long long)m->number, out->max);
	int got = pull_start(r, m, &p, whole, err);
	while (got > 0 && out->n - before < want && (got = pull_next(r, &p, &piece, err)) == 1)
		buf_str(out, str_cut(piece, 0, want - (out->n - before)));
	if (got == 1 && whole && r->frame == NULL) {
		hash_add(r->hash, out->p + before, want);
		got = check_hash(r, m, err);
	}
	frames_give(r->frames, &r->frame, true);
	if (got < 0)
		out->n = before;
	return got < 0 ? -1 : 1;
}

static int copy_stream(struct reader *r, struct pull *p, int fd, struct err *err)
{
	struct str piece;
	unsigned char dropped[HASH_BYTES];
	int got;
	while ((got = pull_next(r, p, &piece, err)) == 1) {
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
	return check_hash(r, p->m, err);
}

int reader_copy_out(struct reader *r, const struct archive_msg *m, int fd, struct err *err)
{
	struct pull p;
	if (pull_start(r, m, &p, true, err) < 0)
		return -1;
	if (r->frame == NULL)
		return copy_stream(r, &p, fd, err);
	int got = file_write(fd, p.rest.p, p.rest.n, err);
	frames_give(r->frames, &r->frame, true);
	return got < 0 ? -1 : 1;
}
