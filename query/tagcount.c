#include "tagcount.h"

#include "bits.h"
#include "disposal.h"
#include "tagged.h"

/* Marks those with these numbers, or takes their marks away. */
static void mark(struct bits *b, const uint32_t *list, size_t n, bool on)
{
	for (size_t i = 0; i < n; i++) {
		if (list[i] >= b->n)
			continue;
		if (on)
			bits_set(b, list[i]);
		else
			bits_unset(b, list[i]);
	}
}

/* The messages that may be counted, by number. */
static int countable(struct archive *ar, const struct rights *rights, struct bits *out,
		     struct err *err)
{
	struct arena a = {0};
	const uint32_t *own = NULL, *masked = NULL;
	size_t n_own = 0, n_masked = 0;
	uint64_t last;
	int r = archive_last(ar, &last, err);
	if (r >= 0 && rights->some)
		r = rights_numbers(rights, ar, &a, &own, &n_own, err);
	if (r >= 0)
		r = disposal_masked(ar, &a, &masked, &n_masked, err);
	if (r >= 0) {
		*out = bits_new(last + 1);
		if (!rights->some)
			bits_fill(out);
		mark(out, own, n_own, true);
		mark(out, masked, n_masked, false);
	}
	arena_free(&a);
	return r < 0 ? -1 : 1;
}

int tagcount_fill(struct qdb *db, const struct tagcount *t, struct err *err)
{
	struct archive *ar = query_db_archive(db);
	struct bits may = {0};
	struct tagged_tally tally = {t->tags, t->n, &may, t->counts};
	int r = countable(ar, t->rights, &may, err);
	if (r > 0)
		r = tagged_count(query_db_tags(db), ar, &tally, err);
	bits_free(&may);
	return r;
}
