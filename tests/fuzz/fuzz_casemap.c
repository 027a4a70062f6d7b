#include "casemap.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a = {0};
	struct str mapped = casemap_str(&a, (struct str){(const char *)data, size});
	if (!str_utf8(mapped) || !str_utf8(casemap_bare(&a, mapped)))
		__builtin_trap();
	arena_free(&a);
	return 0;
}
