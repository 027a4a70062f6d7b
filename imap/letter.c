#define _GNU_SOURCE
#include "letter.h"

#include "file.h"

#include <fcntl.h>
#include <unistd.h>

void letter_init(struct letter *l, const char *dir)
{
	*l = (struct letter){.dir = dir, .fd = -1};
	buf_init(&l->mem, LETTER_MEMORY);
}

void letter_free(struct letter *l)
{
	buf_free(&l->mem);
	if (l->fd >= 0)
		close(l->fd);
	l->fd = -1;
}

void letter_begin(struct letter *l, uint64_t size, uint64_t max)
{
	buf_clear(&l->mem);
	l->size = size;
	l->have = 0;
	l->open = false;
	l->uid = 0;
	l->too_large = size > max;
	l->filed = size > LETTER_MEMORY;
}

void letter_open(struct letter *l, uint64_t max)
{
	letter_begin(l, max, max);
	l->open = true;
	l->filed = false; /* it begins in memory */
}

void letter_end(struct letter *l)
{
	l->size = l->have;
	l->open = false;
}

static int spool(struct letter *l, struct str piece, struct err *err)
{
	if (l->fd < 0)
		l->fd = open(l->dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (l->fd < 0)
		return err_errno(err, ERR_BROKEN, "cannot make a temporary file in '%s'", l->dir);
	if (l->have == 0 && ftruncate(l->fd, 0) < 0)
		return err_errno(err, ERR_BROKEN, "cannot empty a temporary file");
	return file_pwrite(l->fd, piece.p, piece.n, (off_t)l->have, err);
}

/* From memory into the file. 1 or -1. */
static int move_out(struct letter *l, struct err *err)
{
	uint64_t have = l->have;
	l->filed = true;
	l->have = 0;
	int r = l->mem.n ? spool(l, buf_all(&l->mem), err) : 1;
	l->have = have;
	buf_clear(&l->mem);
	return r;
}

/* A piece of a message of unknown size. */
static int add_open(struct letter *l, struct str piece, struct err *err)
{
	l->too_large = l->too_large || piece.n > l->size - l->have;
	if (l->too_large)
		return 1;
	if (!l->filed && l->have + piece.n > LETTER_MEMORY && move_out(l, err) < 0)
		return -1;
	if (l->filed)
		return spool(l, piece, err);
	buf_str(&l->mem, piece);
	return 1;
}

int letter_add(struct letter *l, struct str piece, struct err *err)
{
	int r = 1;
	if (l->open)
		r = add_open(l, piece, err);
	else if (!l->filed)
		buf_str(&l->mem, piece);
	else if (!l->too_large)
		r = spool(l, piece, err);
	l->have += r == 1 ? piece.n : 0;
	return r;
}

int letter_more(struct letter *l, uint64_t n, uint64_t max, struct err *err)
{
	l->too_large |= n > max || l->size > max - n;
	if (l->too_large)
		return 1;
	l->size += n;
	return l->filed || l->size <= LETTER_MEMORY ? 1 : move_out(l, err);
}

void letter_cut(struct letter *l, uint64_t n)
{
	l->size = l->have = n;
	if (!l->filed)
		l->mem.n = (size_t)n;
}

int letter_peek(const struct letter *l, uint64_t at, char *out, size_t n, struct err *err)
{
	if (at + n > l->have)
		err_die("letter: read behind its end");
	if (!l->filed)
		memcpy(out, l->mem.p + at, n);
	else if (n && file_pread(l->fd, out, n, (off_t)at, err) < 1)
		return err_set(err, ERR_BROKEN, "a temporary file is damaged");
	return 1;
}

int letter_send(struct letter *l, struct feed *f, struct feed_record *r, struct err *err)
{
	char piece[64 << 10];
	if (l->have != l->size || l->too_large || l->mem.full)
		err_die("letter: sent before it was whole");
	r->size = l->size;
	l->uid = 0;
	if (feed_put(f, r, err) < 0)
		return -1;
	if (!l->filed)
		return feed_bytes(f, l->mem.p, l->mem.n, err);
	for (uint64_t at = 0; at < l->size;) {
		size_t n = l->size - at < sizeof piece ? (size_t)(l->size - at) : sizeof piece;
		if (file_pread(l->fd, piece, n, (off_t)at, err) < 1)
			return err_set(err, ERR_BROKEN, "a temporary file is damaged");
		if (feed_bytes(f, piece, n, err) < 0)
			return -1;
		at += n;
	}
	return 1;
}
