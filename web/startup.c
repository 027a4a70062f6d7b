#define _GNU_SOURCE
#include "startup.h"

#include <stdlib.h>

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

int startup_tls(const struct web_options *o, struct arena *a, struct http_options *h,
		struct err *err)
{
	const char *const paths[] = {o->certificate, o->key};
	const char **const to[] = {&h->certificate, &h->key};
	for (size_t i = 0; o->certificate && i < 2; i++) {
		struct buf b;
		buf_init(&b, 1 << 20);
		int r = file_load(paths[i], &b, err);
		if (r == 0)
			r = err_set(err, ERR_DENIED, "there is no file '%s'", paths[i]);
		*to[i] = arena_str(a, buf_all(&b)).p;
		if (b.p)
			explicit_bzero(b.p, b.n);
		buf_free(&b);
		if (r < 0)
			return -1;
	}
	return 1;
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

int startup_prepare(const struct web_options *o, struct arena *a, struct http_options *h,
		    struct err *err)
{
	if (startup_tls(o, a, h, err) < 0 || access_begin(o->access_log, err) < 0)
		return -1;
	if (o->user && confine_user(o->user, err) < 0)
		return -1;
	if (auditing_start(o->archive_dir, &o->audit, err) < 0)
		return -1;
	spool = (struct spooler_place){o->archive_dir, o->exports};
	const struct keeper_work work = {o->archive_dir, o->harvest, spooler_run, &spool};
	if (keeper_start(&work, err) < 0)
		return -1;
	if (inside_start(o->ocr, err) < 0)
		return -1;
	return confine(o, a, err);
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
