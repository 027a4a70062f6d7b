#define _GNU_SOURCE
#include "cmd.h"
#include "seal.h"

#include <limits.h>

static const struct opts_spec options[] = {OPTS_END};

/* Says which seal is the newest. */
static int report(const struct cmd_env *env, struct archive *ar, bool made, struct err *err)
{
	struct arena a = {0};
	struct str text;
	char path[PATH_MAX] = "";
	int r = seal_newest(ar, &a, &text, err);
	struct sealtext s;
	if (r == 1 && seal_read(text, &s))
		seal_path(path, sizeof path, archive_dir(ar), s.segment);
	if (r >= 0 && env->json)
		cmd_json(json_pack("{s:b, s:o, s:o}", "made", made, "seal",
				   r == 1 ? cmd_string(str_of(path)) : json_null(), "checkpoint",
				   r == 1 ? cmd_string(text) : json_null()));
	else if (r == 1)
		printf("%s %s\n", made ? "sealed:" : "nothing new; the newest seal is", path);
	else if (r == 0)
		puts("nothing to seal");
	arena_free(&a);
	return r < 0 ? -1 : 0;
}

static int run(struct cmd_env *env, struct opts_args *args, struct err *err)
{
	struct archive *ar = NULL;
	if (args->n)
		return err_set(err, ERR_USAGE, "no arguments are expected, not '%s'", args->v[0]);
	if (cmd_open(env, ARCHIVE_WRITE, &ar, err) < 0)
		return -1;
	int r = seal_now(ar, err);
	if (r >= 0)
		r = report(env, ar, r == 1, err);
	archive_close(&ar);
	return r;
}

const struct cmd cmd_seal = {
	.name = "seal",
	.run = run,
	.line = "finish the segment at hand, and sign what is in the archive",
	.usage = "",
	.options = options,
	.about = "A segment is sealed by itself when it has 256 MiB; this does it now. The seal\n"
		 "is a small text file, signed with the archive's own key (made at the first\n"
		 "seal, in ARCHIVE/keys). Keep copies of seals, and of keys/seal.pub, where\n"
		 "nobody who can write to the archive can change them: only against such a copy\n"
		 "can it be shown that the archive's end was not cut off and that it was not\n"
		 "rewritten as a whole.\n"
		 "\n"
		 "  sheaf seal\n"
		 "  sheaf seal --json\n",
};
