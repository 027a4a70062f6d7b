#include "change.h"

int LLVMFuzzerTestOneInput(const unsigned char *p, size_t n);

/* The same bytes as a line of facts and as pax records. */
int LLVMFuzzerTestOneInput(const unsigned char *p, size_t n)
{
	struct arena a = {0};
	struct change c = {0};
	struct err err;
	struct str s = {(const char *)p, n};
	change_line(&a, s, &c, &err);
	c = (struct change){0};
	change_message(&a, s, &c, &err);
	arena_free(&a);
	return 0;
}
