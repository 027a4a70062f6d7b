#include "mutf7.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str in = {(const char *)data, size}, name, raw;
	struct arena a = {0};
	if (mutf7_decode(&a, in, &name) == 1 &&
	    (mutf7_encode(&a, name, &raw) != 1 || !str_eq(raw, in)))
		__builtin_trap();
	if (mutf7_encode(&a, in, &raw) == 1 &&
	    (mutf7_decode(&a, raw, &name) != 1 || !str_eq(name, in)))
		__builtin_trap();
	arena_free(&a);
	return 0;
}
