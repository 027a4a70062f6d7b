#include "outcomes.h"

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
	char name[32];
	const struct str term = term_of(name, outcome);
	const struct segments_terms terms = {&term, 1};
	return segments_marked(query_db_segments(db), a, terms, out, n_out, err);
}
