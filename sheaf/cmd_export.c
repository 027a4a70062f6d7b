#define _POSIX_C_SOURCE 200809L

#include "cmd.h"
#include "export.h"
#include "log.h"
#include "proc.h"
#include "query.h"

#include <unistd.h>

static const char *dialect = "box", *format, *to, *account, *mailbox;
static bool no_index;

static const struct opts_spec options[] = {
	{"to", 0, OPTS_TEXT, &to, "PATH", "where it goes: a new or empty folder; a new file for "
					  "tar, - is standard output"},
	{"format", 0, OPTS_CHOICE, &format, "mboxrd|maildir|eml|tar", "what is written"},
	{"dialect", 0, OPTS_CHOICE, &dialect, "box|imap", "how the query is written (box)"},
	{"account", 0, OPTS_TEXT, &account, "NAME", "only this account (* and ? are wild)"},
	{"mailbox", 0, OPTS_TEXT, &mailbox, "[ACCOUNT/]NAME", "only this mailbox"},
	{"no-index", 0, OPTS_FLAG, &no_index, NULL,
	 "look at every message; the answer is the same"},
	OPTS_END,
};

/* An export being run. */
struct job {
	struct cmd_env *env;
	struct str text;
	struct qdb *db;
	struct query *query;
	struct query_options q;
	struct export_options o;
	struct export *x;
	struct export_result r;
	struct arena arena, hit;
	uint64_t not_fully;
};

static int read_options(struct job *j, struct err *err)
{
	static const char *const names[] = {"mboxrd", "maildir", "eml", "tar"};
	if (to == NULL || *to == '\0')
		return err_set(err, ERR_USAGE, "export where to? (--to PATH)");
	if (format == NULL)
		return err_set(err, ERR_USAGE, "export as what? (--format mboxrd|maildir|eml|tar)");
	for (int i = 0; i < 4; i++)
		if (strcmp(format, names[i]) == 0)
			j->o.format = (enum export_format)i;
	bool out = strcmp(to, "-") == 0;
	if (out && j->o.format != EXPORT_TAR)
		return err_set(err, ERR_USAGE, "only a tar can go to standard output");
	if (out && (j->env->json || isatty(STDOUT_FILENO)))
		return err_set(err, ERR_USAGE, "standard output is needed for the tar");
	j->o.to = to;
	j->q.dialect = strcmp(dialect, "imap") == 0 ? QUERY_IMAP : QUERY_BOX;
	j->q.sort = QUERY_UNSORTED;
	j->q.no_index = no_index;
	j->q.bare = true;
	j->q.account = str_of(account);
	j->q.mailbox = str_of(mailbox);
	ptrdiff_t slash = str_chr(j->q.mailbox, '/');
	if (account == NULL && slash > 0) {
		j->q.account = str_cut(j->q.mailbox, 0, (size_t)slash);
		j->q.mailbox = str_cut(j->q.mailbox, (size_t)slash + 1, j->q.mailbox.n);
	}
	return 1;
}

static int open_query(struct job *j, struct err *err)
{
	return query_open(&j->query, j->db, &j->arena, j->text, &j->q, err);
}

/* Opens the archive and the query. What is not indexed yet must not be left out: then every
 * message is looked at. */
static int open_all(struct job *j, struct err *err)
{
	if (query_db_open(&j->db, cmd_dir(j->env), err) < 0 ||
	    query_db_reach(j->db, &j->o.indexed_to, &j->o.stored_to, err) < 0 ||
	    query_not_fully(j->db, &j->not_fully, err) < 0)
		return -1;
	if (j->o.indexed_to < j->o.stored_to && !no_index) {
		j->q.no_index = true;
		log_line(LOG_WARN, "%llu messages are not indexed yet (sheaf index): every message "
			 "is looked at", (unsigned long long)(j->o.stored_to - j->o.indexed_to));
	}
	if (open_query(j, err) < 0)
		return -1;
	const struct query_warning *w;
	size_t n = query_warnings(j->query, &w);
	for (size_t i = 0; i < n; i++)
		log_line(LOG_WARN, "column %d: %.*s", w[i].column, STR_ARG(w[i].text));
	j->o.dialect = str_of(dialect);
	j->o.query = j->text;
	j->o.tree = query_tree(j->query);
	j->o.account = j->q.account;
	j->o.mailbox = j->q.mailbox;
	return 1;
}

/* How many there will be, for the progress line; 0 where counting takes as long as finding. */
static int total(struct job *j, uint64_t *out, struct err *err)
{
	*out = 0;
	if (!j->env->progress || j->q.no_index)
		return 1;
	int r = query_count(j->query, out, err);
	query_close(&j->query);
	return r < 0 ? -1 : open_query(j, err);
}

/* One hit after the other. 0 at the end; -1. */
static int export_hits(struct job *j, struct err *err)
{
	struct log_progress p;
	struct query_hit h;
	struct err damage;
	uint64_t n, done = 0;
	if (total(j, &n, err) < 0)
		return -1;
	log_begin(&p, "export", n);
	int r;
	while ((r = query_next(j->query, &j->hit, &h, err)) > 0) {
		if (j->x == NULL &&
		    export_begin(&j->x, query_db_archive(j->db), &j->o, err) < 0)
			break;
		int got = export_add(j->x, &h.msg, h.copies, h.n_copies, &damage);
		if (got == 0)
			log_line(LOG_ERROR, "message %llu was not exported: %s",
				 (unsigned long long)h.number, damage.text);
		if (got < 0)
			*err = damage;
		if (got >= 0 && proc_stopped())
			got = err_set(err, ERR_LATER, "stopped; nothing was left at '%s'", to);
		if (got < 0)
			break;
		arena_reset(&j->hit);
		if (j->env->progress)
			log_step(&p, ++done);
	}
	log_end(&p);
	return r == 0 ? 0 : -1;
}

static void report(const struct job *j)
{
	const struct export_result *r = &j->r;
	if (j->env->json)
		cmd_json(json_pack("{s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:I}", "to", to, "format",
				   format, "messages", (json_int_t)r->messages, "files",
				   (json_int_t)r->files, "bytes", (json_int_t)r->bytes, "as_eml",
				   (json_int_t)r->as_eml, "failed", (json_int_t)r->failed,
				   "not_fully_searchable", (json_int_t)j->not_fully));
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
	if (j->not_fully)
		log_line(LOG_WARN, "%llu messages could not be searched fully",
			 (unsigned long long)j->not_fully);
}

static int export_all(struct job *j, struct err *err)
{
	if (open_all(j, err) < 0 || export_hits(j, err) < 0)
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
	if (args->n == 0)
		return err_set(err, ERR_USAGE, "export what? (a query)");
	if (read_options(&j, err) < 0 || cmd_exists(env, err) < 0)
		return -1;
	j.text = str_of(args->v[0]);
	for (int i = 1; i < args->n; i++)
		j.text = arena_fmt(&j.arena, "%.*s %s", STR_ARG(j.text), args->v[i]);
	proc_catch_stop();
	int r = export_all(&j, err);
	/* The text must outlive the arena for the error message. */
	static char kept[4096];
	size_t n = j.text.n < sizeof kept ? j.text.n : sizeof kept;
	memcpy(kept, j.text.p, n);
	env->query = (struct str){kept, n};
	export_close(&j.x);
	query_close(&j.query);
	query_db_close(&j.db);
	arena_free(&j.hit);
	arena_free(&j.arena);
	return r;
}

const struct cmd cmd_export = {
	.name = "export",
	.run = run,
	.line = "write messages out: mbox, Maildir, .eml",
	.usage = "--to PATH --format mboxrd|maildir|eml|tar [OPTIONS] QUERY…",
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
