#define _GNU_SOURCE
#include "listener.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Splits at the last colon that is not inside brackets; takes brackets off. 1, or 0. */
static int split(struct str text, struct str *host, struct str *port)
{
	*port = STR("");
	if (text.n && text.p[0] == '[') {
		ptrdiff_t end = str_chr(text, ']');
		if (end < 0)
			return 0;
		*host = str_cut(text, 1, (size_t)end);
		text = str_cut(text, (size_t)end + 1, text.n);
		if (text.n && text.p[0] != ':')
			return 0;
		*port = str_cut(text, 1, text.n);
		return 1;
	}
	ptrdiff_t colon = str_chr(text, ':');
	*host = str_cut(text, 0, colon < 0 ? text.n : (size_t)colon);
	if (colon >= 0)
		*port = str_cut(text, (size_t)colon + 1, text.n);
	return 1;
}

static int set_host(struct listener *l, struct str host)
{
	char z[64];
	struct sockaddr_in *in4 = (struct sockaddr_in *)&l->addr;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&l->addr;
	if (str_ieq(host, STR("localhost")))
		host = STR("127.0.0.1");
	if (host.n == 0 || host.n >= sizeof z)
		return 0;
	snprintf(z, sizeof z, "%.*s", STR_ARG(host));
	if (inet_pton(AF_INET, z, &in4->sin_addr) == 1) {
		in4->sin_family = AF_INET;
		l->len = sizeof *in4;
		return 1;
	}
	if (inet_pton(AF_INET6, z, &in6->sin6_addr) == 1) {
		in6->sin6_family = AF_INET6;
		l->len = sizeof *in6;
		return 1;
	}
	return 0;
}

int listener_parse(struct str text, struct listener *out, struct err *err)
{
	struct str host, port;
	uint32_t n;
	*out = (struct listener){0};
	if (!split(text, &host, &port) || !str_u32(port, &n) || n > 65535)
		return err_set(err, ERR_USAGE, "listen address \"%.*s\" is not ADDRESS:PORT",
			       STR_ARG(str_cut(text, 0, 80)));
	if (!set_host(out, host))
		return err_set(err, ERR_USAGE, "\"%.*s\" is not a numeric address or localhost",
			       STR_ARG(str_cut(host, 0, 80)));
	/* The port stands at the same place in both kinds of address. */
	((struct sockaddr_in *)&out->addr)->sin_port = htons((uint16_t)n);
	return 1;
}

bool listener_loopback(const struct listener *l)
{
	if (l->addr.ss_family == AF_INET) {
		const struct sockaddr_in *in4 = (const struct sockaddr_in *)&l->addr;
		return ntohl(in4->sin_addr.s_addr) >> 24 == 127;
	}
	const struct in6_addr *a = &((const struct sockaddr_in6 *)&l->addr)->sin6_addr;
	return IN6_IS_ADDR_LOOPBACK(a) || (IN6_IS_ADDR_V4MAPPED(a) && a->s6_addr[12] == 127);
}

bool listener_local_host(struct str host)
{
	struct listener l = {0};
	struct str name, port;
	uint32_t n;
	if (!split(host, &name, &port) || (port.n && (!str_u32(port, &n) || n > 65535)))
		return false;
	return set_host(&l, name) && listener_loopback(&l);
}

int listener_open(struct listener *l, int *fd_out, struct err *err)
{
	int on = 1;
	int fd = socket(l->addr.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return err_errno(err, ERR_BROKEN, "cannot make a socket");
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (l->addr.ss_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
	if (bind(fd, (struct sockaddr *)&l->addr, l->len) < 0 || listen(fd, 256) < 0 ||
	    getsockname(fd, (struct sockaddr *)&l->addr, &l->len) < 0) {
		enum err_kind kind = errno == EADDRINUSE ? ERR_LATER : ERR_DENIED;
		err_errno(err, kind, "cannot listen");
		close(fd);
		return -1;
	}
	*fd_out = fd;
	return 1;
}

int listener_inherit(struct listener *l, int *fd_out, struct err *err)
{
	const char *pid = getenv("LISTEN_PID"), *fds = getenv("LISTEN_FDS");
	uint64_t n;
	enum { FIRST = 3 }; /* sd_listen_fds(3) */
	if (pid == NULL || fds == NULL || !str_u64(str_of(pid), &n) || n != (uint64_t)getpid())
		return 0;
	if (!str_u64(str_of(fds), &n) || n != 1)
		return err_set(err, ERR_USAGE, "one socket is expected in LISTEN_FDS");
	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDS");
	*l = (struct listener){.len = sizeof l->addr};
	int kind = 0;
	socklen_t len = sizeof kind;
	if (getsockopt(FIRST, SOL_SOCKET, SO_ACCEPTCONN, &kind, &len) < 0 || kind == 0 ||
	    getsockname(FIRST, (struct sockaddr *)&l->addr, &l->len) < 0 ||
	    (l->addr.ss_family != AF_INET && l->addr.ss_family != AF_INET6))
		return err_set(err, ERR_USAGE, "descriptor 3 is no listening TCP socket");
	if (fcntl(FIRST, F_SETFD, FD_CLOEXEC) < 0 || fcntl(FIRST, F_SETFL, O_NONBLOCK) < 0)
		return err_errno(err, ERR_BROKEN, "cannot use descriptor 3");
	*fd_out = FIRST;
	return 1;
}

struct str listener_url(struct arena *a, const struct listener *l)
{
	char z[INET6_ADDRSTRLEN] = "";
	unsigned port = ntohs(((const struct sockaddr_in *)&l->addr)->sin_port);
	if (l->addr.ss_family == AF_INET) {
		inet_ntop(AF_INET, &((const struct sockaddr_in *)&l->addr)->sin_addr, z, sizeof z);
		return arena_fmt(a, "http://%s:%u/", z, port);
	}
	inet_ntop(AF_INET6, &((const struct sockaddr_in6 *)&l->addr)->sin6_addr, z, sizeof z);
	return arena_fmt(a, "http://[%s]:%u/", z, port);
}
