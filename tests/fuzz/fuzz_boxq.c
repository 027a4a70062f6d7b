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
	if (boxq_parse(&a, (struct str){(const char *)data, n}, &q, &w, &n_warnings, &err) > 0)
		qnode_text(&a, q);
	else if (n <= QNODE_MAX_LEAVES)
		abort(); /* any input is a valid query */
	arena_free(&a);
	return 0;
}
