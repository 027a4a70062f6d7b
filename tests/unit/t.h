/* t: the few lines every unit test shares.
 *
 * Shape: T(condition) counts; T_STR(got, want) shows both when they differ; end main with
 * return t_done(). The last line printed is "N passed, N failed".
 */
#ifndef T_H
#define T_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include "str.h"

#include <stdio.h>
#include <stdlib.h>

static int t_passed, t_failed;

__attribute__((unused)) static void t_check(bool ok, const char *what, const char *file, int line)
{
	if (ok) {
		t_passed++;
		return;
	}
	t_failed++;
	printf("%s:%d: failed: %s\n", file, line, what);
}

__attribute__((unused)) static void t_same(struct str got, struct str want, const char *what,
					   const char *file, int line)
{
	t_check(str_eq(got, want), what, file, line);
	if (!str_eq(got, want))
		printf("  got  '%.*s'\n  want '%.*s'\n", STR_ARG(got), STR_ARG(want));
}

#define T(cond) t_check((cond), #cond, __FILE__, __LINE__)
#define T_STR(got, want) t_same((got), (want), #got, __FILE__, __LINE__)

static int t_done(void)
{
	printf("%d passed, %d failed\n", t_passed, t_failed);
	return t_failed ? 1 : 0;
}

/* A fresh directory for this test, removed by whoever runs the tests. */
__attribute__((unused)) static const char *t_dir(void)
{
	static char dir[4096];
	const char *tmp = getenv("TMPDIR");
	snprintf(dir, sizeof dir, "%s/sheaf-unit-XXXXXX", tmp ? tmp : "/tmp");
	return mkdtemp(dir);
}

#endif
