#include "sameid.h"

#include "disposal.h"
#include "message.h"
#include "schema.h"
#include "segments.h"

#include <stdlib.h>

/* The terms of one segment. */
struct cursor {
	struct xap_terms *terms;
	struct str term; /* the one that waits; n 0: none is left */
	uint32_t freq;
	bool chosen;     /* it held the term at hand */
};

struct sameid {
	struct archive *ar;
	struct segments segs;
	struct cursor *cursors;
	char term[SCHEMA_ID_TERM]; /* at hand */
	uint64_t freq;             /* messages that have it */
	/* The messages of that term by Message-ID: ids[next_id..] are still to come. */
	struct arena arena;
	struct str *ids;
	size_t n_ids, next_id;
	struct member {
		uint64_t number;
		size_t id;
	} *members;
	size_t n_members;
	uint64_t *numbers;
	struct arena mask_arena;
	const uint32_t *masked; /* ascending */
	size_t n_masked;
};

static int advance(struct cursor *c, struct err *err)
{
	int r = xap_terms_next(c->terms, &c->term, &c->freq, err);
	if (r < 1)
		c->term = (struct str){"", 0};
	return r;
}

int sameid_open(struct sameid **out, struct archive *ar, struct err *err)
{
	struct sameid *s = err_alloc(sizeof *s);
	s->ar = ar;
	segments_init(&s->segs, archive_dir(ar));
	int r = segments_refresh(&s->segs, err);
	if (r >= 0)
		r = disposal_masked(ar, &s->mask_arena, &s->masked, &s->n_masked, err);
	s->cursors = err_alloc((s->segs.n + 1) * sizeof *s->cursors);
	for (size_t i = 0; i < s->segs.n && r >= 0; i++) {
		struct cursor *c = &s->cursors[i];
		r = xap_terms_open(&c->terms, s->segs.list[i].db, 0, STR("I"), err);
		if (r >= 0)
			r = advance(c, err);
	}
	if (r < 0) {
		sameid_close(&s);
		return -1;
	}
	*out = s;
	return 1;
}

void sameid_close(struct sameid **out)
{
	struct sameid *s = *out;
	if (s == NULL)
		return;
	for (size_t i = 0; s->cursors && i < s->segs.n; i++)
		xap_terms_close(&s->cursors[i].terms);
	free(s->cursors);
	segments_close(&s->segs);
	arena_free(&s->arena);
	arena_free(&s->mask_arena);
	free(s);
	*out = NULL;
}

uint64_t sameid_last(const struct sameid *s)
{
	return segments_last(&s->segs);
}

/* The next term of all segments, with the sum of its frequencies. 1; 0 the end; -1. */
static int next_term(struct sameid *s, struct err *err)
{
	struct str least = {"", 0};
	for (size_t i = 0; i < s->segs.n; i++) {
		struct str t = s->cursors[i].term;
		if (t.n && (least.n == 0 || str_cmp(t, least) < 0))
			least = t;
	}
	if (least.n == 0)
		return 0;
	if (least.n != SCHEMA_ID_TERM - 1)
		return err_set(err, ERR_BROKEN, "the index holds a malformed term");
	memcpy(s->term, least.p, least.n);
	s->freq = 0;
	for (size_t i = 0; i < s->segs.n; i++) {
		struct cursor *c = &s->cursors[i];
		c->chosen = str_eq(c->term, str_of(s->term));
		if (!c->chosen)
			continue;
		s->freq += c->freq;
		if (advance(c, err) < 0)
			return -1;
	}
	return 1;
}

/* The index counts masked messages too; without them every group is looked at. */
static int count_shown(struct sameid *s, uint64_t *groups, uint64_t *messages, struct err *err)
{
	struct sameid_group g;
	int r;
	while ((r = sameid_next(s, &g, err)) == 1) {
		++*groups;
		*messages += g.n;
	}
	return r < 0 ? -1 : 1;
}

int sameid_count(struct sameid *s, uint64_t *groups, uint64_t *messages, struct err *err)
{
	int r;
	*groups = *messages = 0;
	if (s->n_masked)
		return count_shown(s, groups, messages, err);
	while ((r = next_term(s, err)) == 1)
		if (s->freq > 1) {
			++*groups;
			*messages += s->freq;
		}
	return r < 0 ? -1 : 1;
}

/* ---- the messages of a term ---- */

/* The Message-ID of a message; a big one's record holds a part of it only. */
static int read_id(struct sameid *s, struct iseg *seg, struct arena *a, uint64_t number,
		   struct str *out, struct err *err)
{
	struct record rec;
	struct archive_msg msg;
	struct query_message whole;
	if (iseg_record(seg, a, number, &rec, err) < 0)
		return -1;
	*out = rec.message_id;
	if (!rec.big)
		return 1;
	int r = archive_find(s->ar, number, &msg, err);
	if (r == 0)
		err_set(err, ERR_BROKEN, "message %llu is missing in the archive",
			(unsigned long long)number);
	if (r < 1 || message_load(s->ar, NULL, a, &msg, &whole, err) < 0)
		return -1;
	*out = whole.record.message_id;
	return 1;
}

static int by_number(const void *x, const void *y)
{
	uint32_t a = *(const uint32_t *)x, b = *(const uint32_t *)y;
	return a < b ? -1 : a > b;
}

static int add_member(struct sameid *s, struct iseg *seg, uint64_t number, struct err *err)
{
	struct arena a = {0};
	struct str id;
	size_t i = 0;
	uint32_t key = (uint32_t)number;
	if (s->n_masked && bsearch(&key, s->masked, s->n_masked, sizeof key, by_number))
		return 1;
	int r = read_id(s, seg, &a, number, &id, err);
	if (r == 1) {
		while (i < s->n_ids && !str_eq(s->ids[i], id))
			i++;
		if (i == s->n_ids) {
			s->ids = arena_grow(&s->arena, s->ids, s->n_ids, sizeof *s->ids);
			s->ids[s->n_ids++] = arena_str(&s->arena, id);
		}
		s->members = arena_grow(&s->arena, s->members, s->n_members, sizeof *s->members);
		s->members[s->n_members++] = (struct member){number, i};
	}
	arena_free(&a);
	return r;
}

static int add_segment(struct sameid *s, struct iseg *seg, struct err *err)
{
	struct xap_search how = {.most = UINT32_MAX, .ascending = true};
	struct xap_query *q = xap_q_term(str_of(s->term), 0);
	struct xap_results *found = NULL;
	uint32_t docid;
	double weight;
	int r = xap_search(&found, seg->db, q, &how, err);
	while (r >= 0 && (r = xap_results_next(found, &docid, &weight, err)) == 1)
		if (add_member(s, seg, seg->first + docid - 1, err) < 0)
			r = -1;
	xap_results_close(&found);
	xap_q_free(&q);
	return r;
}

static int gather(struct sameid *s, struct err *err)
{
	arena_reset(&s->arena);
	s->ids = NULL;
	s->members = NULL;
	s->n_ids = s->next_id = s->n_members = 0;
	for (size_t i = 0; i < s->segs.n; i++)
		if (s->cursors[i].chosen && add_segment(s, &s->segs.list[i], err) < 0)
			return -1;
	s->numbers = arena_alloc(&s->arena, (s->n_members + 1) * sizeof *s->numbers);
	return 1;
}

/* The messages of the next Message-ID of the term. Returns how many. */
static size_t pick(struct sameid *s, struct sameid_group *out)
{
	size_t n = 0;
	for (size_t i = 0; i < s->n_members; i++)
		if (s->members[i].id == s->next_id)
			s->numbers[n++] = s->members[i].number;
	*out = (struct sameid_group){s->ids[s->next_id++], s->numbers, n};
	return n;
}

int sameid_next(struct sameid *s, struct sameid_group *out, struct err *err)
{
	for (;;) {
		while (s->next_id < s->n_ids)
			if (pick(s, out) > 1)
				return 1;
		int r = next_term(s, err);
		if (r < 1)
			return r;
		if (s->freq > 1 && gather(s, err) < 0)
			return -1;
	}
}
