/* fuzz_quote: quoted text. The pieces are the text, turn and turn about. */
#include "quote.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct quote q = quote_begin((struct str){(const char *)data, size});
	struct str piece;
	bool quoted, last = false;
	for (size_t at = 0, n = 0; at < size; at += piece.n, n++, last = quoted)
		if (quote_next(&q, &piece, &quoted) != 1 || piece.n == 0 ||
		    piece.p != (const char *)data + at || (n > 0 && quoted == last))
			abort();
	if (quote_next(&q, &piece, &quoted) != 0)
		abort();
	return 0;
}
