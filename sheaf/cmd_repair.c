#include "cmd.h"
#include "damage.h"
#include "repair.h"

static struct {
	const char *from, *plan;
} opt;

static const struct opts_spec options[] = {
	{"from", 0, OPTS_TEXT, &opt.from, "DIR", "a backup, or another copy of this archive"},
	{"plan", 0, OPTS_TEXT, &opt.plan, "HASH", "do what the plan with this hash says"},
	OPTS_END,
};

static void print(const struct repair_plan *p, bool done)
{
	for (size_t i = 0; i < p->n; i++)
		printf("%s %.*s\n", done ? "done:" : "plan:", STR_ARG(p->steps[i].text));
	if (p->left.count) {
		printf("CANNOT BE MENDED%s: %llu findings\n", opt.from ? "" : " without --from DIR",
		       (unsigned long long)p->left.count);
		damage_print(&p->left);
		puts("sheaf rebuild-catalog --force leaves out what is lost, so that a harvest "
		     "fetches it again");
	}
	if (p->n && done)
		puts("look again: other damage may show now (sheaf repair)");
	else if (p->n)
		printf("nothing was changed yet; to do it: sheaf repair%s%s --plan %s\n",
		       opt.from ? " --from " : "", opt.from ? opt.from : "", p->id);
	else if (p->all.count == 0)
		puts("whole: there is nothing to repair");
}

static void json(const struct repair_plan *p, bool done)
{
	json_t *steps = json_array();
	for (size_t i = 0; i < p->n; i++)
		json_array_append_new(steps, cmd_string(p->steps[i].text));
	json_t *o = json_pack("{s:b, s:b, s:o, s:o}", "whole", p->all.count == 0, "done", done,
			      "steps", steps, "plan",
			      p->n ? json_string(p->id) : json_null());
	damage_json(&p->left, o);
	cmd_json(o);
}

static int run(struct cmd_env *env, struct opts_args *args, struct err *err)
{
	struct repair_of of = {cmd_dir(env), opt.from, env->progress};
	struct repair_plan p = {0};
	if (args->n)
		return err_set(err, ERR_USAGE, "repair takes no arguments");
	if (cmd_exists(env, err) < 0)
		return -1;
	int r = opt.plan ? repair_run(&of, opt.plan, &p, err) : repair_look(&of, &p, err);
	bool done = opt.plan && r == 1;
	bool good = p.all.count == 0 || (done && p.left.count == 0);
	if (r >= 0 && env->json)
		json(&p, done);
	else if (r >= 0)
		print(&p, done);
	repair_free(&p);
	return r < 0 ? -1 : good ? 0 : err_exit(ERR_BROKEN);
}

const struct cmd cmd_repair = {
	.name = "repair",
	.run = run,
	.line = "mend what verify finds, from a backup or from what is left",
	.usage = "[--from DIR] [--plan HASH] [--json]",
	.options = options,
	.about = "Looks as verify --deep does, and prints a plan: segments and seals that another\n"
		 "copy of the archive has whole, seals that the catalog has, the public key from\n"
		 "the private one, a catalog that the segments can give back. Nothing is changed\n"
		 "until it is called again with the hash of the plan; if the archive or the\n"
		 "damage is another one by then, it refuses (exit status 65).\n"
		 "\n"
		 "Nothing is deleted: bad files go to lost+found in the archive. What must be in\n"
		 "a file is known from its seal, not from the copy. Exit status 0: whole, or all\n"
		 "in the plan is done and nothing else was found; 74: there is damage.\n"
		 "\n"
		 "  sheaf repair\n"
		 "  sheaf repair --from /mnt/backup/mail\n"
		 "  sheaf repair --from /mnt/backup/mail --plan 4f9c…\n",
};
