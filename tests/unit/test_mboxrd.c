#include "t.h"

#include "mboxrd.h"

/* The message; its record's text, or NULL when no mbox can carry it. */
static const struct {
	struct str message;
	const char *text;
} rows[] = {
	{STR(""), ""},
	{STR("\r\n"), "\n"},
	{STR("a: b\r\n\r\nc\r\n"), "a: b\n\nc\n"},
	{STR("From a\r\n"), ">From a\n"},
	{STR("x\r\nFrom a\r\n>From b\r\n>>From c\r\n"), "x\n>From a\n>>From b\n>>>From c\n"},
	{STR("From\r\nFrom:\r\nFro\r\n>\r\n>Fro\r\n"), "From\nFrom:\nFro\n>\n>Fro\n"},
	{STR(" From a\r\nxFrom a\r\n> From a\r\n"), " From a\nxFrom a\n> From a\n"},
	{STR("FFrom a\r\nFFFrom a\r\n"), "FFrom a\nFFFrom a\n"},
	{STR("a\rb\r\n\rFrom a\r\n"), "a\rb\n\rFrom a\n"},
	{STR("From From a\r\n\r\n\r\nFrom \r\n"), ">From From a\n\n\n>From \n"},
	{STR(">\r\nFrom a\r\n"), ">\n>From a\n"},
	{STR("a"), NULL},
	{STR("a\r"), NULL},
	{STR("a\r\nb"), NULL},
	{STR("\n"), NULL},
	{STR("a\nb\r\n"), NULL},
	{STR("a\r\nb\n"), NULL},
	{STR("a\r\r\n"), NULL},
};

static bool fits(struct str s, size_t split)
{
	struct mboxrd m;
	mboxrd_start(&m);
	mboxrd_check(&m, str_cut(s, 0, split));
	mboxrd_check(&m, str_cut(s, split, s.n));
	return mboxrd_fits(&m);
}

static void splits(struct str s, const char *want)
{
	struct buf b;
	struct mboxrd m;
	buf_init(&b, 4096);
	for (size_t one = 0; one <= s.n; one++) {
		T(fits(s, one) == (want != NULL));
		for (size_t two = one; want && two <= s.n; two++) {
			buf_clear(&b);
			mboxrd_start(&m);
			mboxrd_write(&m, str_cut(s, 0, one), &b);
			mboxrd_write(&m, str_cut(s, one, two), &b);
			mboxrd_write(&m, str_cut(s, two, s.n), &b);
			T_STR(buf_all(&b), str_of(want));
		}
	}
	buf_free(&b);
}

static void long_runs(void)
{
	static char s[2000];
	memset(s, '>', sizeof s);
	memcpy(s + 900, "From a\r\n", 8);
	T(fits((struct str){s, 908}, 500));
	memset(s, '>', sizeof s);
	memcpy(s + 901, "From a\r\n", 8);
	T(!fits((struct str){s, 909}, 500));
	s[0] = 'a';
	T(fits((struct str){s, 909}, 500));
}

static void separators(void)
{
	static const struct {
		int64_t date;
		const char *want;
	} row[] = {
		{0, "From MAILER-DAEMON Thu Jan  1 00:00:00 1970\n"},
		{-1, "From MAILER-DAEMON Thu Jan  1 00:00:00 1970\n"},
		{1583479800, "From MAILER-DAEMON Fri Mar  6 07:30:00 2020\n"},
		{253402300799, "From MAILER-DAEMON Fri Dec 31 23:59:59 9999\n"},
		{INT64_MAX, "From MAILER-DAEMON Fri Dec 31 23:59:59 9999\n"},
	};
	struct buf b;
	buf_init(&b, 4096);
	for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
		buf_clear(&b);
		mboxrd_from(&b, row[i].date);
		T_STR(buf_all(&b), str_of(row[i].want));
	}
	buf_free(&b);
}

int main(void)
{
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		splits(rows[i].message, rows[i].text);
	long_runs();
	separators();
	return t_done();
}
