#include "cmd.h"
#include "fares.h"
#include "ledger.h"
#include "made.h"
#include "log.h"
#include "present.h"
#include "query.h"
#include "sameid.h"
#include "term.h"

static const struct opts_spec options[] = {OPTS_END};

/* How far the index reaches. */
struct reach {
	uint64_t indexed, stored, not_fully;
	uint64_t same_ids, same_messages;
};

/* For printf. */
static const char *z(struct arena *a, struct str s)
{
	return arena_str(a, s).p;
}

static json_t *sums(const struct archive_totals *t)
{
	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "messages",
			 (json_int_t)t->messages, "bytes", (json_int_t)t->bytes, "stored_bytes",
			 (json_int_t)t->stored_bytes, "copies", (json_int_t)t->copies, "present",
			 (json_int_t)t->present, "failed", (json_int_t)t->failed, "refused",
			 (json_int_t)t->refused, "gone", (json_int_t)t->gone);
}

/* Adds what the ledger says. */
static void ledger_json(json_t *o, const struct ledger_sums *l)
{
	struct arena a = {0};
	json_object_set_new(o, "stored", json_integer((json_int_t)l->stored));
	json_object_set_new(o, "duplicates", json_integer((json_int_t)l->duplicates));
	json_object_set_new(o, "vanished", json_integer((json_int_t)l->vanished));
	json_object_set_new(o, "next_try",
			    l->next_try ? cmd_string(present_time(&a, l->next_try, 0))
					: json_null());
	arena_free(&a);
}

static json_t *mailbox_json(const struct archive_epoch *e, const struct archive_totals *t,
			    const struct ledger_sums *l)
{
	json_t *o = sums(t);
	json_object_del(o, "stored_bytes");
	ledger_json(o, l);
	json_object_set_new(o, "account", cmd_string(e->account));
	json_object_set_new(o, "mailbox", cmd_string(e->mailbox));
	json_object_set_new(o, "uidvalidity", json_integer(e->uidvalidity));
	return o;
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

static void add_sums(struct ledger_sums *all, const struct ledger_sums *l)
{
	all->stored += l->stored;
	all->duplicates += l->duplicates;
	all->vanished += l->vanished;
	if (l->next_try && (all->next_try == 0 || l->next_try < all->next_try))
		all->next_try = l->next_try;
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
		add_sums(all, &l);
		if (list == NULL) {
			mailbox_text(a, &e[i], &l);
			continue;
		}
		if (archive_totals(ar, e[i].id, &t, err) < 0)
			return -1;
		json_array_append_new(list, mailbox_json(&e[i], &t, &l));
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

static void index_text(struct arena *a, const struct reach *r)
{
	printf("indexed   %s of %s", z(a, present_number(a, r->indexed)),
	       z(a, present_number(a, r->stored)));
	puts(r->indexed < r->stored ? ": BEHIND (sheaf index brings it up to date)" : "");
	if (r->not_fully)
		printf("          %s could not be searched fully\n",
		       z(a, present_number(a, r->not_fully)));
	if (r->same_ids)
		printf("          %s Message-IDs stand in %s messages that differ\n",
		       z(a, present_number(a, r->same_ids)),
		       z(a, present_number(a, r->same_messages)));
}

/* How many Message-IDs stand in several messages that differ. */
static int same_ids(struct archive *ar, struct reach *r, struct err *err)
{
	struct sameid *s;
	if (sameid_open(&s, ar, err) < 0)
		return -1;
	int done = sameid_count(s, &r->same_ids, &r->same_messages, err);
	sameid_close(&s);
	return done;
}

static void all_json(struct cmd_env *env, const struct archive_totals *t, const struct reach *r,
		     const struct ledger_sums *l, json_t *list)
{
	json_t *o = sums(t);
	ledger_json(o, l);
	json_object_set_new(o, "archive", cmd_string(str_of(cmd_dir(env))));
	json_object_set_new(o, "segments", json_integer((json_int_t)t->segments));
	json_object_set_new(o, "disposed", json_integer((json_int_t)t->disposed));
	json_object_set_new(o, "destroyed", json_integer((json_int_t)t->destroyed));
	json_object_set_new(o, "destroying", json_integer((json_int_t)t->destroying));
	json_object_set_new(o, "indexed_to", json_integer((json_int_t)r->indexed));
	json_object_set_new(o, "stored_to", json_integer((json_int_t)r->stored));
	json_object_set_new(o, "index_behind", json_integer((json_int_t)(r->stored - r->indexed)));
	json_object_set_new(o, "not_fully_searchable", json_integer((json_int_t)r->not_fully));
	json_object_set_new(o, "same_message_ids", json_integer((json_int_t)r->same_ids));
	json_object_set_new(o, "same_message_id_messages",
			    json_integer((json_int_t)r->same_messages));
	json_object_set(o, "mailboxes", list);
	made_json(cmd_dir(env), o);
	fares_json(cmd_dir(env), o);
	cmd_json(o);
}

static int status(struct cmd_env *env, struct qdb *db, struct arena *a, struct err *err)
{
	struct archive *ar = query_db_archive(db);
	struct archive_totals t;
	struct ledger_sums l = {0};
	struct reach r;
	if (archive_totals(ar, 0, &t, err) < 0 ||
	    query_db_reach(db, &r.indexed, &r.stored, err) < 0 ||
	    query_not_fully(db, &r.not_fully, err) < 0 || same_ids(ar, &r, err) < 0)
		return -1;
	json_t *list = env->json ? json_array() : NULL;
	if (!env->json) {
		summary_text(a, cmd_dir(env), &t);
		index_text(a, &r);
		made_text(cmd_dir(env));
		fares_text(cmd_dir(env));
		puts("mailboxes");
	}
	int done = mailboxes(ar, a, list, &l, err);
	if (done > 0 && env->json)
		all_json(env, &t, &r, &l, list);
	json_decref(list);
	if (t.failed)
		log_line(LOG_WARN, "%llu messages could not be fetched so far",
			 (unsigned long long)t.failed);
	return done < 0 ? -1 : 0;
}

static int run(struct cmd_env *env, struct opts_args *args, struct err *err)
{
	struct qdb *db = NULL;
	struct arena a = {0};
	if (args->n)
		return err_set(err, ERR_USAGE, "status takes no arguments");
	if (cmd_exists(env, err) < 0)
		return -1;
	int r = query_db_open(&db, cmd_dir(env), err);
	r = r < 0 ? -1 : status(env, db, &a, err);
	query_db_close(&db);
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
		 "be fetched or not be searched fully.\n"
		 "\n"
		 "  sheaf status\n"
		 "  sheaf status --json | jq .index_behind\n",
};
