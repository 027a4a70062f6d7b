#include "cmd.h"
#include "import.h"
#include "log.h"
#include "ocrconf.h"
#include "proc.h"

static const char *account = "import", *mailbox = "", *format = "auto";
static bool no_index;

static const struct opts_spec options[] = {
	{"account", 0, OPTS_TEXT, &account, "NAME", "the account it belongs to (default: import)"},
	{"mailbox", 0, OPTS_TEXT, &mailbox, "NAME",
	 "the mailbox of what has no folder (default: INBOX)"},
	{"mbox-format", 0, OPTS_TEXT, &format, "KIND",
	 "auto, mboxo, mboxrd, mboxcl or mboxcl2 (default: auto)"},
	{"no-index", 0, OPTS_FLAG, &no_index, NULL, "do not bring the index up to date afterwards"},
	OPTS_END,
};

/* Imports one path after the other; one that fails does not stop the next, unless the archive
 * is broken. *worst is the kind to end with. 1 or -1. */
static int import_all(struct archive *ar, struct opts_args *args, bool progress,
		      struct import_result *r, struct err *worst)
{
	struct import_options o = {
		.account = str_of(account), .mailbox = str_of(mailbox), .progress = progress};
	mbox_format(str_of(format), &o.format);
	for (int i = 0; i < args->n; i++) {
		struct err err = {0};
		if (import_path(ar, &o, args->v[i], r, &err) > 0)
			continue;
		if (err.kind == ERR_BROKEN || proc_stopped()) {
			*worst = err;
			return -1;
		}
		log_line(LOG_ERROR, "%s", err.text);
		if (cmd_worse(err.kind, worst->kind) != worst->kind)
			*worst = err;
	}
	return 1;
}

static void report(const struct cmd_env *env, const struct import_result *r, uint64_t indexed)
{
	unsigned long long known = r->copies - r->stored;
	if (env->json) {
		cmd_json(json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "messages",
				   (json_int_t)r->messages, "stored", (json_int_t)r->stored,
				   "copies", (json_int_t)r->copies, "skipped",
				   (json_int_t)r->skipped, "failed", (json_int_t)r->failed, "bytes",
				   (json_int_t)r->bytes, "indexed", (json_int_t)indexed));
		return;
	}
	printf("%llu messages: %llu new, %llu with bytes stored before, %llu skipped, "
	       "%llu failed\n",
	       (unsigned long long)r->messages, (unsigned long long)r->stored, known,
	       (unsigned long long)r->skipped, (unsigned long long)r->failed);
}

static int run(struct cmd_env *env, struct opts_args *args, struct err *err)
{
	struct archive *ar;
	struct import_result r = {0};
	struct err worst = {0};
	uint64_t indexed = 0;
	enum mbox_format kind;
	if (args->n == 0)
		return err_set(err, ERR_USAGE, "import what? (a path, or - for standard input)");
	if (!str_utf8(str_of(account)) || *account == '\0' || str_chr(str_of(account), '/') >= 0)
		return err_set(err, ERR_USAGE, "not a name for an account: '%s'", account);
	if (!mbox_format(str_of(format), &kind))
		return err_set(err, ERR_USAGE, "not a kind of mbox: '%s'", format);
	proc_catch_stop();
	if (!no_index && ocrconf_check(env, err) < 0)
		return -1;
	if (cmd_open(env, ARCHIVE_WRITE, &ar, err) < 0)
		return -1;
	int done = import_all(ar, args, env->progress, &r, &worst);
	archive_close(&ar);
	if (done > 0 && !no_index && cmd_update_index(env, &indexed, err) < 0)
		worst = *err;
	report(env, &r, indexed);
	if (r.failed)
		log_line(LOG_WARN, "%llu could not be imported (named above)",
			 (unsigned long long)r.failed);
	if (worst.kind == ERR_NONE && r.failed)
		err_set(&worst, ERR_INPUT, "not everything could be imported");
	*err = worst;
	return worst.kind == ERR_NONE ? 0 : -1;
}

const struct cmd cmd_import = {
	.name = "import",
	.run = run,
	.line = "bring in mail from files: mbox, Maildir, MH, .eml, tar, gzip, zstd",
	.usage = "[--account NAME] [--mailbox NAME] [--mbox-format KIND] PATH…",
	.options = options,
	.about = "Each PATH is a Maildir or an MH folder (their subfolders become mailboxes), an\n"
		 "mbox file, a message file, a tar or zip of these, a directory of these, or -\n"
		 "for standard input; files may be packed with gzip or zstd. What a file is, its\n"
		 "first bytes tell, not its name. Nothing is changed there. Running it again\n"
		 "skips what was imported before, so an import that was stopped is simply run\n"
		 "again.\n"
		 "\n"
		 "  sheaf import ~/Maildir\n"
		 "  sheaf import --account work --mailbox Archive/2004 old-2004.mbox\n"
		 "  sheaf import --account lists lists-2004.tar.gz\n"
		 "  sheaf import --mbox-format mboxo old.mbox\n"
		 "  curl -s https://lists.example.org/dev.mbox.gz | sheaf import --mailbox dev -\n",
};
