#define _GNU_SOURCE
#include "spool.h"

#include "file.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define IN_MEMORY ((size_t)1 << 20)
#define MOST (((uint64_t)1 << 32) - 1)

struct spool {
	const char *dir;
	struct hash_ctx *hash;
	struct buf mem; /* the message, or what is not yet in the file */
	uint64_t size, bare_lf;
	char last; /* byte */
	int fd;
};

struct spool *spool_new(const char *dir)
{
	struct spool *s = err_alloc(sizeof *s);
	s->dir = dir;
	s->hash = hash_new();
	s->fd = -1;
	buf_init(&s->mem, IN_MEMORY);
	return s;
}

void spool_free(struct spool **s)
{
	if (*s == NULL)
		return;
	if ((*s)->fd >= 0)
		close((*s)->fd);
	hash_free(&(*s)->hash);
	buf_free(&(*s)->mem);
	free(*s);
	*s = NULL;
}

void spool_start(struct spool *s)
{
	unsigned char dropped[HASH_BYTES];
	if (s->size)
		hash_end(s->hash, dropped);
	if (s->fd >= 0)
		close(s->fd);
	s->fd = -1;
	s->size = s->bare_lf = 0;
	s->last = 0;
	buf_clear(&s->mem);
}

/* An unlinked file. Not every file system knows O_TMPFILE. */
static int open_file(struct spool *s, struct err *err)
{
	char path[4096];
	s->fd = open(s->dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (s->fd >= 0)
		return 1;
	snprintf(path, sizeof path, "%s/.spool-XXXXXX", s->dir);
	s->fd = mkostemp(path, O_CLOEXEC);
	if (s->fd < 0)
		return err_errno(err, ERR_BROKEN, "cannot make a temporary file in '%s'", s->dir);
	unlink(path);
	return 1;
}

static int to_file(struct spool *s, const void *p, size_t n, struct err *err)
{
	if (s->fd < 0 && open_file(s, err) < 0)
		return -1;
	if (file_write(s->fd, s->mem.p, s->mem.n, err) < 0)
		return err_wrap(err, "large message");
	buf_clear(&s->mem);
	if (n < IN_MEMORY) {
		buf_add(&s->mem, p, n);
		return 1;
	}
	return file_write(s->fd, p, n, err) < 0 ? err_wrap(err, "large message") : 1;
}

static void count_lf(struct spool *s, const char *p, size_t n)
{
	char before = s->last;
	for (const char *at = p, *end = p + n; at < end; at++) {
		at = memchr(at, '\n', (size_t)(end - at));
		if (at == NULL)
			break;
		if ((at == p ? before : at[-1]) != '\r')
			s->bare_lf++;
	}
	s->last = p[n - 1];
}

int spool_write(struct spool *s, const void *p, size_t n, struct err *err)
{
	if (n == 0)
		return 1;
	if (n > MOST - s->size)
		return err_set(err, ERR_INPUT, "message is larger than 4 GiB");
	hash_add(s->hash, p, n);
	count_lf(s, p, n);
	s->size += n;
	if (n > IN_MEMORY - s->mem.n)
		return to_file(s, p, n, err);
	buf_add(&s->mem, p, n);
	return 1;
}

int spool_end(struct spool *s, struct spool_body *out, struct err *err)
{
	if (s->fd >= 0 && s->mem.n) {
		if (file_write(s->fd, s->mem.p, s->mem.n, err) < 0)
			return err_wrap(err, "large message");
		buf_clear(&s->mem);
	}
	*out = (struct spool_body){s->size, s->bare_lf, buf_all(&s->mem), s->fd, {0}};
	hash_end(s->hash, out->hash);
	s->size = 0; /* the hash is fresh */
	return 1;
}
