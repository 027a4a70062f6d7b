#define _GNU_SOURCE
#include "conn.h"

#include "log.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define SLOW_TIMEOUTS 5   /* in so many timeouts … */
#define SLOW_BYTES 4096   /* … at least so many bytes */

struct conn {
	int fd;
	SSL_CTX *ctx;
	SSL *ssl;
	unsigned timeout_ms;
	size_t from, to;      /* the input is buf[from..to) */
	uint64_t slow_since;  /* start of the span the least rate is measured over */
	size_t slow_bytes;
	char buf[CONN_WINDOW];
};

/* ---- the socket ---- */

static bool is_loopback(const struct sockaddr *sa)
{
	if (sa->sa_family == AF_INET) {
		const struct sockaddr_in *in = (const void *)sa;
		return ntohl(in->sin_addr.s_addr) >> 24 == 127;
	}
	if (sa->sa_family == AF_INET6) {
		const struct sockaddr_in6 *in6 = (const void *)sa;
		const struct in6_addr *a = &in6->sin6_addr;
		return IN6_IS_ADDR_LOOPBACK(a) ||
		       (IN6_IS_ADDR_V4MAPPED(a) && a->s6_addr[12] == 127);
	}
	return false;
}

/* 1 ready, 0 the deadline passed, -1. */
static int wait_for(int fd, short events, unsigned timeout_ms)
{
	uint64_t deadline = log_now_ms() + timeout_ms;
	for (;;) {
		uint64_t now = log_now_ms();
		struct pollfd pf = {fd, events, 0};
		int r = poll(&pf, 1, now < deadline ? (int)(deadline - now) : 0);
		if (r >= 0)
			return r;
		if (errno != EINTR)
			return -1;
	}
}

/* The socket of a connection to one address, or -1 with errno. */
static int try_address(const struct addrinfo *ai, unsigned timeout_ms)
{
	int on = 1, failed = 0;
	socklen_t len = sizeof failed;
	int fd = socket(ai->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
	if (connect(fd, ai->ai_addr, ai->ai_addrlen) == 0)
		return fd;
	if (errno != EINPROGRESS)
		failed = errno;
	else if (wait_for(fd, POLLOUT, timeout_ms) != 1)
		failed = ETIMEDOUT;
	else
		getsockopt(fd, SOL_SOCKET, SO_ERROR, &failed, &len);
	if (failed == 0)
		return fd;
	close(fd);
	errno = failed;
	return -1;
}

static int connect_any(struct conn *c, const struct conn_target *t, struct err *err)
{
	char port[16];
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG}, *list;
	snprintf(port, sizeof port, "%u", t->port);
	int r = getaddrinfo(t->host, port, &hints, &list);
	if (r != 0)
		return err_set(err, ERR_NET, "cannot find host '%s': %s", t->host, gai_strerror(r));
	bool refused = false;
	for (const struct addrinfo *ai = list; ai && c->fd < 0; ai = ai->ai_next) {
		if (t->clear_only_loopback && !is_loopback(ai->ai_addr)) {
			refused = true;
			continue;
		}
		c->fd = try_address(ai, t->timeout_ms);
	}
	if (c->fd < 0 && refused)
		err_set(err, ERR_DENIED, "'%s' is not this machine, and a password in clear would "
			"cross the network: use tls, or say plaintext = yes", t->host);
	else if (c->fd < 0)
		err_errno(err, ERR_NET, "cannot connect to '%s' port %u", t->host, t->port);
	freeaddrinfo(list);
	return c->fd < 0 ? -1 : 1;
}

/* ---- TLS ---- */

/* Waits for what OpenSSL wants next. 1 go on, 0 the end of the connection, -1. */
static int tls_want(struct conn *c, int ret, const char *what, struct err *err)
{
	int why = SSL_get_error(c->ssl, ret);
	short events = why == SSL_ERROR_WANT_WRITE ? POLLOUT : POLLIN;
	if (why == SSL_ERROR_ZERO_RETURN)
		return 0;
	if (why != SSL_ERROR_WANT_READ && why != SSL_ERROR_WANT_WRITE)
		return tls_failed(c->ssl, what, err);
	if (wait_for(c->fd, events, c->timeout_ms) == 1)
		return 1;
	return err_set(err, ERR_NET, "%s: no answer for %u s", what, c->timeout_ms / 1000);
}

static int tls_start(struct conn *c, const struct conn_target *t, struct err *err)
{
	int r, ret;
	if (tls_client(&c->ctx, &c->ssl, c->fd, t->host, &t->trust, err) < 0)
		return -1;
	while ((ret = SSL_connect(c->ssl)) != 1)
		if ((r = tls_want(c, ret, "TLS handshake failed", err)) < 1)
			return r < 0 ? -1 : err_set(err, ERR_NET, "closed in the TLS handshake");
	return tls_pinned(c->ssl, t->host, &t->trust, err);
}

/* ---- the door ---- */

int conn_open(struct conn **out, const struct conn_target *t, struct err *err)
{
	struct conn *c = err_alloc(sizeof *c);
	c->fd = -1;
	c->timeout_ms = t->timeout_ms;
	if (connect_any(c, t, err) < 0 || (t->tls && tls_start(c, t, err) < 0)) {
		conn_close(&c);
		return -1;
	}
	*out = c;
	return 1;
}

int conn_starttls(struct conn *c, const struct conn_target *t, struct err *err)
{
	if (c->from < c->to)
		return err_set(err, ERR_DENIED, "'%s' sent data in clear after STARTTLS: "
			       "somebody may be in between", t->host);
	return tls_start(c, t, err);
}

bool conn_secure(const struct conn *c)
{
	return c->ssl != NULL;
}

bool conn_local(const struct conn *c)
{
	struct sockaddr_storage at;
	socklen_t n = sizeof at;
	return getpeername(c->fd, (struct sockaddr *)&at, &n) == 0 &&
	       is_loopback((struct sockaddr *)&at);
}

static int write_some(struct conn *c, const char *p, size_t n, size_t *done, struct err *err)
{
	*done = 0;
	if (c->ssl) {
		int ret = SSL_write_ex(c->ssl, p, n, done);
		int r = ret == 1 ? 1 : tls_want(c, ret, "cannot send", err);
		return r ? r : err_set(err, ERR_NET, "the server closed the connection");
	}
	ssize_t w = send(c->fd, p, n, MSG_NOSIGNAL);
	if (w >= 0) {
		*done = (size_t)w;
		return 1;
	}
	if (errno == EINTR)
		return 1;
	if (errno != EAGAIN)
		return err_errno(err, ERR_NET, "cannot send");
	if (wait_for(c->fd, POLLOUT, c->timeout_ms) == 1)
		return 1;
	return err_set(err, ERR_NET, "the server takes no data for %u s", c->timeout_ms / 1000);
}

int conn_write(struct conn *c, const void *p, size_t n, struct err *err)
{
	size_t done;
	for (size_t at = 0; at < n; at += done)
		if (write_some(c, (const char *)p + at, n - at, &done, err) < 0)
			return -1;
	return 1;
}

struct str conn_input(const struct conn *c)
{
	return (struct str){c->buf + c->from, c->to - c->from};
}

void conn_eat(struct conn *c, size_t n)
{
	c->from += n;
	if (c->from >= c->to)
		c->from = c->to = 0;
}

/* Nothing is there: is the server too slow on the whole, or shall we wait once more? */
static int wait_input(struct conn *c, struct err *err)
{
	int on = 1;
	uint64_t now = log_now_ms();
	if (now - c->slow_since >= (uint64_t)c->timeout_ms * SLOW_TIMEOUTS) {
		if (c->slow_since && c->slow_bytes < SLOW_BYTES)
			return err_set(err, ERR_NET, "the server is too slow: %zu bytes in %u s",
				       c->slow_bytes, c->timeout_ms * SLOW_TIMEOUTS / 1000);
		c->slow_since = now;
		c->slow_bytes = 0;
	}
	/* An acknowledgement at once: servers with Nagle's algorithm wait 40 ms for it. */
	setsockopt(c->fd, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof on);
	if (wait_for(c->fd, POLLIN, c->timeout_ms) == 1)
		return 1;
	return err_set(err, ERR_NET, "no answer for %u s", c->timeout_ms / 1000);
}

/* Bytes read in *n_out. 1; 0 closed; 2 nothing yet; -1. */
static int read_some(struct conn *c, size_t *n_out, struct err *err)
{
	size_t room = sizeof c->buf - c->to;
	if (c->ssl) {
		int ret = SSL_read_ex(c->ssl, c->buf + c->to, room, n_out);
		if (ret == 1)
			return 1;
		int why = SSL_get_error(c->ssl, ret);
		if (why == SSL_ERROR_ZERO_RETURN)
			return 0;
		if (why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE)
			return 2;
		return tls_failed(c->ssl, "connection broken off", err);
	}
	ssize_t r = recv(c->fd, c->buf + c->to, room, 0);
	*n_out = r > 0 ? (size_t)r : 0;
	if (r >= 0)
		return r > 0;
	if (errno == EAGAIN || errno == EINTR)
		return 2;
	return err_errno(err, ERR_NET, "connection broken off");
}

int conn_fill(struct conn *c, struct err *err)
{
	size_t n = 0;
	int r;
	if (c->from > 0) {
		memmove(c->buf, c->buf + c->from, c->to - c->from);
		c->to -= c->from;
		c->from = 0;
	}
	if (c->to == sizeof c->buf)
		err_die("conn: the input window is full");
	while ((r = read_some(c, &n, err)) == 2)
		if (wait_input(c, err) < 0)
			return -1;
	if (r == 1) {
		c->to += n;
		c->slow_bytes += n;
	}
	return r;
}

size_t conn_bind(const struct conn *c, enum tls_binding kind, unsigned char out[TLS_BINDING_MAX])
{
	return c->ssl ? tls_bind(c->ssl, kind, out) : 0;
}

bool conn_tls13(const struct conn *c)
{
	return c->ssl && SSL_version(c->ssl) >= TLS1_3_VERSION;
}

void conn_close(struct conn **cp)
{
	struct conn *c = *cp;
	if (c == NULL)
		return;
	SSL_free(c->ssl);
	SSL_CTX_free(c->ctx);
	if (c->fd >= 0)
		close(c->fd);
	free(c);
	*cp = NULL;
}
