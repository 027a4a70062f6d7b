#include "cmd.h"

static struct cmd_indexing how = {.run = indexer_rebuild};

static const struct opts_spec options[] = {
	{"workers", 0, OPTS_NUMBER, &how.workers, "N",
	 "processes to use (default: one a processor)"},
	OPTS_END,
};

static int run(struct cmd_env *env, struct opts_args *args, struct err *err)
{
	return cmd_index_run(env, &how, args, err);
}

const struct cmd cmd_reindex = {
	.name = "reindex",
	.run = run,
	.line = "build the whole index anew",
	.usage = "[--workers N]",
	.options = options,
	.about = "Builds everything that is derived from the stored mail beside the index in use, "
		 "and\n"
		 "switches when it is ready. Searches go on meanwhile.\n"
		 "\n"
		 "  sheaf reindex\n",
};
