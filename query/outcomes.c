#include "outcomes.h"

#include "bits.h"
#include "segments.h"

#include <stdio.h>

static struct str term_of(char out[32], enum record_outcome outcome)
{
	int n = snprintf(out, 32, "O%s", record_outcome_name(outcome));
	return (struct str){out, (size_t)n};
}

int outcomes_count(struct qdb *db, struct outcomes *out, struct err *err)
{
	const struct segments *s = query_db_segments(db);
	char term[32];
	uint32_t n;
	*out = (struct outcomes){.closed = s->closed};
	for (size_t i = 0; i < s->n; i++)
		for (int o = 1; o < RECORD_OUTCOMES; o++) {
			struct str t = term_of(term, (enum record_outcome)o);
			if (xap_freq(s->list[i].db, t, &n, err) < 0)
				return -1;
			out->messages[o] += n;
		}
	return 1;
}

int outcomes_find(struct str name, enum record_outcome *out)
{
	for (int o = 1; o < RECORD_OUTCOMES; o++)
		if (str_eq(name, str_of(record_outcome_name((enum record_outcome)o)))) {
			*out = (enum record_outcome)o;
			return 1;
		}
	return 0;
}

int outcomes_list(struct qdb *db, struct arena *a, enum record_outcome outcome,
		  const uint64_t **out, size_t *n_out, struct err *err)
{
	const struct segments *s = query_db_segments(db);
	char name[32];
	const struct str term = term_of(name, outcome);
	uint64_t *list = NULL;
	size_t n = 0;
	int r = 1;
	for (size_t i = 0; i < s->n && r > 0; i++) {
		const struct iseg *g = &s->list[i];
		struct bits b = bits_new((size_t)(g->last - g->first + 1));
		r = xap_mark(g->db, &term, 1, b.w, b.n, err);
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
