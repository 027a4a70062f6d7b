#include "cmd.h"

static struct cmd_indexing how = {.run = indexer_update};

static const struct opts_spec options[] = {
	{"workers", 0, OPTS_NUMBER, &how.workers, "N",
	 "processes to use (default: one a processor)"},
	OPTS_END,
};

static int run(struct cmd_env *env, struct opts_args *args, struct err *err)
{
	return cmd_index_run(env, &how, args, err);
}

const struct cmd cmd_index = {
	.name = "index",
	.run = run,
	.line = "bring the index up to date",
	.usage = "[--workers N]",
	.options = options,
	.about =
		"harvest and import do this too, unless told --no-index. Says nothing when all is\n"
		"well.\n"
		"\n"
		"  sheaf index\n"
		"  sheaf -v index --workers 1\n",
};
