#include "t.h"

#include "qnode.h"

static void days(void)
{
	static const struct {
		unsigned y, m, d;
		int want_ok;
		int32_t want;
	} row[] = {
		{1970, 1, 1, 1, 0},	  {1969, 12, 31, 1, -1},  {2000, 2, 29, 1, 11016},
		{1900, 2, 29, 0, 0},	  {2100, 2, 28, 1, 47540}, {2020, 4, 31, 0, 0},
		{2020, 0, 1, 0, 0},	  {2020, 13, 1, 0, 0},	  {2020, 1, 0, 0, 0},
		{9999, 12, 31, 1, 2932896}, {10000, 1, 1, 0, 0},	  {0, 3, 1, 1, -719468},
	};
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		int32_t day = 0;
		T(qnode_day(row[i].y, row[i].m, row[i].d, &day) == row[i].want_ok);
		T(day == row[i].want);
	}
	T(qnode_month(STR("mAr")) == 3 && qnode_month(STR("Mars")) == 0);
}

/* Every day there and back through the text of a tree. */
static void text(void)
{
	struct arena a = {0};
	for (unsigned y = 1896; y <= 2104; y += 4)
		for (unsigned m = 1; m <= 12; m++) {
			struct qnode *q = qnode_new(&a, QNODE_SENTON, 1);
			T(qnode_day(y, m, 28, &q->day));
			T_STR(qnode_text(&a, q), arena_fmt(&a, "(senton %04u-%02u-28)", y, m));
		}
	struct qnode *q = qnode_new(&a, QNODE_SUBJECT, 1);
	q->needle = STR("a\"\\\n\x01é");
	T_STR(qnode_text(&a, q), STR("(subject \"a\\\"\\\\\\x0a\\x01é\")"));
	T(qnode_not(&a, qnode_not(&a, q)) == q);
	const struct qnode *set = qnode_numbers(&a, NULL, 0);
	T(set->kind == QNODE_THREAD && set->numbers && set->n_numbers == 0);
	T(qnode_join(&a, QNODE_AND, NULL, 0)->kind == QNODE_ALL);
	const struct qnode *kids[] = {q, qnode_not(&a, q)};
	T(qnode_join(&a, QNODE_OR, kids, 1) == q);
	const struct qnode *const *list;
	T(qnode_leaves(&a, qnode_join(&a, QNODE_OR, kids, 2), &list) == 2 && list[0] == q);
	arena_free(&a);
}

int main(void)
{
	days();
	text();
	return t_done();
}
