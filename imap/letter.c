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
	l->too_large = size > max;
}

void letter_open(struct letter *l, uint64_t max)
{
	letter_begin(l, max, max);
	l->open = true;
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

/* A piece of a message of unknown size: it begins in memory. */
static int add_open(struct letter *l, struct str piece, struct err *err)
{
	uint64_t have = l->have;
	l->too_large = l->too_large || piece.n > l->size - have;
	if (l->too_large)
		return 1;
	if (have + piece.n <= LETTER_MEMORY) {
		buf_str(&l->mem, piece);
		return 1;
	}
	if (have && have <= LETTER_MEMORY) {
		l->have = 0; /* what is in memory goes first */
		if (spool(l, buf_all(&l->mem), err) < 0)
			return -1;
		l->have = have;
	}
	return spool(l, piece, err);
}

int letter_add(struct letter *l, struct str piece, struct err *err)
{
	int r = 1;
	if (l->open)
		r = add_open(l, piece, err);
	else if (l->size <= LETTER_MEMORY)
		buf_str(&l->mem, piece);
	else if (!l->too_large)
		r = spool(l, piece, err);
	l->have += r == 1 ? piece.n : 0;
	return r;
}

int letter_send(struct letter *l, struct feed *f, struct feed_record *r, struct err *err)
{
	char piece[64 << 10];
	if (l->have != l->size || l->too_large || l->mem.full)
		err_die("letter: sent before it was whole");
	r->size = l->size;
	if (feed_put(f, r, err) < 0)
		return -1;
	if (l->size <= LETTER_MEMORY)
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
