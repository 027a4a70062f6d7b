#include "kin.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const unsigned char hash[32];
	struct arena a = {0};
	struct mail m;
	struct kin k;
	mail_parse(&a, (struct str){(const char *)data, size}, &mail_default_limits, &m);
	kin_make(&a, &m, hash, &k);
	if (k.n_refs > KIN_REFS || k.n_firm > KIN_FIRM || k.n_loose > KIN_LOOSE)
		__builtin_trap();
	arena_free(&a);
	return 0;
}
