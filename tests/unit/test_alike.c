#include "t.h"

#include "alike.h"

#include "mail.h"

static struct arena a;

#define FIRST "We meet on Monday at ten in the hall.\n\nBring the plan\nand a pen.\n"

static const struct {
	const char *what;
	const char *texts[3];
	const char *same, *within; /* of each: its place, '-' none */
} row[] = {
	{"a reply quotes all of it",
	 {FIRST, "Fine.\n\n> We meet on Monday at ten in the hall.\n>\n"
	  "> Bring the plan\n> and a pen.\n", "no\n"}, "---", "1--"},
	{"folded otherwise, and by Outlook",
	 {FIRST, "ok\n-----Original Message-----\nFrom: Ann\nSent: Monday\nSubject: x\n\n"
	  "We meet  on Monday\nat ten in the hall.\n\n  bring the plan and a pen.", "x"},
	 "---", "1--"},
	{"a part of it is left out",
	 {FIRST, "> Bring the plan\n> and a pen.\n", "x"}, "---", "---"},
	{"the same text", {FIRST, FIRST, "> b\n" FIRST}, "-00", "12-"},
	{"the signature does not count",
	 {FIRST "-- \nAnn\n", "> We meet on Monday at ten in the hall.\n>\n> Bring the plan\n"
	  "> and a pen.\n", ""}, "---", "1--"},
	{"too short to tell", {"Yes, fine.\n", "No.\n> Yes, fine.\n", ""}, "---", "---"},
	{"what is quoted is not its own",
	 {"> Bring the plan and a pen today.\n", FIRST "\nBring the plan and a pen today.\n", "x"},
	 "---", "---"},
	{"nothing is like nothing", {"", "", "\n\n"}, "---", "---"},
};

int main(void)
{
	mail_init();
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct alike_text texts[3];
		char same[4] = "---", within[4] = "---";
		for (size_t k = 0; k < 3; k++)
			texts[k] = (struct alike_text){str_of(row[i].texts[k]), (int64_t)k, k + 1};
		const struct alike *x = alike_compare(&a, texts, 3);
		for (size_t k = 0; k < 3; k++) {
			if (x[k].same >= 0)
				same[k] = (char)('0' + x[k].same);
			if (x[k].within >= 0)
				within[k] = (char)('0' + x[k].within);
		}
		T_STR(arena_fmt(&a, "%s: %s %s", row[i].what, same, within),
		      arena_fmt(&a, "%s: %s %s", row[i].what, row[i].same,
				row[i].within));
	}
	/* Order is by date, then number; what is given last may be first. */
	const struct alike_text turned[] = {{STR(FIRST), 9, 1}, {STR(FIRST), 5, 3},
					    {STR(FIRST), 5, 2}};
	const struct alike *x = alike_compare(&a, turned, 3);
	T(x[0].same == 2 && x[1].same == 2 && x[2].same == -1);
	T(x[0].within == -1 && x[1].within == 0 && x[2].within == 1);
	/* Behind the limit nothing is compared. */
	struct alike_text *many = arena_alloc(&a, (ALIKE_MOST + 1) * sizeof *many);
	for (size_t i = 0; i <= ALIKE_MOST; i++)
		many[i] = (struct alike_text){STR(FIRST), (int64_t)i, i + 1};
	x = alike_compare(&a, many, ALIKE_MOST + 1);
	T(x[ALIKE_MOST - 1].same == 0 && x[ALIKE_MOST].same == -1);
	struct str one = STR("a\n\n");
	char *p = arena_alloc(&a, ALIKE_PARAS * one.n);
	for (size_t i = 0; i < ALIKE_PARAS; i++)
		memcpy(p + i * one.n, one.p, one.n);
	many[1].text = (struct str){p, (ALIKE_PARAS - 3) * one.n};
	T(alike_compare(&a, many, 3)[2].same == 0);
	many[1].text.n += one.n;
	T(alike_compare(&a, many, 3)[2].same == -1);
	arena_free(&a);
	return t_done();
}
