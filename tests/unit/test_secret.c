#include "t.h"

#include "file.h"
#include "log.h"
#include "secret.h"

#include <sys/prctl.h>
#include <sys/resource.h>

static char path[4200];

static int load(struct str text, char *out, size_t n, struct err *err)
{
	*err = (struct err){0};
	T(file_replace(path, text, err) == 1);
	return secret_load("password", str_of(path), STR(""), out, n, err);
}

static void files(void)
{
	char out[20];
	struct err err;
	static const struct str bad[] = {STR(""), STR("\nhunter2\n"), STR("\r\n"),
					 STR("hunter2hunter2hunter2\n"), STR("hun\0ter2\n")};
	T(load(STR("hunter2\nrest\n"), out, sizeof out, &err) == 1);
	T_STR(str_of(out), STR("hunter2"));
	T(load(STR(" p\303\244 \r\n"), out, sizeof out, &err) == 1);
	T_STR(str_of(out), STR(" p\303\244 "));
	T(load(STR("1234567890123456789"), out, sizeof out, &err) == 1 && strlen(out) == 19);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		T(load(bad[i], out, sizeof out, &err) == -1 && err.kind == ERR_DENIED);
		T(strstr(err.text, "hunter") == NULL && strstr(err.text, path));
	}
	T(secret_load("password", STR("/none/here"), STR(""), out, sizeof out, &err) == -1);
	T(err.kind == ERR_DENIED && strstr(err.text, "'/none/here'"));
}

static void commands(void)
{
	char out[20];
	struct err err = {0};
	T(secret_load("token", STR(""), STR("echo abc; echo def"), out, sizeof out, &err) == 1);
	T_STR(str_of(out), STR("abc"));
	T(secret_load("token", STR(""), STR("echo hunter2; exit 1"), out, sizeof out, &err) == -1);
	T(err.kind == ERR_DENIED && strstr(err.text, "token: ") && !strstr(err.text, "hunter"));
	T(memcmp(out, "hun", 3) != 0); /* wiped */
}

static void no_core(void)
{
	struct rlimit lim;
	secret_protect();
	T(prctl(PR_GET_DUMPABLE) == 0);
	T(getrlimit(RLIMIT_CORE, &lim) == 0 && lim.rlim_cur == 0 && lim.rlim_max == 0);
}

int main(void)
{
	log_level(LOG_ERROR);
	snprintf(path, sizeof path, "%s/secret", t_dir());
	files();
	commands();
	no_core();
	return t_done();
}
