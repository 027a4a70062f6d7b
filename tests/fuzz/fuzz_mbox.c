#include "mbox.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct str line = {(const char *)data, n};
	struct mbox_date d;
	if (mbox_from(line, &d) && (abs(d.zone) >= 24 * 60 || n > MBOX_LINE))
		abort();
	if (mbox_quoted(line) > n)
		abort();
	return 0;
}
