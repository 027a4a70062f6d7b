#include "t.h"

#include "csscolour.h"

#define RGB(r, g, b) {r, g, b, 255, true}

static bool same(struct csscolour a, struct csscolour b)
{
	return a.r == b.r && a.g == b.g && a.b == b.b && a.alpha == b.alpha && a.known == b.known;
}

static void css(void)
{
	static const struct {
		const char *text;
		bool good;
		struct csscolour want;
	} row[] = {
		{"white", true, RGB(255, 255, 255)}, {" WhiteSmoke ", true, RGB(245, 245, 245)},
		{"yellowgreen", true, RGB(154, 205, 50)}, {"aliceblue", true, RGB(240, 248, 255)},
		{"#fff", true, RGB(255, 255, 255)}, {"#1a2B3c", true, RGB(26, 43, 60)},
		{"1a2B3c", true, RGB(26, 43, 60)}, {"#0f08", true, {0, 255, 0, 136, true}},
		{"#01020304", true, {1, 2, 3, 4, true}}, {"transparent", true, {0, 0, 0, 0, true}},
		{"rgb(1,2,3)", true, RGB(1, 2, 3)}, {"RGB( 1 2 3 )", true, RGB(1, 2, 3)},
		{"rgb(10%, 50%, 999)", true, RGB(25, 127, 255)},
		{"rgba(1,2,3,.5)", true, {1, 2, 3, 127, true}},
		{"rgb(1 2 3 / 0%)", true, {1, 2, 3, 0, true}},
		{"", false, {0}}, {"#", false, {0}}, {"#12345", false, {0}}, {"#ggg", false, {0}},
		{"12345678", false, {0}}, {"whit", false, {0}}, {"rgb(1,2)", false, {0}},
		{"rgb(1,2,3", false, {0}}, {"rgb(1,2,3,4,5)", false, {0}}, {"rgb(", false, {0}},
		{"rgb(-1,2,3)", false, {0}}, {"hsl(0,0%,0%)", false, {0}},
	};
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct csscolour c = {0};
		T(csscolour_read(str_of(row[i].text), &c) == row[i].good);
		T(!row[i].good || same(c, row[i].want));
	}
}

static void legacy(void)
{
	static const struct {
		const char *text;
		struct csscolour want;
	} row[] = {
		{"Red", RGB(255, 0, 0)}, {"#abc", RGB(170, 187, 204)}, {"abc", RGB(10, 11, 12)},
		{"#1a2b3c", RGB(26, 43, 60)}, {"chucknorris", RGB(192, 0, 0)},
		{"#00000000", RGB(0, 0, 0)}, {"#f", RGB(15, 0, 0)}, {"sick", RGB(0, 192, 0)},
		{"6db6ec49efd278cd0bc92d1e5e072d68", RGB(110, 205, 224)}, {"#", RGB(0, 0, 0)},
	};
	struct csscolour c;
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		T(csscolour_legacy(str_of(row[i].text), &c) && same(c, row[i].want));
		if (!same(c, row[i].want))
			printf("  %s: %d %d %d\n", row[i].text, c.r, c.g, c.b);
	}
	T(!csscolour_legacy(STR(" "), &c) && !csscolour_legacy(STR("Transparent"), &c));
}

static void seen(void)
{
	const struct csscolour white = RGB(255, 255, 255), black = RGB(0, 0, 0);
	const struct csscolour none = {0, 0, 0, 0, true}, unknown = {0, 0, 0, 255, false};
	const struct csscolour half = {0, 0, 0, 128, true}, close = RGB(245, 250, 255);
	T(csscolour_lost(white, white) && csscolour_lost(close, white));
	T(!csscolour_lost((struct csscolour)RGB(244, 255, 255), white));
	T(!csscolour_lost(black, white) && !csscolour_lost(half, white));
	T(csscolour_lost(none, white) && csscolour_lost(none, unknown));
	T(!csscolour_lost(unknown, white) && !csscolour_lost(white, unknown));
	T(same(csscolour_over(half, white), (struct csscolour)RGB(127, 127, 127)));
	T(same(csscolour_over(none, white), white) && same(csscolour_over(black, unknown), black));
	T(!csscolour_over(half, unknown).known && !csscolour_over(unknown, white).known);
}

int main(void)
{
	css();
	legacy();
	seen();
	return t_done();
}
