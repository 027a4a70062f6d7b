#include "boxq.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct arena a = {0};
	struct err err = {0};
	const struct qnode *q;
	const struct boxq_warning *w;
	size_t n_warnings;
	struct str s = {(const char *)data, n};
	if (boxq_parse(&a, s, &q, &w, &n_warnings, &err) != 1 || qnode_text(&a, q).n == 0)
		abort(); /* any input is a valid query */
	for (size_t i = 0; i < n_warnings; i++)
		if (w[i].column < 1 || (size_t)w[i].column > n + 1)
			abort();
	arena_free(&a);
	return 0;
}
