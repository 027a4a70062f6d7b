#include "uidset.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str in = {(const char *)data, size};
	struct uidset all = {0}, some = {0};
	uint64_t named;
	int parsed = uidset_parse(in, 1000, &all);
	uidset_sort(&all);
	if (uidset_within(&all, in, &some, &named) == 0 && parsed == 1)
		__builtin_trap();
	uidset_sort(&some);
	if (parsed == 1 && some.n != all.n)
		__builtin_trap();
	uidset_free(&all);
	uidset_free(&some);
	return 0;
}
