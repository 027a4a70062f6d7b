#include "scrub.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const unsigned char *p, size_t n);

/* Any bytes as the content of a frame. */
int LLVMFuzzerTestOneInput(const unsigned char *p, size_t n)
{
	uint32_t numbers[] = {1, 2, 3};
	struct scrub_copy copies[] = {{1, 1}, {1, 2}};
	struct scrub_set set = {numbers, 3, copies, 2};
	struct scrub_counts c = {0};
	struct err err;
	char *copy = malloc(n + 1);
	for (size_t i = 0; i < n; i++)
		copy[i] = (char)p[i];
	scrub_content(copy, n, &set, &c, &err);
	free(copy);
	return 0;
}
