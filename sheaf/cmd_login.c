#define _GNU_SOURCE
#include "cmd.h"
#include "proc.h"
#include "signin.h"

#include <stdlib.h>

#define MAX_ADDRESS 8000

static const struct opts_spec options[] = {OPTS_END};

static int find(const struct cmd_env *env, struct arena *a, const char *name,
		const struct harvest_account **out, struct err *err)
{
	struct conf conf;
	size_t n;
	if (cmd_conf(env, a, &conf, err) < 0 || harvest_accounts(a, &conf, out, &n, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++, (*out)++)
		if (str_eq((*out)->name, str_of(name)))
			return 1;
	return err_set(err, ERR_USAGE, "no account '%s' in the configuration", name);
}

static int with_code(struct signin *s, FILE *to, struct err *err)
{
	int r;
	fprintf(to, "Open this address in any browser:\n  %s\nand type in this code:\n  %s\n",
		signin_url(s), signin_code(s));
	fflush(to);
	while ((r = signin_wait(s, err)) == 0)
		;
	return r;
}

static int with_link(struct signin *s, FILE *to, struct err *err)
{
	char line[MAX_ADDRESS];
	fprintf(to, "Open this address in any browser and agree:\n  %s\n\n"
		    "The browser ends at an address that it cannot open, beginning with\n"
		    "http://127.0.0.1. Copy that address here and press Enter:\n",
		signin_url(s));
	fflush(to);
	if (fgets(line, sizeof line, stdin) == NULL)
		return err_set(err, ERR_INPUT, "no address was given");
	int r = signin_finish(s, str_trim(str_of(line)), err);
	explicit_bzero(line, sizeof line);
	return r;
}

static int sign_in(const struct cmd_env *env, const char *name, struct err *err)
{
	struct arena a = {0};
	const struct harvest_account *ac = NULL;
	struct signin *s = NULL;
	FILE *to = env->json ? stderr : stdout;
	int r = find(env, &a, name, &ac, err);
	if (r == 1)
		r = signin_open(&s, ac, cmd_dir(env), err);
	if (r == 1)
		r = signin_code(s) ? with_code(s, to, err) : with_link(s, to, err);
	if (r == 1 && env->json)
		cmd_json(json_pack("{s:s}", "account", name));
	else if (r == 1)
		printf("%s: logged in\n", name);
	signin_close(&s);
	arena_free(&a);
	return r == 1 ? 0 : -1;
}

static int run(struct cmd_env *env, struct opts_args *args, struct err *err)
{
	if (args->n != 1)
		return err_set(err, ERR_USAGE, "log in to which account?");
	if (cmd_exists(env, err) < 0)
		return -1;
	proc_catch_stop();
	return sign_in(env, args->v[0], err);
}

const struct cmd cmd_login = {
	.name = "login",
	.run = run,
	.line = "let a provider's OAuth give access to an account",
	.usage = "ACCOUNT",
	.options = options,
	.about = "For accounts with an oauth line in sheaf.conf (docs/harvest.md): prints an\n"
		 "address to open in a browser, on any machine, and a code to type in there, and\n"
		 "waits until you have agreed. With Google you copy the address at which the\n"
		 "browser ends back to here. The tokens are kept in ARCHIVE/auth/ACCOUNT.json,\n"
		 "which only you can read; harvest renews them by itself.\n"
		 "\n"
		 "  sheaf login alice\n",
};
