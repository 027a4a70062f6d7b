#include "segments.h"

#include "bits.h"
#include "current.h"
#include "noindex.h"

#include <stdlib.h>

/* Merging may remove a segment between reading CURRENT and opening it. */
#define TRIES 10

void segments_init(struct segments *s, const char *archive_dir)
{
	*s = (struct segments){.dir = archive_dir};
}

void segments_close(struct segments *s)
{
	for (size_t i = 0; i < s->n; i++)
		iseg_close(&s->list[i]);
	free(s->list);
	inside_close(&s->inside);
	arena_free(&s->a);
	*s = (struct segments){.dir = s->dir};
}

struct inside *segments_inside(struct segments *s)
{
	struct inside_options o = {.ocr = s->ocr};
	if (s->closed || s->inside != NULL)
		return s->inside;
	if (s->generation.n > 0)
		o.dir = arena_fmt(&s->a, "%s/index/%.*s", s->dir, STR_ARG(s->generation)).p;
	inside_open(&s->inside, &o);
	return s->inside;
}

int segments_marked(const struct segments *s, struct arena *a, struct segments_terms terms,
		    const uint64_t **out, size_t *n_out, struct err *err)
{
	uint64_t *list = NULL;
	size_t n = 0;
	int r = 1;
	for (size_t i = 0; i < s->n && r > 0; i++) {
		const struct iseg *g = &s->list[i];
		struct bits b = bits_new((size_t)(g->last - g->first + 1));
		r = xap_mark(g->db, terms.list, terms.n, b.w, b.n, err);
		for (size_t k = 0; k < b.n && r > 0; k++) {
			if (!bits_has(&b, k))
				continue;
			list = arena_grow(a, list, n, sizeof *list);
			list[n++] = g->first + k;
		}
		bits_free(&b);
	}
	*out = list;
	*n_out = n;
	return r < 0 ? -1 : 1;
}

uint64_t segments_last(const struct segments *s)
{
	return s->n > 0 ? s->list[s->n - 1].last : 0;
}

struct iseg *segments_find(const struct segments *s, uint64_t number)
{
	size_t lo = 0, hi = s->n;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		if (s->list[mid].last < number)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < s->n && s->list[lo].first <= number ? &s->list[lo] : NULL;
}

static bool is_same(const struct segments *s, const struct current *c)
{
	if (!str_eq(s->generation, c->generation) || s->n != c->n)
		return false;
	for (size_t i = 0; i < c->n; i++)
		if (s->list[i].first != c->runs[i].first || s->list[i].last != c->runs[i].last)
			return false;
	return true;
}

/* Moves an open segment over from the old list. */
static bool reuse(struct segments *old, const struct current *c, const struct current_run *run,
		  struct iseg *out)
{
	struct iseg *x = segments_find(old, run->first);
	if (x == NULL || x->db == NULL || x->first != run->first || x->last != run->last ||
	    !str_eq(old->generation, c->generation))
		return false;
	*out = *x;
	x->db = NULL;
	return true;
}

static int open_all(struct segments *old, const struct current *c, struct segments *fresh,
		    struct err *err)
{
	fresh->list = err_alloc(c->n * sizeof *fresh->list);
	for (size_t i = 0; i < c->n; i++) {
		const struct current_run *run = &c->runs[i];
		struct iseg *out = &fresh->list[fresh->n];
		if (!reuse(old, c, run, out)) {
			struct str path = arena_fmt(&fresh->a, "%s/index/%.*s", fresh->dir,
						    STR_ARG(c->generation));
			int r = iseg_open(out, path.p, run->first, run->last, err);
			if (r <= 0)
				return r;
		}
		fresh->n++;
	}
	return 1;
}

/* Closes what was not moved over. */
static void drop(struct segments *old)
{
	for (size_t i = 0; i < old->n; i++)
		if (old->list[i].db != NULL)
			iseg_close(&old->list[i]);
	free(old->list);
	inside_close(&old->inside);
	arena_free(&old->a);
}

/* Is this still what is published? Then what failed is no matter of time. */
static bool is_published(const struct segments *s, const struct current *c)
{
	struct arena a = {0};
	struct current now;
	struct err err;
	bool yes = current_load(&a, s->dir, &now, &err) > 0 && now.n == c->n &&
		   str_eq(now.generation, c->generation) &&
		   memcmp(now.runs, c->runs, c->n * sizeof *c->runs) == 0;
	arena_free(&a);
	return yes;
}

static int follow(struct segments *s, struct err *err)
{
	for (int tries = 0; tries < TRIES; tries++) {
		struct segments fresh = {.dir = s->dir};
		struct current c = {0};
		int r = current_load(&fresh.a, s->dir, &c, err);
		if (r < 0 || (r > 0 && is_same(s, &c))) {
			arena_free(&fresh.a);
			return r;
		}
		r = open_all(s, &c, &fresh, err);
		bool lasting = r < 0 && is_published(s, &c);
		fresh.generation = c.generation;
		fresh.closed = c.closed;
		fresh.ocr = c.ocr;
		drop(s);
		*s = fresh;
		if (r > 0)
			return 1;
		segments_close(s);
		if (lasting || (r < 0 && tries == TRIES - 1))
			return -1;
	}
	return err_set(err, ERR_LATER, "the index changes faster than it can be opened");
}

/* Where segments cannot be opened: what is looked into is as the index has it, as far as that can
 * be read. */
static void look_only(struct segments *s)
{
	struct segments fresh = {.dir = s->dir, .lost = true};
	struct current c = {0};
	struct err unused;
	int r = current_load(&fresh.a, s->dir, &c, &unused);
	s->lost = true;
	if (r > 0 && (c.closed != s->closed || !str_eq(c.generation, s->generation))) {
		fresh.generation = c.generation;
		fresh.closed = c.closed;
		fresh.ocr = c.ocr;
		drop(s);
		*s = fresh;
		return;
	}
	arena_free(&fresh.a);
}

int segments_refresh(struct segments *s, struct err *err)
{
	if (!s->lost) {
		int r = follow(s, err);
		if (r >= 0 || !noindex_is())
			return r;
	}
	look_only(s);
	return 1;
}
