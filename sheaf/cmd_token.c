#define _GNU_SOURCE
#include "cmd.h"
#include "apitoken.h"
#include "present.h"
#include "term.h"

#include <time.h>

static const char *user, *scope = "read", *expires, *note;

static const struct opts_spec options[] = {
	{"user", 0, OPTS_TEXT, &user, "NAME", "whose token (list: only theirs)"},
	{"scope", 0, OPTS_TEXT, &scope, "RIGHT[,RIGHT…]",
	 "read, tag, export, audit, admin (read); never more than the user may"},
	{"expires", 0, OPTS_TEXT, &expires, "DAYSd", "how long it is good, such as 90d"},
	{"note", 0, OPTS_TEXT, &note, "TEXT", "what it is for"},
	OPTS_END,
};

/* "90d" from now, as a time. */
static int read_expiry(int64_t *out, struct err *err)
{
	uint32_t days;
	struct str text = str_of(expires);
	*out = 0;
	if (expires == NULL)
		return 1;
	if (!str_ends(text, STR("d")) || !str_u32(str_cut(text, 0, text.n - 1), &days) ||
	    days < 1 || days > 36500)
		return err_set(err, ERR_USAGE, "--expires wants a number of days such as 90d");
	*out = (int64_t)time(NULL) + (int64_t)days * 86400;
	return 1;
}

static json_t *when(struct arena *a, int64_t at)
{
	return at ? cmd_string(present_time(a, at, 0)) : json_null();
}

static json_t *row(struct arena *a, const struct apitoken *t)
{
	return json_pack("{s:I, s:o, s:o, s:o, s:o, s:o}", "token", (json_int_t)t->id, "user",
			 cmd_string(t->user), "scope",
			 cmd_string(apitoken_scope_text(a, t->scope)), "note",
			 cmd_string(t->note), "created", when(a, t->created), "expires",
			 when(a, t->expires));
}

static int add(const struct cmd_env *env, struct people *p, struct arena *a, struct err *err)
{
	char secret[APITOKEN_SIZE];
	struct apitoken t = {.user = str_of(user), .note = str_of(note)};
	if (user == NULL)
		return err_set(err, ERR_USAGE, "whose token? (--user NAME)");
	if (apitoken_scope(str_of(scope), &t.scope, err) < 0 || read_expiry(&t.expires, err) < 0)
		return -1;
	int r = apitoken_add(p, &t, secret, err);
	if (r == 0)
		return err_set(err, ERR_INPUT, "there is no user '%s'", user);
	if (r < 0)
		return -1;
	if (env->json) {
		json_t *o = row(a, &t);
		json_object_set_new(o, "secret", json_string(secret));
		cmd_json(o);
	} else {
		printf("%s\n", secret);
		fprintf(stderr, "token %lld of %s; it is not shown again\n", (long long)t.id,
			user);
	}
	explicit_bzero(secret, sizeof secret);
	return 0;
}

static void line(struct arena *a, const struct apitoken *t)
{
	struct str why = term_clean(a, t->note, false);
	struct str end = t->expires ? present_time(a, t->expires, 0) : STR("never");
	printf("%5lld  %-20.*s  %-20.*s  expires %.*s  %.*s\n", (long long)t->id,
	       STR_ARG(t->user), STR_ARG(apitoken_scope_text(a, t->scope)), STR_ARG(end),
	       STR_ARG(why));
}

static int list(const struct cmd_env *env, struct people *p, struct arena *a, struct err *err)
{
	const struct apitoken *all;
	size_t n;
	if (apitoken_list(p, a, str_of(user), &all, &n, err) < 0)
		return -1;
	json_t *rows = json_array();
	for (size_t i = 0; i < n; i++)
		if (env->json)
			json_array_append_new(rows, row(a, &all[i]));
		else
			line(a, &all[i]);
	if (env->json)
		cmd_json(json_pack("{s:O}", "tokens", rows));
	json_decref(rows);
	return n || env->json ? 0 : CMD_NOTHING;
}

static int drop(const struct cmd_env *env, struct people *p, const char *text, struct err *err)
{
	uint64_t id;
	if (!str_u64(str_of(text), &id) || id > INT64_MAX)
		return err_set(err, ERR_USAGE, "'%s' is no number of a token (sheaf token list)",
			       text);
	int r = apitoken_remove(p, (int64_t)id, err);
	if (r == 0)
		return err_set(err, ERR_INPUT, "there is no token %s", text);
	if (r > 0 && env->json)
		cmd_json(json_pack("{s:I, s:s}", "token", (json_int_t)id, "done", "removed"));
	else if (r > 0)
		printf("token %s: removed\n", text);
	return r < 0 ? -1 : 0;
}

static int run(struct cmd_env *env, struct opts_args *args, struct err *err)
{
	struct people *p;
	struct arena a = {0};
	struct str verb = args->n ? str_of(args->v[0]) : STR("");
	bool adds = str_eq(verb, STR("add")), lists = str_eq(verb, STR("list"));
	bool drops = str_eq(verb, STR("remove"));
	if (!adds && !lists && !drops)
		return err_set(err, ERR_USAGE, "add, list or remove?");
	if (args->n != 1 + drops)
		return err_set(err, ERR_USAGE, drops ? "remove which token?"
						     : "no further arguments are expected");
	if (cmd_exists(env, err) < 0 || people_open(&p, cmd_dir(env), err) < 0)
		return -1;
	int r = adds ? add(env, p, &a, err)
		     : lists ? list(env, p, &a, err) : drop(env, p, args->v[1], err);
	people_close(&p);
	arena_free(&a);
	return r;
}

const struct cmd cmd_token = {
	.name = "token",
	.run = run,
	.line = "what programs show instead of a password",
	.usage = "add --user NAME [--scope RIGHT,…] [--expires 90d] | list | remove N",
	.options = options,
	.about = "A token acts for a user, in the user's accounts, and may do what its scope\n"
		 "says and the user may. It is printed once; only its hash is kept. Programs send\n"
		 "it as \"Authorization: Bearer TOKEN\".\n"
		 "\n"
		 "  sheaf token add --user ann --scope read,export --expires 90d --note backup\n"
		 "  sheaf token list\n"
		 "  sheaf token remove 3\n",
};
