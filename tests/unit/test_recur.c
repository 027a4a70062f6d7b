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
	recur_free(&r);
	T(r == NULL);
	recur_free(&r);
	return t_done();
}
