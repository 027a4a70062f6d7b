#include "t.h"

#include "jmapdate.h"

static const struct {
	const char *text;
	bool good;
	int64_t at;
} table[] = {
	{"1970-01-01T00:00:00Z", true, 0},
	{"2014-10-30T06:12:00Z", true, 1414649520},
	{"2014-10-30T06:12:00.000Z", true, 1414649520},
	{"2014-10-30T06:12:00.5Z", true, 1414649521},
	{"2014-10-30T06:12:00.Z", false, 0},
	{"2014-10-30T08:12:00+02:00", true, 1414649520},
	{"2014-10-30T04:42:00-01:30", true, 1414649520},
	{"2014-10-30T06:12:00", false, 0},
	{"2014-10-30 06:12:00Z", false, 0},
	{"2014-13-30T06:12:00Z", false, 0},
	{"2014-10-30T06:12:00+2:00", false, 0},
	{"2014-10-30", false, 0},
	{"", false, 0},
};

int main(void)
{
	struct arena a = {0};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		int64_t at = 0;
		T(jmapdate_read(str_of(table[i].text), &at) == table[i].good);
		T(at == table[i].at);
	}
	T_STR(jmapdate_utc(&a, 1414649520), STR("2014-10-30T06:12:00Z"));
	T_STR(jmapdate_zoned(&a, 1414649520, 120), STR("2014-10-30T08:12:00+02:00"));
	T_STR(jmapdate_zoned(&a, 1414649520, -90), STR("2014-10-30T04:42:00-01:30"));
	T_STR(jmapdate_zoned(&a, 1414649520, 0), STR("2014-10-30T06:12:00Z"));
	T_STR(jmapdate_utc(&a, INT64_MAX), STR(""));
	arena_free(&a);
	return t_done();
}
