#define _GNU_SOURCE
#include "backup.h"

#include "catalog.h"
#include "file.h"
#include "log.h"
#include "note.h"
#include "proc.h"
#include "rewrite.h"
#include "seal.h"
#include "sealdb.h"
#include "sealkey.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define PIECE ((size_t)1 << 20)
#define COMPARED ((uint64_t)64 << 10) /* bytes of a kept segment that must be the same */
#define DEPTH 8
#define OTHERS ((size_t)16 << 20)
#define PEOPLE "people.db" /* what people made, a database like the catalog */
#define AUDIT_HEAD "audit/head" /* where the audit log stood when it was signed */
#define MARK "backup" /* the file that tells a copy from an archive of its own */

struct backup {
	char from[PATH_MAX], to[PATH_MAX];
	struct backup_result *r;
	struct db *catalog; /* the snapshot */
	int lock;
	char *piece;
	struct buf others; /* names of other files, each ended by NUL */
	struct log_progress progress;
	bool show;
	uint64_t done; /* bytes */
};

static int path_in(char *out, const char *dir, const char *name, struct err *err)
{
	int n = snprintf(out, PATH_MAX, "%s/%s", dir, name);
	return n < PATH_MAX ? 1 : err_set(err, ERR_INPUT, "path too long: '%.200s'", name);
}

/* ---- copying one file ---- */

static int step(struct backup *b, size_t n, struct err *err)
{
	b->done += n;
	if (b->show)
		log_step(&b->progress, b->done >> 20);
	return proc_stopped() ? err_set(err, ERR_LATER, "stopped; run it again to go on") : 1;
}

static int copy_bytes(struct backup *b, int in, int out, uint64_t size, struct err *err)
{
	for (uint64_t at = 0; at < size;) {
		size_t n = size - at < PIECE ? (size_t)(size - at) : PIECE;
		int r = file_pread(in, b->piece, n, (off_t)at, err);
		if (r == 0)
			err_set(err, ERR_BROKEN, "it is shorter than it must be");
		if (r < 1 || file_write(out, b->piece, n, err) < 0 || step(b, n, err) < 0)
			return -1;
		at += n;
	}
	return file_sync(out, err);
}

/* The first `size` bytes of a file of the archive become the file in the copy, in one step. */
static int copy_file(struct backup *b, const char *name, uint64_t size, const struct stat *st,
		     struct err *err)
{
	char from[PATH_MAX], to[PATH_MAX], fresh[PATH_MAX + 8];
	if (path_in(from, b->from, name, err) < 0 || path_in(to, b->to, name, err) < 0)
		return -1;
	snprintf(fresh, sizeof fresh, "%s.tmp", to);
	int in = open(from, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (in < 0)
		return err_errno(err, ERR_BROKEN, "cannot open '%s'", from);
	int out = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	int r = out < 0 ? err_errno(err, ERR_BROKEN, "cannot make '%s'", fresh) : 1;
	if (r == 1)
		r = copy_bytes(b, in, out, size, err);
	if (r == 1 && st) {
		struct timespec times[2] = {st->st_atim, st->st_mtim};
		if (fchmod(out, st->st_mode & 07777) < 0 || futimens(out, times) < 0)
			r = err_errno(err, ERR_BROKEN, "cannot set mode and time");
	}
	close(in);
	if (out >= 0 && close(out) < 0 && r == 1)
		r = err_errno(err, ERR_BROKEN, "cannot close");
	if (r == 1 && rename(fresh, to) < 0)
		r = err_errno(err, ERR_BROKEN, "cannot rename");
	if (r < 0 && out >= 0)
		unlink(fresh);
	return r < 0 ? err_wrap(err, "'%s'", from) : 1;
}

/* ---- is it this archive's backup? ---- */

/* Does the file in the copy have the same bytes as the archive's, in [from, to)? 1, 0 or -1. */
static int same_bytes(struct backup *b, int one, int two, uint64_t from, uint64_t to,
		      struct err *err)
{
	size_t n = (size_t)(to - from);
	char *p = b->piece, *q = b->piece + PIECE / 2;
	int r = file_pread(one, p, n, (off_t)from, err);
	if (r == 1)
		r = file_pread(two, q, n, (off_t)from, err);
	return r < 1 ? r : memcmp(p, q, n) == 0;
}

/* Was the segment rewritten since the copy was made? Then the notes differ. 1, 0 or -1. */
static int rewritten(const struct backup *b, uint32_t number, struct err *err)
{
	char from[PATH_MAX], to[PATH_MAX];
	struct buf one, two;
	rewrite_path(from, sizeof from, b->from, number);
	rewrite_path(to, sizeof to, b->to, number);
	buf_init(&one, NOTE_MOST);
	buf_init(&two, NOTE_MOST);
	int r = file_load(from, &one, err);
	if (r == 1)
		r = file_load(to, &two, err) < 0 ? -1 : !str_eq(buf_all(&one), buf_all(&two));
	buf_free(&one);
	buf_free(&two);
	return r;
}

/* Is that segment of the copy the beginning of the archive's? Its first and last bytes tell.
 * *size_out is its size, 0: it is not there, or is to be replaced. 1; 0 no; -1. */
static int same_segment(struct backup *b, uint32_t number, uint64_t *size_out, struct err *err)
{
	char from[PATH_MAX], to[PATH_MAX];
	struct stat st;
	segment_path(from, sizeof from, b->from, number);
	segment_path(to, sizeof to, b->to, number);
	*size_out = 0;
	int anew = rewritten(b, number, err);
	if (anew)
		return anew;
	int two = open(to, O_RDONLY | O_CLOEXEC);
	if (two < 0 && errno == ENOENT)
		return 1;
	int one = open(from, O_RDONLY | O_CLOEXEC), r;
	if (one < 0 || two < 0 || fstat(two, &st) < 0) {
		r = err_errno(err, ERR_BROKEN, "cannot read '%s'", one < 0 ? from : to);
	} else {
		uint64_t size = (uint64_t)st.st_size, n = size < COMPARED ? size : COMPARED;
		*size_out = size;
		r = same_bytes(b, one, two, 0, n, err);
		if (r == 1)
			r = same_bytes(b, one, two, size - n, size, err);
	}
	if (one >= 0)
		close(one);
	if (two >= 0)
		close(two);
	return r;
}

static int foreign(const struct backup *b, struct err *err)
{
	return err_set(err, ERR_INPUT, "'%s' holds another archive, or another course of this one; "
		       "nothing was changed there", b->to);
}

/* The messages the older backup ends with must have the same numbers here: their leaves stay even
 * when they are destroyed. */
static int same_messages(struct backup *b, struct db *old, struct err *err)
{
	struct catalog_state was, is;
	unsigned char one[HASH_BYTES], two[HASH_BYTES];
	if (catalog_load(old, &was, err) < 0 || catalog_load(b->catalog, &is, err) < 0)
		return -1;
	if (was.commits > is.commits || was.change > is.change || was.last > is.last)
		return foreign(b, err);
	const int64_t numbers[] = {1, was.last};
	for (int i = 0; i < 2 && was.last; i++) {
		int r = sealdb_leaf(old, (uint64_t)numbers[i], one, err);
		if (r == 1)
			r = sealdb_leaf(b->catalog, (uint64_t)numbers[i], two, err);
		if (r < 0)
			return -1;
		if (r == 0 || memcmp(one, two, HASH_BYTES) != 0)
			return foreign(b, err);
	}
	return 1;
}

/* Looks at what stands in the copy. Opened for writing, so that what a log beside the catalog
 * holds is part of it and the log is gone when the catalog is replaced. */
static int check_copy(struct backup *b, struct err *err)
{
	char wal[PATH_MAX];
	struct stat st;
	struct db *old = NULL;
	int r = catalog_open(&old, b->to, DB_WRITE, err);
	if (r == 1)
		r = same_messages(b, old, err);
	else if (r == 0)
		r = 1; /* interrupted the first time, or fresh: the segments tell */
	db_close(&old);
	if (r < 0 || path_in(wal, b->to, "catalog.db-wal", err) < 0)
		return -1;
	if (stat(wal, &st) == 0 && st.st_size)
		return err_set(err, ERR_LATER, "the copy in '%s' is in use", b->to);
	return r;
}

/* ---- the parts ---- */

/* A consistent copy of the catalog as it is now, not yet under its name. */
static int snapshot(struct backup *b, struct err *err)
{
	char path[PATH_MAX];
	struct db *db;
	if (path_in(path, b->to, "catalog.db.tmp", err) < 0)
		return -1;
	int r = catalog_open(&db, b->from, DB_READ, err);
	if (r < 1)
		return r < 0 ? -1 : err_set(err, ERR_INPUT, "no archive in '%s'", b->from);
	r = db_copy(db, path, err);
	db_close(&db);
	if (r < 0)
		return -1;
	return db_open(&b->catalog, path, DB_STILL, err);
}

/* The note of a rewritten segment, behind the segment, and only if it is the one the note names:
 * the archive has the note a moment before it has the file. The next backup brings it then. */
static int copy_note(struct backup *b, uint32_t number, struct err *err)
{
	char path[PATH_MAX];
	struct note_key key;
	struct rewrite w;
	struct buf text;
	unsigned char hash[HASH_BYTES];
	uint64_t size;
	int r = sealkey_public(b->from, &key, err);
	if (r < 1)
		return r < 0 ? -1 : 1;
	buf_init(&text, NOTE_MOST);
	r = rewrite_get(b->from, number, &key, &text, &w, err);
	segment_path(path, sizeof path, b->to, number);
	bool named = r == 1 && (r = seal_hash_file(path, &size, hash, err)) == 1 &&
		     memcmp(hash, w.sha256, HASH_BYTES) == 0;
	rewrite_path(path, sizeof path, b->to, number);
	if (named)
		r = file_replace(path, buf_all(&text), err);
	buf_free(&text);
	return r < 0 ? -1 : 1;
}

static int copy_segment(struct backup *b, uint32_t number, uint64_t size, struct err *err)
{
	uint64_t there;
	char name[PATH_MAX], none[] = "";
	int r = same_segment(b, number, &there, err);
	if (r < 1)
		return r < 0 ? -1 : foreign(b, err);
	/* An interrupted run may have copied more than this snapshot knows; never less again. */
	if (there >= size) {
		b->r->kept++;
		return step(b, (size_t)size, err);
	}
	segment_path(name, sizeof name, none, number);
	b->r->copied++;
	b->r->bytes += size;
	return copy_file(b, name + 1, size, NULL, err) < 0 ? -1 : copy_note(b, number, err);
}

static int each_segment(struct backup *b, int (*what)(struct backup *, uint32_t, uint64_t,
						      struct err *), struct err *err)
{
	sqlite3_stmt *st;
	int r = db_one(b->catalog, err, &st, "SELECT segment, size FROM segments ORDER BY segment",
		       "");
	for (; r == 1; r = db_step(b->catalog, st, err))
		if (what(b, (uint32_t)sqlite3_column_int64(st, 0),
			 (uint64_t)sqlite3_column_int64(st, 1), err) < 0) {
			db_done(st);
			return -1;
		}
	return r < 0 ? -1 : 1;
}

static int add_size(struct backup *b, uint32_t number, uint64_t size, struct err *err)
{
	uint64_t there;
	int r = same_segment(b, number, &there, err);
	b->progress.total += size;
	return r < 1 ? (r < 0 ? -1 : foreign(b, err)) : 1;
}

static int copy_segments(struct backup *b, struct err *err)
{
	char dir[PATH_MAX];
	if (path_in(dir, b->to, "segments", err) < 0 || file_mkdirs(dir, err) < 0)
		return -1;
	log_begin(&b->progress, "backup (MB)", 0);
	/* First look at all of them: a foreign one must not be found halfway. */
	int r = each_segment(b, add_size, err);
	b->progress.total >>= 20;
	if (r == 1)
		r = each_segment(b, copy_segment, err);
	log_end(&b->progress);
	return r < 0 ? -1 : file_sync_dir(dir, err);
}

/* The file of a seal, as the snapshot has it. */
static int write_seal(struct backup *b, uint32_t number, struct str text, struct err *err)
{
	char path[PATH_MAX];
	struct buf there;
	seal_path(path, sizeof path, b->to, number);
	buf_init(&there, NOTE_MOST);
	int r = file_load(path, &there, err);
	if (r == 1 && !str_eq(buf_all(&there), text))
		r = foreign(b, err);
	else if (r == 0)
		r = file_replace(path, text, err);
	buf_free(&there);
	return r;
}

static int write_seals(struct backup *b, struct err *err)
{
	sqlite3_stmt *st;
	int r = db_one(b->catalog, err, &st, "SELECT segment, seal FROM segments"
		       " WHERE seal IS NOT NULL ORDER BY segment", "");
	for (; r == 1; r = db_step(b->catalog, st, err))
		if (write_seal(b, (uint32_t)sqlite3_column_int64(st, 0), db_str(st, 1), err) < 0) {
			db_done(st);
			return -1;
		}
	return r < 0 ? -1 : 1;
}

/* What is copied otherwise, or is derived, or belongs to a process at work. */
static bool left_out(struct str path, struct str name)
{
	return str_eq(path, STR("index")) || str_eq(path, STR("lock")) ||
	       str_eq(path, STR(MARK)) || str_eq(path, STR(AUDIT_HEAD)) ||
	       str_eq(path, STR("audit/lock")) || str_eq(path, STR("lost+found")) ||
	       str_starts(path, STR("catalog.db")) || str_starts(path, STR(PEOPLE)) ||
	       str_eq(path, STR("exports")) || str_ends(name, STR(".tar.zst")) ||
	       str_ends(name, STR(".tmp")) || str_ends(name, STR(".new")) ||
	       str_ends(name, STR(".seal")) || str_ends(name, STR(".rewrite")) ||
	       str_starts(name, STR(".spool-"));
}

/* Notes the other files of a directory of the archive ("": its top) and below: configuration,
 * keys. Behind the snapshot: the key of a seal is there before the catalog has the seal. */
static int list_others(struct backup *b, const char *path, int depth, struct err *err)
{
	char full[PATH_MAX], name[PATH_MAX];
	struct dirent *e;
	struct stat st;
	if (path_in(full, b->from, path, err) < 0)
		return -1;
	DIR *d = opendir(full);
	int r = d ? 1 : err_errno(err, ERR_BROKEN, "cannot list '%s'", full);
	while (r == 1 && (e = readdir(d)) != NULL) {
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		int n = snprintf(name, sizeof name, "%s%s%s", path, *path ? "/" : "", e->d_name);
		if (left_out(str_of(name), str_of(e->d_name)) || n >= PATH_MAX ||
		    path_in(full, b->from, name, err) < 0 || lstat(full, &st) < 0)
			continue;
		if (S_ISDIR(st.st_mode) && depth < DEPTH)
			r = list_others(b, name, depth + 1, err);
		else if (S_ISREG(st.st_mode))
			buf_add(&b->others, name, (size_t)n + 1);
	}
	if (d)
		closedir(d);
	return r;
}

/* Copies one of them, unless the copy has it with the same size and time. */
static int copy_other(struct backup *b, const char *name, struct err *err)
{
	char from[PATH_MAX], to[PATH_MAX], dir[PATH_MAX];
	struct stat st, old;
	if (path_in(from, b->from, name, err) < 0 || path_in(to, b->to, name, err) < 0)
		return -1;
	if (lstat(from, &st) < 0 || !S_ISREG(st.st_mode)) /* removed meanwhile */
		return 1;
	if (lstat(to, &old) == 0 && old.st_size == st.st_size &&
	    old.st_mtim.tv_sec == st.st_mtim.tv_sec && old.st_mtim.tv_nsec == st.st_mtim.tv_nsec)
		return 1;
	snprintf(dir, sizeof dir, "%.*s", (int)(strrchr(to, '/') - to), to);
	if (file_mkdirs(dir, err) < 0 ||
	    copy_file(b, name, (uint64_t)st.st_size, &st, err) < 0)
		return -1;
	return file_sync_dir(dir, err);
}

static int copy_others(struct backup *b, struct err *err)
{
	if (b->others.full)
		return err_set(err, ERR_INPUT, "too many files in '%s'", b->from);
	for (size_t at = 0; at < b->others.n; at += strlen(b->others.p + at) + 1)
		if (copy_other(b, b->others.p + at, err) < 0)
			return -1;
	return file_sync_dir(b->to, err);
}

/* What a writer who was killed left in the log of the copy's own becomes part of it. */
static int settle_people(struct backup *b, const char *path, struct err *err)
{
	char wal[PATH_MAX];
	struct stat st;
	struct db *old = NULL;
	if (access(path, F_OK) < 0)
		return 1;
	int r = db_open(&old, path, DB_WRITE, err);
	db_close(&old);
	if (r < 0 || path_in(wal, b->to, PEOPLE "-wal", err) < 0)
		return -1;
	if (stat(wal, &st) == 0 && st.st_size)
		return err_set(err, ERR_LATER, "the copy in '%s' is in use", b->to);
	return 1;
}

/* What people made, as it is now. */
static int copy_people(struct backup *b, struct err *err)
{
	char from[PATH_MAX], to[PATH_MAX], fresh[PATH_MAX];
	struct db *db = NULL;
	struct stat st;
	if (path_in(from, b->from, PEOPLE, err) < 0 || path_in(to, b->to, PEOPLE, err) < 0 ||
	    path_in(fresh, b->to, PEOPLE ".tmp", err) < 0)
		return -1;
	if (access(from, F_OK) < 0)
		return 1;
	int r = settle_people(b, to, err);
	if (r > 0)
		r = db_open(&db, from, DB_READ, err);
	if (r > 0)
		r = db_copy(db, fresh, err);
	db_close(&db);
	if (r > 0 && rename(fresh, to) < 0)
		r = err_errno(err, ERR_BROKEN, "cannot rename '%s'", fresh);
	if (r < 0)
		return -1;
	if (stat(to, &st) == 0)
		b->r->bytes += (uint64_t)st.st_size;
	return 1;
}

/* The snapshot becomes the catalog. */
static int publish(struct backup *b, struct err *err)
{
	char fresh[PATH_MAX], path[PATH_MAX];
	struct catalog_state s;
	struct stat st;
	if (path_in(fresh, b->to, "catalog.db.tmp", err) < 0 ||
	    path_in(path, b->to, "catalog.db", err) < 0 ||
	    catalog_load(b->catalog, &s, err) < 0)
		return -1;
	db_close(&b->catalog);
	if (stat(fresh, &st) == 0)
		b->r->bytes += (uint64_t)st.st_size;
	b->r->messages = (uint64_t)s.last;
	b->r->commits = (uint64_t)s.commits;
	if (rename(fresh, path) < 0)
		return err_errno(err, ERR_BROKEN, "cannot rename '%s'", fresh);
	return file_sync_dir(b->to, err);
}

static bool there(const struct backup *b, const char *name)
{
	char path[PATH_MAX];
	struct err ignored;
	return path_in(path, b->to, name, &ignored) > 0 && access(path, F_OK) == 0;
}

/* An archive of its own, even an empty one, has a configuration that must not be replaced. */
static int mark(struct backup *b, struct err *err)
{
	char path[PATH_MAX];
	if (there(b, MARK))
		return 1;
	if (there(b, "catalog.db") || there(b, "segments") || there(b, "sheaf.conf"))
		return err_set(err, ERR_INPUT, "'%s' is an archive, not a backup; nothing was "
			       "changed there", b->to);
	if (path_in(path, b->to, MARK, err) < 0)
		return -1;
	return file_replace(path, STR("a copy of an archive, made by sheaf backup\n"), err);
}

/* Names, and the lock. The copy must not be the archive itself, nor lie in it. */
static int open_copy(struct backup *b, const char *dir, const char *to, struct err *err)
{
	char path[PATH_MAX];
	if (realpath(dir, b->from) == NULL)
		return err_errno(err, ERR_INPUT, "cannot read '%s'", dir);
	if (file_mkdirs(to, err) < 0)
		return -1;
	if (realpath(to, b->to) == NULL)
		return err_errno(err, ERR_INPUT, "cannot use '%s'", to);
	size_t n = strlen(b->from);
	if (strncmp(b->to, b->from, n) == 0 && (b->to[n] == '/' || b->to[n] == '\0'))
		return err_set(err, ERR_INPUT, "'%s' lies in the archive itself", b->to);
	if (path_in(path, b->to, "lock", err) < 0 || file_lock(path, &b->lock, err) < 0)
		return -1;
	return 1;
}

static int run(struct backup *b, const char *dir, const char *to, struct err *err)
{
	if (open_copy(b, dir, to, err) < 0 || mark(b, err) < 0 ||
	    snapshot(b, err) < 0 || check_copy(b, err) < 0 || copy_segments(b, err) < 0 ||
	    write_seals(b, err) < 0 ||
	    copy_other(b, AUDIT_HEAD, err) < 0 || list_others(b, "", 0, err) < 0 ||
	    copy_others(b, err) < 0 || copy_people(b, err) < 0)
		return -1;
	return publish(b, err);
}

int backup_run(const char *dir, const char *to, bool progress, struct backup_result *r,
	       struct err *err)
{
	char fresh[PATH_MAX];
	struct err ignored;
	struct backup *b = err_alloc(sizeof *b);
	*r = (struct backup_result){0};
	b->r = r;
	b->show = progress;
	b->lock = -1;
	b->piece = err_alloc(PIECE);
	buf_init(&b->others, OTHERS);
	int done = run(b, dir, to, err);
	db_close(&b->catalog);
	if (done < 0 && b->lock >= 0 && path_in(fresh, b->to, "catalog.db.tmp", &ignored) > 0)
		unlink(fresh);
	if (b->lock >= 0)
		close(b->lock);
	buf_free(&b->others);
	free(b->piece);
	free(b);
	return done;
}
