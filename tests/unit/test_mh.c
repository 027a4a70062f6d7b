#include "t.h"

#include "archive.h"
#include "mh.h"

static const struct {
	const char *text;
	uint32_t number;
	unsigned flags;
} cases[] = {
	{"", 1, ARCHIVE_SEEN},
	{"unseen: 1", 1, 0},
	{"unseen: 1\n", 2, ARCHIVE_SEEN},
	{"cur: 2\nunseen: 3-5 9\n", 4, 0},
	{"unseen: 3-5 9\n", 9, 0},
	{"unseen: 3-5 9\n", 6, ARCHIVE_SEEN},
	{"UNSEEN:  3-5  9 \r\n", 5, 0},
	{"replied: 1-2\nflagged: 2\n", 2, ARCHIVE_SEEN | ARCHIVE_ANSWERED | ARCHIVE_FLAGGED},
	{"answered: 7\nunseen: 7\n", 7, ARCHIVE_ANSWERED},
	{"unseen: x 1- -2 4294967296 5-x 7\n", 7, 0},
	{"unseen: 5-x\n", 5, ARCHIVE_SEEN},
	{"no colon\n:\n: 1\nunseen\n", 1, ARCHIVE_SEEN},
	{"unseen: 9-3\n", 5, ARCHIVE_SEEN},
};

int main(void)
{
	uint32_t n;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct mh *m = mh_open(str_of(cases[i].text));
		T(mh_flags(m, cases[i].number) == cases[i].flags);
		mh_close(&m);
		T(m == NULL);
		mh_close(&m);
	}
	T(mh_number(STR("17"), &n) == 1 && n == 17);
	T(!mh_number(STR(""), &n) && !mh_number(STR("0"), &n) && !mh_number(STR("01"), &n));
	T(!mh_number(STR(",3"), &n) && !mh_number(STR("3~"), &n) && !mh_number(STR("-1"), &n));
	return t_done();
}
