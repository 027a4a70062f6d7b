#define _GNU_SOURCE
#include "startup.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "access.h"
#include "confine.h"
#include "file.h"
#include "http.h"
#include "inside.h"
#include "keeper.h"
#include "log.h"
#include "spooler.h"

static struct spooler_place spool;

int startup_bind(const struct web_options *o, struct listener *l, int *fd, struct err *err)
{
	int r = listener_inherit(l, fd, err);
	if (r != 0)
		return r;
	r = listener_parse(str_of(o->listen), l, err);
	return r > 0 ? listener_open(l, fd, err) : r;
}

/* ---- certificate and key ---- */

enum { PEMS = 2, PEM_MAX = 1 << 20 };

static void shut(int fd[PEMS])
{
	for (size_t i = 0; i < PEMS; i++)
		if (fd[i] >= 0)
			close(fd[i]);
}

/* Both, or neither. 1 or -1. */
static int open_tls(const struct web_options *o, int fd[PEMS], struct err *err)
{
	const char *const paths[PEMS] = {o->certificate, o->key};
	for (size_t i = 0; i < PEMS; i++)
		fd[i] = -1;
	for (size_t i = 0; o->certificate && i < PEMS; i++) {
		fd[i] = open(paths[i], O_RDONLY | O_CLOEXEC);
		if (fd[i] < 0) {
			err_errno(err, ERR_DENIED, "cannot open '%s'", paths[i]);
			shut(fd);
			return -1;
		}
	}
	return 1;
}

static int read_pem(int fd, struct arena *a, const char **out, struct err *err)
{
	struct stat st;
	if (fstat(fd, &st) < 0)
		return err_errno(err, ERR_BROKEN, "cannot read a certificate or key");
	if (st.st_size > PEM_MAX)
		return err_set(err, ERR_DENIED, "a certificate or key is larger than a MiB");
	size_t n = (size_t)st.st_size;
	char *text = arena_alloc(a, n + 1);
	text[n] = '\0';
	*out = text;
	int r = file_pread(fd, text, n, 0, err);
	return r ? r : err_set(err, ERR_LATER, "a certificate or key changes while it is read");
}

/* Closes them. */
static int read_tls(int fd[PEMS], struct arena *a, struct http_options *h, struct err *err)
{
	const char **const to[PEMS] = {&h->certificate, &h->key};
	int r = 1;
	for (size_t i = 0; i < PEMS && fd[i] >= 0 && r > 0; i++)
		r = read_pem(fd[i], a, to[i], err);
	shut(fd);
	return r;
}

int startup_tls(const struct web_options *o, struct arena *a, struct http_options *h,
		struct err *err)
{
	int fd[PEMS];
	return open_tls(o, fd, err) < 0 ? -1 : read_tls(fd, a, h, err);
}

/* What is left to the process from here on. */
static int confine(const struct web_options *o, struct arena *a, struct err *err)
{
	const char *tmp = getenv("TMPDIR");
	const char *log = o->access_log && *o->access_log != '-' ? o->access_log : "/dev/null";
	const char *slash = strrchr(log, '/');
	/* The folder, because the file is opened anew after it was moved away. */
	struct str logs = strcmp(log, "/dev/null") == 0 ? str_of(log)
			  : slash ? str_cut(str_of(log), 0, (size_t)(slash - log) + 1) : STR(".");
	const char *const writable[] = {o->archive_dir, o->exports.dir,
					tmp && *tmp ? tmp : "/var/tmp", "/tmp",
					"/dev/null", arena_str(a, logs).p};
	if (!o->sandbox)
		return 1;
	int r = confine_files(writable, sizeof writable / sizeof *writable, err);
	if (r == 0)
		log_line(LOG_INFO, "the kernel has no Landlock: writing is not confined");
	return r < 0 ? -1 : confine_calls(err);
}

/* Everybody who is a copy of this process. 1 or -1. */
static int start_others(const struct web_options *o, struct err *err)
{
	if (o->user && confine_user(o->user, err) < 0)
		return -1;
	if (auditing_start(o->archive_dir, &o->audit, err) < 0)
		return -1;
	spool = (struct spooler_place){o->archive_dir, o->exports};
	const struct keeper_work work = {o->archive_dir, o->harvest, spooler_run, &spool};
	return keeper_start(&work, err) < 0 ? -1 : inside_start(o->ocr, err);
}

int startup_prepare(const struct web_options *o, struct arena *a, struct http_options *h,
		    struct err *err)
{
	int pem[PEMS];
	if (access_begin(o->access_log, err) < 0 || open_tls(o, pem, err) < 0)
		return -1;
	if (start_others(o, err) < 0) {
		shut(pem);
		return -1;
	}
	return read_tls(pem, a, h, err) < 0 ? -1 : confine(o, a, err);
}

void startup_reload(void)
{
	access_reopen();
	keeper_reload();
}

void startup_leave(void)
{
	keeper_stop();
}

void startup_undo(void)
{
	inside_stop();
	keeper_stop();
	auditing_stop();
	access_end();
}
