#include "card.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct board *b = err_alloc(sizeof *b + 65536);
	struct arena a = {0};
	struct document_sum sum = {.most = 1 << 20};
	struct document d = {.a = &a, .board = b, .depth = DOCUMENT_DEPTH, .sum = &sum};
	d.doc.bytes = (struct str){(const char *)data, n};
	board_begin(b, 65536);
	card_read(&d);
	arena_free(&a);
	free(b);
	return 0;
}
