#include "squeeze.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str in = {(const char *)data, size};
	struct squeeze *z = squeeze_new();
	struct err err;
	while (squeeze_fill(z, &in, &err) == 1)
		squeeze_eat(z, squeeze_input(z).n);
	squeeze_free(&z);
	return 0;
}
