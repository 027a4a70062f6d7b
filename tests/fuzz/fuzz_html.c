#include "html.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a = {0};
	struct str out = html_text(&a, (struct str){(const char *)data, size});
	if (out.n > size)
		__builtin_trap();
	arena_free(&a);
	return 0;
}
