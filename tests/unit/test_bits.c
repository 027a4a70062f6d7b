#include "t.h"

#include "bits.h"

/* Sizes round the word's: the bits behind the last must never count. */
static void size(size_t n)
{
	struct bits b = bits_new(n), c;
	T(bits_count(&b) == 0);
	bits_fill(&b);
	T(bits_count(&b) == n);
	c = bits_copy(&b);
	bits_invert(&b);
	T(bits_count(&b) == 0 && bits_count(&c) == n);
	if (n > 0) {
		bits_set(&b, n - 1);
		T(bits_has(&b, n - 1) && bits_count(&b) == 1);
		bits_and(&c, &b);
		T(bits_count(&c) == 1 && bits_has(&c, n - 1));
		bits_invert(&b);
		T(bits_count(&b) == n - 1 && !bits_has(&b, n - 1));
		bits_or(&b, &c);
		T(bits_count(&b) == n);
	}
	bits_free(&b);
	bits_free(&b);
	bits_free(&c);
}

int main(void)
{
	const size_t sizes[] = {0, 1, 2, 63, 64, 65, 127, 128, 129, 1000};
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
		size(sizes[i]);
	return t_done();
}
