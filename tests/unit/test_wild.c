#include "t.h"

#include "boxq.h"
#include "casemap.h"
#include "wild.h"

static struct arena a;

/* Does the text hold the one leaf of the query? */
static bool holds(const char *query, const char *text)
{
	const struct qnode *q;
	const struct boxq_warning *w;
	size_t n;
	boxq_parse_on(&a, str_of(query), 0, &q, &w, &n);
	T(n == 0 && q->n_phrases > 0);
	return q->n_phrases > 0 && wild_holds(casemap_str(&a, str_of(text)), q);
}

static void words(void)
{
	static const struct {
		const char *query, *text;
		bool want;
	} row[] = {
		{"bud*", "the Budget", true}, {"bud*", "bud", true}, {"bud*", "rosebud", false},
		{"*bud", "rosebud x", true}, {"*bud", "buds", false}, {"*bud", "bud", true},
		{"*bud*", "rosebuds", true}, {"*bud*", "bu d", false},
		{"b*t", "budget", true}, {"b*t", "bt", true}, {"b*t", "b t", false},
		{"b*b", "b", false}, {"aba*aba", "ababa", false}, {"aba*aba", "abaaba", true},
		{"*a*b*", "xbya", false}, {"*a*b*", "xayb", true}, {"a*b*c", "a1b2c", true},
		{"a*b*c", "acb", false}, {"*a*b", "abab", true}, {"*ab*ab", "xabyab", true},
		{"x-bud*", "X budgets", true}, {"x-bud*", "x y budgets", false},
		{"caf*", "Café", true}, {"café*", "cafeteria", false}, {"café*", "CAFÉS", true},
		{"*fé", "cafe", false}, {"*fe", "café", true},
		{"会议", "今天的会议改到下午", true}, {"会议", "会 议", false}, {"会议", "议会", false},
		{"\"会议 下午\"", "今天的会议 下午三点", true}, {"\"会议 下午\"", "会议的 下午", false},
		{"ไทย", "ประเทศไทยมี", true}, {"iPhone手机", "我的iPhone手机壳", false},
		{"iPhone手机", "IPHONE手机壳", true}, {"手机iphone", "买手机iPhone", true},
		{"手机iphone", "手机iPhones", false},
		{"ガ", "ｶﾞ", true}, {"カ", "ガ", false}, {"カ", "ガカ", true}, {"かき", "かぎ", false},
	};
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		bool got = holds(row[i].query, row[i].text);
		T(got == row[i].want);
		if (got != row[i].want)
			printf("  %s in %s\n", row[i].query, row[i].text);
	}
}

static void near(void)
{
	static const struct {
		const char *query, *text;
		bool want;
	} row[] = {
		{"a NEAR/1 b", "a b", true}, {"a NEAR/1 b", "b, a", true},
		{"a NEAR/1 b", "a x b", false}, {"a NEAR/2 b", "a x b", true},
		{"a NEAR/2 b", "b x a", true}, {"a NEAR/2 b", "a x x b x a", true},
		{"a NEAR/2 b", "a x x b x x a", false}, {"a NEAR/5 b", "a", false},
		{"a NEAR/5 a", "a", false}, {"a NEAR/5 a", "a x a", true},
		{"\"a b\" NEAR/2 c", "a b x c", true}, {"\"a b\" NEAR/2 c", "a b x x c", false},
		{"c NEAR/2 \"a b\"", "a b x c", true}, {"\"a b\" NEAR/1 \"b a\"", "a b a", false},
		{"\"a b\" NEAR/1 \"b a\"", "a b b a", true},
		{"\"a a\" NEAR/1 \"a a\"", "a a a", false},
		{"\"a a\" NEAR/1 \"a a\"", "a a a a", true},
		{"\"a a a\" NEAR/2 a", "a a a", false}, {"\"a a a\" NEAR/2 a", "a a a x a", true},
		{"bud* NEAR/2 *port", "budgets of a report", false},
		{"bud* NEAR/3 *port", "budgets of a report", true},
		{"über NEAR/1 a", "uber a", false}, {"uber NEAR/1 a", "über a", true},
	};
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		bool got = holds(row[i].query, row[i].text);
		T(got == row[i].want);
		if (got != row[i].want)
			printf("  %s in %s\n", row[i].query, row[i].text);
	}
}

int main(void)
{
	words();
	near();
	arena_free(&a);
	return t_done();
}
