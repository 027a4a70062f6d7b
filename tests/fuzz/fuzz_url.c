#include "url.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct arena a = {0};
	struct err err;
	struct url u;
	if (url_parse(&a, (struct str){(const char *)p, n}, &u, &err) > 0)
		for (size_t i = 0; i < u.n_params; i++)
			if (u.params[i].value.n > n || u.params[i].name.n > n)
				__builtin_trap();
	arena_free(&a);
	return 0;
}
