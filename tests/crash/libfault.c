/* libfault: faults in what makes data durable, for LD_PRELOAD.
 *
 * Counts the calls that matter to durability on files below $FAULT_UNDER, in all processes
 * together: write and its kin, fsync and fdatasync, rename, link, unlink, ftruncate. At call number
 * $FAULT_AT it does $FAULT_DO:
 *
 *   stop     kills the whole process group, the call undone: the plug is pulled
 *   torn     as stop, but half of a write is done
 *   EIO, ENOSPC     this one call fails
 *   full     from here on every write and every ftruncate fails with ENOSPC
 *
 * $FAULT_ON chooses which calls count: any of the letters w (writes), s (syncs), n (names and
 * lengths). $FAULT_COUNT is a file that the processes share. It holds the count of steps, then the
 * count of syncs that succeeded, then in 256 bytes the end of the path where a call was made to
 * fail (the first one), then for each sync inode and length of the file, so that a test can take
 * away what was never synced. Numbers have 8 bytes.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

enum { MOST_SYNCS = 65535, PLACE = 256 };

struct shared {
	_Atomic uint64_t steps, syncs;
	char place[PLACE];
	struct {
		uint64_t inode, length;
	} sync[MOST_SYNCS];
};

static struct {
	struct shared *shared;
	uint64_t at;
	const char *act, *on, *under;
	size_t under_len;
} fault;

/* What the wrapped call is to do. */
enum verdict { GO_ON, FAIL, HALF };

__attribute__((constructor)) static void begin(void)
{
	const char *path = getenv("FAULT_COUNT"), *at = getenv("FAULT_AT");
	fault.act = getenv("FAULT_DO");
	fault.on = getenv("FAULT_ON");
	fault.under = getenv("FAULT_UNDER");
	if (!path || !fault.on || !fault.under)
		return;
	fault.under_len = strlen(fault.under);
	fault.at = at ? strtoull(at, NULL, 10) : 0;
	int fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		abort();
	if (ftruncate(fd, sizeof *fault.shared) < 0)
		abort();
	void *map = mmap(NULL, sizeof *fault.shared, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED)
		abort();
	close(fd);
	fault.shared = map;
}

static void *next(const char *name)
{
	void *f = dlsym(RTLD_NEXT, name);
	if (!f)
		abort();
	return f;
}

static void stop(void)
{
	kill(0, SIGKILL);
	for (;;)
		pause();
}

static bool below(const char *path)
{
	return strncmp(path, fault.under, fault.under_len) == 0;
}

static bool ours(int fd, char path[PATH_MAX])
{
	char link[64];
	snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	ssize_t n = readlink(link, path, PATH_MAX - 1);
	if (n < 0)
		return false;
	path[n] = 0;
	return below(path);
}

static void note(const char *path)
{
	size_t n = strlen(path);
	if (!fault.shared->place[0])
		snprintf(fault.shared->place, PLACE, "%s", n < PLACE ? path : path + n - PLACE + 1);
}

/* Counts a call of that kind and says what becomes of it; errno is set for FAIL. */
static enum verdict judge(const char *path, char kind)
{
	if (!strchr(fault.on, kind))
		return GO_ON;
	uint64_t now = atomic_fetch_add(&fault.shared->steps, 1) + 1;
	if (!fault.at || !fault.act || now < fault.at)
		return GO_ON;
	if (strcmp(fault.act, "full") == 0) {
		if (kind == 's')
			return GO_ON;
		note(path);
		errno = ENOSPC;
		return FAIL;
	}
	if (now != fault.at)
		return GO_ON;
	if (strcmp(fault.act, "torn") == 0 && kind == 'w')
		return HALF;
	if (strcmp(fault.act, "stop") == 0 || strcmp(fault.act, "torn") == 0)
		stop();
	note(path);
	errno = strcmp(fault.act, "ENOSPC") == 0 ? ENOSPC : EIO;
	return FAIL;
}

static enum verdict judge_fd(int fd, char kind)
{
	char path[PATH_MAX];
	int saved = errno;
	if (!fault.shared || !ours(fd, path))
		return errno = saved, GO_ON;
	errno = saved;
	return judge(path, kind);
}

static enum verdict judge_path(const char *path, char kind)
{
	char whole[PATH_MAX];
	if (!fault.shared)
		return GO_ON;
	if (path[0] != '/' && getcwd(whole, sizeof whole / 2)) {
		size_t n = strlen(whole);
		snprintf(whole + n, sizeof whole - n, "/%s", path);
		path = whole;
	}
	return below(path) ? judge(path, kind) : GO_ON;
}

ssize_t write(int fd, const void *p, size_t n)
{
	ssize_t (*real)(int, const void *, size_t) = next("write");
	enum verdict v = judge_fd(fd, 'w');
	if (v == FAIL)
		return -1;
	ssize_t done = real(fd, p, v == HALF ? n / 2 : n);
	if (v == HALF)
		stop();
	return done;
}

ssize_t pwrite(int fd, const void *p, size_t n, off_t off)
{
	ssize_t (*real)(int, const void *, size_t, off_t) = next("pwrite");
	enum verdict v = judge_fd(fd, 'w');
	if (v == FAIL)
		return -1;
	ssize_t done = real(fd, p, v == HALF ? n / 2 : n, off);
	if (v == HALF)
		stop();
	return done;
}

ssize_t pwrite64(int fd, const void *p, size_t n, off64_t off)
{
	return pwrite(fd, p, n, off);
}

ssize_t writev(int fd, const struct iovec *v, int n)
{
	ssize_t (*real)(int, const struct iovec *, int) = next("writev");
	enum verdict what = judge_fd(fd, 'w');
	if (what == FAIL)
		return -1;
	ssize_t done = real(fd, v, what == HALF ? n / 2 : n);
	if (what == HALF)
		stop();
	return done;
}

static int synced(int fd, const char *name)
{
	int (*real)(int) = next(name);
	char path[PATH_MAX];
	struct stat st;
	if (judge_fd(fd, 's') == FAIL)
		return -1;
	int known = fstat(fd, &st), r = real(fd);
	if (r == 0 && known == 0 && fault.shared && ours(fd, path)) {
		uint64_t i = atomic_fetch_add(&fault.shared->syncs, 1);
		if (i >= MOST_SYNCS)
			abort();
		fault.shared->sync[i].inode = st.st_ino;
		fault.shared->sync[i].length = (uint64_t)st.st_size;
	}
	return r;
}

int fsync(int fd)
{
	return synced(fd, "fsync");
}

int fdatasync(int fd)
{
	return synced(fd, "fdatasync");
}

int ftruncate(int fd, off_t n)
{
	int (*real)(int, off_t) = next("ftruncate");
	return judge_fd(fd, 'n') == FAIL ? -1 : real(fd, n);
}

int ftruncate64(int fd, off64_t n)
{
	return ftruncate(fd, n);
}

int rename(const char *from, const char *to)
{
	int (*real)(const char *, const char *) = next("rename");
	return judge_path(to, 'n') == FAIL ? -1 : real(from, to);
}

int renameat(int fd, const char *from, int to_fd, const char *to)
{
	int (*real)(int, const char *, int, const char *) = next("renameat");
	return judge_fd(to_fd, 'n') == FAIL ? -1 : real(fd, from, to_fd, to);
}

int link(const char *from, const char *to)
{
	int (*real)(const char *, const char *) = next("link");
	return judge_path(to, 'n') == FAIL ? -1 : real(from, to);
}

int unlink(const char *path)
{
	int (*real)(const char *) = next("unlink");
	return judge_path(path, 'n') == FAIL ? -1 : real(path);
}
