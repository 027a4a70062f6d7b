#include "asked.h"
#include "cmd.h"
#include "outcomes.h"
#include "shape.h"
#include "term.h"

static const char *outcome, *dialect = "box", *account, *mailbox;
static bool no_index;

static const struct opts_spec options[] = {
	{"attachments", 0, OPTS_CHOICE, &outcome,
	 "searched|empty|encrypted|truncated|too-big|failed|unknown-type",
	 "messages with an attachment of that outcome"},
	{"dialect", 0, OPTS_CHOICE, &dialect, "box|imap", "the language of the query"},
	{"account", 0, OPTS_TEXT, &account, "NAME", "only copies there; * and ? match"},
	{"mailbox", 0, OPTS_TEXT, &mailbox, "NAME", "only copies there; or ACCOUNT/NAME"},
	{"no-index", 0, OPTS_FLAG, &no_index, NULL, "look at every stored message"},
	OPTS_END,
};

struct listing {
	struct cmd_env *env;
	struct qdb *db;
	enum record_outcome wanted; /* RECORD_NOT_ASKED: what was not searched fully */
	json_t *messages;           /* NULL: as text */
	uint64_t n;
};

static bool is_listed(const struct listing *l, const struct record_part *p)
{
	return l->wanted ? p->outcome == l->wanted : record_is_short(p->outcome);
}

static bool fits(const struct listing *l, const struct record *r)
{
	bool any = l->wanted == RECORD_NOT_ASKED && record_is_partial(r);
	for (size_t i = 0; i < r->n_parts && !any; i++)
		any = is_listed(l, &r->parts[i]);
	return any;
}

static void print_marks(struct arena *a, const char *id, const struct query_hit *h)
{
	printf("%.12s  %-6s %-12s", id, "-", h->record.quarantined ? "quarantined" : "marks");
	for (unsigned bit = 1; bit && bit <= h->record.marks; bit <<= 1)
		if (h->record.marks & bit)
			printf(" %s", mail_mark_name((enum mail_mark)bit));
	printf("  %.*s\n", STR_ARG(term_clean(a, h->record.subject, false)));
}

static void print(struct listing *l, struct arena *a, const struct query_hit *h)
{
	char id[HASH_HEX + 1];
	const struct record *r = &h->record;
	hash_hex(h->msg.hash, HASH_BYTES, id);
	if (l->wanted == RECORD_NOT_ASKED && (r->marks || r->quarantined))
		print_marks(a, id, h);
	for (size_t i = 0; i < r->n_parts; i++) {
		const struct record_part *p = &r->parts[i];
		struct str name = p->filename.n ? p->filename : p->type;
		if (!is_listed(l, p))
			continue;
		struct str shown = term_clean(a, name, false), why = term_clean(a, p->why, false);
		printf("%.12s  %-6.*s %-12s %.*s%s%.*s\n", id,
		       STR_ARG(p->number), record_outcome_name(p->outcome),
		       STR_ARG(shown), why.n ? "  " : "", STR_ARG(why));
	}
}

static void keep(struct listing *l, struct arena *a, const struct query_hit *h)
{
	char id[HASH_HEX + 1];
	hash_hex(h->msg.hash, HASH_BYTES, id);
	json_array_append_new(l->messages, json_pack("{s:s,s:I,s:o,s:b,s:o,s:o}", "id", id,
						     "number", (json_int_t)h->number, "subject",
						     shape_text(a, h->record.subject),
						     "quarantined", h->record.quarantined,
						     "marks", shape_marks(h->record.marks),
						     "parts", shape_outcomes(a, &h->record)));
}

/* 1 or -1. */
static int look_at(struct listing *l, uint64_t number, struct err *err)
{
	static const struct rights all;
	struct arena a = {0};
	struct query_hit h;
	int r = query_glance(l->db, &a, &all, number, &h, err);
	if (r > 0 && fits(l, &h.record)) {
		l->n++;
		if (l->messages)
			keep(l, &a, &h);
		else
			print(l, &a, &h);
	}
	arena_free(&a);
	return r < 0 ? -1 : 1;
}

static int list_all(struct listing *l, struct err *err)
{
	struct arena a = {0};
	const uint64_t *numbers;
	size_t n;
	int r = l->wanted ? outcomes_list(l->db, &a, l->wanted, &numbers, &n, err)
			  : query_unread(l->db, &a, &numbers, &n, err);
	for (size_t i = 0; r > 0 && i < n; i++)
		r = look_at(l, numbers[i], err);
	arena_free(&a);
	return r;
}

/* Without a query, of everything that is where the options say. */
static int list_found(struct listing *l, const struct opts_args *args, struct err *err)
{
	static char nothing[] = "", *none[] = {nothing};
	const struct opts_args empty = {.v = none, .n = 1};
	const struct asked_options o = {args->n ? dialect : "box", account, mailbox, no_index};
	struct asked asked;
	struct arena a = {0};
	struct query_hit h;
	int r = asked_open(&asked, l->env, &o, args->n ? args : &empty, err);
	while (r > 0 && (r = query_next(asked.query, &a, &h, err)) > 0) {
		r = look_at(l, h.number, err);
		arena_reset(&a);
	}
	asked_close(&asked);
	arena_free(&a);
	return r;
}

static int run(struct cmd_env *env, struct opts_args *args, struct err *err)
{
	struct listing l = {.env = env};
	if (cmd_exists(env, err) < 0)
		return -1;
	if (outcome)
		outcomes_find(str_of(outcome), &l.wanted);
	l.messages = env->json ? json_array() : NULL;
	int r = query_db_open(&l.db, cmd_dir(env), err);
	if (r > 0)
		r = args->n || account || mailbox || no_index ? list_found(&l, args, err)
							      : list_all(&l, err);
	if (r >= 0 && env->json)
		cmd_json(json_pack("{s:O}", "messages", l.messages));
	json_decref(l.messages);
	query_db_close(&l.db);
	return r < 0 ? -1 : l.n ? 0 : CMD_NOTHING;
}

const struct cmd cmd_not_searchable = {
	.name = "not-searchable",
	.run = run,
	.line = "what could not be searched fully, and why",
	.usage = "[--attachments OUTCOME] [OPTIONS] [QUERY…]",
	.options = options,
	.mode = OPTS_QUERY,
	.about = "Of all indexed messages, or of those a query finds: the messages of which\n"
		 "something could not be read, and each attachment with its outcome. Those of a\n"
		 "type that holds no text for us (pictures, programs) are listed only when asked\n"
		 "for: --attachments unknown-type. Exit status 1: there are none.\n"
		 "\n"
		 "  sheaf not-searchable\n"
		 "  sheaf not-searchable --attachments encrypted\n"
		 "  sheaf not-searchable from:ann after:2020\n",
};
