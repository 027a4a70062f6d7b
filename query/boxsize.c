#include "boxsize.h"

/* The power of 1024, or -1. */
static int unit_of(struct str s)
{
	static const struct {
		const char *name;
		int power;
	} units[] = {
		{"b", 0}, {"byte", 0}, {"bytes", 0}, {"octets", 0},
		{"k", 1}, {"kb", 1}, {"kib", 1}, {"m", 2}, {"mb", 2}, {"mib", 2},
		{"g", 3}, {"gb", 3}, {"gib", 3},
	};
	for (size_t i = 0; i < sizeof units / sizeof *units; i++)
		if (str_ieq(s, str_of(units[i].name)))
			return units[i].power;
	return -1;
}

/* Of the digits behind the point three count. */
static int thousandths(struct str s, uint64_t *out)
{
	uint64_t digit, scale = 100;
	*out = 0;
	for (size_t i = 0; i < s.n; i++) {
		if (!str_u64(str_cut(s, i, i + 1), &digit))
			return 0;
		*out += digit * scale;
		scale /= 10;
	}
	return s.n > 0;
}

int boxsize_parse(struct str s, uint64_t *out)
{
	uint64_t whole, rest = 0;
	size_t n = 0;
	int power = 0;
	s = str_trim(s);
	while (n < s.n && ((s.p[n] >= '0' && s.p[n] <= '9') || s.p[n] == '.'))
		n++;
	struct str number = str_cut(s, 0, n), unit = str_trim(str_cut(s, n, s.n)), before;
	bool point = str_chr(number, '.') >= 0;
	if (unit.n > 0)
		power = unit_of(unit);
	if (power < 0 || !str_split(&number, '.', &before) || !str_u64(before, &whole) ||
	    (point && !thousandths(number, &rest)))
		return 0;
	if (whole > (UINT64_C(1) << 50) >> (10 * power))
		return 0;
	*out = (whole << (10 * power)) + ((rest << (10 * power)) / 1000);
	return 1;
}
