#include "t.h"

#include "pack.h"

static void round_trips(void)
{
	static const uint64_t u[] = {
		0, 1, 127, 128, 16383, 16384, UINT32_MAX, UINT64_MAX - 1, UINT64_MAX};
	static const int64_t i[] = {0, -1, 1, 63, -64, 64, INT32_MIN, INT64_MAX, INT64_MIN};
	struct buf b;
	uint64_t v;
	int64_t w;
	struct str s;
	buf_init(&b, 1000);
	for (size_t k = 0; k < sizeof u / sizeof *u; k++) {
		pack_u64(&b, u[k]);
		pack_i64(&b, i[k]);
		pack_str(&b, STR("text"));
	}
	struct str in = buf_all(&b);
	for (size_t k = 0; k < sizeof u / sizeof *u; k++) {
		T(pack_get_u64(&in, &v) == 1 && v == u[k]);
		T(pack_get_i64(&in, &w) == 1 && w == i[k]);
		T(pack_get_str(&in, &s) == 1 && str_eq(s, STR("text")));
	}
	T(in.n == 0);
	buf_free(&b);
}

static void malformed(void)
{
	static const struct str bad[] = {
		STR(""), STR("\x80"), STR("\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x02"),
		STR("\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01"),
	};
	for (size_t k = 0; k < sizeof bad / sizeof *bad; k++) {
		struct str in = bad[k];
		uint64_t v;
		T(pack_get_u64(&in, &v) == 0 && in.n == bad[k].n);
	}
	struct str in = STR("\x05" "abcd"), s;
	T(pack_get_str(&in, &s) == 0 && in.n == 5);
}

int main(void)
{
	round_trips();
	malformed();
	return t_done();
}
