#include "t.h"

#include "uidset.h"

static struct uidset set_of(const uint32_t *p, size_t n)
{
	struct uidset s = {0};
	for (size_t i = 0; i < n; i++)
		uidset_add(&s, p[i]);
	uidset_sort(&s);
	return s;
}
#define SET(...) set_of((const uint32_t[]){__VA_ARGS__}, \
			sizeof((const uint32_t[]){__VA_ARGS__}) / sizeof(uint32_t))

static void ordering(void)
{
	struct uidset s = SET(9, 3, 3, 4294967295u, 1, 9);
	T(s.n == 4 && s.p[0] == 1 && s.p[1] == 3 && s.p[2] == 9 && s.p[3] == 4294967295u);
	T(uidset_find(&s, 3) == 1);
	T(uidset_find(&s, 2) == -1);
	T(uidset_find(&s, 4294967295u) == 3);
	T(uidset_between(&s, 1, 9));
	T(!uidset_between(&s, 3, 9));
	T(!uidset_between(&s, 3, 4));
	T(uidset_between(&s, 8, 10));
	uidset_free(&s);
}

static void ranges(void)
{
	struct buf out;
	struct uidset want = SET(1, 2, 3, 7, 9, 10), none = {0}, some = SET(5), ends = SET(8, 11);
	buf_init(&out, 1000);
	T(uidset_ranges(want.p, want.n, &none, 900, &out) == 6);
	T_STR(buf_all(&out), STR("1:10"));
	buf_clear(&out);
	T(uidset_ranges(want.p, want.n, &some, 900, &out) == 6);
	T_STR(buf_all(&out), STR("1:3,7:10"));
	buf_clear(&out);
	T(uidset_ranges(want.p, want.n, &ends, 900, &out) == 6);
	T_STR(buf_all(&out), STR("1:7,9:10"));
	buf_clear(&out);
	T(uidset_ranges(want.p, want.n, &some, 25, &out) == 3); /* only one fits */
	T_STR(buf_all(&out), STR("1:3"));
	uidset_free(&want);
	uidset_free(&some);
	uidset_free(&ends);
	buf_free(&out);
}

static void packing(void)
{
	struct buf out;
	struct uidset s = SET(1, 2, 3, 500, 4294967294u, 4294967295u), back = {0}, bad = {0};
	buf_init(&out, 1000);
	uidset_pack(s.p, s.n, &out);
	T(uidset_unpack(buf_all(&out), &back) == 1);
	T(back.n == s.n && memcmp(back.p, s.p, s.n * sizeof *s.p) == 0);
	T(uidset_unpack(str_cut(buf_all(&out), 0, out.n - 1), &bad) == 0);
	T(uidset_unpack(STR("\x01\x00"), &bad) == 0);			    /* an empty run */
	T(uidset_unpack(STR("\xFF\xFF\xFF\xFF\x0F\x02"), &bad) == 0);	    /* past the end */
	T(uidset_unpack(STR("\x01\xFF\xFF\xFF\xFF\xFF\x0F"), &bad) == 0); /* too many */
	uidset_free(&s);
	uidset_free(&back);
	uidset_free(&bad);
	buf_free(&out);
}

static void within(void)
{
	static const struct {
		const char *ranges;
		uint64_t named;
		const char *want; /* NULL: malformed */
	} row[] = {
		{"5", 1, "5"}, {"4:6", 3, "5"}, {"6:4", 3, "5"},
		{"1:4294967295", 4294967295, "3,5,9"},
		{"9,3", 2, "3,9"},
		{"10:20,1:2", 13, ""}, {"", 0, NULL}, {"5:", 1, "5"},
		{"x", 0, NULL}, {"5,,9", 0, NULL}, {"1:*", 0, NULL}, {"99999999999", 0, NULL},
	};
	struct uidset of = {0}, out = {0}, none = {0};
	struct buf text;
	uint64_t named;
	buf_init(&text, 1000);
	uidset_add(&of, 3);
	uidset_add(&of, 5);
	uidset_add(&of, 9);
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		int r = uidset_within(&of, str_of(row[i].ranges), &out, &named);
		T(r == (row[i].want != NULL));
		uidset_sort(&out);
		buf_clear(&text);
		for (size_t k = 0; k < out.n; k++)
			buf_fmt(&text, k ? ",%u" : "%u", (unsigned)out.p[k]);
		if (row[i].want) {
			T(named == row[i].named);
			T_STR(buf_all(&text), str_of(row[i].want));
		}
		uidset_free(&out);
	}
	T(uidset_within(&none, STR("1:4294967295"), &out, &named) == 1 && out.n == 0);
	T(uidset_parse(STR("7:5,1"), 4, &out) == 1);
	uidset_sort(&out);
	T(out.n == 4 && out.p[0] == 1 && out.p[3] == 7);
	T(uidset_parse(STR("9"), 4, &out) == 0 && out.n == 4);
	uidset_free(&out);
	T(uidset_parse(STR("1:4294967295"), UIDSET_MAX, &out) == 0 && out.n == 0);
	T(uidset_parse(STR("4294967295"), 1, &out) == 1 && out.n == 1);
	T(uidset_parse(STR("1,"), 9, &out) == 0);
	uidset_free(&out);
	buf_free(&text);
	uidset_free(&of);
}

int main(void)
{
	struct uidset a = SET(1, 2, 3, 4), b = SET(2, 4, 6), c = {0};
	ordering();
	ranges();
	packing();
	within();
	uidset_minus(&a, &b, &c);
	T(c.n == 2 && c.p[0] == 1 && c.p[1] == 3);
	uidset_free(&a);
	uidset_free(&b);
	uidset_free(&c);
	return t_done();
}
