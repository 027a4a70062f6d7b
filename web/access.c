#define _GNU_SOURCE
#include "access.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "log.h"

enum { LINE = 600 };

static const char *file;
static atomic_int out = -1;

int access_begin(const char *path, struct err *err)
{
	file = path;
	if (path == NULL)
		return 1;
	int fd = strcmp(path, "-") == 0 ? dup(STDERR_FILENO)
		: open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (fd < 0)
		return err_errno(err, ERR_DENIED, "cannot write the access log '%s'", path);
	atomic_store(&out, fd);
	return 1;
}

/* The number stays the same, so that nobody writes to a file that was closed meanwhile. */
void access_reopen(void)
{
	if (file == NULL || strcmp(file, "-") == 0)
		return;
	int fd = open(file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (fd < 0 || dup3(fd, atomic_load(&out), O_CLOEXEC) < 0)
		log_line(LOG_ERROR, "access log: %s", strerror(errno));
	if (fd >= 0)
		close(fd);
}

void access_end(void)
{
	int fd = atomic_exchange(&out, -1);
	if (fd >= 0)
		close(fd);
}

/* What somebody sent, without what could be taken for another field or line. */
static void plain(char *to, size_t n, struct str s, const char *nothing)
{
	size_t i = 0;
	for (; i < s.n && i + 1 < n; i++)
		to[i] = s.p[i] > ' ' && s.p[i] < 127 && s.p[i] != '"' ? s.p[i] : '?';
	to[i] = '\0';
	if (i == 0)
		snprintf(to, n, "%s", nothing);
}

void access_line(const struct http_request *req, const struct route *route,
		 const struct person *who, const struct http_response *resp, uint64_t us)
{
	char line[LINE], at[40], peer[64], name[100], method[24], id[80];
	struct timespec now;
	struct tm tm;
	int fd = atomic_load(&out);
	if (fd < 0)
		return;
	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &tm);
	strftime(at, sizeof at, "%Y-%m-%dT%H:%M:%S", &tm);
	plain(peer, sizeof peer, req->peer, "-");
	plain(name, sizeof name, who ? who->name : STR(""), who && who->rights ? "owner" : "-");
	plain(method, sizeof method, req->method, "-");
	plain(id, sizeof id, req->id, "-");
	uint64_t bytes = resp->fd >= 0 ? resp->fd_size : resp->body.n;
	int n = snprintf(line, sizeof line, "%s.%03ldZ %s %s %s %s %d %s%llu %llu.%01llums %s\n",
			 at, now.tv_nsec / 1000000, peer, name, method,
			 route ? route->pattern : "-", resp->status, resp->stream.more ? ">" : "",
			 (unsigned long long)bytes, (unsigned long long)us / 1000,
			 (unsigned long long)us / 100 % 10, id);
	n = n < LINE ? n : LINE - 1;
	if (write(fd, line, (size_t)n) != n)
		log_line(LOG_ERROR, "cannot write the access log");
}
