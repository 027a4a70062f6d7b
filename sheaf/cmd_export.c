#define _POSIX_C_SOURCE 200809L

#include "asked.h"
#include "exportjob.h"
#include "exportrun.h"
#include "log.h"
#include "noindex.h"
#include "proc.h"

#include <unistd.h>

static const char *dialect = "box", *format, *to, *account, *mailbox;
static bool no_index;
static uint64_t job_id;

static const struct opts_spec options[] = {
	{"to", 0, OPTS_TEXT, &to, "PATH", "where it goes: a new or empty folder; a new file for "
					  "tar, - is standard output"},
	{"format", 0, OPTS_CHOICE, &format,
	 "mboxrd|maildir|eml|tar|eml.tar.zst|maildir.tar|mbox", "what is written"},
	{"dialect", 0, OPTS_CHOICE, &dialect, "box|imap", "how the query is written (box)"},
	{"account", 0, OPTS_TEXT, &account, "NAME", "only this account (* and ? are wild)"},
	{"mailbox", 0, OPTS_TEXT, &mailbox, "[ACCOUNT/]NAME", "only this mailbox"},
	{"no-index", 0, OPTS_FLAG, &no_index, NULL,
	 "look at every message; the answer is the same"},
	{"job", 0, OPTS_NUMBER, &job_id, "N", "do what the server was asked for (it calls this)"},
	OPTS_END,
};

/* An export being run. */
struct job {
	struct cmd_env *env;
	struct asked asked;
	struct export_options o;
	struct export *x;
	struct export_result r;
	struct log_progress progress;
	char manifest[4200];
};

static int read_options(struct job *j, struct err *err)
{
	if (to == NULL || *to == '\0')
		return err_set(err, ERR_USAGE, "export where to? (--to PATH)");
	if (format == NULL)
		return err_set(err, ERR_USAGE, "export as what? (--format "
			       "mboxrd|maildir|eml|tar|eml.tar.zst|maildir.tar|mbox)");
	for (int i = 0; export_formats[i]; i++)
		if (strcmp(format, export_formats[i]) == 0)
			j->o.format = (enum export_format)i;
	bool out = strcmp(to, "-") == 0;
	if (out && (j->o.format < EXPORT_TAR || j->o.format == EXPORT_MBOX))
		return err_set(err, ERR_USAGE, "only a tar can go to standard output");
	if (out && (j->env->json || isatty(STDOUT_FILENO)))
		return err_set(err, ERR_USAGE, "standard output is needed for the tar");
	j->o.to = to;
	if (j->o.format == EXPORT_MBOX) {
		snprintf(j->manifest, sizeof j->manifest, "%s.manifest.ndjson", to);
		j->o.manifest = j->manifest;
	}
	return 1;
}

static int open_all(struct job *j, const struct opts_args *args, struct err *err)
{
	struct asked_options o = {dialect, account, mailbox, no_index};
	struct asked *a = &j->asked;
	if (asked_open(a, j->env, &o, args, err) < 0)
		return -1;
	j->o.indexed_to = a->indexed_to;
	j->o.stored_to = a->stored_to;
	j->o.dialect = str_of(dialect);
	j->o.query = a->text;
	j->o.tree = query_tree(a->query);
	j->o.account = a->q.account;
	j->o.mailbox = a->q.mailbox;
	return 1;
}

/* How many there will be, for the progress line; 0 where counting takes as long as finding. */
static int total(struct job *j, uint64_t *out, struct err *err)
{
	*out = 0;
	if (!j->env->progress || j->asked.q.no_index ||
	    j->asked.indexed_to < j->asked.stored_to)
		return 1;
	return query_count(j->asked.query, out, err) < 0 ? -1 : asked_again(&j->asked, err);
}

static int step(void *arg, uint64_t messages, uint64_t bytes, struct err *err)
{
	struct job *j = arg;
	(void)bytes;
	if (proc_stopped())
		return err_set(err, ERR_LATER, "stopped; nothing was left at '%s'", to);
	if (j->env->progress)
		log_step(&j->progress, messages);
	return 1;
}

/* One hit after the other. 0 at the end; -1. */
static int export_hits(struct job *j, struct err *err)
{
	uint64_t n;
	if (total(j, &n, err) < 0)
		return -1;
	struct exportrun run = {.query = j->asked.query, .ar = query_db_archive(j->asked.db),
				.o = &j->o, .step = step, .arg = j};
	log_begin(&j->progress, "export", n);
	int r = exportrun_hits(&run, err);
	log_end(&j->progress);
	j->x = run.x;
	return r;
}

static void report(const struct job *j)
{
	const struct export_result *r = &j->r;
	if (j->env->json)
		cmd_json(json_pack("{s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:I}", "to", to, "format",
				   format, "messages", (json_int_t)r->messages, "files",
				   (json_int_t)r->files, "bytes", (json_int_t)r->bytes, "as_eml",
				   (json_int_t)r->as_eml, "failed", (json_int_t)r->failed,
				   "not_fully_searchable", (json_int_t)j->asked.not_fully));
	else
		fprintf(strcmp(to, "-") == 0 ? stderr : stdout,
			"%llu messages exported in %llu %s, %llu damaged\n",
			(unsigned long long)r->messages, (unsigned long long)r->files,
			j->o.format == EXPORT_MBOXRD ? "records and files" : "files",
			(unsigned long long)r->failed);
	if (r->as_eml)
		log_line(LOG_WARN,
			 "%llu files are .eml beside the mboxes: no mbox can carry these messages "
			 "exactly (the manifest names them)",
			 (unsigned long long)r->as_eml);
	if (r->inexact)
		log_line(LOG_WARN, "%llu records of the mbox are not exact: their line ends are"
			 " others (the manifest names them)", (unsigned long long)r->inexact);
	if (j->asked.not_fully)
		log_line(LOG_WARN, "%llu messages could not be searched fully",
			 (unsigned long long)j->asked.not_fully);
}

static int export_all(struct job *j, const struct opts_args *args, struct err *err)
{
	if (open_all(j, args, err) < 0 || export_hits(j, err) < 0)
		return -1;
	if (j->x == NULL)
		return CMD_NOTHING;
	if (export_end(j->x, &j->r, err) < 0)
		return -1;
	report(j);
	if (j->r.failed)
		return err_set(err, ERR_BROKEN, "%llu messages are damaged in the archive and were "
			       "not exported", (unsigned long long)j->r.failed);
	return 0;
}

static int run(struct cmd_env *env, struct opts_args *args, struct err *err)
{
	struct job j = {.env = env};
	if (no_index)
		noindex_set();
	if (job_id)
		return cmd_exists(env, err) < 0 ? -1 : exportjob_run(env, (int64_t)job_id, err);
	if (args->n == 0)
		return err_set(err, ERR_USAGE, "export what? (a query)");
	if (read_options(&j, err) < 0 || cmd_exists(env, err) < 0)
		return -1;
	proc_catch_stop();
	int r = export_all(&j, args, err);
	export_close(&j.x);
	asked_close(&j.asked);
	return r;
}

const struct cmd cmd_export = {
	.name = "export",
	.run = run,
	.line = "write messages out: mbox, Maildir, .eml",
	.usage = "--to PATH --format FORMAT [OPTIONS] QUERY…",
	.options = options,
	.mode = OPTS_QUERY,
	.about = "The query is that of sheaf search. What is written comes with SHA256SUMS (for\n"
		 "sha256sum -c) and manifest.ndjson, which tells of every message its SHA-256 and "
		 "all\n"
		 "its mailboxes. Everything grows under PATH.partial and gets its name at the "
		 "end.\n"
		 "Exit status 0: done; 1: nothing found.\n"
		 "\n"
		 "  sheaf export --format eml --to case-17 'from:ann after:2020-01-01'\n"
		 "  sheaf export --format maildir --to all --dialect imap ALL\n"
		 "  sheaf export --format mboxrd --to boxes --account alice --dialect imap ALL\n"
		 "  sheaf export --format tar --to - annual report | zstd > report.tar.zst\n",
};
