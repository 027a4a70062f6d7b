#define _GNU_SOURCE
#include "cmd.h"
#include "fares.h"
#include "harvest.h"
#include "log.h"
#include "ocrconf.h"
#include "proc.h"
#include "watch.h"

#include <fcntl.h>
#include <time.h>
#include <unistd.h>

static bool no_index, retry, dry, watch;
static const char *trace;

static const struct opts_spec options[] = {
	{"watch", 0, OPTS_FLAG, &watch, NULL, "stay, and store new mail as it arrives"},
	{"no-index", 0, OPTS_FLAG, &no_index, NULL, "do not bring the index up to date afterwards"},
	{"retry", 0, OPTS_FLAG, &retry, NULL, "try now what failed before, whatever its time"},
	{"dry-run", 0, OPTS_FLAG, &dry, NULL, "only say how much would be fetched"},
	{"trace", 0, OPTS_TEXT, &trace, "FILE", "append what is said, without secrets"},
	OPTS_END,
};

/* What is to be harvested, and what became of it. */
struct work {
	struct harvest_account *accounts;
	size_t n;
	struct harvest_result *results;
};

/* Adds the account of that name. */
static int choose_one(struct work *w, const struct harvest_account *all, size_t n_all,
		      const char *name, struct err *err)
{
	for (size_t i = 0; i < w->n; i++)
		if (str_eq(w->accounts[i].name, str_of(name)))
			return 1;
	for (size_t i = 0; i < n_all; i++)
		if (str_eq(all[i].name, str_of(name))) {
			w->accounts[w->n++] = all[i];
			return 1;
		}
	return err_set(err, ERR_USAGE, "no account '%s' in the configuration", name);
}

/* The accounts that were named, or all. 1 or -1. */
static int choose(const struct cmd_env *env, struct arena *a, const struct opts_args *args,
		  struct work *w, struct err *err)
{
	struct conf conf;
	const struct harvest_account *all;
	size_t n_all;
	if (cmd_conf(env, a, &conf, err) < 0 || harvest_accounts(a, &conf, &all, &n_all, err) < 0)
		return -1;
	if (n_all == 0)
		return err_set(err, ERR_USAGE, "no account in '%.*s'", STR_ARG(conf.path));
	w->accounts = arena_alloc(a, n_all * sizeof *all);
	for (int i = 0; i < args->n; i++)
		if (choose_one(w, all, n_all, args->v[i], err) < 0)
			return -1;
	for (size_t i = 0; args->n == 0 && i < n_all; i++)
		w->accounts[w->n++] = all[i];
	for (size_t i = 0; i < w->n; i++) {
		w->accounts[i].retry = retry;
		w->accounts[i].dry = dry;
	}
	w->results = arena_alloc(a, w->n * sizeof *w->results);
	return 1;
}

static json_t *result_json(const struct harvest_account *ac, const struct harvest_result *r)
{
	json_t *o = json_pack("{s:o, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:i, s:i}", "account",
			      cmd_string(ac->name), "fetched", (json_int_t)r->fetched, "stored",
			      (json_int_t)r->stored, "copies", (json_int_t)r->copies, "flags",
			      (json_int_t)r->flags, "vanished", (json_int_t)r->vanished, "failed",
			      (json_int_t)r->failed, "refused", (json_int_t)r->refused, "bytes",
			      (json_int_t)r->bytes, "mailboxes", (int)r->mailboxes,
			      "mailboxes_failed", (int)r->mailboxes_failed);
	json_t *error = r->err.kind == ERR_NONE ? json_null() : cmd_string(str_of(r->err.text));
	json_object_set_new(o, "linked", json_integer((json_int_t)r->linked));
	json_object_set_new(o, "waiting", json_integer((json_int_t)r->waiting));
	if (dry) {
		json_object_set_new(o, "would_fetch", json_integer((json_int_t)r->would));
		json_object_set_new(o, "would_fetch_bytes",
				    json_integer((json_int_t)r->would_bytes));
	}
	json_object_set_new(o, "rests_until", r->until ? json_integer((json_int_t)r->until)
						      : json_null());
	json_object_set_new(o, "error", error);
	return o;
}

static void report(const struct cmd_env *env, const struct work *w)
{
	json_t *list = json_array();
	for (size_t i = 0; i < w->n; i++) {
		const struct harvest_result *r = &w->results[i];
		json_array_append_new(list, result_json(&w->accounts[i], r));
		if (env->json)
			continue;
		if (dry) {
			printf("%.*s: %llu messages of %llu bytes would be fetched; %u mailboxes, "
			       "%u failed\n", STR_ARG(w->accounts[i].name),
			       (unsigned long long)r->would, (unsigned long long)r->would_bytes,
			       r->mailboxes, r->mailboxes_failed);
			continue;
		}
		if (r->linked)
			printf("%.*s: %llu messages have new UIDs, known by what was stored\n",
			       STR_ARG(w->accounts[i].name), (unsigned long long)r->linked);
		printf("%.*s: %llu fetched (%llu new), %llu flag changes, %llu vanished, "
		       "%llu refused, %llu failed; %u mailboxes, %u failed\n",
		       STR_ARG(w->accounts[i].name), (unsigned long long)r->fetched,
		       (unsigned long long)r->stored, (unsigned long long)r->flags,
		       (unsigned long long)r->vanished, (unsigned long long)r->refused,
		       (unsigned long long)r->failed, r->mailboxes, r->mailboxes_failed);
	}
	if (env->json)
		cmd_json(json_pack("{s:O}", "accounts", list));
	json_decref(list);
}

/* What went wrong, said again at the end. The worst of it decides how the command ends. */
static void judge(const struct work *w, struct err *worst)
{
	for (size_t i = 0; i < w->n; i++) {
		const struct harvest_result *r = &w->results[i];
		struct err e = r->err;
		if (e.kind == ERR_NONE && r->mailboxes_failed)
			err_set(&e, ERR_NET, "%u mailboxes failed", r->mailboxes_failed);
		else if (e.kind == ERR_NONE && r->failed)
			err_set(&e, ERR_NET, "%llu messages failed", (unsigned long long)r->failed);
		if (r->refused)
			log_line(LOG_WARN, "account '%.*s': %llu messages refused (too large)",
				 STR_ARG(w->accounts[i].name), (unsigned long long)r->refused);
		if (r->until && r->err.kind == ERR_NONE)
			log_line(LOG_WARN, "account '%.*s': %s: it goes on in %lld minutes",
				 STR_ARG(w->accounts[i].name), r->rest,
				 (long long)(r->until - (int64_t)time(NULL) + 59) / 60);
		if (r->waiting)
			log_line(LOG_WARN, "account '%.*s': %llu messages that failed wait for "
					   "their next try (sheaf ledger --outcome failed)",
				 STR_ARG(w->accounts[i].name), (unsigned long long)r->waiting);
		if (e.kind == ERR_NONE)
			continue;
		err_wrap(&e, "account '%.*s'", STR_ARG(w->accounts[i].name));
		if (worst->kind != ERR_NONE)
			log_line(LOG_ERROR, "%s",
				 cmd_worse(e.kind, worst->kind) == worst->kind ? e.text
									       : worst->text);
		if (cmd_worse(e.kind, worst->kind) != worst->kind)
			*worst = e;
	}
}

/* The transcript, for the accounts' processes to append to. 1 or -1. */
static int open_trace(struct work *w, int *fd, struct err *err)
{
	*fd = 0;
	if (trace == NULL)
		return 1;
	*fd = open(trace, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (*fd < 0)
		return err_errno(err, ERR_INPUT, "cannot write '%s'", trace);
	for (size_t i = 0; i < w->n; i++)
		w->accounts[i].trace = *fd;
	return 1;
}

static int harvest(const struct cmd_env *env, struct work *w, struct err *err)
{
	struct archive *ar = NULL;
	struct err worst = {0};
	uint64_t indexed;
	int fd;
	if (open_trace(w, &fd, err) < 0)
		return -1;
	int failed = cmd_open(env, dry ? ARCHIVE_READ : ARCHIVE_WRITE, &ar, err);
	if (failed > 0)
		failed = harvest_run(ar, w->accounts, w->n, w->results, env->progress, err);
	if (fd > 0)
		close(fd);
	if (failed >= 0 && !dry)
		fares_keep(cmd_dir(env), w->accounts, w->results, w->n);
	archive_close(&ar);
	if (failed < 0)
		return -1;
	if (!no_index && !dry && !proc_stopped() && cmd_update_index(env, &indexed, err) < 0)
		worst = *err;
	report(env, w);
	judge(w, &worst);
	if (worst.kind == ERR_NONE && failed > 0)
		err_set(&worst, ERR_NET, "%d accounts failed", failed);
	*err = worst;
	return worst.kind == ERR_NONE ? 0 : -1;
}

/* What the hooks of a watch are told. */
struct watching {
	struct cmd_env *env;
	const struct opts_args *args;
	int trace;
};

static int watched_accounts(void *arg, struct arena *a, struct harvest_account **out,
			    size_t *n_out, struct err *err)
{
	const struct watching *x = arg;
	struct work w = {0};
	if (choose(x->env, a, x->args, &w, err) < 0)
		return -1;
	for (size_t i = 0; i < w.n; i++)
		w.accounts[i].trace = x->trace;
	*out = w.accounts;
	*n_out = w.n;
	return 1;
}

static int watched_index(void *arg, struct err *err)
{
	const struct watching *x = arg;
	uint64_t indexed;
	return cmd_index_new(x->env, &indexed, err);
}

static int watched_merge(void *arg, struct err *err)
{
	const struct watching *x = arg;
	const struct indexer_options o = {0};
	return indexer_merge(cmd_dir(x->env), &o, err);
}

static int stay(struct cmd_env *env, const struct opts_args *args, struct err *err)
{
	struct work none = {0};
	struct watching x = {.env = env, .args = args};
	const struct watch_hooks hooks = {&x, watched_accounts, no_index ? NULL : watched_index,
					  no_index ? NULL : watched_merge};
	if (dry || retry)
		return err_set(err, ERR_USAGE, "--watch goes with neither --dry-run nor --retry");
	env->progress = false;
	proc_catch_stop();
	proc_catch_reload();
	int r = open_trace(&none, &x.trace, err);
	if (r == 1)
		r = watch_run(cmd_dir(env), &hooks, err);
	if (x.trace > 0)
		close(x.trace);
	return r < 0 ? -1 : 0;
}

static int run(struct cmd_env *env, struct opts_args *args, struct err *err)
{
	struct arena a = {0};
	struct work w = {0};
	int r = cmd_exists(env, err);
	if (r > 0 && !no_index && !dry)
		r = ocrconf_check(env, err);
	if (watch)
		return r > 0 ? stay(env, args, err) : -1;
	if (r > 0)
		r = choose(env, &a, args, &w, err);
	if (r > 0) {
		proc_catch_stop();
		r = harvest(env, &w, err);
	}
	arena_free(&a);
	return r;
}

const struct cmd cmd_harvest = {
	.name = "harvest",
	.run = run,
	.line = "pull new mail from IMAP and POP3 accounts",
	.usage = "[--watch] [--no-index] [--retry] [--dry-run] [--trace FILE] [ACCOUNT…]",
	.options = options,
	.about = "Pulls what is new from the accounts in sheaf.conf, or from those named. Nothing "
		 "on\n"
		 "the servers is changed. When an account or a mailbox fails, the others go on, "
		 "and\n"
		 "the command fails. A message that could not be fetched is tried again after an\n"
		 "hour, then after a day, then every week. --dry-run looks into every mailbox\n"
		 "that may have something new, and changes nothing here either.\n"
		 "\n"
		 "--watch stays: new mail is stored, and found by searches, a moment after it "
		 "arrives.\n"
		 "Where the server knows IDLE, INBOX is told of at once; all mailboxes are looked "
		 "into\n"
		 "every 300 seconds (poll = SECONDS in sheaf.conf). What fails is tried again, "
		 "later\n"
		 "and later: see sheaf status. TERM or INT ends it, HUP reads sheaf.conf anew.\n"
		 "\n"
		 "  sheaf harvest\n"
		 "  sheaf harvest --watch\n"
		 "  sheaf harvest --dry-run --trace /tmp/transcript\n"
		 "  sheaf harvest alice && sheaf search --account alice unseen\n",
};
