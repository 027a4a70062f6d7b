#include "noindex.h"

static bool ignored;

void noindex_set(void)
{
	ignored = true;
}

bool noindex_is(void)
{
	return ignored;
}
