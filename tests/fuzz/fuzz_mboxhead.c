#include "mboxhead.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct str s = {(const char *)data, n};
	struct mboxhead h;
	mboxhead_read(s, &h);
	if (h.body > n || h.n_keywords > sizeof h.keywords)
		abort();
	for (size_t i = 1; i < n; i += 1 + n / 16)
		if (mboxhead_ends(s, i, true) < 0)
			abort();
	mboxhead_guess(s, n % 2);
	return 0;
}
