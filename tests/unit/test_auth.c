#include "t.h"

#include <sys/stat.h>

#include "auth.h"

static char path[4200];

static int load(struct arena *a, const char *text, mode_t mode, struct auth *auth, struct err *err)
{
	FILE *f = fopen(path, "w");
	fputs(text, f);
	fclose(f);
	chmod(path, mode);
	*err = (struct err){0};
	return auth_load(a, path, auth, err);
}

static void files(void)
{
	static const struct {
		const char *text;
		mode_t mode;
		int n; /* tokens, -1: refused */
	} row[] = {
		{"0123456789abcdef\n", 0600, 1},
		{"# mine\n\n  0123456789abcdef \r\nfedcba98765432100\n", 0600, 2},
		{"0123456789abcdef", 0400, 1},
		{"0123456789abcdef", 0440, 1},
		{"0123456789abcdef", 0604, -1},
		{"0123456789abcdef", 0620, -1},
		{"", 0600, -1},
		{"# nothing\n", 0600, -1},
		{"short\n", 0600, -1},
		{"0123456789abcdef with blanks\n", 0600, -1},
		{"0123456789abcdef\n\xC3\xA9" "23456789abcdef\n", 0600, -1},
	};
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct arena a = {0};
		struct auth auth;
		struct err err;
		int r = load(&a, row[i].text, row[i].mode, &auth, &err);
		T(r == (row[i].n < 0 ? -1 : 1));
		T(r > 0 ? auth.n == (size_t)row[i].n : err.kind == ERR_DENIED);
		T(strstr(err.text, "0123456789abcdef") == NULL);
		arena_free(&a);
	}
}

static void missing(void)
{
	struct arena a = {0};
	struct auth auth;
	struct err err = {0};
	T(auth_load(&a, "/nonexistent/tokens", &auth, &err) == -1 && err.kind == ERR_DENIED);
	T(auth_load(&a, "/", &auth, &err) == -1 && err.kind == ERR_DENIED);
}

static void fields(void)
{
	static const struct {
		const char *field;
		bool want;
	} row[] = {
		{"Bearer 0123456789abcdef", true},
		{"bearer   0123456789abcdef ", true},
		{"Bearer fedcba9876543210", true},
		{"Basic eDowMTIzNDU2Nzg5YWJjZGVm", true},     /* x:0123456789abcdef */
		{"Basic OjAxMjM0NTY3ODlhYmNkZWY=", true},     /* :0123456789abcdef */
		{"Basic MDEyMzQ1Njc4OWFiY2RlZg==", false},    /* no colon */
		{"Basic ****", false},
		{"Basic ", false},
		{"", false},
		{"Bearer ", false},
		{"Bearer", false},
		{"Bearer 0123456789abcde", false},
		{"Bearer 0123456789abcdef0", false},
		{"Bearer 0123456789ABCDEF", false},
		{"Digest 0123456789abcdef", false},
		{"0123456789abcdef", false},
	};
	struct arena a = {0};
	struct auth auth, nobody = {0};
	struct err err;
	T(load(&a, "0123456789abcdef\nfedcba9876543210\n", 0600, &auth, &err) == 1);
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		T(auth_allows(&auth, &a, str_of(row[i].field)) == row[i].want);
		T(auth_allows(&nobody, &a, str_of(row[i].field)));
	}
	arena_free(&a);
}

int main(void)
{
	snprintf(path, sizeof path, "%s/tokens", t_dir());
	files();
	missing();
	fields();
	return t_done();
}
