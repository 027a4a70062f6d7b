#define _GNU_SOURCE
#include "t.h"

#include "budget.h"
#include "file.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define HOUR 3600
#define MB ((uint64_t)1000000)

static char dir[] = "/tmp/sheaf-budget-XXXXXX";
static const int64_t noon = 1767268800; /* a whole hour */

static void start(struct budget *b, uint64_t limit)
{
	budget_open(b, dir, STR("ann/é"));
	budget_session(b, limit);
}

/* Hours come and go; what is older than a day does not count. */
static void hours(void)
{
	struct budget b;
	start(&b, 100 * MB);
	T(budget_left(&b, noon) == 100 * MB);
	budget_note(&b, 30 * MB, noon);
	budget_note(&b, 60 * MB, noon + 5 * HOUR);
	T(budget_left(&b, noon + 5 * HOUR) == 40 * MB);
	budget_session(&b, 100 * MB); /* another connection counts from 0 */
	budget_note(&b, 50 * MB, noon + 6 * HOUR);
	T(budget_left(&b, noon + 6 * HOUR) == 0);
	T(budget_left(&b, noon + 24 * HOUR) == 0);
	T(budget_left(&b, noon + 25 * HOUR) == 20 * MB);
	T(budget_left(&b, noon + 31 * HOUR) == 100 * MB);
	for (int h = 30; h < 100; h++)
		budget_note(&b, 50 * MB + (uint64_t)(h - 29) * MB, noon + h * HOUR);
	T(budget_left(&b, noon + 99 * HOUR) == 75 * MB);
	budget_close(&b);
	struct arena a = {0};
	unlink(arena_fmt(&a, "%s/budget/ann%%2F%%C3%%A9.json", dir).p);
	arena_free(&a);
}

/* What was spent, and how long to rest, is known after a restart. */
static void restart(void)
{
	struct budget b;
	start(&b, 100 * MB);
	budget_note(&b, 20 * MB, noon);
	budget_note(&b, 101 * MB, noon + 2 * HOUR);
	budget_spent(&b, noon + 2 * HOUR + 7);
	T(b.until == noon + 25 * HOUR);
	budget_close(&b);
	start(&b, 100 * MB);
	T(b.own && b.until == noon + 25 * HOUR);
	T_STR(str_of(b.why), STR("the budget of 100 MB a day is spent"));
	T(budget_left(&b, noon + 3 * HOUR) == 0);
	budget_hold(&b, 89117, "the server said 'later\x01'", noon);
	budget_close(&b);
	start(&b, BUDGET_NONE);
	T(!b.own && b.until == noon + 90);
	T_STR(str_of(b.why), STR("the server said 'later?'"));
	T(budget_left(&b, noon) == BUDGET_NONE);
	budget_close(&b);
}

/* A file that makes no sense counts as none. */
static void nonsense(void)
{
	static const char *const text[] = {
		"", "[", "[]", "{\"hours\": 7}", "{\"hours\": [[1], [\"a\", 2], 3, [-5, 9]]}",
	};
	struct arena a = {0};
	struct err err;
	const char *path = arena_fmt(&a, "%s/budget/ann%%2F%%C3%%A9.json", dir).p;
	for (size_t i = 0; i < sizeof text / sizeof *text; i++) {
		struct budget b;
		T(file_replace(path, str_of(text[i]), &err) == 1);
		start(&b, MB);
		T(budget_left(&b, noon) == MB);
		T(b.until == 0);
		budget_close(&b);
	}
	arena_free(&a);
}

int main(void)
{
	char command[100];
	if (mkdtemp(dir) == NULL)
		return 1;
	hours();
	restart();
	nonsense();
	snprintf(command, sizeof command, "rm -rf '%s'", dir);
	T(system(command) == 0);
	return t_done();
}
