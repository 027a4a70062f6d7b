#include "throttle.h"

#define SECOND 1000u
#define MOST (3600u * SECOND)

/* Where a phrase ends in the text, in any case; -1: it does not stand there. */
static ptrdiff_t after(struct str text, struct str phrase)
{
	for (size_t i = 0; i + phrase.n <= text.n; i++)
		if (str_istarts(str_cut(text, i, text.n), phrase))
			return (ptrdiff_t)(i + phrase.n);
	return -1;
}

/* The number in front, as far as anybody could mean it. */
static uint64_t number(struct str s)
{
	uint64_t n = 0;
	for (size_t i = 0; i < s.n && i < 12 && s.p[i] >= '0' && s.p[i] <= '9'; i++)
		n = n * 10 + (uint64_t)(s.p[i] - '0');
	return n;
}

uint64_t throttle_wait(struct str text)
{
	static const struct {
		struct str words;
		uint64_t ms;
	} row[] = {
		{STR("[OVERQUOTA]"), MOST},
		{STR("bandwidth limits"), MOST},
		{STR("[THROTTLED]"), 300 * SECOND},
		{STR("request is throttled"), 300 * SECOND},
		{STR("too many simultaneous connections"), 60 * SECOND},
		{STR("too many connections"), 60 * SECOND},
		{STR("maximum number of connections"), 60 * SECOND},
	};
	ptrdiff_t at = after(text, STR("Backoff Time: "));
	uint64_t ms = at < 0 ? 0 : number(str_cut(text, (size_t)at, text.n));
	if (at >= 0)
		return ms < SECOND ? SECOND : ms > MOST ? MOST : ms;
	for (size_t i = 0; i < sizeof row / sizeof *row; i++)
		if (after(text, row[i].words) >= 0)
			return row[i].ms;
	return 0;
}
