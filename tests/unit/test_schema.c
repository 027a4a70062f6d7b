#include "t.h"

#include "schema.h"

/* sha256("<a@example.org>") begins so, says sha256sum. */
static void message_ids(void)
{
	char term[SCHEMA_ID_TERM], other[SCHEMA_ID_TERM];
	schema_message_id(STR("<a@example.org>"), term);
	T_STR(str_of(term), STR("I48ca6375ef052663"));
	schema_message_id(STR("<A@example.org>"), other);
	T(!str_eq(str_of(term), str_of(other)) && str_of(other).n == 17);
	schema_message_id(STR("<>"), other);
	T(str_of(other).n == 17 && other[0] == 'I');
}

/* Byte order is the order of the numbers. */
static void values(void)
{
	static const int32_t day[] = {INT32_MIN, -1, 0, 1, 20000, INT32_MAX};
	static const uint64_t size[] = {0, 1, 255, 256, UINT64_C(1) << 40, UINT64_MAX};
	char a[8], b[8];
	for (size_t i = 1; i < sizeof day / sizeof *day; i++) {
		schema_day(day[i - 1], a);
		schema_day(day[i], b);
		T(memcmp(a, b, 4) < 0);
	}
	for (size_t i = 1; i < sizeof size / sizeof *size; i++) {
		schema_size(size[i - 1], a);
		schema_size(size[i], b);
		T(memcmp(a, b, 8) < 0);
	}
}

static void costs(void)
{
	T(schema_cost(STR("")) == 0);
	T(schema_cost(STR("abc")) == 3);
	T(schema_cost(STR("a\0b\0")) == 6);
}

int main(void)
{
	costs();
	message_ids();
	values();
	return t_done();
}
