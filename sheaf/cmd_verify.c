#include "against.h"
#include "cmd.h"

static const char *account;

static const struct opts_spec options[] = {
	{"against-server", 0, OPTS_TEXT, &account, "ACCOUNT",
	 "compare with what the account's server has now"},
	OPTS_END,
};

static int run(struct cmd_env *env, struct opts_args *args, struct err *err)
{
	if (args->n)
		return err_set(err, ERR_USAGE, "no arguments are expected, not '%s'", args->v[0]);
	if (account == NULL)
		return err_set(err, ERR_USAGE, "verify what? (--against-server ACCOUNT)");
	return against_server(env, account, err);
}

const struct cmd cmd_verify = {
	.name = "verify",
	.run = run,
	.line = "prove that nothing is lost",
	.usage = "--against-server ACCOUNT",
	.options = options,
	.about =
		"Asks the server for the UIDs of every mailbox and looks each up in the ledger:\n"
		"all of them must have an outcome, and the counts must agree. Nothing is written,\n"
		"here or there. What differs is listed by UID. Exit status 0: all holds; 1: there\n"
		"are differences (as diff says it: the archive is behind, not damaged); 69: the\n"
		"server cannot be reached.\n"
		"\n"
		"  sheaf verify --against-server alice\n",
};
