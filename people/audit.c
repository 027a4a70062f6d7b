#define _GNU_SOURCE
#include "audit.h"

#include "buf.h"
#include "file.h"
#include "log.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { PATH = 4096, LOCK_MS = 5000, FILES_MOST = 999999 };
#define TAIL (2 * AUDIT_MOST + 2)

/* `writing` is held while a line is made and written, `syncing` while the disk is waited for.
 * Both are held where fd changes. */
struct audit {
	char dir[PATH];
	uint64_t file_bytes;
	pthread_mutex_t writing, syncing;
	int lock, fd;
	unsigned file;           /* its number, 0: none open */
	uint64_t size;           /* of the file, as far as it is known */
	uint64_t last;           /* number of the last entry */
	unsigned char hash[HASH_BYTES]; /* of its line */
	uint64_t torn;           /* bytes that a crash left behind, cut off */
	atomic_uint_fast64_t lines; /* written by this process */
	uint64_t synced;         /* so many of them are on the disk */
	atomic_bool broken;      /* an fsync failed: what is on the disk is not known */
};

int audit_path(char *path, size_t n, const char *archive_dir, const char *name, struct err *err)
{
	if (snprintf(path, n, "%s/audit%s%s", archive_dir, *name ? "/" : "", name) < (int)n)
		return 1;
	return err_set(err, ERR_INPUT, "the archive's name is too long");
}

static int ascending(const void *a, const void *b)
{
	unsigned x = *(const unsigned *)a, y = *(const unsigned *)b;
	return x < y ? -1 : x > y;
}

/* "000001.log" */
static unsigned file_number(const char *name)
{
	uint32_t n;
	struct str s = str_of(name);
	return s.n == 10 && str_ends(s, STR(".log")) && str_u32(str_cut(s, 0, 6), &n) ? n : 0;
}

int audit_files(const char *archive_dir, unsigned **out, size_t *n, struct err *err)
{
	char path[PATH];
	size_t room = 0;
	*out = NULL;
	*n = 0;
	if (audit_path(path, sizeof path, archive_dir, "", err) < 0)
		return -1;
	DIR *d = opendir(path);
	if (d == NULL)
		return errno == ENOENT ? 1 : err_errno(err, ERR_BROKEN, "cannot read '%s'", path);
	for (struct dirent *e; (e = readdir(d)) != NULL;) {
		unsigned number = file_number(e->d_name);
		if (number == 0)
			continue;
		if (*n == room) {
			room = room ? 2 * room : 16;
			*out = err_realloc(*out, room * sizeof **out);
		}
		(*out)[(*n)++] = number;
	}
	closedir(d);
	if (*n)
		qsort(*out, *n, sizeof **out, ascending);
	return 1;
}

/* ---- files ---- */

static void name_file(const struct audit *a, unsigned number, char path[PATH])
{
	char name[16];
	struct err unused;
	snprintf(name, sizeof name, "%06u.log", number);
	audit_path(path, PATH, a->dir, name, &unused);
}

static int switch_file(struct audit *a, unsigned number, int flags, struct err *err)
{
	char path[PATH];
	name_file(a, number, path);
	int fd = open(path, O_RDWR | O_APPEND | O_CLOEXEC | flags, 0600);
	if (fd < 0)
		return err_errno(err, ERR_LATER, "cannot open '%s'", path);
	pthread_mutex_lock(&a->syncing);
	if (a->fd >= 0)
		close(a->fd);
	a->fd = fd;
	a->file = number;
	a->size = 0;
	pthread_mutex_unlock(&a->syncing);
	return 1;
}

/* The first file, after a start. */
static int first_file(struct audit *a, struct err *err)
{
	unsigned *list;
	size_t n;
	if (audit_files(a->dir, &list, &n, err) < 0)
		return -1;
	unsigned last = n ? list[n - 1] : 0;
	free(list);
	if (last)
		return switch_file(a, last, 0, err);
	char path[PATH];
	if (switch_file(a, 1, O_CREAT, err) < 0 ||
	    audit_path(path, sizeof path, a->dir, "", err) < 0)
		return -1;
	return file_sync_dir(path, err) < 0 || file_sync_dir(a->dir, err) < 0 ? -1 : 1;
}

/* The next file, once this one is on the disk as a whole. */
static int next_file(struct audit *a, struct err *err)
{
	char path[PATH];
	if (a->file == FILES_MOST)
		return err_set(err, ERR_BROKEN, "the audit log has too many files");
	if (file_sync(a->fd, err) < 0 || switch_file(a, a->file + 1, O_CREAT, err) < 0 ||
	    audit_path(path, sizeof path, a->dir, "", err) < 0)
		return -1;
	return file_sync_dir(path, err);
}

/* ---- where the chain stands ---- */

/* Takes number and hash from a file's last line. 1; 0 it has no line. What stands behind the last
 * line end was never answered for: *end is where it begins. */
static int read_last(struct audit *a, int fd, uint64_t size, uint64_t *end, struct err *err)
{
	size_t n = size < TAIL ? (size_t)size : TAIL;
	char *tail = err_alloc(n + 1);
	int r = n ? file_pread(fd, tail, n, (off_t)(size - n), err) : 0;
	const char *lf = r > 0 ? memrchr(tail, '\n', n) : NULL;
	*end = 0;
	if (lf == NULL) {
		free(tail);
		return r < 0 ? -1 : size <= AUDIT_MOST ? 0
			: err_set(err, ERR_BROKEN, "the audit log's last line has no end");
	}
	const char *before = memrchr(tail, '\n', (size_t)(lf - tail));
	const char *start = before ? before + 1 : tail;
	struct str line = {start, (size_t)(lf + 1 - start)};
	json_t *o = before || n == size ? json_loadb(line.p, line.n, 0, NULL) : NULL;
	json_int_t number = json_integer_value(json_object_get(o, "n"));
	json_decref(o);
	hash_of(line, a->hash);
	a->last = number > 0 ? (uint64_t)number : 0;
	*end = size - n + (uint64_t)(lf + 1 - tail);
	free(tail);
	return number > 0 ? 1
		: err_set(err, ERR_BROKEN, "the audit log's last line is damaged");
}

/* From the file before an empty one. */
static int look_back(struct audit *a, struct err *err)
{
	char path[PATH];
	struct stat st;
	uint64_t end;
	a->last = 0;
	memset(a->hash, 0, sizeof a->hash);
	if (a->file == 1)
		return 1;
	name_file(a, a->file - 1, path);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0) {
		err_errno(err, ERR_BROKEN, "cannot open '%s'", path);
		if (fd >= 0)
			close(fd);
		return -1;
	}
	int r = read_last(a, fd, (uint64_t)st.st_size, &end, err);
	close(fd);
	return r < 0 ? -1 : 1;
}

/* Takes up what other processes have appended, and cuts off what a crash left behind. */
static int catch_up(struct audit *a, struct err *err)
{
	char path[PATH];
	struct stat st;
	uint64_t end;
	if (a->fd < 0 && first_file(a, err) < 0)
		return -1;
	name_file(a, a->file + 1, path);
	for (; access(path, F_OK) == 0; name_file(a, a->file + 1, path))
		if (switch_file(a, a->file + 1, 0, err) < 0)
			return -1;
	if (fstat(a->fd, &st) < 0)
		return err_errno(err, ERR_LATER, "cannot look at the audit log");
	if ((uint64_t)st.st_size == a->size && a->size > 0)
		return 1;
	int r = read_last(a, a->fd, (uint64_t)st.st_size, &end, err);
	if (r < 0 || (r == 0 && look_back(a, err) < 0))
		return -1;
	a->torn = (uint64_t)st.st_size - end;
	if (a->torn && ftruncate(a->fd, (off_t)end) < 0)
		return err_errno(err, ERR_LATER, "cannot cut the audit log");
	a->size = end;
	return 1;
}

/* ---- one line ---- */

static int add(const char *p, size_t n, void *to)
{
	buf_add(to, p, n);
	return 0;
}

static void make_line(const struct audit *a, const json_t *entry, struct buf *out)
{
	char hex[HASH_HEX + 1], day[40];
	struct timespec now;
	struct tm tm;
	struct buf members;
	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &tm);
	strftime(day, sizeof day, "%Y-%m-%dT%H:%M:%S", &tm);
	hash_hex(a->hash, HASH_BYTES, hex);
	buf_init(&members, AUDIT_MOST);
	json_dump_callback(entry, add, &members, JSON_COMPACT);
	buf_fmt(out, "{\"n\":%llu,\"prev\":\"%s\",\"at\":\"%s.%03ldZ\"",
		(unsigned long long)a->last + 1, hex, day, now.tv_nsec / 1000000);
	if (a->torn)
		buf_fmt(out, ",\"torn\":%llu", (unsigned long long)a->torn);
	buf_chr(out, members.n > 2 ? ',' : '}');
	if (members.n > 2)
		buf_str(out, str_cut(buf_all(&members), 1, members.n));
	buf_chr(out, '\n');
	out->full |= members.full;
	buf_free(&members);
}

/* All of the line or, as far as can be, nothing of it. */
static int write_line(struct audit *a, struct str line, struct err *err)
{
	if (file_write(a->fd, line.p, line.n, err) < 0) {
		if (ftruncate(a->fd, (off_t)a->size) < 0)
			a->size = 0; /* looked at anew */
		err->kind = ERR_LATER;
		return -1;
	}
	a->size += line.n;
	a->last++;
	a->torn = 0;
	hash_of(line, a->hash);
	return 1;
}

static int append(struct audit *a, const json_t *entry, struct err *err)
{
	struct buf line;
	if (catch_up(a, err) < 0 || (a->size >= a->file_bytes && next_file(a, err) < 0))
		return -1;
	buf_init(&line, AUDIT_MOST + 1024);
	make_line(a, entry, &line);
	int r = line.full ? err_set(err, ERR_INPUT, "too much for one entry of the audit log")
			  : write_line(a, buf_all(&line), err);
	buf_free(&line);
	return r;
}

/* Other processes hold the lock for as long as one line takes. */
static int take_lock(struct audit *a, struct err *err)
{
	uint64_t until = log_now_ms() + LOCK_MS;
	while (flock(a->lock, LOCK_EX | LOCK_NB) < 0) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			return err_errno(err, ERR_LATER, "cannot lock the audit log");
		if (log_now_ms() > until)
			return err_set(err, ERR_LATER, "the audit log is locked by somebody");
		nanosleep(&(struct timespec){0, 1000 * 1000}, NULL);
	}
	return 1;
}

/* Waits for the disk, unless somebody who came later has done so already. */
static int settle(struct audit *a, uint64_t mine, struct err *err)
{
	int r = 1;
	pthread_mutex_lock(&a->syncing);
	if (a->synced < mine) {
		uint64_t all = atomic_load(&a->lines);
		r = file_sync(a->fd, err);
		if (r > 0)
			a->synced = all;
		else
			atomic_store(&a->broken, true);
	}
	pthread_mutex_unlock(&a->syncing);
	if (r < 0)
		err->kind = ERR_LATER;
	return r;
}

int audit_append(struct audit *a, json_t *entry, uint64_t *number, struct err *err)
{
	uint64_t mine = 0;
	if (atomic_load(&a->broken))
		return err_set(err, ERR_LATER, "the audit log could not be written once; start"
			       " anew when the disk is well");
	pthread_mutex_lock(&a->writing);
	int r = take_lock(a, err);
	if (r > 0) {
		r = append(a, entry, err);
		if (r > 0)
			mine = atomic_fetch_add(&a->lines, 1) + 1;
		if (r > 0 && number)
			*number = a->last;
		flock(a->lock, LOCK_UN);
	}
	pthread_mutex_unlock(&a->writing);
	return r > 0 ? settle(a, mine, err) : -1;
}

/* ---- open and close ---- */

int audit_open(struct audit **out, const char *archive_dir, uint64_t file_bytes, struct err *err)
{
	char path[PATH];
	*out = NULL;
	if (strlen(archive_dir) + 32 > PATH)
		return err_set(err, ERR_INPUT, "the archive's name is too long");
	if (audit_path(path, sizeof path, archive_dir, "", err) < 0 || file_mkdirs(path, err) < 0 ||
	    audit_path(path, sizeof path, archive_dir, "lock", err) < 0)
		return -1;
	int lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (lock < 0)
		return err_errno(err, ERR_LATER, "cannot write '%s'", path);
	struct audit *a = err_alloc(sizeof *a);
	snprintf(a->dir, sizeof a->dir, "%s", archive_dir);
	a->file_bytes = file_bytes;
	a->lock = lock;
	a->fd = -1;
	pthread_mutex_init(&a->writing, NULL);
	pthread_mutex_init(&a->syncing, NULL);
	*out = a;
	return 1;
}

void audit_close(struct audit **ap)
{
	struct audit *a = *ap;
	if (a == NULL)
		return;
	if (a->fd >= 0)
		close(a->fd);
	close(a->lock);
	pthread_mutex_destroy(&a->writing);
	pthread_mutex_destroy(&a->syncing);
	free(a);
	*ap = NULL;
}
