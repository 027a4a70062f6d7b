#define _GNU_SOURCE
#include "live.h"

#include "file.h"
#include "log.h"
#include "merge.h"
#include "proc.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

#define TRY_MS 10
/* To publish takes a moment, to remove large files some moments. */
#define PUBLISH_MS 60000

static int take(const char *archive_dir, const char *name, uint64_t ms, int *fd, struct err *err)
{
	char path[4096];
	uint64_t until = log_now_ms() + ms;
	int n = snprintf(path, sizeof path, "%s/index/%s", archive_dir, name);
	if (n < 0 || (size_t)n >= sizeof path)
		return err_set(err, ERR_INPUT, "path too long");
	int r = file_lock(path, fd, err);
	while (r < 0 && err->kind == ERR_LATER && log_now_ms() < until && !proc_stopped()) {
		nanosleep(&(struct timespec){0, TRY_MS * 1000 * 1000}, NULL);
		r = file_lock(path, fd, err);
	}
	return r;
}

int live_take(const char *archive_dir, enum live_duty duty, uint64_t ms, int *fd, struct err *err)
{
	static const char *const names[] = {
		[LIVE_UPDATE] = "lock",
		[LIVE_REBUILD] = "rebuild.lock",
		[LIVE_MERGE] = "merge.lock",
	};
	return take(archive_dir, names[duty], ms, fd, err);
}

static int take_publish(const char *archive_dir, int *fd, struct err *err)
{
	return take(archive_dir, "publish.lock", PUBLISH_MS, fd, err);
}

static int append(const char *archive_dir, struct arena *a, struct current *c,
		  const struct current_run *runs, size_t n, struct err *err)
{
	struct current now;
	int r = current_load(a, archive_dir, &now, err);
	if (r < 0)
		return -1;
	if (r == 0)
		now = (struct current){.generation = c->generation, .closed = c->closed,
				       .ocr = c->ocr};
	if (!str_eq(now.generation, c->generation) || runs[0].first != current_last(&now) + 1)
		return err_set(err, ERR_LATER, "the index was changed by somebody else");
	for (size_t i = 0; i < n; i++) {
		now.runs = arena_grow(a, now.runs, now.n, sizeof *now.runs);
		now.runs[now.n++] = runs[i];
	}
	if (current_publish(archive_dir, &now, err) < 0)
		return -1;
	*c = now;
	return 1;
}

int live_append(const char *archive_dir, struct arena *a, struct current *c,
		const struct current_run *runs, size_t n, struct err *err)
{
	int fd;
	if (take_publish(archive_dir, &fd, err) < 0)
		return -1;
	int r = append(archive_dir, a, c, runs, n, err);
	close(fd);
	return r;
}

/* Where in the list these runs stand, one behind the other; c->n: nowhere. */
static size_t place_of(const struct current *c, const struct current_run *runs, size_t n)
{
	size_t at = 0, i = 0;
	while (at < c->n && c->runs[at].first != runs[0].first)
		at++;
	while (i < n && at + i < c->n && c->runs[at + i].first == runs[i].first &&
	       c->runs[at + i].last == runs[i].last)
		i++;
	return i == n ? at : c->n;
}

static int replace(const char *archive_dir, struct arena *a, struct current *c,
		   const struct live_join *j, struct err *err)
{
	struct current now;
	if (current_load(a, archive_dir, &now, err) < 0)
		return -1;
	size_t at = place_of(&now, j->runs, j->n);
	if (!str_eq(now.generation, c->generation) || at == now.n)
		return 0;
	merge_apply(&now, at, j->n);
	if (segdir_enter(&j->made, err) < 0 || current_publish(archive_dir, &now, err) < 0)
		return -1;
	*c = now;
	for (size_t i = 0; i < j->n; i++) {
		struct segdir old;
		if (segdir_name(&old, archive_dir, c->generation, j->runs[i], err) < 0 ||
		    file_remove_tree(old.path, err) < 0)
			return -1;
	}
	return 1;
}

int live_replace(const char *archive_dir, struct arena *a, struct current *c,
		 const struct live_join *j, struct err *err)
{
	int fd;
	if (take_publish(archive_dir, &fd, err) < 0)
		return -1;
	int r = replace(archive_dir, a, c, j, err);
	close(fd);
	return r;
}

int live_switch(const char *archive_dir, const struct current *c, struct err *err)
{
	int fd;
	if (take_publish(archive_dir, &fd, err) < 0)
		return -1;
	int r = current_publish(archive_dir, c, err);
	close(fd);
	return r;
}

static int sweep(const char *archive_dir, unsigned waste, struct err *err)
{
	struct arena a = {0};
	struct current c;
	int fd, r = take_publish(archive_dir, &fd, err);
	if (r < 0)
		return -1;
	r = current_load(&a, archive_dir, &c, err);
	if (r > 0)
		r = segdir_sweep(archive_dir, &c, waste, err);
	close(fd);
	arena_free(&a);
	return r < 0 ? -1 : 1;
}

int live_sweep(const char *archive_dir, unsigned held, struct err *err)
{
	static const enum live_duty others[] = {LIVE_REBUILD, LIVE_MERGE};
	int fds[] = {-1, -1};
	struct err busy;
	for (size_t i = 0; i < 2; i++)
		if ((held & 1u << others[i]) == 0 &&
		    live_take(archive_dir, others[i], 0, &fds[i], &busy) > 0)
			held |= 1u << others[i];
	unsigned waste = SEGDIR_SEGMENTS;
	if (held & 1u << LIVE_MERGE)
		waste |= SEGDIR_MERGES;
	if (held & 1u << LIVE_MERGE && held & 1u << LIVE_REBUILD)
		waste |= SEGDIR_GENERATIONS;
	int r = sweep(archive_dir, waste, err);
	for (size_t i = 0; i < 2; i++)
		if (fds[i] >= 0)
			close(fds[i]);
	return r;
}
