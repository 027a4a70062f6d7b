#include "boxdate.h"

#include "qnode.h"

static bool digits(struct str s, size_t least, size_t most, uint32_t *out)
{
	return s.n >= least && s.n <= most && str_u32(s, out);
}

int boxdate_parse(struct str s, int32_t *first, int32_t *end)
{
	struct str rest = s, year, month, day;
	uint32_t y, m = 1, d = 1;
	if (s.n == 0 || s.p[s.n - 1] == '-' || !str_split(&rest, '-', &year) ||
	    !digits(year, 4, 4, &y))
		return 0;
	bool has_month = str_split(&rest, '-', &month), has_day = str_split(&rest, '-', &day);
	if (rest.n > 0 || (has_month && !digits(month, 1, 2, &m)) ||
	    (has_day && !digits(day, 1, 2, &d)) || !qnode_day(y, m, d, first))
		return 0;
	if (has_day) {
		*end = *first + 1;
		return 1;
	}
	/* The first day of the next month or year; there may be no year 10000. */
	if (!qnode_day(has_month && m < 12 ? y : y + 1, has_month ? m % 12 + 1 : 1, 1, end))
		*end = *first + (has_month ? 31 : 365);
	return 1;
}

int boxdate_range(struct str s, int32_t *first, int32_t *end)
{
	int32_t ignored;
	ptrdiff_t dots = str_find(s, STR(".."));
	if (dots < 0)
		return boxdate_parse(s, first, end);
	return boxdate_parse(str_cut(s, 0, (size_t)dots), first, &ignored) &&
	       boxdate_parse(str_cut(s, (size_t)dots + 2, s.n), &ignored, end) && *first < *end;
}
