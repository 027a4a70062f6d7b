#include "ownview.h"

#include "bits.h"
#include "schema.h"

/* The documents of a segment that have a mark, among `own` alone. */
static int count_marked(struct iseg *s, const struct bits *own, uint64_t *sum, struct err *err)
{
	const char marks[2][2] = {{'M', SCHEMA_MARK_PARTIAL}, {'M', SCHEMA_MARK_QUARANTINED}};
	const struct str terms[] = {{marks[0], 2}, {marks[1], 2}};
	struct bits b = bits_new((size_t)(s->last - s->first + 1));
	int r = xap_mark(s->db, terms, 2, b.w, b.n, err);
	for (size_t i = 0; r > 0 && i < b.n; i++)
		*sum += bits_has(&b, i) && s->first + i <= own->n &&
			bits_has(own, (size_t)s->first + i - 1);
	bits_free(&b);
	return r < 0 ? -1 : 1;
}

int ownview_make(struct archive *ar, const struct segments *segs, const struct rights *r,
		 struct query_view *out, struct err *err)
{
	struct arena a = {0};
	const uint32_t *own;
	size_t n;
	struct bits bits = bits_new((size_t)segments_last(segs));
	int x = rights_numbers(r, ar, &a, &own, &n, err);
	for (size_t i = 0; x > 0 && i < n && own[i] <= bits.n; i++)
		bits_set(&bits, own[i] - 1);
	uint64_t last = x > 0 && n > 0 ? own[n - 1] : 0;
	*out = (struct query_view){.stored_to = last, .indexed_to = last};
	if (bits.n < last)
		out->indexed_to = bits.n;
	for (size_t i = 0; x > 0 && i < segs->n; i++)
		x = count_marked(&segs->list[i], &bits, &out->not_fully, err);
	bits_free(&bits);
	arena_free(&a);
	return x;
}
