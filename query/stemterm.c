#include "stemterm.h"

int stemterm_find(const struct iseg *seg, struct arena *a, const struct stemterm *s,
		  const struct str **out, size_t *n_out)
{
	const struct str *terms;
	size_t n, kept = 0;
	struct lexicon_ask ask = {s->kind, s->prefix, LEXICON_PREFIX, STEMTERM_MOST, STR("")};
	if (!lexicon_expand(seg->lexicon, a, &ask, &terms, &n))
		return 0;
	struct str *same = arena_alloc(a, n * sizeof *same + 1);
	for (size_t i = 0; i < n; i++)
		if (str_eq(stem_of(s->stemmer, a, str_cut(terms[i], 1, terms[i].n)), s->stem))
			same[kept++] = terms[i];
	*out = same;
	*n_out = kept;
	return 1;
}
