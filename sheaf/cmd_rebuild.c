#include "cmd.h"
#include "damage.h"
#include "present.h"
#include "rebuild.h"

static struct {
	bool force;
} opt;

static const struct opts_spec options[] = {
	{"force", 0, OPTS_FLAG, &opt.force, NULL,
	 "also where a catalog is; it is kept as catalog.db.old-<n>"},
	OPTS_END,
};

static void print(const struct rebuild_result *r, const struct findings *f)
{
	struct arena a = {0};
	struct str messages = present_number(&a, r->counts.messages);
	printf("brought back: %.*s messages, %llu commits from %llu segments\n", STR_ARG(messages),
	       (unsigned long long)r->counts.commits, (unsigned long long)r->segments);
	puts("not in the segments, so not brought back: users, tags, audit, and when copies were\n"
	     "seen again unchanged");
	if (r->counts.unfinished)
		printf("%llu bytes behind the last commit are left out; the next writer cuts them "
		       "off\n", (unsigned long long)r->counts.unfinished);
	if (r->old[0])
		printf("the catalog that was there: %s\n", r->old);
	if (f->count)
		printf("DAMAGED: %llu findings; everything else is in the catalog\n",
		       (unsigned long long)f->count);
	damage_print(f);
	arena_free(&a);
}

static void json(const struct rebuild_result *r, const struct findings *f)
{
	json_t *o = json_pack("{s:I, s:I, s:I, s:I, s:s, s:[s,s,s,s]}", "messages",
			      (json_int_t)r->counts.messages, "commits",
			      (json_int_t)r->counts.commits, "segments", (json_int_t)r->segments,
			      "unfinished_bytes", (json_int_t)r->counts.unfinished, "old", r->old,
			      "not_brought_back", "users", "tags", "audit", "last_seen");
	damage_json(f, o);
	cmd_json(o);
}

static int run(struct cmd_env *env, struct opts_args *args, struct err *err)
{
	struct rebuild_options o = {.force = opt.force, .progress = env->progress};
	struct rebuild_result r;
	struct findings f = {0};
	if (args->n)
		return err_set(err, ERR_USAGE, "rebuild-catalog takes no arguments");
	if (cmd_exists(env, err) < 0)
		return -1;
	int got = rebuild_catalog(cmd_dir(env), &o, &r, &f, err);
	bool whole = f.count == 0;
	if (got == 1 && env->json)
		json(&r, &f);
	else if (got == 1)
		print(&r, &f);
	findings_free(&f);
	return got < 0 ? -1 : whole ? 0 : err_exit(ERR_BROKEN);
}

const struct cmd cmd_rebuild = {
	.name = "rebuild-catalog",
	.run = run,
	.line = "make the catalog anew from the segments",
	.usage = "[--force] [--json]",
	.options = options,
	.about = "Brings back messages, copies, mailboxes, outcomes and runs from the segments\n"
		 "alone, for when catalog.db is lost or damaged. The segments are only read.\n"
		 "What is not in them cannot come back: users, tags, audit.\n"
		 "\n"
		 "Damaged places are listed, everything intact is brought back (exit status 74).\n"
		 "`sheaf reindex` afterwards if messages were lost.\n"
		 "\n"
		 "  sheaf rebuild-catalog\n"
		 "  sheaf rebuild-catalog --force      # the old catalog is kept beside it\n",
};
