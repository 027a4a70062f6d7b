#include "addrgroup.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a = {0};
	struct str s = {(const char *)data, size};
	const struct addrgroup *g;
	size_t n = addrgroup_split(&a, s, &g);
	for (size_t i = 0; i < n; i++)
		if (g[i].members.p < s.p || g[i].members.p + g[i].members.n > s.p + s.n)
			abort();
	arena_free(&a);
	return 0;
}
