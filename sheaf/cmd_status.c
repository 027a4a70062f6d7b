#include "cmd.h"
#include "fares.h"
#include "ledger.h"
#include "made.h"
#include "log.h"
#include "present.h"
#include "query.h"
#include "serving.h"
#include "standing.h"
#include "term.h"

static const struct opts_spec options[] = {OPTS_END};

/* For printf. */
static const char *z(struct arena *a, struct str s)
{
	return arena_str(a, s).p;
}

static void mailbox_text(struct arena *a, const struct archive_epoch *e,
			 const struct ledger_sums *l)
{
	struct str name = arena_fmt(a, "%.*s/%.*s", STR_ARG(e->account), STR_ARG(e->mailbox));
	struct str fit = term_fit(a, name, 40);
	if (term_width(term_clean(a, name, false)) > 40)
		fit = term_clean(a, name, false);
	printf("  %.*s %10s", STR_ARG(fit), z(a, present_number(a, l->stored + l->duplicates)));
	if (l->duplicates)
		printf("  %llu duplicates", (unsigned long long)l->duplicates);
	if (l->vanished)
		printf("  %llu vanished", (unsigned long long)l->vanished);
	if (l->failed)
		printf("  %llu FAILED (next try %s)", (unsigned long long)l->failed,
		       z(a, present_time(a, l->next_try, 0)));
	if (l->refused)
		printf("  %llu REFUSED", (unsigned long long)l->refused);
	if (l->gone)
		printf("  %llu gone before they were fetched", (unsigned long long)l->gone);
	putchar('\n');
}

/* One line or object for each mailbox epoch; *all is their sum. */
static int mailboxes(struct archive *ar, struct arena *a, json_t *list, struct ledger_sums *all,
		     struct err *err)
{
	const struct archive_epoch *e;
	size_t n;
	if (archive_epochs(ar, a, &e, &n, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		struct archive_totals t;
		struct ledger_sums l;
		if (ledger_count(ar, e[i].id, &l, err) < 0)
			return -1;
		standing_add(all, &l);
		if (list == NULL) {
			mailbox_text(a, &e[i], &l);
			continue;
		}
		if (archive_totals(ar, e[i].id, &t, err) < 0)
			return -1;
		json_array_append_new(list, standing_mailbox(&e[i], &t, &l));
	}
	return 1;
}

static void summary_text(struct arena *a, const char *dir, const struct archive_totals *t)
{
	struct str where = term_clean(a, str_of(dir), false);
	printf("archive   %.*s\n", STR_ARG(where));
	printf("messages  %s, %s", z(a, present_number(a, t->messages)),
	       z(a, present_size(a, t->bytes)));
	printf(", stored as %s in %llu segments\n", z(a, present_size(a, t->stored_bytes)),
	       (unsigned long long)t->segments);
	printf("copies    %s in mailboxes\n", z(a, present_number(a, t->copies)));
	if (t->disposed || t->destroyed)
		printf("disposed  %s hidden, %s destroyed\n", z(a, present_number(a, t->disposed)),
		       z(a, present_number(a, t->destroyed)));
	if (t->destroying)
		printf("          %s DISPOSALS ARE NOT FULLY DESTROYED (sheaf destroy --yes)\n",
		       z(a, present_number(a, t->destroying)));
}

/* Of those that were looked into, how many messages have one of which outcome. */
static void attachments_text(struct arena *a, const struct outcomes *x)
{
	const char *between = "attached ";
	if (x->closed)
		puts("attached  not looked into (attachments = no, when this index was made)");
	for (int i = 1; i < RECORD_OUTCOMES && !x->closed; i++)
		if (x->messages[i]) {
			printf("%s %s %s", between, z(a, present_number(a, x->messages[i])),
			       record_outcome_name((enum record_outcome)i));
			between = ",";
		}
	if (between[0] == ',')
		puts(" (messages with such attachments)");
}

static void index_text(struct arena *a, const struct standing *r)
{
	if (r->blind) {
		puts("indexed   THE INDEX CANNOT BE READ (sheaf check-index says what is damaged,\n"
		     "          sheaf reindex makes another index)");
		return;
	}
	printf("indexed   %s of %s", z(a, present_number(a, r->indexed)),
	       z(a, present_number(a, r->stored)));
	puts(r->indexed < r->stored ? ": BEHIND (sheaf index brings it up to date)" : "");
	if (r->not_fully)
		printf("          %s could not be searched fully\n",
		       z(a, present_number(a, r->not_fully)));
	attachments_text(a, &r->attachments);
	if (r->same_ids)
		printf("          %s Message-IDs stand in %s messages that differ\n",
		       z(a, present_number(a, r->same_ids)),
		       z(a, present_number(a, r->same_messages)));
}

static void all_json(struct cmd_env *env, const struct standing *st, const struct ledger_sums *l,
		     json_t *list, const char *why)
{
	json_t *o = standing_json(st, l, str_of(why));
	json_object_set_new(o, "archive", cmd_string(str_of(cmd_dir(env))));
	json_object_set(o, "mailboxes", list);
	made_json(cmd_dir(env), o);
	fares_json(cmd_dir(env), o);
	serving_json(cmd_dir(env), o);
	cmd_json(o);
}

/* What can be said where even the catalog cannot be read. */
static void without_archive(struct cmd_env *env, const struct err *err)
{
	if (env->json) {
		json_t *o = json_pack("{s:o, s:o}", "archive", cmd_string(str_of(cmd_dir(env))),
				      "archive_error", cmd_string(str_of(err->text)));
		fares_json(cmd_dir(env), o);
		serving_json(cmd_dir(env), o);
		cmd_json(o);
		return;
	}
	struct arena a = {0};
	struct str where = term_clean(&a, str_of(cmd_dir(env)), false);
	printf("archive   %.*s CANNOT BE READ (sheaf verify says what is damaged, sheaf repair\n"
	       "          mends what can be mended)\n", STR_ARG(where));
	arena_free(&a);
	fares_text(cmd_dir(env));
	serving_text(cmd_dir(env));
}

/* db NULL: the index cannot be read, and *err says why; it is told after all the rest. */
static int status(struct cmd_env *env, struct archive *ar, struct qdb *db, struct arena *a,
		  struct err *err)
{
	struct ledger_sums l = {0};
	struct standing st;
	struct err why;
	int r = standing_read(ar, db, &st, err);
	if (r < 0 && err->kind != ERR_LATER)
		without_archive(env, err);
	if (r < 0)
		return -1;
	json_t *list = env->json ? json_array() : NULL;
	if (!env->json) {
		summary_text(a, cmd_dir(env), &st.totals);
		index_text(a, &st);
		made_text(cmd_dir(env));
		fares_text(cmd_dir(env));
		serving_text(cmd_dir(env));
		puts("mailboxes");
	}
	int done = mailboxes(ar, a, list, &l, &why);
	if (done > 0 && env->json)
		all_json(env, &st, &l, list, err->text);
	json_decref(list);
	if (st.totals.failed)
		log_line(LOG_WARN, "%llu messages could not be fetched so far",
			 (unsigned long long)st.totals.failed);
	if (done < 0)
		*err = why;
	return done < 0 || r == 0 ? -1 : 0;
}

static int run(struct cmd_env *env, struct opts_args *args, struct err *err)
{
	struct archive *alone = NULL;
	struct qdb *db = NULL;
	struct arena a = {0};
	struct err unused;
	if (args->n)
		return err_set(err, ERR_USAGE, "status takes no arguments");
	if (cmd_exists(env, err) < 0)
		return -1;
	int r = query_db_open(&db, cmd_dir(env), err);
	if (r > 0)
		r = status(env, query_db_archive(db), db, &a, err);
	else if (archive_open(&alone, cmd_dir(env), ARCHIVE_READ, &unused) > 0)
		r = status(env, alone, NULL, &a, err);
	else if (err->kind != ERR_LATER)
		without_archive(env, err);
	query_db_close(&db);
	archive_close(&alone);
	arena_free(&a);
	return r;
}

const struct cmd cmd_status = {
	.name = "status",
	.run = run,
	.line = "what is stored, what is indexed, what failed",
	.usage = "[--json]",
	.options = options,
	.about = "Accounts, mailboxes and their messages; how far the index reaches; what could "
		 "not\n"
		 "be fetched or not be searched fully. Of an index or a catalog that cannot be\n"
		 "read it says so, with all the rest, and ends with status 74.\n"
		 "\n"
		 "  sheaf status\n"
		 "  sheaf status --json | jq .index_behind\n",
};
