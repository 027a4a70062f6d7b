#define _GNU_SOURCE
#include "cmd.h"

#include "file.h"

#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

static const char sample[] =
	"# sheaf.conf: the accounts that `sheaf harvest` pulls mail from.\n"
	"#\n"
	"# Lines are \"key = value\"; '#' begins a comment. One [account NAME] section for each\n"
	"# account; NAME is how searches and mailboxes call it. Take the '#' away and fill in.\n"
	"#\n"
	"# [account alice]\n"
	"# host = mail.example.org\n"
	"# port = 993\n"
	"# tls = implicit            # implicit | starttls | none\n"
	"# ca_file =                 # certificates to trust instead of the system's\n"
	"# user = alice\n"
	"# password_file = /run/secrets/alice     # or password_command, token_command, oauth\n"
	"# mailboxes = *             # patterns, '-pattern' leaves out: *, -Trash, -Spam\n";

/* Writes sheaf.conf unless there is one. */
static int write_conf(const char *dir, struct err *err)
{
	char path[PATH_MAX];
	int n = snprintf(path, sizeof path, "%s/sheaf.conf", dir);
	if (n < 0 || (size_t)n >= sizeof path)
		return err_set(err, ERR_INPUT, "path too long");
	if (access(path, F_OK) == 0)
		return 0;
	return file_replace(path, str_of(sample), err);
}

static int run(struct cmd_env *env, struct opts_args *args, struct err *err)
{
	char full[PATH_MAX];
	if (args->n > 1 || (args->n == 1 && env->dir))
		return err_set(err, ERR_USAGE, "one archive at a time");
	const char *dir = args->n == 1 ? args->v[0] : cmd_dir(env);
	int made = archive_create(dir, err);
	if (made < 0 || write_conf(dir, err) < 0)
		return -1;
	const char *shown = realpath(dir, full) ? full : dir;
	if (env->json)
		cmd_json(json_pack("{s:o, s:b}", "archive", cmd_string(str_of(shown)), "made",
				   made == 1));
	else
		printf("%s %s\n",
		       made == 1 ? "made archive" : "there is an archive already:", shown);
	return 0;
}

static const struct opts_spec options[] = {OPTS_END};

const struct cmd cmd_init = {
	.name = "init",
	.run = run,
	.line = "make an archive",
	.usage = "[DIR]",
	.options = options,
	.about = "Makes an empty archive in DIR (else where -C or $SHEAF_ARCHIVE say, else in\n"
		 "~/.local/share/sheaf) with a sheaf.conf to fill in. What is there already is\n"
		 "left as it is.\n"
		 "\n"
		 "  sheaf init\n"
		 "  sheaf init /srv/mail && export SHEAF_ARCHIVE=/srv/mail\n",
};
