#include "t.h"

#include "casemap.h"

static void mapping(void)
{
	static const struct {
		struct str in, want;
	} row[] = {
		{STR(""), STR("")},
		{STR("Hello, World 123"), STR("HELLO, WORLD 123")},
		{STR("a\r\nb\rc\n\r\n"), STR("A\nB\rC\n\n")},
		{STR("a\0b"), STR("A\0B")},
		{STR("\xC3\xBC"), STR("U\xCC\x88")},		  /* ü */
		{STR("\xC3\x9C"), STR("U\xCC\x88")},		  /* Ü */
		{STR("u\xCC\x88"), STR("U\xCC\x88")},		  /* u + diaeresis */
		{STR("\xC3\x9F"), STR("\xC3\x9F")},		  /* ß stays */
		{STR("\xC2\xA0"), STR(" ")},			  /* NO-BREAK SPACE */
		{STR("\xEF\xBC\xA1\xEF\xBD\x81"), STR("AA")},	  /* full-width */
		{STR("\xEF\xAC\x81"), STR("fi")},		  /* ligature: no titlecase */
		{STR("\xC7\x86"), STR("Dz\xCC\x8C")},		  /* dž -> titlecase Dž */
		{STR("\xD0\x9F\xD1\x80"), STR("\xD0\x9F\xD0\xA0")}, /* Cyrillic */
		{STR("\xCF\x82\xCF\x83"), STR("\xCE\xA3\xCE\xA3")}, /* both sigmas */
		{STR("\xE2\x85\xB7"), STR("VIII")},		  /* small roman eight */
		{STR("\xE2\x93\x90"), STR("A")},		  /* circled a */
		{STR("\xE1\x83\x90"), STR("\xE1\x83\x90")},   /* Georgian */
		{STR("\xEA\xB0\x80"), STR("\xE1\x84\x80\xE1\x85\xA1")}, /* Hangul */
		{STR("\xE2\x84\xAB"), STR("A\xCC\x8A")},	  /* ANGSTROM, two steps */
		{STR("\xC7\x96"), STR("U\xCC\x88\xCC\x84")},	  /* ǖ, two steps */
		{STR("\xF0\x9D\x90\x80"), STR("A")},		  /* mathematical bold */
		{STR("\xF0\x90\x90\xA8"), STR("\xF0\x90\x90\x80")}, /* Deseret */
		{STR("\xE4\xB8\xAD"), STR("\xE4\xB8\xAD")},
		{STR("\x80" "a\xC3"), STR("\xEF\xBF\xBD" "A\xEF\xBF\xBD")},
		{STR("\xED\xA0\x80"), STR("\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD")},
	};
	struct arena a = {0};
	for (int again = 0; again < 2; again++)
		for (size_t i = 0; i < sizeof row / sizeof *row; i++)
			T_STR(casemap_str(&a, row[i].in), row[i].want);
	arena_free(&a);
}

/* One octet after the other, at every place of a long text: the fast path is the slow path. */
static void places(void)
{
	struct arena a = {0};
	bool ok = true;
	for (unsigned c = 0; c < 0x80; c++)
		for (size_t at = 0; at < 40; at++) {
			char in[42], want[42];
			memset(in, 'b', 40);
			memset(want, 'B', 40);
			in[at] = (char)c;
			want[at] = (char)(c >= 'a' && c <= 'z' ? c - 32 : c);
			struct str got = casemap_str(&a, (struct str){in, 40});
			ok = ok && str_eq(got, (struct str){want, 40});
		}
	T(ok);
	for (size_t at = 0; at < 40; at++) {
		char in[42], want[42];
		memset(in, 'b', 42);
		memset(want, 'B', 41);
		memcpy(in + at, "\r\n", 2);
		want[at] = '\n';
		T_STR(casemap_str(&a, (struct str){in, 42}), ((struct str){want, 41}));
	}
	arena_free(&a);
}

/* What does not fit is not added. */
static void limits(void)
{
	struct arena a = {0};
	struct buf b;
	buf_init(&b, 5);
	casemap_add(&b, STR("abc"));
	T(b.n == 3 && !b.full);
	casemap_add(&b, STR("defghi"));
	T(b.full && b.n <= 5);
	buf_free(&b);
	buf_init(&b, 4);
	casemap_add(&b, STR("\xEF\xB7\xBA")); /* U+FDFA: eighteen characters */
	T(b.full && b.n == 0);
	buf_free(&b);
	T(casemap_str(&a, STR("\xEF\xB7\xBA")).n == 33);
	arena_free(&a);
}

static void bare(void)
{
	static const struct {
		const char *in, *want;
	} row[] = {
		{"plain", "PLAIN"},
		{"\xC3\xBC" "ber", "UBER"},
		{"Ti\xE1\xBA\xBFng", "TIENG"},
		{"\xD7\xA9\xD6\xB8\xD7\x9C", "\xD7\xA9\xD7\x9C"}, /* Hebrew points */
		{"\xE3\x81\x8C", "\xE3\x81\x8B\xE3\x82\x99"},	  /* kana voicing stays */
		{"\xC3\x98", "\xC3\x98"},			  /* Ø has no decomposition */
	};
	struct arena a = {0};
	for (size_t i = 0; i < sizeof row / sizeof *row; i++)
		T_STR(casemap_bare(&a, casemap_str(&a, str_of(row[i].in))), str_of(row[i].want));
	arena_free(&a);
}

int main(void)
{
	mapping();
	places();
	limits();
	bare();
	T(casemap_has(STR("ABC"), STR("")) && casemap_has(STR(""), STR("")));
	T(casemap_has(STR("ABC"), STR("BC")) && !casemap_has(STR("ABC"), STR("BD")));
	T(!casemap_has(STR("A"), STR("AB")) && casemap_has(STR("A\0B"), STR("\0B")));
	return t_done();
}
