#include "t.h"

#include "password.h"

static void shapes(void)
{
	static const char *const bad[] = {
		"", "scrypt", "scrypt$15$8$3", "plain$15$8$1$00$00", "scrypt$0$8$1$00$00",
		"scrypt$40$8$1$00112233445566778899aabbccddeeff$00", "scrypt$15$8$3$zz$zz"};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		T(!password_fits(str_of(bad[i]), STR("")));
}

static void round_trip(void)
{
	struct arena a = {0};
	struct err err = {0};
	struct str one, two, more;
	T(password_hash(&a, STR("correct horse"), &one, &err) == 1);
	T(password_hash(&a, STR("correct horse"), &two, &err) == 1);
	T(!str_eq(one, two));
	T(str_starts(one, STR("scrypt$15$8$3$")));
	T(password_fits(one, STR("correct horse")));
	T(!password_fits(one, STR("correct horsE")));
	T(!password_fits(one, STR("")));
	more = arena_fmt(&a, "%.*s$x", STR_ARG(one));
	T(!password_fits(more, STR("correct horse")));
	arena_free(&a);
}

static void lengths(void)
{
	struct arena a = {0};
	struct err err = {0};
	struct str out;
	char *p = arena_alloc(&a, PASSWORD_MAX + 1);
	memset(p, 'x', PASSWORD_MAX + 1);
	T(password_hash(&a, STR("1234567"), &out, &err) == -1 && err.kind == ERR_INPUT);
	T(password_hash(&a, (struct str){p, PASSWORD_MAX + 1}, &out, &err) == -1);
	T(password_hash(&a, (struct str){p, PASSWORD_MAX}, &out, &err) == 1);
	/* What is longer is not what fits its beginning. */
	T(!password_fits(out, (struct str){p, PASSWORD_MAX + 1}));
	arena_free(&a);
}

int main(void)
{
	shapes();
	round_trip();
	lengths();
	return t_done();
}
