#include "recur.h"

#include "err.h"

#include <stdlib.h>

#define PLACES ((size_t)1 << 19)
#define LEAST_WORDS 16 /* of so few messages nothing is learned */

struct word {
	uint32_t count, message; /* message: which counted it last */
};

struct recur {
	uint8_t *lines;
	struct word *words;
	uint32_t messages;
};

struct recur *recur_new(void)
{
	struct recur *r = err_alloc(sizeof *r);
	r->lines = err_alloc(PLACES * sizeof *r->lines);
	r->words = err_alloc(PLACES * sizeof *r->words);
	return r;
}

void recur_free(struct recur **r)
{
	if (*r == NULL)
		return;
	free((*r)->lines);
	free((*r)->words);
	free(*r);
	*r = NULL;
}

void recur_message(struct recur *r)
{
	r->messages++;
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

bool recur_word(struct recur *r, struct str word)
{
	struct word *w = &r->words[place_of(word)];
	if (word.n < RECUR_LEAST)
		return false;
	if (w->message != r->messages) {
		w->message = r->messages;
		w->count++;
	}
	return w->count >= LEAST_WORDS && w->count > r->messages / RECUR_SHARE;
}
