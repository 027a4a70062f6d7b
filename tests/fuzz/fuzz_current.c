#include "current.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct arena a = {0};
	struct current c;
	struct err err;
	if (current_parse(&a, (struct str){(const char *)data, n}, &c, &err) == 1)
		for (size_t i = 0; i < c.n; i++)
			if (c.runs[i].first != (i ? c.runs[i - 1].last + 1 : 1))
				__builtin_trap();
	arena_free(&a);
	return 0;
}
