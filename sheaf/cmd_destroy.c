#define _GNU_SOURCE
#include "cmd.h"
#include "destroy.h"
#include "log.h"
#include "present.h"
#include "proc.h"
#include "tag.h"
#include "who.h"

#include <dirent.h>
#include <unistd.h>

static const char *who;
static uint64_t disposal;
static bool yes;

static const struct opts_spec options[] = {
	{"yes", 0, OPTS_FLAG, &yes, NULL, "do it; without this it is only said what would be done"},
	{"disposal", 0, OPTS_NUMBER, &disposal, "N", "only this one (default: all that stand)"},
	{"who", 0, OPTS_TEXT, &who, "NAME", "who decided it (default: the login name)"},
	OPTS_END,
};

static void json(bool done, const struct destroy_result *r)
{
	cmd_json(json_pack("{s:b, s:I, s:I, s:I, s:I, s:I}", "done", done, "disposals",
			   (json_int_t)r->disposals, "messages", (json_int_t)r->messages, "bytes",
			   (json_int_t)r->bytes, "segments", (json_int_t)r->segments,
			   "unfinished", (json_int_t)r->unfinished));
}

static int plan(const struct cmd_env *env, const struct destroy_options *o, struct err *err)
{
	struct archive *ar;
	struct destroy_result r;
	struct arena a = {0};
	if (cmd_open(env, ARCHIVE_READ, &ar, err) < 0)
		return -1;
	int got = destroy_plan(ar, o, &r, err);
	archive_close(&ar);
	if (got == 1 && env->json)
		json(false, &r);
	else if (got == 1 && r.disposals)
		printf("%llu messages (%.*s) of %llu disposals would be destroyed for good, and"
		       " up to %llu\nsegments written anew; nothing was changed (--yes does it)\n",
		       (unsigned long long)r.messages, STR_ARG(present_size(&a, r.bytes)),
		       (unsigned long long)r.disposals, (unsigned long long)r.segments);
	arena_free(&a);
	return got < 0 ? -1 : r.disposals ? 0 : CMD_NOTHING;
}

/* Old catalogs that `rebuild-catalog` kept still tell of the messages. */
static void old_catalogs(const char *dir)
{
	DIR *d = opendir(dir);
	const struct dirent *e;
	while (d && (e = readdir(d)) != NULL)
		if (str_starts(str_of(e->d_name), STR("catalog.db.old-")))
			log_line(LOG_WARN, "%s/%s still holds hashes, names and dates of the "
				 "messages: remove it", dir, e->d_name);
	if (d)
		closedir(d);
}

/* The tags of the messages, which tell their hashes. */
static int forget_tags(const struct cmd_env *env, struct err *err)
{
	char path[4096];
	struct archive *ar = NULL;
	struct people *p = NULL;
	snprintf(path, sizeof path, "%s/people.db", cmd_dir(env));
	if (access(path, F_OK) < 0)
		return 1;
	int r = archive_open(&ar, cmd_dir(env), ARCHIVE_READ, err);
	if (r > 0)
		r = people_open(&p, cmd_dir(env), err);
	if (r > 0)
		r = tag_forget_destroyed(p, ar, err);
	people_close(&p);
	archive_close(&ar);
	return r < 0 ? err_wrap(err, "the segments are done, but not the tags (run it again)") : 1;
}

/* A new index, so that no word of the messages is left in it. */
static int reindex(void *arg, struct err *err)
{
	const struct cmd_env *env = arg;
	struct indexer_options o = {.progress = env->progress};
	struct indexer_result r;
	if (forget_tags(env, err) < 0 || cmd_index_options(env, &o, err) < 0)
		return -1;
	if (indexer_rebuild(cmd_dir(env), &o, &r, err) < 0 ||
	    indexer_merge(cmd_dir(env), &o, err) < 0)
		return err_wrap(err, "the segments are done, but not the index (run it again)");
	return 1;
}

static int destroy(const struct cmd_env *env, const struct destroy_options *o, struct err *err)
{
	struct archive *ar;
	struct destroy_result r;
	proc_catch_stop();
	if (cmd_open(env, ARCHIVE_WRITE, &ar, err) < 0)
		return -1;
	int got = destroy_run(ar, o, &r, err);
	archive_close(&ar);
	if (got < 1)
		return got < 0 ? -1 : CMD_NOTHING;
	if (env->json)
		json(true, &r);
	else
		printf("%llu messages of %llu disposals are destroyed; %llu segments written anew\n"
		       "Backups and exports made before still hold them: see to those.\n",
		       (unsigned long long)r.messages, (unsigned long long)r.disposals,
		       (unsigned long long)r.segments);
	if (r.log_busy)
		log_line(LOG_WARN, "a reader kept the catalog's log, which still tells of the "
			 "messages: stop it, and run sheaf seal");
	old_catalogs(cmd_dir(env));
	return 0;
}

static int run(struct cmd_env *env, struct opts_args *args, struct err *err)
{
	char name[WHO_MOST];
	struct destroy_options o = {.disposal = (int64_t)disposal, .who = who_is(who, name),
				    .progress = env->progress, .derived = reindex, .arg = env};
	if (args->n)
		return err_set(err, ERR_USAGE, "destroy takes no query: sheaf dispose does");
	if (cmd_exists(env, err) < 0)
		return -1;
	return yes ? destroy(env, &o, err) : plan(env, &o, err);
}

const struct cmd cmd_destroy = {
	.name = "destroy",
	.run = run,
	.line = "make disposed messages be gone for good",
	.usage = "[--disposal N] [--yes]",
	.options = options,
	.about = "Writes every segment anew that holds something of a disposed message: bytes,\n"
		 "SHA-256, salt, flags, dates and paths go; its number and its leaf in the log\n"
		 "stay, with reason, name and time, so that all other proofs hold. Then the\n"
		 "index is made anew. First all segments concerned are compared with their\n"
		 "seals; if one is damaged, nothing is destroyed. It may be stopped; run it\n"
		 "again then.\n"
		 "\n"
		 "Not reached are backups (the next sheaf backup into the same directory replaces\n"
		 "the segments there), exports, and free blocks of the disk.\n"
		 "Exit status 0: done, or there is something to do; 1: nothing is disposed of.\n"
		 "\n"
		 "  sheaf destroy\n"
		 "  sheaf destroy --disposal 3 --yes\n",
};
