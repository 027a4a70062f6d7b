#include "boxq.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct arena a = {0};
	const struct qnode *q;
	const struct boxq_warning *w;
	size_t k;
	if (boxq_parse_on(&a, (struct str){(const char *)data, n}, 18398, &q, &w, &k) != 1)
		abort(); /* any input is a valid query */
	while (k-- > 0)
		if (w[k].column < 1 || (size_t)w[k].column > n + 1)
			abort();
	return qnode_text(&a, q).n == 0 ? abort(), 0 : (arena_free(&a), 0);
}
