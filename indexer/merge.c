#include "merge.h"

#include "column.h"
#include "filter.h"
#include "order.h"
#include "records.h"
#include "segdir.h"
#include "sums.h"
#include "worker.h"
#include "xapian-c.h"

#include <stdio.h>
#include <stdlib.h>

static unsigned tier_of(struct current_run run)
{
	unsigned tier = 0;
	for (uint64_t n = run.last - run.first + 1; n >= MERGE_FAN; n /= MERGE_FAN)
		tier++;
	return tier;
}

/* The first segment of the tail. */
static size_t tail_of(const struct current *c)
{
	size_t i = c->n;
	while (i > 0 && c->runs[i - 1].last - c->runs[i - 1].first + 1 < MERGE_SMALL)
		i--;
	return i;
}

int merge_plan(const struct current *c, enum merge_part part, size_t *from, size_t *n)
{
	size_t tail = tail_of(c);
	size_t first = part == MERGE_TAIL ? tail : 0, end = part == MERGE_TAIL ? c->n : tail;
	/* The smallest tiers first: their result may make the next tier full. */
	for (unsigned tier = 0; tier < 32; tier++) {
		size_t run = 0, of_tier = 0;
		for (size_t i = end; i-- > first;) {
			if (tier_of(c->runs[i]) > tier) {
				run = of_tier = 0;
				continue;
			}
			run++;
			of_tier += tier_of(c->runs[i]) == tier;
			if (of_tier < MERGE_FAN || c->runs[i + run - 1].last - c->runs[i].first >=
							   UINT32_MAX / 2)
				continue;
			*from = i;
			*n = run;
			return 1;
		}
	}
	return 0;
}

struct sources {
	struct arena a;
	struct str *dirs;
	const char **names; /* one file of each, see point_at */
	uint32_t *counts;
	size_t n;
};

static int name_sources(struct sources *s, const char *archive_dir, struct str generation,
			const struct current_run *runs, struct err *err)
{
	s->dirs = arena_alloc(&s->a, s->n * sizeof *s->dirs);
	s->names = arena_alloc(&s->a, s->n * sizeof *s->names);
	s->counts = arena_alloc(&s->a, s->n * sizeof *s->counts);
	for (size_t i = 0; i < s->n; i++) {
		struct segdir d;
		if (segdir_name(&d, archive_dir, generation, runs[i], err) < 0)
			return -1;
		s->dirs[i] = arena_str(&s->a, str_of(d.path));
		s->counts[i] = (uint32_t)(runs[i].last - runs[i].first + 1);
	}
	return 1;
}

/* Lets s->names be the file `name` of each source. */
static void point_at(struct sources *s, const char *name)
{
	for (size_t i = 0; i < s->n; i++)
		s->names[i] = arena_fmt(&s->a, "%.*s/%s", STR_ARG(s->dirs[i]), name).p;
}

static int merge_order(struct sources *s, const char *to, struct err *err)
{
	size_t total = 0, at = 0;
	int r = 1;
	for (size_t i = 0; i < s->n; i++)
		total += s->counts[i];
	struct order_row *rows = err_alloc(total * sizeof *rows);
	for (size_t i = 0; i < s->n && r == 1; i++) {
		struct order o;
		r = order_open(&o, s->names[i], err);
		if (r == 1 && o.n != s->counts[i])
			r = err_set(err, ERR_BROKEN, "'%s' is of another length", s->names[i]);
		for (uint32_t k = 1; r == 1 && k <= o.n; k++)
			rows[at++] = order_row(&o, k);
		order_close(&o);
	}
	if (r == 1)
		r = order_write(to, rows, (uint32_t)total, err);
	free(rows);
	return r;
}

/* The two files of records. */
static const struct kind {
	const char *name, *dictionary;
	size_t group;
} kinds[] = {
	{"records", "dictionary", RECORDS_GROUP},
	{"headers", "dictionary-headers", RECORDS_HEADERS},
};

static int merge_records(struct sources *s, const struct segdir *d, const struct kind *k,
			 struct err *err)
{
	char path[3200];
	struct records_maker *m = NULL;
	struct dict *dict;
	snprintf(path, sizeof path, "%s/%s", d->parent, k->dictionary);
	if (dict_open(&dict, path, err) < 0)
		return -1;
	point_at(s, k->name);
	snprintf(path, sizeof path, "%s/%s", d->tmp, k->name);
	int r = records_begin(&m, path, k->group, dict, err);
	if (r > 0)
		r = records_merge(m, s->names, s->n, err);
	if (r > 0)
		r = records_end(m, err);
	records_abandon(&m);
	dict_close(&dict);
	return r;
}

static int merge_files(struct sources *s, const struct segdir *d, struct err *err)
{
	char to[3200];
	point_at(s, "xapian");
	snprintf(to, sizeof to, "%s/xapian", d->tmp);
	if (xap_compact(s->names, s->n, to, err) < 0)
		return -1;
	point_at(s, "filter");
	snprintf(to, sizeof to, "%s/filter", d->tmp);
	if (filter_merge(s->names, s->counts, s->n, to, err) < 0)
		return -1;
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (merge_records(s, d, &kinds[i], err) < 0)
			return -1;
	point_at(s, "columns");
	snprintf(to, sizeof to, "%s/columns", d->tmp);
	if (column_merge(s->names, s->n, to, err) < 0)
		return -1;
	point_at(s, "order");
	snprintf(to, sizeof to, "%s/order", d->tmp);
	if (merge_order(s, to, err) < 0)
		return -1;
	return worker_lexicon(d->tmp, err);
}

int merge_build(const char *archive_dir, struct str generation, const struct current_run *runs,
		size_t n, const struct segdir *d, struct err *err)
{
	struct sources s = {.n = n};
	int r = segdir_begin(d, err);
	if (r == 1)
		r = name_sources(&s, archive_dir, generation, runs, err);
	/* The joined one gets sums of its own: what is damaged must not look sound. */
	for (size_t i = 0; i < n && r == 1; i++)
		r = sums_check(s.dirs[i].p, err);
	if (r == 1)
		r = merge_files(&s, d, err);
	if (r == 1)
		r = segdir_finish(d, err);
	arena_free(&s.a);
	return r;
}

void merge_apply(struct current *c, size_t from, size_t n)
{
	c->runs[from].last = c->runs[from + n - 1].last;
	memmove(&c->runs[from + 1], &c->runs[from + n], (c->n - from - n) * sizeof *c->runs);
	c->n -= n - 1;
}
