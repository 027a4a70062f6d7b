#include "t.h"

#include "archive.h"
#include "mboxhead.h"

#define SEP "From a@b Mon Jan  2 15:04:05 2006\n"

static const struct {
	const char *text;
	size_t body;
	int counted; /* -1: no, else the length */
	unsigned flags;
	const char *keywords;
} heads[] = {
	{"", 0, -1, 0, ""},
	{"A: b", 0, -1, 0, ""},
	{"A: b\n", 0, -1, 0, ""},
	{"\nStatus: R\n", 1, -1, 0, ""},
	{"A: b\n\nbody", 6, -1, 0, ""},
	{"A: b\r\n\r\nbody", 8, -1, 0, ""},
	{"Content-Length: 12\n\n", 20, 12, 0, ""},
	{"content-length:12 \r\n\r\n", 22, 12, 0, ""},
	{"Content-Length: 1x\n\n", 20, -1, 0, ""},
	{"Content-Length: -1\n\n", 20, -1, 0, ""},
	{"Content-Length: 1\nContent-Length: 2\n\n", 37, 1, 0, ""},
	{"Content-Lengthy: 1\n\n", 20, -1, 0, ""},
	{"Status: RO\n\n", 12, -1, ARCHIVE_SEEN, ""},
	{"Status: O\n\n", 11, -1, 0, ""},
	{"Status: RO\nX-Status: AFDT\n\n", 27, -1, 31, ""},
	{"X-Keywords: b a b  $x \n\n", 24, -1, 0, "$x a b"},
	{"X-Keywords: a\nX-Keywords: \xc3\xa9 c ab\n\n", 35, -1, 0, "a ab c"},
	{"X-Mozilla-Status: 0001\n\n", 24, -1, ARCHIVE_SEEN, ""},
	{"X-Mozilla-Status: 100e\n\n", 24, -1,
	 ARCHIVE_ANSWERED | ARCHIVE_FLAGGED | ARCHIVE_DELETED, "$Forwarded"},
	{"X-Mozilla-Status: 00g1\n\n", 24, -1, 0, ""},
	{"X-Mozilla-Status: 1\n\n", 21, -1, 0, ""},
};

static const struct {
	const char *text;
	uint64_t at;
	int open, whole; /* the answers */
} ends[] = {
	{"ab\n", 3, -1, 1},
	{"ab\n", 2, -1, 1},
	{"ab\n", 1, 0, 0},
	{"ab\n", 4, -1, 0},
	{"ab\n", UINT64_MAX, -1, 0},
	{"ab\n\n", 3, -1, 1},
	{"ab\n\r\n", 3, -1, 1},
	{"ab\n" SEP, 3, 1, 1},
	{"ab\n\n" SEP, 3, 1, 1},
	{"ab\n\n" SEP, 2, 0, 0},
	{"ab\n\n" SEP, 4, 1, 1},
	{"ab\n\n\n" SEP, 3, 0, 0},
	{"ab" SEP, 2, 0, 0},
	{"ab\nFrom here on\n", 3, 0, 0},
	{"ab\nFrom a@b Mon Jan  2 15:04:05 2006", 3, -1, 0},
};

static const struct {
	const char *text;
	enum mbox_format want;
} guesses[] = {
	{SEP "A: b\n\nc\n\n" SEP "Content-Length: 2\n\nd\n", MBOX_RD},
	{SEP "Content-Length: 2\n\nc\n\n" SEP "A: b\n\nd\n", MBOX_CL},
	{SEP "Content-Length: 2\n\nc\n\n" SEP "Content-Length: 2\n\nd\n", MBOX_CL},
	{SEP "Content-Length: 2\n\nc\n" SEP "Content-Length: 3\n\nd\n\n", MBOX_CL},
	{SEP "Content-Length: 9\n\nc\n\n" SEP "Content-Length: 7\n\nd\n", MBOX_RD},
	{SEP "Content-Length: 9\n\nc\n\n" SEP "Content-Length: 2\n\nd\n", MBOX_CL},
	{SEP "Content-Length: 8\n\nFrom me\n\n" SEP "A: b\n\nd\n", MBOX_CL2},
	{SEP "Content-Length: 9\n\n>From me\n\n" SEP "A: b\n\nd\n", MBOX_CL},
	{SEP "Content-Length: 38\n\n\n" SEP "c\n\n" SEP "Content-Length: 2\n\nd\n", MBOX_CL2},
	{SEP "Content-Length: 18446744073709551615\n\nc\n", MBOX_RD},
	{SEP "Content-Length: 2\n", MBOX_CL},
	{SEP, MBOX_RD},
	{"", MBOX_RD},
};

int main(void)
{
	for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++) {
		struct mboxhead h;
		mboxhead_read(str_of(heads[i].text), &h);
		T(h.body == heads[i].body);
		T(h.counted == (heads[i].counted >= 0));
		T(!h.counted || h.length == (uint64_t)heads[i].counted);
		T(h.flags == heads[i].flags);
		T_STR(((struct str){h.keywords, h.n_keywords}), str_of(heads[i].keywords));
	}
	for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
		struct str s = str_of(ends[i].text);
		T(mboxhead_ends(s, ends[i].at, false) == ends[i].open);
		T(mboxhead_ends(s, ends[i].at, true) == ends[i].whole);
	}
	for (size_t i = 0; i < sizeof guesses / sizeof guesses[0]; i++) {
		struct str s = str_of(guesses[i].text);
		T(mboxhead_guess(s, true) == guesses[i].want);
		for (size_t n = 0; n <= s.n; n++)
			mboxhead_guess(str_cut(s, 0, n), false);
	}
	struct mboxhead h;
	char many[8000];
	size_t n = (size_t)snprintf(many, sizeof many, "X-Keywords:");
	for (int i = 0; i < 900; i++)
		n += (size_t)snprintf(many + n, sizeof many - n, " k%d", i);
	n += (size_t)snprintf(many + n, sizeof many - n, "\n\n");
	mboxhead_read((struct str){many, n}, &h);
	T(h.n_keywords > 900 && h.n_keywords <= sizeof h.keywords && h.body == n);
	return t_done();
}
