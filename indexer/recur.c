#include "recur.h"

#include "err.h"

#include <stdlib.h>

#define PLACES ((size_t)1 << 19)

struct recur {
	uint8_t *lines;
};

struct recur *recur_new(void)
{
	struct recur *r = err_alloc(sizeof *r);
	r->lines = err_alloc(PLACES * sizeof *r->lines);
	return r;
}

void recur_free(struct recur **r)
{
	if (*r == NULL)
		return;
	free((*r)->lines);
	free(*r);
	*r = NULL;
}

static size_t place_of(struct str s)
{
	uint64_t h = s.n;
	while (s.n > 0) {
		uint64_t v = 0;
		size_t n = s.n < 8 ? s.n : 8;
		memcpy(&v, s.p, n);
		h = (h ^ v) * UINT64_C(0xff51afd7ed558ccd);
		h ^= h >> 32;
		s = (struct str){s.p + n, s.n - n};
	}
	h *= UINT64_C(0xc4ceb9fe1a85ec53);
	return (size_t)(h >> 32) & (PLACES - 1);
}

bool recur_line(struct recur *r, struct str line)
{
	uint8_t *count = &r->lines[place_of(line)];
	*count += *count < RECUR_LINES;
	return *count == RECUR_LINES;
}
