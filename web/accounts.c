#define _GNU_SOURCE
#include "accounts.h"

#include <stdlib.h>

#include "db.h"
#include "faring.h"
#include "folders.h"
#include "frame.h"
#include "ledger.h"
#include "notes.h"
#include "present.h"
#include "words.h"
#include "wordsharvest.h"

/* Of one epoch, or of several together. */
struct sums {
	uint64_t copies, vanished, failed, refused, gone, boxes;
	int64_t listed; /* when the server was last asked for all of it, 0: never */
};

struct counted {
	int64_t epoch;
	struct sums sums;
};

struct board {
	struct markup m;
	struct call *call;
	const struct archive_epoch *epochs;
	size_t n;
	struct counted *counted; /* by epoch */
};

/* ---- counting ---- */

static int by_epoch(const void *x, const void *y)
{
	const struct counted *a = x, *b = y;
	return a->epoch < b->epoch ? -1 : a->epoch > b->epoch;
}

static struct sums *sums_of(struct board *b, int64_t epoch)
{
	struct counted key = {.epoch = epoch};
	struct counted *found = bsearch(&key, b->counted, b->n, sizeof key, by_epoch);
	return found ? &found->sums : NULL;
}

static int count_copies(struct board *b, struct err *err)
{
	struct db *db = archive_db(b->call->boxes.ar);
	sqlite3_stmt *st;
	int r = db_one(db, err, &st,
		       "SELECT epoch, count(*), count(*) FILTER (WHERE vanished <> 0)"
		       " FROM copies GROUP BY epoch", "");
	for (; r > 0; r = db_step(db, st, err)) {
		struct sums *s = sums_of(b, sqlite3_column_int64(st, 0));
		if (s == NULL)
			continue;
		s->copies = (uint64_t)sqlite3_column_int64(st, 1);
		s->vanished = (uint64_t)sqlite3_column_int64(st, 2);
	}
	return r;
}

static int count_outcomes(struct board *b, struct err *err)
{
	struct db *db = archive_db(b->call->boxes.ar);
	sqlite3_stmt *st;
	int r = db_one(db, err, &st,
		       "SELECT epoch, outcome, count(*) FROM outcomes GROUP BY epoch, outcome", "");
	for (; r > 0; r = db_step(db, st, err)) {
		struct sums *s = sums_of(b, sqlite3_column_int64(st, 0));
		uint64_t n = (uint64_t)sqlite3_column_int64(st, 2);
		int64_t outcome = sqlite3_column_int64(st, 1);
		if (s && outcome == ARCHIVE_FAILED)
			s->failed = n;
		else if (s && outcome == ARCHIVE_REFUSED)
			s->refused = n;
		else if (s && outcome == ARCHIVE_GONE)
			s->gone = n;
	}
	return r;
}

static int count_all(struct board *b, struct err *err)
{
	struct arena *a = b->call->arena;
	if (archive_epochs(b->call->boxes.ar, a, &b->epochs, &b->n, err) < 0)
		return -1;
	b->counted = arena_alloc(a, (b->n + 1) * sizeof *b->counted);
	for (size_t i = 0; i < b->n; i++)
		b->counted[i] = (struct counted){b->epochs[i].id,
						 {.listed = b->epochs[i].listed, .boxes = 1}};
	qsort(b->counted, b->n, sizeof *b->counted, by_epoch);
	return count_copies(b, err) < 0 || count_outcomes(b, err) < 0 ? -1 : 1;
}

static void add(struct sums *all, const struct sums *s)
{
	all->copies += s->copies;
	all->vanished += s->vanished;
	all->failed += s->failed;
	all->refused += s->refused;
	all->gone += s->gone;
	all->boxes += s->boxes;
	all->listed = s->listed > all->listed ? s->listed : all->listed;
}

/* ---- writing ---- */

static void number(struct board *b, uint64_t n)
{
	MARKUP(&b->m, "<td class=\"number\">");
	markup_number(&b->m, n);
	MARKUP(&b->m, "</td>");
}

static void row(struct board *b, const struct sums *s, bool boxes)
{
	struct markup *m = &b->m;
	number(b, s->copies);
	if (boxes)
		number(b, s->boxes);
	number(b, s->vanished);
	number(b, s->failed);
	number(b, s->refused + s->gone);
	MARKUP(m, "<td>");
	if (s->listed)
		markup_text(m, present_day(m->arena, s->listed, 0));
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

static void table_foot(struct board *b, size_t left)
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
			add(&all, sums_of(b, b->epochs[next].id));
		if (!folders_may(b->call, name) || rows++ >= ACCOUNTS_MAX)
			continue;
		MARKUP(m, "<tr><td><a href=\"/accounts?account=");
		markup_url(m, name);
		MARKUP(m, "\"><bdi>");
		markup_text(m, name);
		MARKUP(m, "</bdi></a></td>");
		row(b, &all, true);
	}
	table_foot(b, rows > ACCOUNTS_MAX ? rows - ACCOUNTS_MAX : 0);
}

static void mailboxes(struct board *b, struct str account)
{
	struct markup *m = &b->m;
	size_t rows = 0;
	table_head(b, WORDS_MAILBOX, false);
	for (size_t i = 0; i < b->n; i++) {
		struct state s = {.account = account, .mailbox = b->epochs[i].mailbox};
		if (!str_eq(b->epochs[i].account, account) || rows++ >= ACCOUNTS_MAX)
			continue;
		MARKUP(m, "<tr><td><a href=\"");
		state_href(m, &s);
		MARKUP(m, "\"><bdi>");
		markup_text(m, s.mailbox);
		MARKUP(m, "</bdi></a></td>");
		row(b, sums_of(b, b->epochs[i].id), false);
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
	size_t rows = 0;
	int r = 0;
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
		MARKUP(m, "</tbody></table></div>");
	return r < 0 ? -1 : 1;
}

/* How far the index reaches: said only to those who may read all, for it speaks of all. */
static int reach(struct board *b, struct qdb *db, struct err *err)
{
	struct markup *m = &b->m;
	uint64_t indexed, stored, not_fully;
	if (!b->call->who->all_accounts)
		return 1;
	if (query_db_reach(db, &indexed, &stored, err) < 0 ||
	    query_not_fully(db, &not_fully, err) < 0)
		return -1;
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
	return 1;
}

/* How it fares. Whoever wants to keep looking without scripts says so. */
static void harvest(struct board *b, struct http_response *resp)
{
	struct markup *m = &b->m;
	bool again = url_get(b->call->url, "again", STR("")).n > 0;
	if (!faring_write(m, b->call))
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
	struct qdb *db;
	int r = 1;
	if (call_db(c, &db, err) < 0 || count_all(&b, err) < 0)
		return -1;
	bool there = account.n == 0;
	for (size_t i = 0; i < b.n && !there; i++)
		there = str_eq(b.epochs[i].account, account) && folders_may(c, account);
	if (!there)
		return 0;
	frame_open(&b.m, c, resp, STR(WORDS_ACCOUNTS), NULL);
	MARKUP(&b.m, "<main id=\"main\" class=\"narrow\">");
	if (account.n) {
		r = one_account(&b, account, err);
	} else {
		MARKUP(&b.m, "<h1>" WORDS_ACCOUNTS "</h1>");
		r = reach(&b, db, err);
		harvest(&b, resp);
		accounts(&b);
	}
	MARKUP(&b.m, "</main>");
	frame_close(&b.m);
	return r;
}
