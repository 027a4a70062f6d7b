#define _GNU_SOURCE
#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

int file_write(int fd, const void *p, size_t n, struct err *err)
{
	const char *at = p;
	while (n) {
		ssize_t w = write(fd, at, n);
		if (w < 0 && errno == EINTR)
			continue;
		if (w < 0)
			return err_errno(err, ERR_BROKEN, "cannot write");
		at += w;
		n -= (size_t)w;
	}
	return 1;
}

int file_pwrite(int fd, const void *p, size_t n, off_t off, struct err *err)
{
	const char *at = p;
	while (n) {
		ssize_t w = pwrite(fd, at, n, off);
		if (w < 0 && errno == EINTR)
			continue;
		if (w < 0)
			return err_errno(err, ERR_BROKEN, "cannot write");
		at += w;
		off += w;
		n -= (size_t)w;
	}
	return 1;
}

int file_pread(int fd, void *p, size_t n, off_t off, struct err *err)
{
	char *at = p;
	while (n) {
		ssize_t r = pread(fd, at, n, off);
		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0)
			return err_errno(err, ERR_BROKEN, "cannot read");
		if (r == 0)
			return 0;
		at += r;
		off += r;
		n -= (size_t)r;
	}
	return 1;
}

static int load_fd(int fd, const char *path, struct buf *out, struct err *err)
{
	for (;;) {
		struct stat st;
		size_t step = 65536;
		if (out->n == 0 && fstat(fd, &st) == 0 && st.st_size > 0)
			step = (size_t)st.st_size + 1;
		if (step > out->max - out->n)
			step = out->max - out->n;
		char *to = buf_room(out, step ? step : 1);
		if (to == NULL)
			return err_set(err, ERR_INPUT, "file '%s' is larger than %zu bytes", path,
				       out->max);
		ssize_t r = read(fd, to, step);
		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0)
			return err_errno(err, ERR_BROKEN, "cannot read '%s'", path);
		if (r == 0)
			return 1;
		buf_take(out, (size_t)r);
	}
}

int file_load(const char *path, struct buf *out, struct err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
		return 0;
	if (fd < 0)
		return err_errno(err, ERR_BROKEN, "cannot open '%s'", path);
	int r = load_fd(fd, path, out, err);
	close(fd);
	return r;
}

int file_sync(int fd, struct err *err)
{
	return fdatasync(fd) == 0 ? 1 : err_errno(err, ERR_BROKEN, "cannot fsync");
}

int file_sync_path(const char *path, struct err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return err_errno(err, ERR_BROKEN, "cannot open '%s'", path);
	int r = file_sync(fd, err);
	close(fd);
	return r;
}

int file_sync_dir(const char *path, struct err *err)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return err_errno(err, ERR_BROKEN, "cannot open directory '%s'", path);
	int r = fsync(fd);
	if (r < 0)
		err_errno(err, ERR_BROKEN, "cannot fsync directory '%s'", path);
	close(fd);
	return r < 0 ? -1 : 1;
}

static int write_new(const char *path, struct str bytes, struct err *err)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0)
		return err_errno(err, ERR_BROKEN, "cannot create '%s'", path);
	int r = file_write(fd, bytes.p, bytes.n, err);
	if (r == 1)
		r = file_sync(fd, err);
	if (close(fd) < 0 && r == 1)
		r = err_errno(err, ERR_BROKEN, "cannot close '%s'", path);
	if (r < 0)
		unlink(path);
	return r;
}

int file_replace(const char *path, struct str bytes, struct err *err)
{
	char tmp[4096], dir[4096];
	int n = snprintf(tmp, sizeof tmp, "%s.tmp", path);
	if (n < 0 || (size_t)n >= sizeof tmp)
		return err_set(err, ERR_INPUT, "path too long");
	if (write_new(tmp, bytes, err) < 0)
		return -1;
	if (rename(tmp, path) < 0) {
		err_errno(err, ERR_BROKEN, "cannot rename '%s'", tmp);
		unlink(tmp);
		return -1;
	}
	const char *slash = strrchr(path, '/');
	if (slash == path)
		snprintf(dir, sizeof dir, "/");
	else
		snprintf(dir, sizeof dir, "%.*s", slash ? (int)(slash - path) : 1,
			 slash ? path : ".");
	return file_sync_dir(dir, err);
}

int file_mkdirs(const char *path, struct err *err)
{
	char part[4096];
	size_t n = strlen(path);
	if (n == 0 || n >= sizeof part)
		return err_set(err, ERR_INPUT, "bad directory name");
	for (size_t i = 1; i <= n; i++) {
		if (path[i] != '/' && path[i] != '\0')
			continue;
		memcpy(part, path, i);
		part[i] = '\0';
		if (mkdir(part, 0700) < 0 && errno != EEXIST)
			return err_errno(err, ERR_BROKEN, "cannot make directory '%s'", part);
	}
	return 1;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path) < 0 && errno != ENOENT ? -1 : 0;
}

int file_remove_tree(const char *path, struct err *err)
{
	if (nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS) < 0 && errno != ENOENT)
		return err_errno(err, ERR_BROKEN, "cannot remove '%s'", path);
	return 1;
}

static int note_holder(int fd, struct err *err)
{
	char text[32];
	int n = snprintf(text, sizeof text, "%ld\n", (long)getpid());
	if (ftruncate(fd, 0) < 0)
		return err_errno(err, ERR_BROKEN, "cannot write lock file");
	return file_pwrite(fd, text, (size_t)n, 0, err);
}

int file_lock(const char *path, int *fd_out, struct err *err)
{
	char holder[32] = "";
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return err_errno(err, ERR_BROKEN, "cannot open lock '%s'", path);
	if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		ssize_t n = pread(fd, holder, sizeof holder - 1, 0);
		long pid = n > 0 ? strtol(holder, NULL, 10) : 0;
		close(fd);
		return err_set(err, ERR_LATER, "'%s' is locked by process %ld", path, pid);
	}
	if (note_holder(fd, err) < 0) {
		close(fd);
		return -1;
	}
	*fd_out = fd;
	return 1;
}

int file_map(const char *path, struct str *out, struct err *err)
{
	struct stat st;
	*out = (struct str){"", 0};
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? 0 : err_errno(err, ERR_BROKEN, "cannot open '%s'", path);
	if (fstat(fd, &st) < 0) {
		close(fd);
		return err_errno(err, ERR_BROKEN, "cannot stat '%s'", path);
	}
	if (st.st_size > 0) {
		void *p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0);
		if (p == MAP_FAILED) {
			close(fd);
			return err_errno(err, ERR_BROKEN, "cannot map '%s'", path);
		}
		*out = (struct str){p, (size_t)st.st_size};
	}
	close(fd);
	return 1;
}

void file_scattered(struct str map, size_t first, size_t n)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE), from = first / page * page;
	char *p = (char *)(uintptr_t)map.p;
	if (map.n == 0 || first >= map.n)
		return;
	posix_madvise(p, map.n, POSIX_MADV_RANDOM);
	n = n < map.n - first ? n : map.n - first;
	posix_madvise(p + from, first - from + n, POSIX_MADV_WILLNEED);
}

void file_sequential(struct str map)
{
	if (map.n > 0)
		posix_madvise((char *)(uintptr_t)map.p, map.n, POSIX_MADV_SEQUENTIAL);
}

void file_unmap(struct str *s)
{
	if (s->n)
		munmap((void *)(uintptr_t)s->p, s->n);
	*s = (struct str){"", 0};
}
