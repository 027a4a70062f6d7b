#define _GNU_SOURCE
#include "asked.h"
#include "disposal.h"
#include "present.h"
#include "term.h"
#include "who.h"

static const char *dialect = "box", *account, *mailbox, *reason, *who;
static bool no_index, yes, list;
static uint64_t undo;

static const struct opts_spec options[] = {
	{"reason", 0, OPTS_TEXT, &reason, "TEXT", "why; it is kept for good"},
	{"yes", 0, OPTS_FLAG, &yes, NULL, "do it; without this it is only said what would be done"},
	{"undo", 0, OPTS_NUMBER, &undo, "N", "take disposal N back, unless it is destroyed"},
	{"list", 0, OPTS_FLAG, &list, NULL, "list all disposals"},
	{"who", 0, OPTS_TEXT, &who, "NAME", "who decided it (default: the login name)"},
	{"dialect", 0, OPTS_CHOICE, &dialect, "box|imap", "how the query is written (box)"},
	{"account", 0, OPTS_TEXT, &account, "NAME", "only this account (* and ? are wild)"},
	{"mailbox", 0, OPTS_TEXT, &mailbox, "[ACCOUNT/]NAME", "only this mailbox"},
	{"no-index", 0, OPTS_FLAG, &no_index, NULL,
	 "look at every message; the answer is the same"},
	OPTS_END,
};

/* ---- the list ---- */

static const char *const states[] = {
	[DISPOSAL_MASKED] = "masked", [DISPOSAL_RESTORED] = "restored",
	[DISPOSAL_DESTROYED] = "unfinished", [DISPOSAL_ERASED] = "destroyed",
};

static json_t *row_json(struct arena *a, const struct disposal *d)
{
	return json_pack("{s:I, s:s, s:I, s:o, s:o, s:o, s:o, s:o, s:o}", "disposal",
			 (json_int_t)d->id, "state", states[d->state], "messages",
			 (json_int_t)d->messages, "at", cmd_string(present_time(a, d->at, 0)),
			 "who", cmd_string(d->who), "reason", cmd_string(d->reason), "query",
			 cmd_string(d->query), "ended",
			 d->ended ? cmd_string(present_time(a, d->ended, 0)) : json_null(),
			 "ended_by", d->ended ? cmd_string(d->ended_by) : json_null());
}

static void row_text(struct arena *a, const struct disposal *d)
{
	struct str name = term_clean(a, d->who, false), why = term_clean(a, d->reason, false);
	struct str by = term_clean(a, d->ended_by, false), q = term_clean(a, d->query, false);
	printf("%6lld  %-10s  %llu messages  %.*s by %.*s: %.*s\n", (long long)d->id,
	       states[d->state], (unsigned long long)d->messages,
	       STR_ARG(present_time(a, d->at, 0)), STR_ARG(name), STR_ARG(why));
	printf("        query: %.*s\n", STR_ARG(q));
	if (d->ended)
		printf("        %s %.*s by %.*s\n", states[d->state],
		       STR_ARG(present_time(a, d->ended, 0)), STR_ARG(by));
}

static int show_list(const struct cmd_env *env, struct err *err)
{
	struct archive *ar;
	struct arena a = {0};
	const struct disposal *all;
	size_t n;
	if (cmd_open(env, ARCHIVE_READ, &ar, err) < 0)
		return -1;
	int r = disposal_list(ar, &a, &all, &n, err);
	json_t *rows = json_array();
	for (size_t i = 0; r == 1 && i < n; i++)
		if (env->json)
			json_array_append_new(rows, row_json(&a, &all[i]));
		else
			row_text(&a, &all[i]);
	if (r == 1 && env->json)
		cmd_json(json_pack("{s:O}", "disposals", rows));
	json_decref(rows);
	arena_free(&a);
	archive_close(&ar);
	return r < 0 ? -1 : n || env->json ? 0 : CMD_NOTHING;
}

/* ---- taking back ---- */

static int take_back(const struct cmd_env *env, struct err *err)
{
	struct archive *ar;
	struct disposal d = {.id = (int64_t)undo, .state = DISPOSAL_RESTORED};
	char name[WHO_MOST];
	d.ended_by = who_is(who, name);
	if (cmd_open(env, ARCHIVE_WRITE, &ar, err) < 0)
		return -1;
	int r = disposal_end(ar, &d, err);
	archive_close(&ar);
	if (r == 0)
		return err_set(err, ERR_INPUT, "there is no disposal %llu",
			       (unsigned long long)undo);
	if (r == 1 && env->json)
		cmd_json(json_pack("{s:I, s:s}", "disposal", (json_int_t)undo, "state",
				   "restored"));
	else if (r == 1)
		printf("disposal %llu is taken back: its messages are found again\n",
		       (unsigned long long)undo);
	return r < 0 ? -1 : 0;
}

/* ---- masking ---- */

struct found {
	struct arena arena, hit;
	uint32_t *numbers;
	size_t n;
	uint64_t bytes;
};

static int gather(struct asked *asked, struct found *f, struct err *err)
{
	struct query_hit h;
	int r;
	while ((r = query_next(asked->query, &f->hit, &h, err)) == 1) {
		f->numbers = arena_grow(&f->arena, f->numbers, f->n, sizeof *f->numbers);
		f->numbers[f->n++] = (uint32_t)h.number;
		f->bytes += h.msg.size;
		arena_reset(&f->hit);
	}
	return r;
}

static int mask(const struct cmd_env *env, const struct asked *asked, const struct found *f,
		struct disposal *d, struct err *err)
{
	struct archive *ar;
	char name[WHO_MOST];
	d->query = asked->text;
	d->reason = str_of(reason);
	d->who = who_is(who, name);
	if (cmd_open(env, ARCHIVE_WRITE, &ar, err) < 0)
		return -1;
	int r = disposal_make(ar, d, f->numbers, f->n, err);
	archive_close(&ar);
	return r;
}

static void report(const struct cmd_env *env, const struct asked *asked, const struct found *f,
		   const struct disposal *d)
{
	struct arena a = {0};
	if (env->json)
		cmd_json(json_pack("{s:b, s:I, s:I, s:o, s:I}", "done", d->id != 0, "messages",
				   (json_int_t)f->n, "bytes", (json_int_t)f->bytes, "disposal",
				   d->id ? json_integer((json_int_t)d->id) : json_null(),
				   "not_fully_searchable", (json_int_t)asked->not_fully));
	else if (d->id)
		printf("disposal %lld: %zu messages (%.*s) are hidden from now on\n"
		       "sheaf dispose --undo %lld takes it back; sheaf destroy makes it final\n",
		       (long long)d->id, f->n, STR_ARG(present_size(&a, f->bytes)),
		       (long long)d->id);
	else
		printf("%zu messages (%.*s) would be hidden; nothing was changed (--yes does it)\n",
		       f->n, STR_ARG(present_size(&a, f->bytes)));
	if (asked->not_fully && !env->json)
		fprintf(stderr, "%llu messages could not be searched fully, and may belong to "
			"these\n", (unsigned long long)asked->not_fully);
	arena_free(&a);
}

static int dispose(struct cmd_env *env, const struct opts_args *args, struct err *err)
{
	struct asked_options o = {dialect, account, mailbox, no_index};
	struct asked asked;
	struct found f = {0};
	struct disposal d = {0};
	int r = asked_open(&asked, env, &o, args, err);
	if (r == 1)
		r = gather(&asked, &f, err);
	/* The last reader gone, the writer leaves no log behind. */
	query_close(&asked.query);
	query_db_close(&asked.db);
	if (r == 0 && yes && f.n)
		r = mask(env, &asked, &f, &d, err);
	if (r >= 0 && f.n)
		report(env, &asked, &f, &d);
	asked_close(&asked);
	arena_free(&f.arena);
	arena_free(&f.hit);
	return r < 0 ? -1 : f.n ? 0 : CMD_NOTHING;
}

static int run(struct cmd_env *env, struct opts_args *args, struct err *err)
{
	if ((list || undo) && (args->n || reason || yes || (list && undo)))
		return err_set(err, ERR_USAGE, "--list and --undo N stand alone");
	if (!list && !undo && args->n == 0)
		return err_set(err, ERR_USAGE, "dispose of what? (a query)");
	if (yes && (reason == NULL || *reason == '\0'))
		return err_set(err, ERR_USAGE, "why? (--reason TEXT)");
	if (cmd_exists(env, err) < 0)
		return -1;
	if (list)
		return show_list(env, err);
	return undo ? take_back(env, err) : dispose(env, args, err);
}

const struct cmd cmd_dispose = {
	.name = "dispose",
	.run = run,
	.line = "hide messages from everybody; can be taken back",
	.usage = "QUERY… [--reason TEXT --yes] | --undo N | --list",
	.options = options,
	.mode = OPTS_QUERY,
	.about = "The query is that of sheaf search. Messages that are disposed of are found,\n"
		 "shown, counted and exported by nobody; they stay in the archive until sheaf\n"
		 "destroy, and can be taken back until then. A message is hidden in all mailboxes\n"
		 "it stands in. Reason, name and query are kept for good.\n"
		 "Exit status 0: done, or there is something to do; 1: nothing is found.\n"
		 "\n"
		 "  sheaf dispose from:ann before:2010-01-01\n"
		 "  sheaf dispose from:ann before:2010-01-01 --reason 'request of 3 May' --yes\n"
		 "  sheaf dispose --undo 3\n"
		 "  sheaf dispose --list\n",
};
