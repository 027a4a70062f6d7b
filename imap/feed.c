#define _GNU_SOURCE
#include "feed.h"

#include "pack.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#define PIECE ((size_t)256 << 10)

void feed_init(struct feed *f, int fd, unsigned timeout_ms)
{
	int room = 1 << 20;
	*f = (struct feed){.fd = fd, .timeout_ms = timeout_ms};
	buf_init(&f->out, FEED_MAX + PIECE);
	buf_init(&f->in, FEED_MAX + PIECE);
	setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
}

void feed_free(struct feed *f)
{
	buf_free(&f->out);
	buf_free(&f->in);
}

static int wait_for(const struct feed *f, short events, struct err *err)
{
	struct pollfd pf = {f->fd, events, 0};
	int r;
	do
		r = poll(&pf, 1, f->timeout_ms ? (int)f->timeout_ms : -1);
	while (r < 0 && errno == EINTR);
	if (r == 1)
		return 1;
	return err_set(err, ERR_BROKEN, "the harvest's other process does not answer");
}

static int send_all(struct feed *f, const char *p, size_t n, struct err *err)
{
	for (size_t at = 0; at < n;) {
		ssize_t w = send(f->fd, p + at, n - at, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (w >= 0)
			at += (size_t)w;
		else if (errno == EAGAIN && wait_for(f, POLLOUT, err) < 0)
			return -1;
		else if (errno != EAGAIN && errno != EINTR)
			return err_errno(err, ERR_BROKEN, "the harvest's other process is gone");
	}
	return 1;
}

int feed_flush(struct feed *f, struct err *err)
{
	int r = send_all(f, f->out.p, f->out.n, err);
	buf_clear(&f->out);
	return r;
}

int feed_bytes(struct feed *f, const void *p, size_t n, struct err *err)
{
	if (f->out.n + n > PIECE && feed_flush(f, err) < 0)
		return -1;
	if (n >= PIECE)
		return send_all(f, p, n, err);
	buf_add(&f->out, p, n);
	return 1;
}

int feed_put(struct feed *f, const struct feed_record *r, struct err *err)
{
	unsigned char len[4] = {0};
	size_t start = f->out.n;
	buf_add(&f->out, len, sizeof len);
	pack_u64(&f->out, r->type);
	pack_u64(&f->out, r->uid);
	pack_u64(&f->out, r->kind);
	pack_u64(&f->out, r->flags);
	pack_i64(&f->out, r->date);
	pack_i64(&f->out, r->zone);
	pack_u64(&f->out, r->modseq);
	pack_u64(&f->out, r->size);
	pack_str(&f->out, r->text);
	pack_str(&f->out, r->list);
	pack_str(&f->out, r->more);
	size_t n = f->out.n - start - sizeof len;
	if (f->out.full || n > FEED_MAX)
		return err_set(err, ERR_BROKEN, "a record of the harvest is too large");
	for (size_t i = 0; i < sizeof len; i++)
		f->out.p[start + i] = (char)(n >> 8 * i & 0xFF);
	return f->out.n >= PIECE ? feed_flush(f, err) : 1;
}

int feed_fill(struct feed *f, struct err *err)
{
	buf_drop(&f->in, f->at);
	f->at = 0;
	char *p = buf_room(&f->in, PIECE);
	if (p == NULL)
		return err_set(err, ERR_BROKEN, "a record of the harvest is too large");
	for (;;) {
		ssize_t r = recv(f->fd, p, PIECE, MSG_DONTWAIT);
		if (r >= 0) {
			buf_take(&f->in, (size_t)r);
			return r > 0;
		}
		if (errno == EAGAIN && wait_for(f, POLLIN, err) < 0)
			return -1;
		if (errno == ECONNRESET)
			return 0;
		if (errno != EAGAIN && errno != EINTR)
			return err_errno(err, ERR_BROKEN, "the harvest's other process is gone");
	}
}

static int unpack(struct str s, struct feed_record *r)
{
	uint64_t type, uid, kind, flags;
	int64_t zone;
	*r = (struct feed_record){0};
	if (!pack_get_u64(&s, &type) || !pack_get_u64(&s, &uid) || !pack_get_u64(&s, &kind) ||
	    !pack_get_u64(&s, &flags) || !pack_get_i64(&s, &r->date) || !pack_get_i64(&s, &zone) ||
	    !pack_get_u64(&s, &r->modseq) || !pack_get_u64(&s, &r->size) ||
	    !pack_get_str(&s, &r->text) || !pack_get_str(&s, &r->list) ||
	    !pack_get_str(&s, &r->more))
		return 0;
	if (s.n || type == 0 || type >= FEED_TYPES || uid > UINT32_MAX || kind > 255 ||
	    flags > 255 || zone < INT16_MIN || zone > INT16_MAX)
		return 0;
	r->type = (enum feed_type)type;
	r->uid = (uint32_t)uid;
	r->kind = (unsigned)kind;
	r->flags = (unsigned)flags;
	r->zone = (int16_t)zone;
	return 1;
}

int feed_next(struct feed *f, struct feed_record *r, struct err *err)
{
	struct str in = str_cut(buf_all(&f->in), f->at, f->in.n);
	size_t n = 0;
	if (in.n < 4)
		return 0;
	for (size_t i = 0; i < 4; i++)
		n |= (size_t)(unsigned char)in.p[i] << 8 * i;
	if (n > FEED_MAX)
		return err_set(err, ERR_BROKEN, "a harvesting process sent no record");
	if (in.n - 4 < n)
		return 0;
	f->at += 4 + n;
	if (unpack(str_cut(in, 4, 4 + n), r))
		return 1;
	return err_set(err, ERR_BROKEN, "a harvesting process sent a malformed record");
}

int feed_answer(struct feed *f, struct feed_record *r, struct err *err)
{
	int got;
	if (feed_flush(f, err) < 0)
		return -1;
	while ((got = feed_next(f, r, err)) == 0) {
		int more = feed_fill(f, err);
		if (more < 1)
			return more < 0 ? -1 : err_set(err, ERR_BROKEN,
						       "the harvest's parent process is gone");
	}
	return got;
}

struct str feed_take(struct feed *f, uint64_t most)
{
	struct str in = str_cut(buf_all(&f->in), f->at, f->in.n);
	if (in.n > most)
		in.n = (size_t)most;
	f->at += in.n;
	return in;
}

void feed_flag_put(struct buf *list, const struct feed_flag *e)
{
	pack_u64(list, e->uid);
	pack_u64(list, e->flags);
	pack_u64(list, e->modseq);
	pack_str(list, e->keywords);
}

int feed_flag_get(struct str *list, struct feed_flag *e)
{
	uint64_t uid, flags;
	if (!pack_get_u64(list, &uid) || !pack_get_u64(list, &flags) ||
	    !pack_get_u64(list, &e->modseq) || !pack_get_str(list, &e->keywords) ||
	    uid > UINT32_MAX || flags > 255)
		return 0;
	e->uid = (uint32_t)uid;
	e->flags = (unsigned)flags;
	return 1;
}
