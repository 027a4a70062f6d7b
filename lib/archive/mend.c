#define _GNU_SOURCE
#include "mend.h"

#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PIECE ((size_t)256 << 10)

/* Gives the file a second name in lost+found; one that it has there already is enough. */
static int keep(const char *dir, const char *name, struct err *err)
{
	char path[PATH_MAX], aside[PATH_MAX], to[PATH_MAX + 300];
	const char *last = strrchr(name, '/');
	struct stat st, other;
	snprintf(path, sizeof path, "%s/%s", dir, name);
	if (lstat(path, &st) < 0)
		return errno == ENOENT ? 1 :
					 err_errno(err, ERR_BROKEN, "cannot look at '%s'", path);
	snprintf(aside, sizeof aside, "%s/lost+found", dir);
	if (file_mkdirs(aside, err) < 0 || file_sync_dir(dir, err) < 0)
		return -1;
	for (unsigned i = 1;; i++) {
		snprintf(to, sizeof to, "%s/%.200s.%u", aside, last ? last + 1 : name, i);
		if (link(path, to) == 0)
			return file_sync_dir(aside, err);
		if (errno != EEXIST)
			return err_errno(err, ERR_BROKEN, "cannot make '%s'", to);
		if (lstat(to, &other) == 0 && other.st_ino == st.st_ino &&
		    other.st_dev == st.st_dev)
			return file_sync_dir(aside, err);
	}
}

int mend_write(const char *dir, const char *name, struct str bytes, struct err *err)
{
	char path[PATH_MAX];
	snprintf(path, sizeof path, "%s/%s", dir, name);
	return keep(dir, name, err) < 0 ? -1 : file_replace(path, bytes, err);
}

/* Copies all bytes, and takes their hash. */
static int pour(int in, int out, unsigned char hash[HASH_BYTES], struct err *err)
{
	struct hash_ctx *h = hash_new();
	char *piece = err_alloc(PIECE);
	ssize_t n;
	int r = 1;
	while (r == 1 && (n = read(in, piece, PIECE)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			r = err_errno(err, ERR_BROKEN, "cannot read");
			break;
		}
		hash_add(h, piece, (size_t)n);
		r = file_write(out, piece, (size_t)n, err);
	}
	hash_end(h, hash);
	hash_free(&h);
	free(piece);
	return r == 1 ? file_sync(out, err) : -1;
}

/* A whole and synced copy, under another name. */
static int fetch(const char *from, const char *fresh, const unsigned char sha256[HASH_BYTES],
		 struct err *err)
{
	unsigned char hash[HASH_BYTES];
	int in = open(from, O_RDONLY | O_CLOEXEC);
	if (in < 0)
		return err_errno(err, ERR_INPUT, "cannot open '%s'", from);
	int out = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	int r = out < 0 ? err_errno(err, ERR_BROKEN, "cannot make '%s'", fresh) :
			  pour(in, out, hash, err);
	close(in);
	if (out >= 0 && close(out) < 0 && r == 1)
		r = err_errno(err, ERR_BROKEN, "cannot close '%s'", fresh);
	if (r == 1 && memcmp(hash, sha256, HASH_BYTES) != 0)
		r = err_set(err, ERR_INPUT, "'%s' changed while it was copied", from);
	return r;
}

int mend_copy(const char *dir, const char *name, const char *from,
	      const unsigned char sha256[HASH_BYTES], struct err *err)
{
	char path[PATH_MAX], fresh[PATH_MAX + 8], parent[PATH_MAX];
	snprintf(path, sizeof path, "%s/%s", dir, name);
	snprintf(fresh, sizeof fresh, "%s.tmp", path);
	snprintf(parent, sizeof parent, "%.*s", (int)(strrchr(path, '/') - path), path);
	int r = fetch(from, fresh, sha256, err);
	if (r == 1)
		r = keep(dir, name, err);
	if (r == 1 && rename(fresh, path) < 0)
		r = err_errno(err, ERR_BROKEN, "cannot rename '%s'", fresh);
	if (r < 0) {
		unlink(fresh);
		return -1;
	}
	return file_sync_dir(parent, err);
}
