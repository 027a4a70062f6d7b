#include "hint.h"

void hint_give(struct match *m, const struct plan_segment *plan, struct iseg *seg,
	       uint64_t number)
{
	size_t doc = (size_t)(number - seg->first);
	match_begin(m, number, seg);
	if (bits_has(&plan->tree.sure, doc))
		match_sure(m);
	if (bits_has(&plan->lost, doc))
		match_lost(m);
	for (size_t i = 0; i < plan->n_leaves; i++) {
		const struct plan_sets *s = &plan->leaves[i];
		if (s->maybe.w == NULL)
			continue;
		if (!bits_has(&s->maybe, doc))
			match_known(m, i, false);
		else if (bits_has(&s->sure, doc))
			match_known(m, i, true);
		if (s->head.w != NULL && !bits_has(&s->head, doc))
			match_no_header(m, i);
		if (s->body.w != NULL && !bits_has(&s->body, doc))
			match_no_body(m, i);
	}
}
