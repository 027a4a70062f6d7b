#define _GNU_SOURCE
#include "cmd.h"
#include "log.h"
#include "mail.h"
#include "proc.h"
#include "term.h"
#include "trail.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#define VERSION "0.1.0"

static const struct cmd *const commands[] = {
	&cmd_init, &cmd_harvest, &cmd_import, &cmd_index,   &cmd_search,
	&cmd_show, &cmd_export, &cmd_serve,  &cmd_status,  &cmd_ledger,
	&cmd_verify, &cmd_backup, &cmd_reindex, &cmd_rebuild,
	&cmd_seal, &cmd_prove, &cmd_dispose, &cmd_destroy, &cmd_login,
	&cmd_repair, &cmd_check_index, &cmd_tag, &cmd_audit, &cmd_certificate,
	&cmd_user, &cmd_token, &cmd_not_searchable, &cmd_extract,
};
enum { COMMANDS = sizeof commands / sizeof commands[0] };

static struct cmd_env env;

static const struct opts_spec common[] = {
	{"archive", 'C', OPTS_TEXT, &env.dir, "DIR",
	 "the archive (else $SHEAF_ARCHIVE, else ~/.local/share/sheaf)"},
	{"json", 0, OPTS_FLAG, &env.json, NULL, "results, and an error, as JSON"},
	{"verbose", 'v', OPTS_COUNT, &env.verbose, NULL, "say more; -vv still more"},
	{"help", 'h', OPTS_FLAG, &env.help, NULL, "show this"},
	OPTS_END,
};
static const struct opts_spec version[] = {
	{"version", 0, OPTS_FLAG, &env.version, NULL, "print the version"},
	OPTS_END,
};

static void overview(FILE *to)
{
	fputs("usage: sheaf [-C DIR] [-v] COMMAND …\n\n"
	      "A mail archive you can search.\n\n",
	      to);
	for (int i = 0; i < COMMANDS; i++)
		fprintf(to, "  %-15s %s\n", commands[i]->name, commands[i]->line);
	fputs("\n"
	      "Begin like this:\n"
	      "  sheaf init                          make an archive, then edit its sheaf.conf\n"
	      "  sheaf harvest                       pull the mail of the accounts in it\n"
	      "  sheaf import ~/Maildir old.mbox     or bring in files\n"
	      "  sheaf search from:ann budget        find\n"
	      "  sheaf show 4be91c66a3d2             read\n"
	      "\n"
	      "sheaf help COMMAND says more.\n",
	      to);
}

static const struct cmd *find(const char *name)
{
	for (int i = 0; i < COMMANDS; i++)
		if (strcmp(commands[i]->name, name) == 0)
			return commands[i];
	return NULL;
}

/* The query, and a mark under the place where it is wrong. */
static void point(struct str query, int column)
{
	struct arena a = {0};
	size_t at = (size_t)column - 1 < query.n ? (size_t)column - 1 : query.n;
	size_t from = at > 60 ? at - 60 : 0;
	while (from > 0 && ((unsigned char)query.p[from] & 0xc0) == 0x80)
		from--;
	struct str left = term_clean(&a, str_cut(query, from, at), false);
	struct str right = term_clean(&a, str_cut(query, at, at + 40), false);
	fprintf(stderr, "  %.*s%.*s\n  %*s^\n", STR_ARG(left), STR_ARG(right),
		(int)term_width(left), "");
	arena_free(&a);
}

static const char *kind_name(enum err_kind kind)
{
	static const char *const name[] = {
		[ERR_NONE] = "none",   [ERR_USAGE] = "usage", [ERR_INPUT] = "input",
		[ERR_NET] = "unavailable", [ERR_LATER] = "later", [ERR_GONE] = "gone",
		[ERR_DENIED] = "denied", [ERR_BROKEN] = "broken"};
	return name[kind];
}

static int fail(const struct cmd *c, const struct err *err)
{
	struct arena a = {0};
	struct str text = term_clean(&a, str_of(err->text), false);
	int code = err_exit(err->kind);
	if (env.json) {
		json_t *e = json_pack("{s:i, s:{s:s, s:o, s:i, s:i}}", "schema_version", CMD_SCHEMA,
				      "error", "kind", kind_name(err->kind), "message",
				      cmd_string(text), "column", err->column, "exit", code);
		json_dumpf(e, stderr, JSON_COMPACT);
		fputc('\n', stderr);
		json_decref(e);
	} else {
		fprintf(stderr, "sheaf: %.*s\n", STR_ARG(text));
		if (err->column > 0 && env.query.n)
			point(env.query, err->column);
		if (err->kind == ERR_USAGE && c)
			fprintf(stderr, "usage: sheaf %s %s\n", c->name, c->usage);
		if (err->kind == ERR_USAGE)
			fprintf(stderr, "sheaf help%s%s says more\n", c ? " " : "",
				c ? c->name : "");
	}
	arena_free(&a);
	return code;
}

/* Has whoever read our output gone away ("| head")? Then nobody wants to hear of it. */
static bool reader_gone(void)
{
	struct pollfd p = {STDOUT_FILENO, 0, 0};
	return poll(&p, 1, 0) == 1 && (p.revents & POLLERR);
}

/* Output that did not arrive is a failure, whatever the command thought. */
static int finish(int status)
{
	errno = 0;
	if (fflush(stdout) == 0 && !ferror(stdout))
		return status;
	if (!reader_gone())
		fprintf(stderr, "sheaf: cannot write output: %s\n",
			errno ? strerror(errno) : "write error");
	return err_exit(ERR_BROKEN);
}

static int help(const struct opts_args *args, struct err *err)
{
	if (args->n == 0) {
		overview(stdout);
		return 0;
	}
	const struct cmd *c = find(args->v[0]);
	if (c == NULL)
		return err_set(err, ERR_USAGE, "unknown command '%s'", args->v[0]);
	cmd_help(c, common, stdout);
	return 0;
}

static void start(void)
{
	static const enum log_level levels[] = {LOG_WARN, LOG_INFO, LOG_DEBUG};
	log_level(levels[env.verbose < 2 ? env.verbose : 2]);
	env.progress = isatty(STDERR_FILENO) == 1 || env.verbose > 0;
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN); /* a limit is a full disk */
	mail_init();
}

static int run(const struct cmd *c, struct opts_args *args)
{
	struct err err = {0};
	json_t *words = trail_words(args);
	if (opts_parse(c->options, common, c->mode, args, &err) < 0 || env.help) {
		json_decref(words);
		if (err.kind)
			return fail(c, &err);
		cmd_help(c, common, stdout);
		return finish(0);
	}
	start();
	if (trail_begin(&env, c->name, words, &err) < 0)
		return fail(c, &err);
	cmd_smime_keys(&env);
	int status = c->run(&env, args, &err);
	if (status < 0) {
		fflush(stdout);
		status = fail(c, &err);
	}
	trail_end(status);
	return finish(status);
}

int main(int argc, char **argv)
{
	struct opts_args args = {argc - 1, argv + 1};
	struct err err = {0};
	if (argc < 1)
		return 64;
	if (opts_parse(common, version, OPTS_FIRST, &args, &err) < 0)
		return fail(NULL, &err);
	if (env.version) {
		puts("sheaf " VERSION);
		return finish(0);
	}
	if (args.n == 0 && !env.help) {
		overview(stdout);
		return finish(0);
	}
	const char *name = args.n ? args.v[0] : "help";
	const struct cmd *c = find(name);
	if (args.n)
		args = (struct opts_args){args.n - 1, args.v + 1};
	if (c)
		return run(c, &args);
	if (strcmp(name, "help") == 0)
		return help(&args, &err) < 0 ? fail(NULL, &err) : finish(0);
	err_set(&err, ERR_USAGE, "unknown command '%s'", name);
	return fail(NULL, &err);
}
