#include "t.h"

#include "totp.h"
#include "user.h"

/* RFC 6238 appendix B, its last six digits. */
static void vectors(void)
{
	static const struct {
		uint64_t seconds;
		unsigned code;
	} row[] = {{59, 287082}, {1111111109, 81804}, {1111111111, 50471}, {1234567890, 5924},
		   {2000000000, 279037}, {20000000000, 353130}};
	for (size_t i = 0; i < sizeof row / sizeof *row; i++)
		T(totp_code((const unsigned char *)"12345678901234567890", 20,
			    row[i].seconds / 30) == row[i].code);
}

/* RFC 4648 10, without the padding. */
static void base32(void)
{
	static const char *const row[][2] = {{"", ""}, {"f", "MY"}, {"fo", "MZXQ"},
		{"foo", "MZXW6"}, {"foob", "MZXW6YQ"}, {"fooba", "MZXW6YTB"},
		{"foobar", "MZXW6YTBOI"}};
	struct arena a = {0};
	unsigned char out[10];
	size_t n;
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		T_STR(totp_base32(&a, (const void *)row[i][0], strlen(row[i][0])),
		      str_of(row[i][1]));
		T(totp_unbase32(str_of(row[i][1]), out, sizeof out, &n) == 1);
		T_STR(((struct str){(char *)out, n}), str_of(row[i][0]));
	}
	T(totp_unbase32(STR("a"), out, sizeof out, &n) == 0);
	T(totp_unbase32(STR("MZXW6YTBOI"), out, 5, &n) == 0);
	arena_free(&a);
}

static struct str key_of(struct people *p, struct arena *a)
{
	struct err err = {0};
	struct user u;
	T(user_find(p, a, STR("ann"), &u, &err) == 1);
	return u.totp;
}

static void once(struct people *p)
{
	struct arena a = {0};
	struct err err = {0};
	struct str url, codes[TOTP_RECOVERY];
	unsigned char key[64];
	size_t n;
	int64_t now = 1000000000;
	struct user u = {.name = STR("ann"), .role = STR("owner")};
	T(user_add(p, &u, &err) == 1);
	T(totp_enable(p, &a, STR("bob"), &url, codes, &err) == 0);
	T(totp_enable(p, &a, STR("ann"), &url, codes, &err) == 1);
	struct str text = key_of(p, &a);
	T(str_find(url, text) > 0);
	T(totp_unbase32(text, key, sizeof key, &n) == 1 && n == TOTP_KEY);
	static const struct {
		int step, want;
	} row[] = {{2, 0}, {-2, 0}, {-1, 1}, {-1, 0}, {0, 1}, {0, 0}, {-1, 0}, {1, 1}, {1, 0}};
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		unsigned c = totp_code(key, n, (uint64_t)(now / 30 + row[i].step));
		struct str code = arena_fmt(&a, "%06u", c);
		T(totp_check(p, STR("ann"), text, code, now, &err) == row[i].want);
	}
	T(totp_check(p, STR("ann"), text, codes[2], now, &err) == 1);
	T(totp_check(p, STR("ann"), text, codes[2], now, &err) == 0);
	T(totp_check(p, STR("ann"), text, STR(""), now, &err) == 0);
	T(totp_check(p, STR("ann"), text, STR("12345x"), now, &err) == 0);
	T(totp_enable(p, &a, STR("ann"), &url, codes + 0, &err) == 1);
	T(totp_check(p, STR("ann"), key_of(p, &a), codes[2], now, &err) == 1);
	T(totp_disable(p, STR("ann"), &err) == 1);
	T(key_of(p, &a).n == 0);
	arena_free(&a);
}

int main(void)
{
	struct err err = {0};
	struct people *p;
	vectors();
	base32();
	T(people_open(&p, t_dir(), &err) == 1);
	once(p);
	people_close(&p);
	return t_done();
}
