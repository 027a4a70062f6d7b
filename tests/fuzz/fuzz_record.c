#include "record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct arena a = {0};
	struct record r;
	struct err err;
	struct str in = {(const char *)data, n};
	record_unpack(&a, in, &r, &err);
	arena_free(&a);
	return 0;
}
