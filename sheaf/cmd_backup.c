#include "backup.h"
#include "cmd.h"
#include "proc.h"

static const struct opts_spec options[] = {OPTS_END};

static int run(struct cmd_env *env, struct opts_args *args, struct err *err)
{
	struct backup_result r;
	if (args->n != 1)
		return err_set(err, ERR_USAGE, "backup into which directory?");
	if (cmd_exists(env, err) < 0)
		return -1;
	proc_catch_stop();
	if (backup_run(cmd_dir(env), args->v[0], env->progress, &r, err) < 0)
		return -1;
	if (env->json)
		cmd_json(json_pack("{s:s, s:I, s:I, s:I, s:I, s:I}", "to", args->v[0], "messages",
				   (json_int_t)r.messages, "commits", (json_int_t)r.commits,
				   "segments_copied", (json_int_t)r.copied, "segments_kept",
				   (json_int_t)r.kept, "bytes", (json_int_t)r.bytes));
	else
		printf("%llu messages in the backup; %llu segments copied, %llu kept\n",
		       (unsigned long long)r.messages, (unsigned long long)r.copied,
		       (unsigned long long)r.kept);
	return 0;
}

const struct cmd cmd_backup = {
	.name = "backup",
	.run = run,
	.line = "copy what is new into another directory",
	.usage = "DIR",
	.options = options,
	.about = "Copies the archive into DIR, and from then on only what is new. It may run\n"
		 "while mail is harvested, and be interrupted: run it again. DIR is an archive\n"
		 "itself, but for the index, which sheaf reindex makes. To restore, copy DIR "
		 "back.\n"
		 "\n"
		 "  sheaf backup /mnt/backup/mail\n"
		 "  sheaf -C /mnt/backup/mail search --no-index from:ann\n",
};
