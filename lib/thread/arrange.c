#include "arrange.h"

#include <stdlib.h>

struct item {
	const struct kin *kin;
	struct item *parent, *child, *last, *next;
};

struct name {
	uint64_t id;
	struct item *item;
};

static int by_date(const void *x, const void *y)
{
	const struct kin *a = ((const struct item *)x)->kin, *b = ((const struct item *)y)->kin;
	if (a->date != b->date)
		return a->date < b->date ? -1 : 1;
	return a->hash < b->hash ? -1 : a->hash > b->hash;
}

static int by_id(const void *x, const void *y)
{
	const struct name *a = x, *b = y;
	if (a->id != b->id)
		return a->id < b->id ? -1 : 1;
	return a->item < b->item ? -1 : a->item > b->item; /* the earliest of a name first */
}

static struct item *find(const struct name *names, size_t n, uint64_t id)
{
	size_t lo = 0, hi = n;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		if (names[mid].id < id)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < n && names[lo].id == id ? names[lo].item : NULL;
}

/* Would x be its own ancestor below p? */
static bool loops(const struct item *p, const struct item *x)
{
	for (; p; p = p->parent)
		if (p == x)
			return true;
	return false;
}

/* The nearest message it refers to that is here. A reply that refers to none answers the first. */
static struct item *parent_of(const struct name *names, size_t n, struct item *x,
			      struct item *first)
{
	const struct kin *k = x->kin;
	for (unsigned i = k->n_refs; i-- > 0;) {
		struct item *p = find(names, n, k->refs[i]);
		if (p && !loops(p, x))
			return p;
	}
	return k->reply && x != first && !loops(first, x) ? first : NULL;
}

static void list_tree(struct item *root, struct arrange_line *out, size_t *n)
{
	unsigned depth = 0;
	for (struct item *x = root;;) {
		out[(*n)++] = (struct arrange_line){x->kin, depth};
		if (x->child) {
			x = x->child;
			depth++;
			continue;
		}
		while (x != root && x->next == NULL) {
			x = x->parent;
			depth--;
		}
		if (x == root)
			return;
		x = x->next;
	}
}

const struct arrange_line *arrange_make(struct arena *a, const struct kin *list, size_t n)
{
	struct item *items = arena_alloc(a, (n + 1) * sizeof *items);
	struct name *names = arena_alloc(a, (n + 1) * sizeof *names);
	struct arrange_line *out = arena_alloc(a, (n + 1) * sizeof *out);
	size_t n_names = 0, n_out = 0;
	for (size_t i = 0; i < n; i++)
		items[i].kin = &list[i];
	if (n)
		qsort(items, n, sizeof *items, by_date);
	for (size_t i = 0; i < n; i++)
		if (items[i].kin->id)
			names[n_names++] = (struct name){items[i].kin->id, &items[i]};
	if (n_names)
		qsort(names, n_names, sizeof *names, by_id);
	for (size_t i = 0; i < n; i++) {
		struct item *p = parent_of(names, n_names, &items[i], items);
		items[i].parent = p;
		if (p == NULL)
			continue;
		if (p->last)
			p->last->next = &items[i];
		else
			p->child = &items[i];
		p->last = &items[i];
	}
	for (size_t i = 0; i < n; i++)
		if (items[i].parent == NULL)
			list_tree(&items[i], out, &n_out);
	return out;
}
