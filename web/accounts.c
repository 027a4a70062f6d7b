#define _GNU_SOURCE
#include "accounts.h"

#include "brief.h"
#include "faring.h"
#include "frame.h"
#include "ledger.h"
#include "notes.h"
#include "present.h"
#include "words.h"
#include "wordsharvest.h"

/* Of one epoch, or of several together. */
struct sums {
	struct brief_epoch n;
	uint64_t boxes;
	int64_t listed; /* when the server was last asked for all of it, 0: never */
};

struct board {
	struct markup m;
	struct call *call;
	const struct archive_epoch *epochs;
	size_t n;
	struct brief_epoch *counts; /* of each */
};

/* ---- counting ---- */

/* A mailbox that was made anew on the server has several epochs, which stand together. */
static bool goes_on(const struct board *b, size_t i)
{
	const struct archive_epoch *e = &b->epochs[i];
	return i > 0 && str_eq(e[-1].account, e->account) && str_eq(e[-1].mailbox, e->mailbox);
}

static struct sums sums_of(const struct board *b, size_t i)
{
	return (struct sums){b->counts[i], !goes_on(b, i), b->epochs[i].listed};
}

static int count_all(struct board *b, struct err *err)
{
	struct arena *a = b->call->arena;
	if (archive_epochs(b->call->boxes.ar, a, &b->epochs, &b->n, err) < 0)
		return -1;
	b->counts = arena_alloc(a, (b->n + 1) * sizeof *b->counts);
	return brief_epochs(b->call->boxes.ar, b->epochs, b->n, b->counts, err);
}

static void add(struct sums *all, struct sums s)
{
	all->n.copies += s.n.copies;
	all->n.present += s.n.present;
	all->n.failed += s.n.failed;
	all->n.refused += s.n.refused;
	all->n.gone += s.n.gone;
	all->boxes += s.boxes;
	all->listed = s.listed > all->listed ? s.listed : all->listed;
}

/* ---- writing ---- */

static void number(struct board *b, uint64_t n)
{
	MARKUP(&b->m, "<td class=\"number\">");
	markup_number(&b->m, n);
	MARKUP(&b->m, "</td>");
}

static void row(struct board *b, struct sums s, bool boxes)
{
	struct markup *m = &b->m;
	number(b, s.n.copies);
	if (boxes)
		number(b, s.boxes);
	number(b, s.n.copies - s.n.present);
	number(b, s.n.failed);
	number(b, s.n.refused + s.n.gone);
	MARKUP(m, "<td>");
	if (s.listed)
		markup_text(m, present_day(m->arena, s.listed, 0));
	else
		MARKUP(m, "–");
	MARKUP(m, "</td></tr>\n");
}

static void table_head(struct board *b, const char *first, bool boxes)
{
	struct markup *m = &b->m;
	MARKUP(m, "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"");
	markup_text(m, str_of(first));
	MARKUP(m, "\"><table><thead><tr><th scope=\"col\">");
	markup_text(m, str_of(first));
	MARKUP(m, "</th><th scope=\"col\" class=\"number\">" WORDS_MESSAGES "</th>");
	if (boxes)
		MARKUP(m, "<th scope=\"col\" class=\"number\">" WORDS_MAILBOXES "</th>");
	MARKUP(m, "<th scope=\"col\" class=\"number\">" WORDS_VANISHED "</th>"
		  "<th scope=\"col\" class=\"number\">" WORDS_FAILED "</th>"
		  "<th scope=\"col\" class=\"number\">" WORDS_NOT_STORED "</th>"
		  "<th scope=\"col\">" WORDS_LISTED "</th></tr></thead><tbody>\n");
}

static void table_foot(struct board *b, uint64_t left)
{
	MARKUP(&b->m, "</tbody></table></div>");
	if (left == 0)
		return;
	MARKUP(&b->m, "<p class=\"fine\">+");
	markup_number(&b->m, left);
	MARKUP(&b->m, "</p>");
}

static void accounts(struct board *b)
{
	struct markup *m = &b->m;
	size_t rows = 0, next;
	table_head(b, WORDS_ACCOUNT, true);
	for (size_t i = 0; i < b->n; i = next) {
		struct str name = b->epochs[i].account;
		struct sums all = {0};
		for (next = i; next < b->n && str_eq(b->epochs[next].account, name); next++)
			add(&all, sums_of(b, next));
		if (!call_may_read(b->call, name) || rows++ >= ACCOUNTS_MAX)
			continue;
		MARKUP(m, "<tr><td><a href=\"/accounts?account=");
		markup_url(m, name);
		MARKUP(m, "\"><bdi>");
		markup_text(m, name);
		MARKUP(m, "</bdi></a></td>");
		row(b, all, true);
	}
	table_foot(b, rows > ACCOUNTS_MAX ? rows - ACCOUNTS_MAX : 0);
}

static void mailboxes(struct board *b, struct str account)
{
	struct markup *m = &b->m;
	size_t rows = 0, next;
	table_head(b, WORDS_MAILBOX, false);
	for (size_t i = 0; i < b->n; i = next) {
		struct state s = {.account = account, .mailbox = b->epochs[i].mailbox};
		struct sums all = sums_of(b, i);
		for (next = i + 1; next < b->n && goes_on(b, next); next++)
			add(&all, sums_of(b, next));
		if (!str_eq(b->epochs[i].account, account) || rows++ >= ACCOUNTS_MAX)
			continue;
		MARKUP(m, "<tr><td><a href=\"");
		state_href(m, &s);
		MARKUP(m, "\"><bdi>");
		markup_text(m, s.mailbox);
		MARKUP(m, "</bdi></a></td>");
		row(b, all, false);
	}
	table_foot(b, rows > ACCOUNTS_MAX ? rows - ACCOUNTS_MAX : 0);
}

static void missing(struct board *b, const struct ledger_entry *e)
{
	struct markup *m = &b->m;
	MARKUP(m, "<tr><td><bdi>");
	markup_text(m, e->epoch->mailbox);
	MARKUP(m, "</bdi></td><td class=\"number\">");
	markup_text(m, arena_fmt(m->arena, "%u", (unsigned)e->uid));
	MARKUP(m, "</td><td>");
	markup_text(m, e->outcome == LEDGER_FAILED ? STR(WORDS_FAILED)
		       : e->outcome == LEDGER_REFUSED ? STR(WORDS_REFUSED) : STR(WORDS_GONE));
	MARKUP(m, "</td><td>");
	markup_text(m, e->reason);
	if (e->outcome == LEDGER_FAILED && e->next_try) {
		MARKUP(m, WORDS_NEXT_TRY);
		markup_text(m, present_day(m->arena, e->next_try, 0));
	}
	MARKUP(m, "</td></tr>\n");
}

/* What the server had and the archive has not, with the reason. */
static int not_stored(struct board *b, struct str account, struct err *err)
{
	struct ledger_filter f = {.account = account,
				  .outcomes = 1u << LEDGER_FAILED | 1u << LEDGER_REFUSED |
					      1u << LEDGER_GONE};
	struct markup *m = &b->m;
	struct ledger_entry e;
	struct ledger *l;
	struct sums all = {0};
	uint64_t rows = 0, entries;
	int r = 0;
	for (size_t i = 0; i < b->n; i++)
		if (str_eq(b->epochs[i].account, account))
			add(&all, sums_of(b, i));
	entries = all.n.failed + all.n.refused + all.n.gone;
	if (ledger_open(&l, b->call->boxes.ar, &f, err) < 0)
		return -1;
	while (rows < ACCOUNTS_MAX && (r = ledger_next(l, &e, err)) > 0) {
		if (!str_eq(e.epoch->account, account))
			continue;
		if (rows++ == 0)
			MARKUP(m, "<h2>" WORDS_NOT_STORED_TITLE "</h2><div class=\"scroll\""
				  " tabindex=\"0\" role=\"region\" aria-label=\""
				  WORDS_NOT_STORED_TITLE "\"><table><thead><tr>"
				  "<th scope=\"col\">" WORDS_MAILBOX "</th>"
				  "<th scope=\"col\" class=\"number\">" WORDS_UID "</th>"
				  "<th scope=\"col\">" WORDS_OUTCOME "</th>"
				  "<th scope=\"col\">" WORDS_REASON "</th></tr></thead><tbody>");
		missing(b, &e);
	}
	ledger_close(&l);
	if (rows)
		table_foot(b, entries > rows ? entries - rows : 0);
	return r < 0 ? -1 : 1;
}

/* How far the index reaches: said only to those who may read all, for it speaks of all. */
static void reach(struct board *b, struct qdb *db)
{
	struct markup *m = &b->m;
	struct err err;
	uint64_t indexed, stored, not_fully;
	if (db == NULL || query_db_reach(db, &indexed, &stored, &err) < 0 ||
	    query_not_fully(db, &not_fully, &err) < 0) {
		MARKUP(m, "<div class=\"note\" role=\"status\"><p>" WORDS_NO_INDEX "</p></div>");
		return;
	}
	if (!b->call->who->all_accounts)
		return;
	if (indexed < stored) {
		MARKUP(m, "<div class=\"note\" role=\"status\"><p>" WORDS_BEHIND);
		notes_count(m, stored - indexed, WORDS_BEHIND_ONE, WORDS_BEHIND_MANY);
		MARKUP(m, "</p></div>");
	} else {
		MARKUP(m, "<p>" WORDS_INDEXED_ALL "</p>");
	}
	if (not_fully) {
		MARKUP(m, "<p>");
		notes_count(m, not_fully, WORDS_ONE_MESSAGE, WORDS_MANY_MESSAGES);
		MARKUP(m, WORDS_PARTIAL " <a href=\"/not-searchable\">" WORDS_WHICH
			  "</a></p>");
	}
}

/* How it fares. Whoever wants to keep looking without scripts says so. */
static void harvest(struct board *b, struct http_response *resp)
{
	struct markup *m = &b->m;
	bool again = url_get(b->call->url, "again", STR("")).n > 0;
	if (!faring_write(m, b->call, false))
		return;
	if (again)
		http_header(resp, "Refresh", "5");
	MARKUP(m, "<p class=\"fine\" id=\"again\"><a href=\"/accounts\">");
	markup_literal(m, again ? STR(WORDS_NO_LOOKING) : STR(WORDS_LOOK_AGAIN));
	MARKUP(m, "</a>");
	if (!again)
		MARKUP(m, " <a href=\"/accounts?again=1\">" WORDS_KEEP_LOOKING "</a>");
	MARKUP(m, "</p>");
}

static int one_account(struct board *b, struct str account, struct err *err)
{
	MARKUP(&b->m, "<h1><bdi>");
	markup_text(&b->m, account);
	MARKUP(&b->m, "</bdi></h1><p><a href=\"/accounts\">" WORDS_ACCOUNTS "</a></p>");
	mailboxes(b, account);
	return not_stored(b, account, err);
}

int accounts_page(struct call *c, struct http_response *resp, struct err *err)
{
	struct board b = {.m = {&resp->body, c->arena}, .call = c};
	struct str account = url_get(c->url, "account", STR(""));
	struct archive *ar;
	struct qdb *db;
	int r = 1;
	if (call_archive(c, &ar, &db, err) < 0 || count_all(&b, err) < 0)
		return -1;
	bool there = account.n == 0;
	for (size_t i = 0; i < b.n && !there; i++)
		there = str_eq(b.epochs[i].account, account) && call_may_read(c, account);
	if (!there)
		return 0;
	frame_open(&b.m, c, resp, STR(WORDS_ACCOUNTS), NULL);
	MARKUP(&b.m, "<main id=\"main\" class=\"narrow\">");
	if (account.n) {
		r = one_account(&b, account, err);
	} else {
		MARKUP(&b.m, "<h1>" WORDS_ACCOUNTS "</h1>");
		reach(&b, db);
		harvest(&b, resp);
		accounts(&b);
	}
	MARKUP(&b.m, "</main>");
	frame_close(&b.m);
	return r;
}
