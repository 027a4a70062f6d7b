#include "jsonq.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct arena a = {0};
	struct err err = {0};
	struct jsonq q;
	if (jsonq_parse(&a, (struct str){(const char *)data, n}, &q, &err) > 0)
		qnode_text(&a, q.root);
	else if (err.kind != ERR_INPUT || err.text[0] == '\0')
		__builtin_trap();
	arena_free(&a);
	return 0;
}
