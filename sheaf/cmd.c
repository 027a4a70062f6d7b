#define _GNU_SOURCE
#include "cmd.h"

#include "exportconf.h"
#include "harvest.h"
#include "inside.h"
#include "log.h"
#include "ocrconf.h"
#include "present.h"
#include "proc.h"

#include <limits.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { WRITER_WAIT_MS = 2000 };

const char *cmd_dir(const struct cmd_env *env)
{
	static char home[PATH_MAX];
	const char *dir = env->dir ? env->dir : getenv("SHEAF_ARCHIVE");
	if (dir && *dir)
		return dir;
	const char *h = getenv("HOME");
	snprintf(home, sizeof home, "%s/.local/share/sheaf", h && *h ? h : ".");
	return home;
}

static bool there(const char *dir, const char *name)
{
	char path[PATH_MAX];
	int n = snprintf(path, sizeof path, "%s/%s", dir, name);
	return n > 0 && (size_t)n < sizeof path && access(path, F_OK) == 0;
}

int cmd_exists(const struct cmd_env *env, struct err *err)
{
	const char *dir = cmd_dir(env);
	if (there(dir, "catalog.db") || there(dir, "segments"))
		return 1;
	return err_set(err, ERR_INPUT, "no archive in '%s' (make one with: sheaf init '%s')", dir,
		       dir);
}

int cmd_open(const struct cmd_env *env, enum archive_mode mode, struct archive **out,
	     struct err *err)
{
	uint64_t end = log_now_ms() + WRITER_WAIT_MS;
	if (cmd_exists(env, err) < 0)
		return -1;
	int r = archive_open(out, cmd_dir(env), mode, err);
	while (r < 0 && err->kind == ERR_LATER && log_now_ms() < end && !proc_stopped()) {
		nanosleep(&(struct timespec){0, 20 * 1000 * 1000}, NULL);
		r = archive_open(out, cmd_dir(env), mode, err);
	}
	return r;
}

int cmd_conf(const struct cmd_env *env, struct arena *a, struct conf *out, struct err *err)
{
	static const char *const none[] = {NULL};
	static const char *const search[] = {"timeout", "timeout_max", NULL};
	static const char *const audit[] = {"log", "required", "command_line", "file_mib", NULL};
	static const char *const serve[] = {
		"access_log", "user", "certificate", "key", "sandbox", "request_timeout",
		"secure_cookies", "proxy_user_header", "proxy_from", "public_url", "oidc_issuer",
		"oidc_client_id", "oidc_client_secret_file", "oidc_name", "oidc_groups_claim",
		"oidc_groups", NULL};
	static const char *const index[] = {"attachments", "ocr", "smime_keys", NULL};
	const struct conf_rule rules[] = {{"", none}, {"account", harvest_keys},
					  {"search", search}, {"audit", audit}, {"serve", serve},
					  {"exports", exportconf_keys}, {"index", index},
					  {NULL, NULL}};
	struct str path = arena_fmt(a, "%s/sheaf.conf", cmd_dir(env));
	int r = conf_load(a, path.p, rules, out, err);
	if (r == 0)
		*out = (struct conf){.path = path};
	return r < 0 ? -1 : 1;
}

int cmd_index_options(const struct cmd_env *env, struct indexer_options *o, struct err *err)
{
	struct arena a = {0};
	struct conf c;
	if (cmd_conf(env, &a, &c, err) < 0) {
		arena_free(&a);
		return -1;
	}
	const struct conf_section *s = conf_find(&c, "index", STR(""));
	struct str v = s ? conf_get(s, "attachments", STR("yes")) : STR("yes");
	o->closed = str_eq(v, STR("no"));
	int r = o->closed || str_eq(v, STR("yes")) ? 1
		: conf_bad(&c, s, "attachments", "takes yes or no", err);
	if (r > 0)
		r = ocrconf_read(&c, o->ocr, err);
	arena_free(&a);
	return r;
}

void cmd_smime_keys(const struct cmd_env *env)
{
	struct arena a = {0};
	struct conf c;
	struct err none = {0};
	const struct conf_section *s = NULL;
	if (cmd_exists(env, &none) > 0 && cmd_conf(env, &a, &c, &none) > 0)
		s = conf_find(&c, "index", STR(""));
	struct str path = s ? conf_get(s, "smime_keys", STR("")) : STR("");
	if (path.n)
		inside_keys(arena_str(&a, path).p);
	arena_free(&a);
}

int cmd_index_new(const struct cmd_env *env, uint64_t *indexed, struct err *err)
{
	struct indexer_options o = {.progress = env->progress};
	struct indexer_result r = {0};
	*indexed = 0;
	if (cmd_index_options(env, &o, err) < 0 ||
	    indexer_update(cmd_dir(env), &o, &r, err) < 0)
		return err_wrap(err, "the mail is stored, but the index is not up to date");
	*indexed = r.indexed;
	return 1;
}

int cmd_update_index(const struct cmd_env *env, uint64_t *indexed, struct err *err)
{
	const struct indexer_options o = {0};
	if (cmd_index_new(env, indexed, err) < 0)
		return -1;
	return indexer_merge(cmd_dir(env), &o, err) < 0 ? -1 : 1;
}

int cmd_index_run(const struct cmd_env *env, const struct cmd_indexing *how,
		  const struct opts_args *args, struct err *err)
{
	struct indexer_options o = {.progress = env->progress};
	struct indexer_result r = {0};
	if (args->n)
		return err_set(err, ERR_USAGE, "no arguments are expected, not '%s'", args->v[0]);
	if (how->workers > 1000)
		return err_set(err, ERR_USAGE, "at most 1000 workers");
	if (cmd_exists(env, err) < 0)
		return -1;
	o.workers = (unsigned)how->workers;
	o.retry = how->retry;
	if (cmd_index_options(env, &o, err) < 0 || ocrconf_check(env, err) < 0)
		return -1;
	proc_catch_stop();
	if (how->run(cmd_dir(env), &o, &r, err) < 0 || indexer_merge(cmd_dir(env), &o, err) < 0)
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

void cmd_json(json_t *o)
{
	json_t *all = json_pack("{s:i}", "schema_version", CMD_SCHEMA);
	json_object_update(all, o);
	json_dumpf(all, stdout, JSON_COMPACT);
	putchar('\n');
	json_decref(all);
	json_decref(o);
}

json_t *cmd_string(struct str s)
{
	struct arena a = {0};
	struct str clean = present_utf8(&a, s);
	json_t *j = json_stringn(clean.p, clean.n);
	arena_free(&a);
	return j;
}

enum err_kind cmd_worse(enum err_kind a, enum err_kind b)
{
	static const int rank[] = {
		[ERR_NONE] = 0, [ERR_USAGE] = 1,  [ERR_INPUT] = 2,  [ERR_LATER] = 3,
		[ERR_NET] = 4,	[ERR_DENIED] = 5, [ERR_BROKEN] = 6,
	};
	return rank[a] >= rank[b] ? a : b;
}

void cmd_help(const struct cmd *c, const struct opts_spec *common, FILE *to)
{
	fprintf(to, "usage: sheaf %s %s\n\n%s\n\n%s", c->name, c->usage, c->line, c->about);
	if (c->options && c->options->name) {
		fputs("\nOptions:\n", to);
		opts_help(c->options, to);
	}
	fputs("\nCommon options:\n", to);
	opts_help(common, to);
}
