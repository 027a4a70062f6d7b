#include "cmd.h"
#include "indexer.h"
#include "log.h"
#include "proc.h"

static uint64_t workers;

static const struct opts_spec options[] = {
	{"workers", 0, OPTS_NUMBER, &workers, "N", "processes to use (default: one a processor)"},
	OPTS_END,
};

static int run(struct cmd_env *env, struct opts_args *args, struct err *err)
{
	struct indexer_options o = {.progress = env->progress};
	struct indexer_result r = {0};
	if (args->n || workers > 1000)
		return err_set(err, ERR_USAGE,
			       args->n ? "index takes no arguments" : "at most 1000 workers");
	if (cmd_exists(env, err) < 0)
		return -1;
	o.workers = (unsigned)workers;
	proc_catch_stop();
	if (indexer_update(cmd_dir(env), &o, &r, err) < 0)
		return -1;
	if (env->json)
		cmd_json(json_pack("{s:I, s:I, s:I}", "indexed", (json_int_t)r.indexed,
				   "quarantined", (json_int_t)r.quarantined, "indexed_to",
				   (json_int_t)r.last));
	if (r.quarantined)
		log_line(LOG_WARN,
			 "%llu messages could not be indexed; searches look at them anyway",
			 (unsigned long long)r.quarantined);
	return 0;
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
