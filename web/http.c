#define _GNU_SOURCE
#include "http.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "file.h"
#include "lobby.h"
#include "log.h"
#include "proc.h"

/* Daemons of certificates that were replaced, as long as they have connections. */
enum { OLD_MOST = 8 };

struct listening {
	struct MHD_Daemon *daemon;
	struct arena pem;
};

struct http {
	struct listening now, old[OLD_MOST];
	size_t n_old;
	const char *certificate, *key;
	unsigned threads;
	http_handler *handle;
	void *arg;
	atomic_uint at_work; /* handlers */
	atomic_uint open;    /* answers that are made, or have not left */
	atomic_bool stopping;
	atomic_size_t bodies; /* bytes of bodies in memory */
	uint64_t began;
	atomic_ullong requests;
};

/* What one request needs from its first line to its last byte. */
struct transfer {
	struct arena arena;
	struct str target;
	bool too_long, begun, too_large, open;
	struct http *http;
	struct buf body;
	uint64_t dropped; /* bytes of a body that is too large */
};

void http_header(struct http_response *resp, const char *name, const char *value)
{
	if (resp->n_headers == HTTP_MAX_HEADERS)
		err_die("too many response headers");
	resp->headers[resp->n_headers++] = (struct http_header){name, value};
}

void http_reset(struct http_response *r)
{
	if (r->stream.more)
		r->stream.end(r->stream.arg);
	if (r->fd >= 0)
		close(r->fd);
	buf_free(&r->body);
	*r = (struct http_response){.id = r->id, .status = 200, .fd = -1};
	buf_init(&r->body, HTTP_MAX_ANSWER);
}

/* Called with the request line, before the library decodes anything in it. */
static void *on_target(void *cls, const char *uri, struct MHD_Connection *c)
{
	(void)c;
	struct transfer *t = err_alloc(sizeof *t);
	t->http = cls;
	buf_init(&t->body, HTTP_MAX_BODY);
	struct str target = str_of(uri);
	t->too_long = target.n > HTTP_MAX_TARGET;
	t->target = arena_str(&t->arena, t->too_long ? STR("/") : target);
	return t;
}

static void drop_body(struct transfer *t)
{
	atomic_fetch_sub(&t->http->bodies, t->body.n);
	buf_free(&t->body);
}

/* ---- connections ---- */

static void on_connection(void *cls, struct MHD_Connection *c, void **guest,
			  enum MHD_ConnectionNotificationCode what)
{
	(void)cls;
	const union MHD_ConnectionInfo *i =
		MHD_get_connection_info(c, MHD_CONNECTION_INFO_CONNECTION_FD);
	if (what == MHD_CONNECTION_NOTIFY_STARTED) {
		*guest = i ? lobby_enter(i->connect_fd) : NULL;
		return;
	}
	lobby_leave(*guest);
	*guest = NULL;
}

static struct lobby_guest *guest_of(struct MHD_Connection *c)
{
	const union MHD_ConnectionInfo *i =
		MHD_get_connection_info(c, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
	return i ? i->socket_context : NULL;
}

static void on_done(void *cls, struct MHD_Connection *c, void **ctx,
		    enum MHD_RequestTerminationCode why)
{
	(void)cls;
	(void)why;
	lobby_return(guest_of(c));
	struct transfer *t = *ctx;
	*ctx = NULL;
	if (t == NULL)
		return;
	if (t->open)
		atomic_fetch_sub(&t->http->open, 1);
	drop_body(t);
	arena_free(&t->arena);
	free(t);
}

static struct str field(struct MHD_Connection *c, const char *name)
{
	return str_of(MHD_lookup_connection_value(c, MHD_HEADER_KIND, name));
}

struct str http_field(void *link, const char *name)
{
	return field(link, name);
}

static enum MHD_Result count_host(void *cls, enum MHD_ValueKind kind, const char *key,
				  const char *value)
{
	(void)kind;
	(void)value;
	unsigned *n = cls;
	*n += str_ieq(str_of(key), STR("Host"));
	return MHD_YES;
}

int http_temp(struct err *err)
{
	const char *dir = getenv("TMPDIR");
	dir = dir && *dir ? dir : "/var/tmp";
	int fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (fd < 0)
		err_errno(err, ERR_BROKEN, "cannot make a temporary file in \"%s\"", dir);
	return fd;
}

/* Puts a large body into a file. Where that fails it stays in memory. */
static void spill(struct http_response *r)
{
	struct err err;
	if (r->stream.more || r->fd >= 0 || r->body.n <= HTTP_SPILL)
		return;
	int fd = http_temp(&err);
	if (fd >= 0 && file_write(fd, r->body.p, r->body.n, &err) > 0) {
		r->fd = fd;
		r->fd_size = r->body.n;
		buf_free(&r->body);
		return;
	}
	log_line(LOG_WARN, "http: %s", err.text);
	if (fd >= 0)
		close(fd);
}

bool http_gone(void *link)
{
	const union MHD_ConnectionInfo *i =
		MHD_get_connection_info(link, MHD_CONNECTION_INFO_CONNECTION_FD);
	struct pollfd p = {i ? i->connect_fd : -1, POLLRDHUP, 0};
	return poll(&p, 1, 0) == 1 && (p.revents & (POLLRDHUP | POLLHUP | POLLERR));
}

/* ---- streams ---- */

struct flow {
	struct http *http;
	struct http_stream s;
	struct arena arena; /* the request's */
	struct buf piece;
	size_t sent; /* of the piece */
	bool ended;
};

static ssize_t on_room(void *cls, uint64_t pos, char *to, size_t max)
{
	(void)pos;
	struct flow *f = cls;
	atomic_fetch_add(&f->http->at_work, 1);
	while (f->sent == f->piece.n && !f->ended) {
		buf_clear(&f->piece);
		f->sent = 0;
		f->ended = f->s.more(f->s.arg, &f->piece) == 0;
	}
	atomic_fetch_sub(&f->http->at_work, 1);
	size_t n = f->piece.n - f->sent;
	if (f->piece.full)
		return MHD_CONTENT_READER_END_WITH_ERROR;
	if (n == 0)
		return MHD_CONTENT_READER_END_OF_STREAM;
	n = n < max ? n : max;
	memcpy(to, f->piece.p + f->sent, n);
	f->sent += n;
	return (ssize_t)n;
}

static void on_flow_end(void *cls)
{
	struct flow *f = cls;
	f->s.end(f->s.arg);
	buf_free(&f->piece);
	arena_free(&f->arena);
	free(f);
}

static struct MHD_Response *flow(struct http *h, struct http_response *r, struct arena *a)
{
	struct flow *f = err_alloc(sizeof *f);
	f->http = h;
	f->s = r->stream;
	f->arena = *a;
	*a = (struct arena){0};
	buf_init(&f->piece, HTTP_MAX_ANSWER);
	r->stream = (struct http_stream){0};
	struct MHD_Response *m = MHD_create_response_from_callback(
		MHD_SIZE_UNKNOWN, HTTP_FLOW, on_room, f, on_flow_end);
	if (m == NULL)
		on_flow_end(f);
	return m;
}

/* Makes the library's response out of ours, whose body or descriptor it takes over; a stream takes
 * over the request's arena as well. */
static struct MHD_Response *translate(struct http *h, struct http_response *r, struct arena *a)
{
	struct MHD_Response *m;
	if (r->stream.more)
		m = flow(h, r, a);
	else if (r->fd >= 0)
		m = MHD_create_response_from_fd_at_offset64(r->fd_size, r->fd, r->fd_from);
	else
		m = MHD_create_response_from_buffer(r->body.n, r->body.p, MHD_RESPMEM_MUST_FREE);
	if (m == NULL) {
		if (r->fd >= 0)
			close(r->fd);
		else
			buf_free(&r->body);
		return NULL;
	}
	for (size_t i = 0; i < r->n_headers; i++)
		if (MHD_add_response_header(m, r->headers[i].name, r->headers[i].value) != MHD_YES)
			log_line(LOG_WARN, "http: cannot send header \"%s\"", r->headers[i].name);
	return m;
}

/* The address of the client, as text. */
static struct str peer(struct MHD_Connection *c, struct arena *a)
{
	const union MHD_ConnectionInfo *i =
		MHD_get_connection_info(c, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	const struct sockaddr *s = i ? i->client_addr : NULL;
	char text[INET6_ADDRSTRLEN] = "";
	if (s && s->sa_family == AF_INET)
		inet_ntop(AF_INET, &((const struct sockaddr_in *)(const void *)s)->sin_addr, text,
			  sizeof text);
	else if (s && s->sa_family == AF_INET6)
		inet_ntop(AF_INET6, &((const struct sockaddr_in6 *)(const void *)s)->sin6_addr,
			  text, sizeof text);
	return arena_str(a, str_of(text));
}

static bool sound_id(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i] | 0x20;
		if (!(c >= 'a' && c <= 'z') && !(s.p[i] >= '0' && s.p[i] <= '9') &&
		    s.p[i] != '-' && s.p[i] != '_' && s.p[i] != '.')
			return false;
	}
	return s.n > 0 && s.n <= 64;
}

/* A name for the request: what a proxy has given it, or when the server began, and a count. */
static struct str request_id(struct http *h, struct str given, struct arena *a)
{
	if (sound_id(given))
		return arena_str(a, given);
	return arena_fmt(a, "%llx-%llu", (unsigned long long)h->began,
			 (unsigned long long)atomic_fetch_add(&h->requests, 1) + 1);
}

static enum MHD_Result answer(struct http *h, struct MHD_Connection *c, const char *method,
			      struct transfer *t)
{
	struct http_request req = {.method = str_of(method), .target = t->target,
		.host = field(c, "Host"), .authorization = field(c, "Authorization"),
		.if_none_match = field(c, "If-None-Match"), .accept = field(c, "Accept"),
		.accept_encoding = field(c, "Accept-Encoding"), .range = field(c, "Range"),
		.if_range = field(c, "If-Range"), .content_type = field(c, "Content-Type"),
		.cookie = field(c, "Cookie"), .origin = field(c, "Origin"),
		.fetch_site = field(c, "Sec-Fetch-Site"), .body = buf_all(&t->body),
		.peer = peer(c, &t->arena), .link = c,
		.id = request_id(h, field(c, "X-Request-Id"), &t->arena),
		.too_long = t->too_long,
		.too_large = t->too_large, .arena = &t->arena};
	struct http_response resp = {.id = req.id, .fd = -1};
	unsigned hosts = 0;
	MHD_get_connection_values(c, MHD_HEADER_KIND, count_host, &hosts);
	req.two_hosts = hosts > 1;
	http_reset(&resp);
	lobby_serve(guest_of(c));
	if (!t->open)
		atomic_fetch_add(&h->open, 1);
	t->open = true;
	atomic_fetch_add(&h->at_work, 1);
	h->handle(h->arg, &req, &resp);
	atomic_fetch_sub(&h->at_work, 1);
	drop_body(t);
	http_header(&resp, "X-Request-Id", req.id.p);
	if (atomic_load(&h->stopping))
		http_header(&resp, "Connection", "close");
	spill(&resp);
	struct MHD_Response *m = translate(h, &resp, &t->arena);
	arena_free(&t->arena);
	if (m == NULL)
		return MHD_NO;
	enum MHD_Result ok = MHD_queue_response(c, (unsigned)resp.status, m);
	MHD_destroy_response(m);
	return ok;
}

static uint64_t announced(struct MHD_Connection *c)
{
	uint64_t n;
	struct str s = field(c, "Content-Length");
	return s.n == 0 ? 0 : str_u64(s, &n) ? n : UINT64_MAX;
}

/* One more piece of a body. false: there is no room for it. */
static bool take(struct http *h, struct transfer *t, const char *data, size_t n)
{
	t->too_large = n > HTTP_MAX_BODY - t->body.n ||
		       atomic_load(&h->bodies) > HTTP_MAX_BODIES - n;
	if (t->too_large)
		return false;
	atomic_fetch_add(&h->bodies, n);
	buf_str(&t->body, (struct str){data, n});
	return true;
}

/* Of a body that is too large some more is read, so that a client that first sends all and then
 * reads sees why; one that is announced larger than that is refused at once. */
static enum MHD_Result on_request(void *cls, struct MHD_Connection *c, const char *url,
				  const char *method, const char *version, const char *data,
				  size_t *size, void **ctx)
{
	(void)url;
	(void)version;
	struct http *h = cls;
	struct transfer *t = *ctx;
	if (t == NULL)
		return MHD_NO;
	if (!t->begun) {
		t->begun = true;
		t->too_large = announced(c) > HTTP_MAX_BODY;
		return announced(c) > HTTP_MAX_DROPPED ? answer(h, c, method, t) : MHD_YES;
	}
	if (*size > 0) {
		size_t n = *size;
		*size = 0;
		if (t->too_large || !take(h, t, data, n))
			t->dropped += n;
		return t->dropped > HTTP_MAX_DROPPED ? MHD_NO : MHD_YES;
	}
	return answer(h, c, method, t);
}

__attribute__((format(printf, 2, 0))) static void on_log(void *cls, const char *fmt, va_list ap)
{
	(void)cls;
	char line[300];
	vsnprintf(line, sizeof line, fmt, ap);
	log_line(LOG_DEBUG, "http: %s", line);
}

/* As many open files as the system allows: a connection is one. */
static unsigned max_connections(void)
{
	struct rlimit l;
	if (getrlimit(RLIMIT_NOFILE, &l) < 0)
		return 256;
	l.rlim_cur = l.rlim_max;
	setrlimit(RLIMIT_NOFILE, &l);
	/* Some are needed for the archive and for answers. */
	if (l.rlim_cur < 2 * HTTP_MAX_CONNECTIONS)
		return l.rlim_cur > 512 ? (unsigned)l.rlim_cur / 2 : 256;
	return HTTP_MAX_CONNECTIONS;
}

static struct MHD_Daemon *start(struct http *h, const struct http_options *o)
{
	const char *strong = "NORMAL:-VERS-TLS1.0:-VERS-TLS1.1";
	struct MHD_OptionItem tls[] = {
		{MHD_OPTION_HTTPS_MEM_CERT, 0, (void *)(uintptr_t)o->certificate},
		{MHD_OPTION_HTTPS_MEM_KEY, 0, (void *)(uintptr_t)o->key},
		{MHD_OPTION_HTTPS_PRIORITIES, 0, (void *)(uintptr_t)strong},
		{MHD_OPTION_END, 0, NULL}};
	/* poll, not epoll: the library's edge-triggered epoll misses the end of a connection that
	 * comes together with its request, and then keeps it until it has been idle too long. */
	return MHD_start_daemon(
		MHD_USE_POLL_INTERNAL_THREAD | MHD_USE_ITC | MHD_USE_ERROR_LOG |
			(o->certificate ? MHD_USE_TLS : 0), 0, NULL, NULL,
		on_request, h, MHD_OPTION_EXTERNAL_LOGGER, on_log, NULL,
		MHD_OPTION_LISTEN_SOCKET, (MHD_socket)o->fd,
		MHD_OPTION_THREAD_POOL_SIZE, h->threads,
		MHD_OPTION_CONNECTION_LIMIT, max_connections(),
		MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)HTTP_MEMORY,
		MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)HTTP_IDLE,
		MHD_OPTION_STRICT_FOR_CLIENT, 1,
		MHD_OPTION_ARRAY, o->certificate ? tls : tls + 3,
		MHD_OPTION_URI_LOG_CALLBACK, on_target, h,
		MHD_OPTION_NOTIFY_COMPLETED, on_done, NULL,
		MHD_OPTION_NOTIFY_CONNECTION, on_connection, NULL, MHD_OPTION_END);
}

int http_start(struct http **out, const struct http_options *o, http_handler *handle, void *arg,
	       struct err *err)
{
	struct http *h = err_alloc(sizeof *h);
	h->handle = handle;
	h->began = (uint64_t)time(NULL);
	h->arg = arg;
	h->threads = o->threads;
	h->certificate = o->certificate;
	h->key = o->key;
	h->now.daemon = start(h, o);
	if (h->now.daemon == NULL) {
		free(h);
		close(o->fd);
		return err_set(err, ERR_BROKEN, o->certificate
			       ? "cannot start the HTTP server: are certificate and key sound?"
			       : "cannot start the HTTP server");
	}
	*out = h;
	return 1;
}

int http_renew(struct http *h, const struct http_options *o, struct arena *pem, struct err *err)
{
	struct http_options with = *o;
	struct listening next = {.pem = *pem};
	*pem = (struct arena){0};
	if (strcmp(o->certificate, h->certificate) == 0 && strcmp(o->key, h->key) == 0) {
		arena_free(&next.pem);
		return 0;
	}
	const union MHD_DaemonInfo *i =
		MHD_get_daemon_info(h->now.daemon, MHD_DAEMON_INFO_LISTEN_FD);
	with.fd = h->n_old < OLD_MOST && i ? fcntl(i->listen_fd, F_DUPFD_CLOEXEC, 0) : -1;
	next.daemon = with.fd >= 0 ? start(h, &with) : NULL;
	if (next.daemon == NULL) {
		if (with.fd >= 0)
			close(with.fd);
		arena_free(&next.pem);
		return err_set(err, ERR_LATER, h->n_old == OLD_MOST
			       ? "too many connections with older certificates are open"
			       : "are certificate and key sound?");
	}
	int fd = MHD_quiesce_daemon(h->now.daemon);
	if (fd != MHD_INVALID_SOCKET)
		close(fd);
	h->old[h->n_old++] = h->now;
	h->now = next;
	h->certificate = o->certificate;
	h->key = o->key;
	return 1;
}

void http_tidy(struct http *h)
{
	for (size_t i = h->n_old; i-- > 0;) {
		const union MHD_DaemonInfo *d = MHD_get_daemon_info(
			h->old[i].daemon, MHD_DAEMON_INFO_CURRENT_CONNECTIONS);
		if (d && d->num_connections > 0)
			continue;
		MHD_stop_daemon(h->old[i].daemon);
		arena_free(&h->old[i].pem);
		h->old[i] = h->old[--h->n_old];
	}
}

int http_stop(struct http **hp, unsigned grace_ms)
{
	struct http *h = *hp;
	if (h == NULL)
		return 1;
	MHD_socket fd = MHD_quiesce_daemon(h->now.daemon);
	uint64_t until = log_now_ms() + grace_ms;
	atomic_store(&h->stopping, true);
	while (atomic_load(&h->open) > 0 && log_now_ms() < until && proc_stopped() < 2)
		nanosleep(&(struct timespec){0, 10 * 1000 * 1000}, NULL);
	if (fd != MHD_INVALID_SOCKET)
		close(fd);
	if (atomic_load(&h->at_work) > 0)
		return 0;
	MHD_stop_daemon(h->now.daemon);
	arena_free(&h->now.pem);
	for (size_t i = 0; i < h->n_old; i++) {
		MHD_stop_daemon(h->old[i].daemon);
		arena_free(&h->old[i].pem);
	}
	free(h);
	*hp = NULL;
	return 1;
}
