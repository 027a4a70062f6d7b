#include "t.h"

#include "recur.h"

#include <stdio.h>

int main(void)
{
	struct recur *r = recur_new();
	int early = 0;
	for (int i = 1; i < RECUR_LINES; i++)
		early += recur_line(r, STR("X-MAILER: ONE"));
	T(early == 0);
	for (int i = 0; i < 1000; i++)
		T(recur_line(r, STR("X-MAILER: ONE")));
	T(!recur_line(r, STR("X-MAILER: TWO")));
	int always = 0, seldom = 0, twice = 0, small = 0;
	for (int i = 0; i < 2000; i++) {
		recur_message(r);
		always += recur_word(r, STR("ALWAYS"));
		small += recur_word(r, STR("SMALL"));
		if (i % (4 * RECUR_SHARE) == 0)
			seldom += recur_word(r, STR("SELDOM"));
		if (i < 10) /* often, but in few messages */
			for (int k = 0; k < 100; k++)
				twice += recur_word(r, STR("AT FIRST"));
	}
	T(always > 1900 && always < 2000);
	T(seldom == 0 && twice == 0 && small == 0);
	recur_free(&r);
	T(r == NULL);
	recur_free(&r);
	return t_done();
}
