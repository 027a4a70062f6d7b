#include "jwt.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct arena a = {0};
	struct err err = {0};
	struct str text = {(const char *)data, n}, line;
	json_t *claims = NULL;
	if (!str_line(&text, &line))
		line = STR("");
	json_t *keys = json_loadb(line.p ? line.p : "", line.n, 0, NULL);
	if (jwt_verify(&a, text, keys, &claims, &err) > 0)
		abort(); /* nobody signed it */
	json_decref(claims);
	json_decref(keys);
	arena_free(&a);
	return 0;
}
