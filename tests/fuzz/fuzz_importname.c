#include "importname.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct arena a = {0};
	struct importname name;
	if (importname_member(&a, STR("x"), (struct str){(const char *)data, n}, &name) &&
	    (name.name.n == 0 || name.mailbox.n == 0 || name.stem.n < name.mailbox.n))
		abort();
	arena_free(&a);
	return 0;
}
