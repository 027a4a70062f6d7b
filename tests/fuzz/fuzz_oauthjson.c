/* Arbitrary bytes as a token server's answer. */
#include "oauthjson.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static struct oauthjson out;
	struct err err;
	if (oauthjson_parse((struct str){(const char *)p, n}, &out, &err) == 1)
		for (const char *c = out.access; *c; c++)
			if (*c <= ' ' || *c > '~')
				__builtin_trap(); /* it would go into a protocol */
	return 0;
}
