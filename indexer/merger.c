#define _GNU_SOURCE
#include "merger.h"

#include "file.h"
#include "live.h"
#include "log.h"
#include "proc.h"

#include <poll.h>
#include <sys/resource.h>
#include <unistd.h>

#define LOOK_MS 100
/* Searches go before a merge. */
#define BODY_NICE 10

struct join {
	const char *dir;
	enum merge_part part;
	size_t memory;
	struct current c;
	struct live_join now;
};

static int child(void *arg, int fd)
{
	const struct join *j = arg;
	struct err err = {0};
	struct rlimit none = {0, 0}; /* a core file would hold mail */
	setrlimit(RLIMIT_CORE, &none);
	if (j->part == MERGE_BODY && nice(BODY_NICE) < 0)
		log_line(LOG_DEBUG, "a merge cannot be made to yield");
	if (proc_limit_memory(j->memory, &err) == 1 &&
	    merge_build(j->dir, j->c.generation, j->now.runs, j->now.n, &j->now.made,
			&err) == 1)
		return 0;
	struct err ignored;
	file_write(fd, err.text, strlen(err.text), &ignored);
	return 1;
}

static bool is_in_vain(const struct join *j)
{
	struct arena a = {0};
	struct current now;
	struct err err;
	bool yes = current_load(&a, j->dir, &now, &err) == 1 &&
		   !str_eq(now.generation, j->c.generation);
	arena_free(&a);
	return yes || proc_stopped();
}

/* Waits for the child. 1 it is done; 0 it was ended, or failed. */
static int wait_child(const struct join *j, struct proc *p)
{
	char why[sizeof ((struct err *)NULL)->text] = "";
	struct pollfd pf = {p->fd, POLLIN, 0};
	while (poll(&pf, 1, LOOK_MS) <= 0)
		if (is_in_vain(j)) {
			proc_kill(p);
			return 0;
		}
	ssize_t n = read(p->fd, why, sizeof why - 1);
	why[n > 0 ? n : 0] = '\0';
	int status = proc_wait(p);
	if (status != 0 && !is_in_vain(j))
		log_line(LOG_WARN, "cannot merge index segments (%d): %s", status, why);
	return status == 0;
}

/* 1; 0 given up; -1. */
static int join(struct join *j, struct arena *a, struct err *err)
{
	struct live_join *now = &j->now;
	const struct current_run whole = {now->runs[0].first, now->runs[now->n - 1].last};
	struct proc p;
	int r = j->part == MERGE_TAIL
		? segdir_name(&now->made, j->dir, j->c.generation, whole, err)
		: segdir_name_merge(&now->made, j->dir, j->c.generation, whole, err);
	if (r < 0 || proc_start(&p, child, j, err) < 0)
		return -1;
	r = wait_child(j, &p);
	if (r > 0)
		r = live_replace(j->dir, a, &j->c, now, err);
	struct err ignored;
	if (r <= 0)
		file_remove_tree(now->made.tmp, &ignored);
	return r;
}

static int join_all(struct join *j, struct arena *a, struct err *err)
{
	int r = current_load(a, j->dir, &j->c, err), joined = 0;
	size_t from, n;
	if (r > 0 && j->part == MERGE_BODY)
		r = segdir_sweep(j->dir, &j->c, SEGDIR_MERGES, err);
	while (r > 0 && !proc_stopped() && merge_plan(&j->c, j->part, &from, &n) == 1) {
		struct current_run *runs = arena_alloc(a, n * sizeof *runs);
		memcpy(runs, &j->c.runs[from], n * sizeof *runs);
		j->now = (struct live_join){.runs = runs, .n = n};
		r = join(j, a, err);
		joined |= r > 0;
	}
	return r < 0 ? -1 : joined;
}

int merger_run(const char *archive_dir, enum merge_part part, size_t memory, struct err *err)
{
	struct join j = {.dir = archive_dir, .part = part, .memory = memory};
	struct arena a = {0};
	int r = join_all(&j, &a, err);
	arena_free(&a);
	return r;
}
