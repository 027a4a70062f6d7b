#include "t.h"

#include "arena.h"

static void zeroed_and_apart(void)
{
	struct arena a = {0};
	char *before = NULL;
	bool fine = true;
	for (size_t n = 1; n < 3000; n++) {
		char *p = arena_alloc(&a, n);
		for (size_t i = 0; i < n; i++)
			fine &= p[i] == 0;
		fine &= ((uintptr_t)p & 15) == 0 && p != before;
		memset(p, 0xAA, n);
		before = p;
	}
	T(fine);
	arena_reset(&a);
	T(a.used == 0);
	char *again = arena_alloc(&a, 100);
	T(again[0] == 0 && again[99] == 0);
	arena_free(&a);
	arena_free(&a);
}

static void growing(void)
{
	struct arena a = {0};
	int *v = NULL;
	bool fine = true;
	for (int i = 0; i < 1000; i++) {
		v = arena_grow(&a, v, (size_t)i, sizeof *v);
		v[i] = i;
	}
	for (int i = 0; i < 1000; i++)
		fine &= v[i] == i;
	T(fine);
	T_STR(arena_fmt(&a, "%s-%d", "x", 7), STR("x-7"));
	struct str s = arena_str(&a, STR("abc"));
	T(s.p[s.n] == '\0');
	T_STR(arena_lower(&a, STR("AZ[az@\xC4")), STR("az[az@\xC4"));
	arena_free(&a);
}

int main(void)
{
	zeroed_and_apart();
	growing();
	return t_done();
}
