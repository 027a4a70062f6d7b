#define _POSIX_C_SOURCE 200809L
#include "tagged.h"

#include "bits.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Of so many tags the lists are kept, as long as there are no more numbers in them together. Pages
 * and lists of tags ask for one after the other. */
enum { KEPT = 1024, KEPT_NUMBERS = 4 << 20 };

struct list {
	int64_t tag, serial; /* tag 0: none */
	uint32_t *numbers;
	size_t n;
};

struct tagged {
	struct people *people;
	struct list lists[KEPT];
	size_t next; /* to be replaced: the oldest */
	size_t n;    /* numbers in all lists */
};

/* A query must not make the file. 1; 0 there is none, so nobody has put a tag on anything. */
static int open_people(struct tagged *t, struct archive *ar, struct err *err)
{
	char path[4096];
	if (t->people)
		return 1;
	snprintf(path, sizeof path, "%s/people.db", archive_dir(ar));
	if (access(path, F_OK) < 0)
		return 0;
	return people_open(&t->people, archive_dir(ar), err);
}

static void drop(struct tagged *t, struct list *l)
{
	t->n -= l->n;
	free(l->numbers);
	*l = (struct list){0};
}

/* A place for a list of n numbers: that of what the tag was before, or else of the oldest. */
static struct list *make_place(struct tagged *t, int64_t tag, size_t n)
{
	size_t at = 0;
	while (at < KEPT && t->lists[at].tag != tag)
		at++;
	if (at == KEPT) {
		at = t->next;
		t->next = (t->next + 1) % KEPT;
	}
	drop(t, &t->lists[at]);
	for (size_t i = 0; i < KEPT && t->n + n > KEPT_NUMBERS; i++)
		drop(t, &t->lists[(t->next + i) % KEPT]);
	return &t->lists[at];
}

static const struct list *find_list(const struct tagged *t, const struct tag *tag)
{
	for (size_t i = 0; i < KEPT; i++)
		if (t->lists[i].tag == tag->id && t->lists[i].serial == tag->serial)
			return &t->lists[i];
	return NULL;
}

/* Reads the lists of those of n tags of which none is kept. */
static int read_lists(struct tagged *t, struct archive *ar, const struct tag *tags, size_t n,
		      struct err *err)
{
	struct arena a = {0};
	struct tag_numbers *got = arena_alloc(&a, n * sizeof *got + 1);
	const struct tag **of = arena_alloc(&a, n * sizeof *of + 1);
	size_t missing = 0;
	for (size_t i = 0; i < n; i++)
		if (find_list(t, &tags[i]) == NULL) {
			of[missing] = &tags[i];
			got[missing++].tag = tags[i].id;
		}
	int r = missing ? tag_numbers(t->people, ar, got, missing, &a, err) : 1;
	for (size_t i = 0; i < missing && r > 0; i++) {
		struct list *l = make_place(t, got[i].tag, got[i].n);
		*l = (struct list){got[i].tag, of[i]->serial,
				   err_alloc(got[i].n * sizeof *got[i].list), got[i].n};
		t->n += got[i].n;
		if (got[i].n)
			memcpy(l->numbers, got[i].list, got[i].n * sizeof *got[i].list);
	}
	arena_free(&a);
	return r;
}

static int resolve(struct tagged *t, struct archive *ar, struct match_tree *tree,
		   struct match_leaf *leaf, struct err *err)
{
	struct arena *a = tree->scope->a;
	const struct list *l = NULL;
	struct tag tag;
	int r = open_people(t, ar, err);
	if (r == 1)
		r = tag_find(t->people, a, leaf->q->needle, &tag, err);
	if (r == 1)
		r = read_lists(t, ar, &tag, 1, err);
	if (r < 1 || (l = find_list(t, &tag)) == NULL)
		return r < 0 ? -1 : 1;
	uint32_t *numbers = arena_alloc(a, l->n * sizeof *numbers + 1);
	if (l->n)
		memcpy(numbers, l->numbers, l->n * sizeof *numbers);
	leaf->numbers = numbers;
	leaf->n_numbers = l->n;
	return 1;
}

int tagged_resolve(struct tagged **kept, struct archive *ar, struct match_tree *tree,
		   struct err *err)
{
	for (size_t i = 0; i < tree->n; i++) {
		if (tree->leaves[i].q->kind != QNODE_TAG)
			continue;
		if (*kept == NULL)
			*kept = err_alloc(sizeof **kept);
		if (resolve(*kept, ar, tree, &tree->leaves[i], err) < 0)
			return err_wrap(err, "tags cannot be read");
	}
	return 1;
}

int tagged_names(struct tagged **kept, struct archive *ar, struct arena *a,
		 const unsigned char hash[HASH_BYTES], struct tag_names *out, struct err *err)
{
	*out = (struct tag_names){0};
	if (*kept == NULL)
		*kept = err_alloc(sizeof **kept);
	int r = open_people(*kept, ar, err);
	if (r > 0)
		r = tag_of((*kept)->people, a, hash, out, err);
	return r < 0 ? err_wrap(err, "tags cannot be read") : 1;
}

/* How many of the numbers are in the set. */
static uint64_t count_in(const struct list *l, const struct bits *set)
{
	uint64_t sum = 0;
	for (size_t i = 0; i < l->n; i++)
		sum += l->numbers[i] < set->n && bits_has(set, l->numbers[i]);
	return sum;
}

int tagged_count(struct tagged **kept, struct archive *ar, const struct tagged_tally *t,
		 struct err *err)
{
	if (*kept == NULL)
		*kept = err_alloc(sizeof **kept);
	int r = open_people(*kept, ar, err);
	for (size_t i = 0; i < t->n; i++) {
		size_t n = t->n - i < KEPT ? t->n - i : KEPT;
		const struct list *l = NULL;
		if (r > 0 && i % KEPT == 0)
			r = read_lists(*kept, ar, &t->tags[i], n, err);
		if (r > 0 && (l = find_list(*kept, &t->tags[i])) == NULL) {
			/* They were too many to be kept together. */
			r = read_lists(*kept, ar, &t->tags[i], 1, err);
			l = find_list(*kept, &t->tags[i]);
		}
		t->counts[i] = l ? count_in(l, t->of) : 0;
	}
	return r < 0 ? err_wrap(err, "tags cannot be read") : 1;
}

void tagged_close(struct tagged **kept)
{
	if (*kept == NULL)
		return;
	for (size_t i = 0; i < KEPT; i++)
		free((*kept)->lists[i].numbers);
	people_close(&(*kept)->people);
	free(*kept);
	*kept = NULL;
}

bool tagged_has(const struct match_leaf *leaf, uint64_t number)
{
	size_t lo = 0, hi = leaf->n_numbers;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		if (leaf->numbers[mid] < number)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < leaf->n_numbers && leaf->numbers[lo] == number;
}
