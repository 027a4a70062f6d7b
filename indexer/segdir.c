#define _GNU_SOURCE
#include "segdir.h"

#include "file.h"
#include "sums.h"
#include "trainer.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define MERGING ".merge-"

static int fits(int n, size_t room, struct err *err)
{
	return n < 0 || (size_t)n >= room ? err_set(err, ERR_INPUT, "path too long") : 1;
}

static int name_all(struct segdir *d, const char *archive_dir, const char *kind,
		    struct str generation, struct current_run run, struct err *err)
{
	int n = snprintf(d->parent, sizeof d->parent, "%s/index/%.*s", archive_dir,
			 STR_ARG(generation));
	if (fits(n, sizeof d->parent, err) < 0)
		return -1;
	snprintf(d->tmp, sizeof d->tmp, "%s/%s%" PRIu64 "-%" PRIu64, d->parent, kind, run.first,
		 run.last);
	snprintf(d->path, sizeof d->path, "%s/%" PRIu64 "-%" PRIu64, d->parent, run.first,
		 run.last);
	return 1;
}

int segdir_name(struct segdir *d, const char *archive_dir, struct str generation,
		struct current_run run, struct err *err)
{
	return name_all(d, archive_dir, ".tmp-", generation, run, err);
}

int segdir_name_merge(struct segdir *d, const char *archive_dir, struct str generation,
		      struct current_run run, struct err *err)
{
	return name_all(d, archive_dir, MERGING, generation, run, err);
}

int segdir_begin(const struct segdir *d, struct err *err)
{
	if (file_remove_tree(d->tmp, err) < 0)
		return -1;
	return file_mkdirs(d->tmp, err);
}

/* Reads on to the next name that is not "." or "..". */
static struct dirent *next_entry(DIR *dir)
{
	struct dirent *e;
	while ((e = readdir(dir)) != NULL)
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			break;
	return e;
}

/* A directory of plain files, then itself. */
static int sync_flat(const char *path, struct err *err)
{
	DIR *dir = opendir(path);
	struct dirent *e;
	int r = 1;
	if (dir == NULL)
		return err_errno(err, ERR_BROKEN, "cannot open directory '%s'", path);
	while (r == 1 && (e = next_entry(dir)) != NULL) {
		char name[4096];
		r = fits(snprintf(name, sizeof name, "%s/%s", path, e->d_name), sizeof name, err);
		if (r == 1)
			r = file_sync_path(name, err);
	}
	closedir(dir);
	return r == 1 ? file_sync_dir(path, err) : r;
}

int segdir_finish(const struct segdir *d, struct err *err)
{
	char xapian[3200];
	snprintf(xapian, sizeof xapian, "%s/xapian", d->tmp);
	if (sums_write(d->tmp, err) < 0 || sync_flat(xapian, err) < 0)
		return -1;
	return file_sync_dir(d->tmp, err);
}

int segdir_enter(const struct segdir *d, struct err *err)
{
	/* One of that name, made before a crash and never published, is in the way. */
	if (file_remove_tree(d->path, err) < 0)
		return -1;
	if (rename(d->tmp, d->path) < 0)
		return err_errno(err, ERR_BROKEN, "cannot rename '%s'", d->tmp);
	return file_sync_dir(d->parent, err);
}

static bool is_listed(const char *name, const struct current *c)
{
	char want[64];
	for (size_t i = 0; i < c->n; i++) {
		snprintf(want, sizeof want, "%" PRIu64 "-%" PRIu64, c->runs[i].first,
			 c->runs[i].last);
		if (strcmp(name, want) == 0)
			return true;
	}
	return false;
}

static bool is_generation(const char *name, uint64_t *number)
{
	return name[0] == 'g' && str_u64(str_of(name + 1), number) == 1;
}

/* What an entry of a generation's directory is when it is waste; 0: it is none. */
static unsigned waste_of(const char *name, const struct current *c)
{
	if (strcmp(name, TRAINER_RECORDS) == 0 || strcmp(name, TRAINER_HEADERS) == 0 ||
	    strncmp(name, "threads.db", 10) == 0 || strncmp(name, "parts.db", 8) == 0 ||
	    is_listed(name, c))
		return 0;
	return str_starts(str_of(name), STR(MERGING)) ? SEGDIR_MERGES : SEGDIR_SEGMENTS;
}

/* The same for an entry of index/. */
static unsigned top_waste_of(const char *name, const struct current *c)
{
	uint64_t number;
	if (!is_generation(name, &number) || str_eq(str_of(name), c->generation))
		return 0;
	return SEGDIR_GENERATIONS;
}

static int sweep_dir(const char *path, const struct current *c, unsigned waste,
		     unsigned (*what)(const char *name, const struct current *c), struct err *err)
{
	DIR *dir = opendir(path);
	struct dirent *e;
	int r = 1;
	if (dir == NULL)
		return errno == ENOENT ? 1 : err_errno(err, ERR_BROKEN, "cannot open '%s'", path);
	while (r == 1 && (e = next_entry(dir)) != NULL) {
		char name[4096];
		if ((what(e->d_name, c) & waste) == 0)
			continue;
		r = fits(snprintf(name, sizeof name, "%s/%s", path, e->d_name), sizeof name, err);
		if (r == 1)
			r = file_remove_tree(name, err);
	}
	closedir(dir);
	return r;
}

int segdir_sweep(const char *archive_dir, const struct current *c, unsigned waste,
		 struct err *err)
{
	char path[4096];
	if (fits(snprintf(path, sizeof path, "%s/index", archive_dir), sizeof path, err) < 0 ||
	    sweep_dir(path, c, waste, top_waste_of, err) < 0)
		return -1;
	if (c->generation.n == 0)
		return 1;
	if (fits(snprintf(path, sizeof path, "%s/index/%.*s", archive_dir, STR_ARG(c->generation)),
		 sizeof path, err) < 0)
		return -1;
	return sweep_dir(path, c, waste, waste_of, err);
}

/* Somebody else may make one at the same time: the directory decides who has the name. */
static int claim_generation(const char *index, struct arena *a, uint64_t number, struct str *out,
			    struct err *err)
{
	char path[4096];
	for (;; number++) {
		*out = arena_fmt(a, "g%" PRIu64, number);
		if (fits(snprintf(path, sizeof path, "%s/%.*s", index, STR_ARG(*out)), sizeof path,
			 err) < 0)
			return -1;
		if (mkdir(path, 0700) == 0)
			return 1;
		if (errno != EEXIST)
			return err_errno(err, ERR_BROKEN, "cannot make directory '%s'", path);
	}
}

int segdir_new_generation(struct arena *a, const char *archive_dir, struct str *out,
			  struct err *err)
{
	char path[4096];
	uint64_t highest = 0, number;
	struct dirent *e;
	if (fits(snprintf(path, sizeof path, "%s/index", archive_dir), sizeof path, err) < 0)
		return -1;
	DIR *dir = opendir(path);
	if (dir == NULL)
		return err_errno(err, ERR_BROKEN, "cannot open '%s'", path);
	while ((e = next_entry(dir)) != NULL)
		if (is_generation(e->d_name, &number) && number > highest)
			highest = number;
	closedir(dir);
	return claim_generation(path, a, highest + 1, out, err);
}
