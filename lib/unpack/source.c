#include "source.h"

#include <errno.h>
#include <unistd.h>

static int read_fd(void *arg, void *p, size_t n, size_t *got, struct err *err)
{
	struct source_fd *f = arg;
	ssize_t r;
	do
		r = read(f->fd, p, n);
	while (r < 0 && errno == EINTR);
	if (r < 0)
		return err_errno(err, ERR_INPUT, "cannot read");
	*got = (size_t)r;
	f->taken += (uint64_t)r;
	return r > 0;
}

struct source source_fd(struct source_fd *f)
{
	return (struct source){read_fd, f};
}

int source_head(struct source_headed *h, struct source under, struct err *err)
{
	h->under = under;
	h->n = h->at = 0;
	while (h->n < sizeof h->head) {
		size_t got = 0;
		int r = under.read(under.arg, h->head + h->n, sizeof h->head - h->n, &got, err);
		if (r < 0)
			return -1;
		if (r == 0)
			break;
		h->n += got;
	}
	return 1;
}

/* The head goes out together with what can be read behind it, to spare small pieces. */
static int read_headed(void *arg, void *p, size_t n, size_t *got, struct err *err)
{
	struct source_headed *h = arg;
	size_t head = h->n - h->at < n ? h->n - h->at : n, more = 0;
	memcpy(p, h->head + h->at, head);
	h->at += head;
	if (head && (head == n || h->n < sizeof h->head)) {
		*got = head;
		return 1;
	}
	int r = h->under.read(h->under.arg, (char *)p + head, n - head, &more, err);
	if (r < 0 && head == 0)
		return -1;
	*got = head + (r > 0 ? more : 0); /* an error comes again */
	return *got > 0;
}

struct source source_headed(struct source_headed *h)
{
	return (struct source){read_headed, h};
}
