#include "mh.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct mh *m = mh_open((struct str){(const char *)data, n});
	if (mh_flags(m, (uint32_t)n) > 31)
		abort();
	mh_close(&m);
	return 0;
}
