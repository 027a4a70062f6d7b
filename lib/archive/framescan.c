#define _GNU_SOURCE
#include "framescan.h"

#include <errno.h>
#include <unistd.h>
#include <zstd.h>

#define BLOCK_MOST (128u << 10)
#define HEADER_MOST 18
#define PIECE 65536

/* Up to n bytes at `at`, not beyond the range. Their count, or -1. */
static ssize_t look(const struct framescan *s, uint64_t at, void *p, size_t n, struct err *err)
{
	ssize_t r;
	if (at >= s->to)
		return 0;
	if (n > s->to - at)
		n = (size_t)(s->to - at);
	do
		r = pread(s->fd, p, n, (off_t)at);
	while (r < 0 && errno == EINTR);
	return r < 0 ? err_errno(err, ERR_BROKEN, "cannot read at byte %llu",
				 (unsigned long long)at) : r;
}

static uint32_t le32(const unsigned char *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static bool is_magic(const unsigned char *p)
{
	return le32(p) == 0xFD2FB528 || (le32(p) & 0xFFFFFFF0) == 0x184D2A50;
}

static size_t header_size(unsigned char descriptor)
{
	static const size_t dictionary[] = {0, 1, 2, 4}, content[] = {0, 2, 4, 8};
	bool single = descriptor & 0x20;
	size_t fcs = content[descriptor >> 6];
	return 5 + !single + dictionary[descriptor & 3] + (fcs == 0 && single ? 1 : fcs);
}

/* Hops from block to block. 1: *end is behind the frame; 0 no such chain; -1. */
static int hop(const struct framescan *s, uint64_t at, bool checksum, uint64_t *end,
	       struct err *err)
{
	unsigned char b[3];
	bool last = false;
	while (!last) {
		ssize_t r = look(s, at, b, 3, err);
		if (r < 3)
			return r < 0 ? -1 : 0;
		uint32_t head = (uint32_t)b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16;
		uint32_t kind = head >> 1 & 3, size = head >> 3;
		if (kind == 3 || size > BLOCK_MOST)
			return 0;
		last = head & 1;
		at += 3 + (kind == 1 ? 1 : size);
	}
	*end = at + (checksum ? 4 : 0);
	return *end <= s->to;
}

/* Is there a frame at f->start? 1: the rest of *f is set; 0; -1. */
static int probe(const struct framescan *s, struct framescan_frame *f, struct err *err)
{
	unsigned char h[HEADER_MOST];
	ssize_t n = look(s, f->start, h, sizeof h, err);
	if (n < 8 || !is_magic(h))
		return n < 0 ? -1 : 0;
	f->raw = 0;
	f->state = FRAMESCAN_SKIP;
	if (le32(h) != 0xFD2FB528) {
		f->end = f->start + 8 + le32(h + 4);
		return f->end <= s->to;
	}
	unsigned long long raw = ZSTD_getFrameContentSize(h, (size_t)n);
	if (raw == ZSTD_CONTENTSIZE_ERROR || (size_t)n < header_size(h[4]))
		return 0;
	f->raw = raw == ZSTD_CONTENTSIZE_UNKNOWN ? UINT64_MAX : raw;
	f->state = FRAMESCAN_SOUND;
	return hop(s, f->start + header_size(h[4]), h[4] & 4, &f->end, err);
}

/* Is what stands there the end of the range or the beginning of a frame? */
static int follows(const struct framescan *s, uint64_t at, struct err *err)
{
	unsigned char m[4];
	if (at == s->to)
		return 1;
	ssize_t n = look(s, at, m, 4, err);
	return n < 0 ? -1 : n == 4 && is_magic(m);
}

/* Is there a frame with a sound neighbour behind it? */
static int believable(const struct framescan *s, uint64_t at, struct err *err)
{
	struct framescan_frame f = {.start = at};
	int r = probe(s, &f, err);
	return r == 1 ? follows(s, f.end, err) : r;
}

/* The first frame behind byte `at`. 1; 0 none; -1. */
static int search(const struct framescan *s, uint64_t at, uint64_t *out, struct err *err)
{
	unsigned char piece[PIECE];
	for (;;) {
		ssize_t n = look(s, at, piece, sizeof piece, err);
		if (n < 4)
			return n < 0 ? -1 : 0;
		for (ssize_t i = 0; i + 4 <= n; i++) {
			if (le32(piece + i) != 0xFD2FB528)
				continue;
			*out = at + (uint64_t)i;
			int r = believable(s, *out, err);
			if (r)
				return r;
		}
		at += (uint64_t)n - 3;
	}
}

/* Skippable frames behind a frame belong to it. */
static int fillings(const struct framescan *s, struct framescan_frame *f, struct err *err)
{
	struct framescan_frame next = {.start = f->end};
	int r;
	while ((r = probe(s, &next, err)) == 1 && next.state == FRAMESCAN_SKIP)
		f->end = next.start = next.end;
	return r;
}

int framescan_next(struct framescan *s, struct framescan_frame *out, struct err *err)
{
	uint64_t behind;
	if (s->at >= s->to)
		return 0;
	*out = (struct framescan_frame){.start = s->at};
	int there = probe(s, out, err);
	int good = there == 1 ? follows(s, out->end, err) : there;
	if (good == 0) {
		int found = search(s, s->at + 1, &behind, err);
		/* A chain that ends before the next frame is sound; the damage is behind it. */
		good = found < 0 ? -1 : there == 1 && (!found || behind >= out->end);
		if (good == 0) {
			out->state = found ? FRAMESCAN_DAMAGED : FRAMESCAN_CUT;
			out->end = found ? behind : s->to;
			out->raw = 0;
		}
	}
	if (good > 0 && out->state == FRAMESCAN_SOUND && fillings(s, out, err) < 0)
		good = -1;
	s->at = out->end;
	return good < 0 ? -1 : 1;
}
