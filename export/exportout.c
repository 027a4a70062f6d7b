#define _GNU_SOURCE
#include "exportout.h"

#include "file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

#define PATH_MOST 16384

/* The directory that holds path. */
static void parent(char *out, size_t n, const char *path)
{
	const char *slash = strrchr(path, '/');
	if (slash == NULL)
		snprintf(out, n, ".");
	else
		snprintf(out, n, "%.*s", slash == path ? 1 : (int)(slash - path), path);
}

static bool is_empty(const char *path)
{
	struct dirent *e;
	bool empty = true;
	DIR *d = opendir(path);
	if (d == NULL)
		return false;
	while ((e = readdir(d)) != NULL)
		empty &= strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0;
	closedir(d);
	return empty;
}

/* What is there already must be empty, and a name that can be given anew. */
static int check_there(const struct exportout *o, const struct stat *st, struct err *err)
{
	char above[4096];
	struct stat up;
	parent(above, sizeof above, o->to);
	if (!o->folder && S_ISREG(st->st_mode) && st->st_size == 0)
		return 1;
	if (!o->folder || !S_ISDIR(st->st_mode))
		return err_set(err, ERR_INPUT, "'%s' exists already; nothing was exported", o->to);
	if (!is_empty(o->to))
		return err_set(err, ERR_INPUT, "'%s' is not empty; nothing was exported", o->to);
	if (stat(above, &up) < 0 || up.st_dev != st->st_dev)
		return err_set(err, ERR_INPUT, "'%s' is a mount point; name a new folder in it",
			       o->to);
	return 1;
}

/* Sets the names, without slashes at the end. 1 or -1. */
static int set_names(struct exportout *o, const char *to, struct err *err)
{
	char real[PATH_MAX], above[4096];
	struct stat st;
	size_t n = strlen(to);
	while (n > 1 && to[n - 1] == '/')
		n--;
	if (n == 0 || n >= sizeof o->to)
		return err_set(err, ERR_INPUT, "not a name to export to: '%.200s'", to);
	memcpy(o->to, to, n);
	if (stat(o->to, &st) == 0) {
		if (realpath(o->to, real) == NULL || strlen(real) >= sizeof o->to)
			return err_errno(err, ERR_INPUT, "cannot export to '%s'", o->to);
		memcpy(o->to, real, strlen(real) + 1);
		if (check_there(o, &st, err) < 0)
			return -1;
	}
	snprintf(o->work, sizeof o->work, "%s.partial", o->to);
	parent(above, sizeof above, o->to);
	return file_mkdirs(above, err);
}

static int make_work(struct exportout *o, struct err *err)
{
	int r;
	if (o->folder)
		r = mkdir(o->work, 0700);
	else
		r = o->fd = open(o->work, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	o->made = r >= 0;
	if (r < 0 && errno == EEXIST)
		return err_set(err, ERR_INPUT,
			       "'%s' is left from an export that did not end: remove it first",
			       o->work);
	return r < 0 ? err_errno(err, ERR_BROKEN, "cannot make '%s'", o->work) : 1;
}

int exportout_open(struct exportout *o, const char *to, bool folder, struct err *err)
{
	*o = (struct exportout){.folder = folder, .fd = -1};
	buf_init(&o->path, PATH_MOST);
	buf_init(&o->last, PATH_MOST);
	if (!folder && strcmp(to, "-") == 0) {
		o->fd = STDOUT_FILENO;
		return 1;
	}
	if (set_names(o, to, err) < 0)
		return -1;
	return make_work(o, err);
}

/* ---- compression ---- */

#define LEVEL 3

int exportout_pack(struct exportout *o, struct err *err)
{
	o->pack = ZSTD_createCCtx();
	if (o->pack == NULL)
		return err_set(err, ERR_BROKEN, "no memory to compress");
	ZSTD_CCtx_setParameter(o->pack, ZSTD_c_compressionLevel, LEVEL);
	ZSTD_CCtx_setParameter(o->pack, ZSTD_c_checksumFlag, 1);
	o->packed = err_alloc(ZSTD_CStreamOutSize());
	return 1;
}

/* Compresses; at the end everything goes out. */
static int press(struct exportout *o, const void *p, size_t n, bool end, struct err *err)
{
	ZSTD_inBuffer in = {p, n, 0};
	for (;;) {
		ZSTD_outBuffer out = {o->packed, ZSTD_CStreamOutSize(), 0};
		size_t left = ZSTD_compressStream2(o->pack, &out, &in,
						   end ? ZSTD_e_end : ZSTD_e_continue);
		if (ZSTD_isError(left))
			return err_set(err, ERR_BROKEN, "cannot compress: %s",
				       ZSTD_getErrorName(left));
		if (file_write(o->fd, o->packed, out.pos, err) < 0)
			return -1;
		if (end ? left == 0 : in.pos == in.size)
			return 1;
	}
}

int exportout_write(struct exportout *o, const void *p, size_t n, struct err *err)
{
	if (o->pack)
		return press(o, p, n, false, err);
	return file_write(o->fd, p, n, err);
}

void exportout_close(struct exportout *o)
{
	struct err ignored;
	if (o->work[0] && o->fd >= 0)
		close(o->fd);
	ZSTD_freeCCtx(o->pack);
	free(o->packed);
	if (o->made)
		file_remove_tree(o->work, &ignored);
	buf_free(&o->path);
	buf_free(&o->last);
	*o = (struct exportout){.fd = -1};
}

const char *exportout_temp(struct exportout *o)
{
	static char above[4096];
	const char *tmp = getenv("TMPDIR");
	if (o->folder)
		return o->work;
	if (o->work[0] == '\0')
		return tmp && *tmp ? tmp : "/var/tmp";
	parent(above, sizeof above, o->work);
	return above;
}

/* The path of a file of the export, in o->path. */
static const char *full(struct exportout *o, struct str path)
{
	buf_clear(&o->path);
	buf_fmt(&o->path, "%s/%.*s", o->work, STR_ARG(path));
	return buf_cstr(&o->path);
}

int exportout_folder(struct exportout *o, struct str path, struct err *err)
{
	if (str_eq(buf_all(&o->last), path) && path.n)
		return 1;
	if (file_mkdirs(full(o, path), err) < 0)
		return -1;
	buf_clear(&o->last);
	buf_str(&o->last, path);
	return 1;
}

static int open_in(struct exportout *o, struct str path, int flags, int *fd, struct err *err)
{
	size_t n = path.n;
	while (n && path.p[n - 1] != '/')
		n--;
	if (n && exportout_folder(o, str_cut(path, 0, n - 1), err) < 0)
		return -1;
	*fd = open(full(o, path), flags | O_CLOEXEC, 0600);
	return *fd < 0 ? err_errno(err, ERR_BROKEN, "cannot make '%s'", buf_cstr(&o->path)) : 1;
}

int exportout_create(struct exportout *o, struct str path, int *fd_out, struct err *err)
{
	return open_in(o, path, O_WRONLY | O_CREAT | O_EXCL, fd_out, err);
}

int exportout_append(struct exportout *o, struct str path, int *fd_out, struct err *err)
{
	return open_in(o, path, O_WRONLY | O_CREAT | O_APPEND, fd_out, err);
}

int exportout_read(struct exportout *o, struct str path, int *fd_out, struct err *err)
{
	return open_in(o, path, O_RDONLY, fd_out, err);
}

int exportout_rename(struct exportout *o, struct str from, struct str to, struct err *err)
{
	char old[PATH_MAX];
	snprintf(old, sizeof old, "%s", full(o, from));
	if (rename(old, full(o, to)) < 0)
		return err_errno(err, ERR_BROKEN, "cannot rename '%s'", old);
	return 1;
}

int exportout_sync(struct exportout *o, struct err *err)
{
	if (o->work[0] == '\0')
		return 1;
	int fd = o->folder ? open(o->work, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : o->fd;
	int r = fd < 0 ? -1 : o->folder ? syncfs(fd) : fsync(fd);
	if (r < 0)
		err_errno(err, ERR_BROKEN, "cannot fsync '%s'", o->work);
	if (o->folder && fd >= 0)
		close(fd);
	return r < 0 ? -1 : 1;
}

int exportout_end(struct exportout *o, struct err *err)
{
	char above[4096];
	if (o->pack && press(o, NULL, 0, true, err) < 0)
		return -1;
	if (exportout_sync(o, err) < 0)
		return -1;
	if (o->work[0] == '\0')
		return 1;
	if (rename(o->work, o->to) < 0)
		return err_errno(err, ERR_BROKEN, "cannot rename '%s'", o->work);
	o->made = false;
	parent(above, sizeof above, o->to);
	return file_sync_dir(above, err);
}
