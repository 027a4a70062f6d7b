#include "cmd.h"

static struct cmd_indexing how = {.run = indexer_rebuild};

static const char *parts = "kept";

static const struct opts_spec options[] = {
	{"workers", 0, OPTS_NUMBER, &how.workers, "N",
	 "processes to use (default: one a processor)"},
	{"parts", 0, OPTS_CHOICE, &parts, "kept|failed",
	 "attachments that were looked into before (kept), or those that failed anew"},
	OPTS_END,
};

static int run(struct cmd_env *env, struct opts_args *args, struct err *err)
{
	how.retry = strcmp(parts, "failed") == 0;
	return cmd_index_run(env, &how, args, err);
}

const struct cmd cmd_reindex = {
	.name = "reindex",
	.run = run,
	.line = "build the whole index anew",
	.usage = "[--workers N] [--parts failed]",
	.options = options,
	.about = "Builds everything that is derived from the stored mail beside the index in use, "
		 "and\n"
		 "switches when it is ready. Searches go on meanwhile. What was found in\n"
		 "attachments is taken over, unless another version of the extractor found it;\n"
		 "with --parts failed those that could not be read, or not wholly, are tried\n"
		 "again.\n"
		 "\n"
		 "  sheaf reindex\n"
		 "  sheaf reindex --parts failed\n",
};
