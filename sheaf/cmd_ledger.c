#include "cmd.h"
#include "entries.h"
#include "ledger.h"
#include "log.h"
#include "present.h"
#include "sameid.h"
#include "term.h"

static const char *account, *mailbox, *outcome;
static uint64_t limit;
static bool same_id;

static const struct opts_spec options[] = {
	{"account", 0, OPTS_TEXT, &account, "PATTERN", "only these accounts (* and ? are wild)"},
	{"mailbox", 0, OPTS_TEXT, &mailbox, "PATTERN", "only these mailboxes"},
	{"outcome", 0, OPTS_CHOICE, &outcome, "stored|duplicate|refused|failed|gone|vanished",
	 "only this"},
	{"limit", 0, OPTS_NUMBER, &limit, "N", "at most N (all)"},
	{"same-message-id", 0, OPTS_FLAG, &same_id, NULL,
	 "instead: Message-IDs of several messages that differ"},
	OPTS_END,
};

/* ---- the ledger ---- */

static void heading(struct arena *a, const struct archive_epoch *e)
{
	struct str name = arena_fmt(a, "%.*s/%.*s", STR_ARG(e->account), STR_ARG(e->mailbox));
	name = term_clean(a, name, false);
	printf("%.*s (UIDVALIDITY %u)\n", STR_ARG(name), e->uidvalidity);
}

static void entry_text(struct arena *a, const struct ledger_entry *e)
{
	char hex[HASH_HEX + 1];
	struct str reason = term_clean(a, e->reason, false);
	printf("%12u  %-9s  ", e->uid, entries_word(e->outcome));
	if (entries_is_copy(e)) {
		hash_hex(e->hash, HASH_BYTES, hex);
		printf("%s%.12s", e->outcome == LEDGER_DUPLICATE ? "of " : "",
		       e->destroyed ? "(destroyed)" : hex);
		if (e->disposal)
			printf("  disposal %lld", (long long)e->disposal);
		if (str_eq(e->basis, STR("header+text")))
			printf("  header and text came apart");
		else if (e->basis.n)
			printf("  not read, known by %.*s", STR_ARG(e->basis));
		if (e->vanished)
			printf("  vanished %.*s", STR_ARG(present_time(a, e->vanished, 0)));
	} else {
		printf("%.*s", STR_ARG(reason));
	}
	if (e->outcome == LEDGER_FAILED)
		printf("; tries: %llu, next try %.*s", (unsigned long long)e->tries,
		       STR_ARG(present_time(a, e->next_try, 0)));
	putchar('\n');
}

static void read_filter(struct ledger_filter *f)
{
	*f = (struct ledger_filter){.account = str_of(account), .mailbox = str_of(mailbox)};
	if (outcome)
		entries_filter(str_of(outcome), f);
}

/* Standard output that is gone ends it. */
static bool go_on(uint64_t shown)
{
	return (limit == 0 || shown < limit) && !ferror(stdout);
}

static int list(const struct cmd_env *env, struct archive *ar, uint64_t *shown, struct err *err)
{
	struct ledger_filter f;
	struct ledger_entry e;
	struct ledger *l;
	struct arena a = {0};
	const struct archive_epoch *epoch = NULL;
	int r = 1;
	read_filter(&f);
	if (ledger_open(&l, ar, &f, err) < 0)
		return -1;
	while (go_on(*shown) && (r = ledger_next(l, &e, err)) == 1) {
		if (!env->json && e.epoch != epoch)
			heading(&a, e.epoch);
		epoch = e.epoch;
		if (env->json)
			cmd_json(entries_json(&a, &e));
		else
			entry_text(&a, &e);
		++*shown;
		arena_reset(&a);
	}
	ledger_close(&l);
	arena_free(&a);
	return r;
}

/* ---- Message-IDs ---- */

static int group(const struct cmd_env *env, struct archive *ar, const struct sameid_group *g,
		 struct err *err)
{
	struct arena a = {0};
	struct archive_msg m;
	char hex[HASH_HEX + 1];
	json_t *ids = json_array();
	int r = 1;
	if (!env->json)
		printf("%.*s\n", STR_ARG(term_clean(&a, g->message_id, false)));
	for (size_t i = 0; i < g->n && r == 1; i++) {
		r = archive_find(ar, g->numbers[i], &m, err);
		if (r == 0)
			r = err_set(err, ERR_BROKEN, "message %llu is missing in the archive",
				    (unsigned long long)g->numbers[i]);
		if (r < 0)
			break;
		hash_hex(m.hash, HASH_BYTES, hex);
		if (env->json)
			json_array_append_new(ids, json_pack("{s:I, s:s, s:I}", "number",
							     (json_int_t)m.number, "id", hex,
							     "size", (json_int_t)m.size));
		else
			printf("%12llu  %.12s  %llu bytes\n", (unsigned long long)m.number, hex,
			       (unsigned long long)m.size);
	}
	if (env->json && r == 1)
		cmd_json(json_pack("{s:o, s:O}", "message_id", cmd_string(g->message_id),
				   "messages", ids));
	json_decref(ids);
	arena_free(&a);
	return r;
}

static int list_same(const struct cmd_env *env, struct archive *ar, uint64_t *shown,
		     struct err *err)
{
	struct sameid_group g;
	struct sameid *s;
	uint64_t stored;
	int r = 1;
	if (archive_last(ar, &stored, err) < 0 || sameid_open(&s, ar, err) < 0)
		return -1;
	while (go_on(*shown) && (r = sameid_next(s, &g, err)) == 1) {
		if (group(env, ar, &g, err) < 0) {
			r = -1;
			break;
		}
		++*shown;
	}
	if (r >= 0 && sameid_last(s) < stored)
		log_line(LOG_WARN, "%llu messages are not indexed yet and were not looked at "
				   "(sheaf index)", (unsigned long long)(stored - sameid_last(s)));
	sameid_close(&s);
	return r;
}

static int run(struct cmd_env *env, struct opts_args *args, struct err *err)
{
	struct archive *ar;
	uint64_t shown = 0;
	if (args->n)
		return err_set(err, ERR_USAGE, "no arguments are expected, not '%s'", args->v[0]);
	if (same_id && (account || mailbox || outcome))
		return err_set(err, ERR_USAGE,
			       "--same-message-id looks at all mail; only --limit goes with it");
	if (cmd_open(env, ARCHIVE_READ, &ar, err) < 0)
		return -1;
	int r = (same_id ? list_same : list)(env, ar, &shown, err);
	archive_close(&ar);
	return r < 0 ? -1 : shown ? 0 : CMD_NOTHING;
}

const struct cmd cmd_ledger = {
	.name = "ledger",
	.run = run,
	.line = "what became of every message on every server",
	.usage = "[OPTIONS]",
	.options = options,
	.about =
		"Lists every UID that was ever met, by account, mailbox and UIDVALIDITY:\n"
		"stored (with the message's id), duplicate (of bytes stored before), refused,\n"
		"failed (it will be tried again) or gone (it vanished before it was fetched).\n"
		"With --json, one object a line. Exit status 0: something was listed; 1: nothing\n"
		"is like that.\n"
		"\n"
		"  sheaf ledger --outcome failed\n"
		"  sheaf ledger --account alice --mailbox 'Lists/*' --json\n"
		"  sheaf ledger --same-message-id\n",
};
