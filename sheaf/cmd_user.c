#define _GNU_SOURCE
#include "cmd.h"
#include "askpass.h"
#include "password.h"
#include "present.h"
#include "term.h"
#include "totp.h"
#include "user.h"

static const char *role, *accounts;
static bool no_password, off;

static const struct opts_spec options[] = {
	{"role", 0, OPTS_CHOICE, &role, "owner|administrator|investigator|reader",
	 "what they may do (reader)"},
	{"account", 0, OPTS_TEXT, &accounts, "NAME[,NAME…]",
	 "the accounts they may read in (* and ? are wild)"},
	{"no-password", 0, OPTS_FLAG, &no_password, NULL,
	 "add: the login comes from elsewhere (OpenID Connect, a proxy)"},
	{"off", 0, OPTS_FLAG, &off, NULL, "totp: no second factor any more"},
	OPTS_END,
};

struct work {
	struct cmd_env *env;
	struct people *p;
	struct arena a;
	struct str name;
};

static void read_accounts(struct work *w, struct user *u)
{
	struct str rest = str_of(accounts), one, *list = NULL;
	while (str_split(&rest, ',', &one)) {
		one = str_trim(one);
		if (one.n == 0)
			continue;
		list = arena_grow(&w->a, list, u->n_accounts, sizeof *list);
		list[u->n_accounts++] = one;
	}
	u->accounts = list;
}

static int said(const struct work *w, const char *what)
{
	if (w->env->json)
		cmd_json(json_pack("{s:o, s:s}", "user", cmd_string(w->name), "done", what));
	else
		printf("%.*s: %s\n", STR_ARG(w->name), what);
	return 0;
}

static int missing(const struct work *w, struct err *err)
{
	return err_set(err, ERR_INPUT, "there is no user '%.*s'", STR_ARG(w->name));
}

static int new_hash(struct work *w, struct str *out, struct err *err)
{
	char text[PASSWORD_MAX + 2];
	int r = askpass_new("password: ", text, sizeof text, err);
	if (r > 0)
		r = password_hash(&w->a, str_of(text), out, err);
	explicit_bzero(text, sizeof text);
	return r;
}

static int add(struct work *w, struct err *err)
{
	struct user u = {.name = w->name, .role = str_of(role ? role : "reader")};
	read_accounts(w, &u);
	if (user_check(&u, err) < 0 || (!no_password && new_hash(w, &u.password, err) < 0) ||
	    user_add(w->p, &u, err) < 0)
		return -1;
	return said(w, "added");
}

static int set(struct work *w, struct err *err)
{
	struct user u;
	int r = user_find(w->p, &w->a, w->name, &u, err);
	if (r == 0)
		return missing(w, err);
	if (r < 0)
		return -1;
	if (role) {
		u.role = str_of(role);
		if (!user_reads_some(u.role))
			u.n_accounts = 0;
	}
	if (accounts) {
		u.n_accounts = 0;
		read_accounts(w, &u);
	}
	return user_set(w->p, &u, err) < 0 ? -1 : said(w, "changed");
}

static int drop(struct work *w, struct err *err)
{
	int r = user_remove(w->p, w->name, err);
	return r > 0 ? said(w, "removed") : r < 0 ? -1 : missing(w, err);
}

static int disable(struct work *w, struct err *err)
{
	int r = user_disable(w->p, w->name, true, err);
	return r > 0 ? said(w, "disabled, and logged out everywhere")
		     : r < 0 ? -1 : missing(w, err);
}

static int enable(struct work *w, struct err *err)
{
	int r = user_disable(w->p, w->name, false, err);
	return r > 0 ? said(w, "enabled") : r < 0 ? -1 : missing(w, err);
}

static int password(struct work *w, struct err *err)
{
	struct user u;
	struct str hash;
	int r = user_find(w->p, &w->a, w->name, &u, err);
	if (r > 0)
		r = new_hash(w, &hash, err);
	if (r > 0)
		r = user_password(w->p, w->name, hash, err);
	return r > 0 ? said(w, "new password, and logged out everywhere")
		     : r < 0 ? -1 : missing(w, err);
}

static int totp(struct work *w, struct err *err)
{
	struct str url, codes[TOTP_RECOVERY];
	int r = off ? totp_disable(w->p, w->name, err)
		    : totp_enable(w->p, &w->a, w->name, &url, codes, err);
	if (r <= 0)
		return r < 0 ? -1 : missing(w, err);
	if (off)
		return said(w, "no second factor");
	json_t *list = json_array();
	for (int i = 0; i < TOTP_RECOVERY; i++)
		json_array_append_new(list, cmd_string(codes[i]));
	if (w->env->json) {
		cmd_json(json_pack("{s:o, s:o, s:O}", "user", cmd_string(w->name), "url",
				   cmd_string(url), "recovery_codes", list));
	} else {
		printf("Give this address to an authenticator:\n  %.*s\n\n"
		       "Each of these codes works once in place of one of its:\n", STR_ARG(url));
		for (int i = 0; i < TOTP_RECOVERY; i++)
			printf("  %.*s\n", STR_ARG(codes[i]));
	}
	json_decref(list);
	return 0;
}

static json_t *row(struct arena *a, const struct user *u)
{
	json_t *list = json_array();
	for (size_t i = 0; i < u->n_accounts; i++)
		json_array_append_new(list, cmd_string(u->accounts[i]));
	return json_pack("{s:o, s:o, s:o, s:b, s:b, s:b, s:o}", "name", cmd_string(u->name), "role",
			 cmd_string(u->role), "accounts", list, "password", u->password.n > 0,
			 "totp", u->totp.n > 0, "disabled", u->disabled, "created",
			 cmd_string(present_time(a, u->created, 0)));
}

static void line(struct work *w, const struct user *u)
{
	struct str where = STR("");
	for (size_t i = 0; i < u->n_accounts; i++)
		where = arena_fmt(&w->a, "%.*s%s%.*s", STR_ARG(where), i ? ", " : "",
				  STR_ARG(u->accounts[i]));
	where = term_clean(&w->a, where, false);
	printf("%-20.*s  %-13.*s  %s%s  %.*s%s\n", STR_ARG(u->name), STR_ARG(u->role),
	       u->password.n ? "password" : "        ", u->totp.n ? "+totp" : "     ",
	       STR_ARG(where), u->disabled ? "  DISABLED" : "");
}

static int list(struct work *w, struct err *err)
{
	const struct user *all;
	size_t n;
	if (user_list(w->p, &w->a, &all, &n, err) < 0)
		return -1;
	json_t *rows = json_array();
	for (size_t i = 0; i < n; i++)
		if (w->env->json)
			json_array_append_new(rows, row(&w->a, &all[i]));
		else
			line(w, &all[i]);
	if (w->env->json)
		cmd_json(json_pack("{s:O}", "users", rows));
	json_decref(rows);
	return n || w->env->json ? 0 : CMD_NOTHING;
}

static const struct {
	const char *verb;
	int (*run)(struct work *w, struct err *err);
	int names;
} verbs[] = {
	{"add", add, 1}, {"set", set, 1}, {"remove", drop, 1},
	{"disable", disable, 1}, {"enable", enable, 1},
	{"password", password, 1}, {"totp", totp, 1}, {"list", list, 0},
};

static int run(struct cmd_env *env, struct opts_args *args, struct err *err)
{
	struct work w = {.env = env};
	size_t i = 0, n = sizeof verbs / sizeof *verbs;
	while (args->n > 0 && i < n && strcmp(args->v[0], verbs[i].verb) != 0)
		i++;
	if (args->n == 0 || i == n)
		return err_set(err, ERR_USAGE, "add, set, remove, disable, enable,"
			       " password, totp or list?");
	if (args->n != 1 + verbs[i].names)
		return err_set(err, ERR_USAGE, verbs[i].names ? "%s which user?"
			       : "%s takes no name", verbs[i].verb);
	if (cmd_exists(env, err) < 0 || people_open(&w.p, cmd_dir(env), err) < 0)
		return -1;
	w.name = args->n > 1 ? str_of(args->v[1]) : STR("");
	int r = verbs[i].run(&w, err);
	people_close(&w.p);
	arena_free(&w.a);
	return r;
}

const struct cmd cmd_user = {
	.name = "user",
	.run = run,
	.line = "who may use the service, and where they may read",
	.usage = "add|set NAME [--role R] [--account A,…] |"
		 " password|totp|disable|enable|remove NAME | list",
	.options = options,
	.about = "As soon as there is a user, sheaf serve asks everybody to log in.\n"
		 "  reader         reads in the accounts given, and tags\n"
		 "  investigator   exports as well\n"
		 "  administrator  users, accounts and the audit log; no mail\n"
		 "  owner          everything, in all accounts\n"
		 "A password is asked for, or is the first line of standard input. totp gives the\n"
		 "user a second factor, and prints the address for an authenticator. Whoever is\n"
		 "disabled cannot come in, and tokens do nothing.\n"
		 "\n"
		 "  sheaf user add ann --role investigator --account 'sales-*,alice'\n"
		 "  sheaf user password ann\n"
		 "  sheaf user totp ann\n"
		 "  sheaf user list --json\n",
};
