/* cmd: what the subcommands share, and the table they stand in.
 *
 * Prefix: cmd_
 * Shape: one file for each subcommand, cmd_<name>.c, which exports one `struct cmd`. A command
 *   returns its exit status, or -1 with *err set; main prints the error and picks the status.
 *   Standard output carries results, standard error the rest.
 */
#ifndef CMD_H
#define CMD_H

#include "archive.h"
#include "conf.h"
#include "indexer.h"
#include "opts.h"

#include <jansson.h>

enum { CMD_NOTHING = 1, CMD_SCHEMA = 1 /* "schema_version" of all JSON */ };

/* What every command is told. */
struct cmd_env {
	const char *dir;   /* -C, NULL: not given */
	unsigned verbose;
	bool json, help, version;
	struct str query;  /* set by search: an error's column points into it */
	bool progress;
};

struct cmd {
	const char *name;
	int (*run)(struct cmd_env *env, struct opts_args *args, struct err *err);
	const char *line;     /* one line for the list */
	const char *usage;    /* behind "sheaf NAME" */
	const struct opts_spec *options;
	enum opts_mode mode;
	const char *about;    /* the help's text, with examples */
};

extern const struct cmd cmd_init, cmd_harvest, cmd_import, cmd_index, cmd_search, cmd_show,
	cmd_serve, cmd_status, cmd_reindex, cmd_export, cmd_backup, cmd_ledger, cmd_verify,
	cmd_rebuild, cmd_seal, cmd_prove, cmd_dispose, cmd_destroy, cmd_login,
	cmd_repair, cmd_check_index, cmd_tag, cmd_audit, cmd_certificate,
	cmd_user, cmd_token, cmd_extract, cmd_not_searchable;

/* The archive's directory: -C, else $SHEAF_ARCHIVE, else ~/.local/share/sheaf. */
const char *cmd_dir(const struct cmd_env *env);
/* Is there an archive? 1, or -1 (ERR_INPUT, with what to do). */
int cmd_exists(const struct cmd_env *env, struct err *err);
/* Opens it, for writing after a wait of up to two seconds for another writer (harvest --watch
 * soon rests). Close with archive_close. 1 or -1. */
int cmd_open(const struct cmd_env *env, enum archive_mode mode, struct archive **out,
	     struct err *err);
/* Reads sheaf.conf; a missing one is empty. 1 or -1 (ERR_DENIED with file and line). */
int cmd_conf(const struct cmd_env *env, struct arena *a, struct conf *out, struct err *err);
/* Tells who reads attachments of the keys that sheaf.conf names. A sheaf.conf that is wrong names
 * none: commands that need it say so. */
void cmd_smime_keys(const struct cmd_env *env);
/* What sheaf.conf says of the index. 1 or -1. */
int cmd_index_options(const struct cmd_env *env, struct indexer_options *o, struct err *err);
/* Takes new mail up into the index. *indexed is how many messages. 1 or -1. */
int cmd_index_new(const struct cmd_env *env, uint64_t *indexed, struct err *err);
/* The same, and then joins segments as far as that is due. 1 or -1. */
int cmd_update_index(const struct cmd_env *env, uint64_t *indexed, struct err *err);
/* What index and reindex have in common: options for both, and the way they report. */
struct cmd_indexing {
	uint64_t workers;
	bool retry; /* reindex --parts failed */
	int (*run)(const char *dir, const struct indexer_options *o, struct indexer_result *r,
		   struct err *err);
};
int cmd_index_run(const struct cmd_env *env, const struct cmd_indexing *how,
		  const struct opts_args *args, struct err *err);
/* Prints {"schema_version":…, members of o} on one line and lets go of o. */
void cmd_json(json_t *o);
/* A JSON string of any bytes: what is not UTF-8 becomes U+FFFD. */
json_t *cmd_string(struct str s);
/* The status that says most: of two kinds of errors the one to act on first. */
enum err_kind cmd_worse(enum err_kind a, enum err_kind b);
/* What `sheaf help NAME` prints. */
void cmd_help(const struct cmd *c, const struct opts_spec *common, FILE *to);

#endif
