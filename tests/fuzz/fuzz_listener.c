#include "listener.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct listener l;
	struct err err;
	struct str s = {(const char *)p, n};
	bool local = listener_local_host(s);
	if (listener_parse(s, &l, &err) > 0 && listener_loopback(&l) != local)
		__builtin_trap();
	return 0;
}
