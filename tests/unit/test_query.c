#include "t.h"

#include "esearch.h"

/* An archive without an index: the front door, scopes, sets, order, cursors, counts. That the
 * index gives the same answers is for tests/exact. */

static struct arena a;
static struct qdb *db;

static void add(struct archive *ar, const char *mailbox, uint32_t uid, const char *raw)
{
	struct err err;
	struct archive_epoch e = {.account = STR("ann"), .mailbox = str_of(mailbox),
				  .uidvalidity = 1};
	T(archive_epoch(ar, &a, &e, &err) > 0);
	struct archive_copy c = {.epoch = e.id, .uid = uid, .run = uid / 10,
				 .internaldate = 1000000000 + uid * 86400, .modseq = uid,
				 .flags = uid % 2 ? ARCHIVE_SEEN : 0};
	T(archive_begin(ar, &err) > 0 && archive_write(ar, raw, strlen(raw), &err) > 0);
	T(archive_end(ar, &c, &err) >= 0);
}

static void fill(const char *dir)
{
	struct archive *ar = NULL;
	struct err err;
	const uint32_t gone[] = {20};
	T(archive_create(dir, &err) > 0 && archive_open(&ar, dir, ARCHIVE_WRITE, &err) > 0);
	/* numbers 1 to 5; dates: 3 is newest, 2 and 5 have none */
	add(ar, "INBOX", 7, "Date: 1 Jan 2010 10:00 +0000\r\nSubject: one\r\n\r\nfirst body\r\n");
	add(ar, "INBOX", 20, "Subject: two\r\n\r\nsecond\r\n");
	add(ar, "INBOX", 31, "Date: 1 Jan 2020 10:00 +0000\r\nSubject: three\r\n\r\nthird <b>\r\n");
	add(ar, "Sent", 7, "Date: 1 Jan 2015 10:00 +0000\r\nSubject: four\r\n\r\nfourth body\r\n");
	add(ar, "Sent", 8, "Subject: five\r\n\r\nfifth\r\n");
	add(ar, "Sent", 9, "Date: 1 Jan 2010 10:00 +0000\r\nSubject: one\r\n\r\nfirst body\r\n");
	struct archive_epoch e = {.account = STR("ann"), .mailbox = STR("INBOX"), .uidvalidity = 1};
	T(archive_epoch(ar, &a, &e, &err) > 0);
	T(archive_vanished(ar, e.id, gone, 1, &err) >= 0);
	T(archive_commit(ar, &err) > 0);
	archive_close(&ar);
}

/* "3:31 4:7 1:7,9": numbers with the UIDs of the copies that matched. */
static struct str ask(const char *query, const struct query_options *o)
{
	struct str out = STR("");
	struct query *q;
	struct query_hit hit;
	struct err err = {0};
	if (query_open(&q, db, &a, str_of(query), o, &err) < 0)
		return arena_fmt(&a, "%d %s", err.column, err.text);
	while (query_next(q, &a, &hit, &err) > 0) {
		out = arena_fmt(&a, "%.*s%s%d:", STR_ARG(out), out.n ? " " : "", (int)hit.number);
		for (size_t i = 0; i < hit.n_copies; i++)
			out = arena_fmt(&a, "%.*s%s%u", STR_ARG(out), i ? "," : "",
					(unsigned)hit.copies[i].uid);
	}
	T(err.kind == ERR_NONE);
	query_close(&q);
	uint64_t n = 0, counted = out.n > 0;
	for (size_t i = 0; i < out.n; i++)
		counted += out.p[i] == ' ';
	T(query_open(&q, db, &a, str_of(query), o, &err) > 0 && query_count(q, &n, &err) > 0);
	T(n == counted);
	query_close(&q);
	return out;
}

static void answers(void)
{
	static const struct {
		const char *mailbox, *query, *want;
	} row[] = {
		{"", "ALL", "3:31 4:7 1:7,9 2:20 5:8"},
		{"", "BODY body", "4:7 1:7,9"},
		{"", "NOT BODY body", "3:31 2:20 5:8"},
		{"", "SEEN", "3:31 4:7 1:7,9"},
		{"", "BODY first UNSEEN", ""},
		{"INBOX", "ALL", "3:31 1:7 2:20"},
		{"inbox", "SUBJECT one", "1:7"},
		{"S*", "ALL", "4:7 1:9 5:8"},
		{"nope", "ALL", ""},
		{"INBOX", "UID 7,20", "1:7 2:20"},
		{"INBOX", "UID *", "3:31"},
		{"INBOX", "UID 99:*", "3:31"},
		{"INBOX", "UID 100", ""},
		{"INBOX", "NOT UID 7", "3:31 2:20"},
		{"INBOX", "1", "1:7"},
		{"INBOX", "2", "3:31"},    /* UID 20 has vanished */
		{"INBOX", "*", "3:31"},
		{"INBOX", "3", ""},
		{"INBOX", "3:*", "3:31"},
		{"INBOX", "9:1", "3:31 1:7"},
		{"INBOX", "RECENT", "3:31"},
		{"subtree:inbox", "ALL", "3:31 1:7 2:20"},
		{"", "IN (mailboxes (Sent nope)) BODY body", "4:7 1:9"},
		{"INBOX", "IN (mailboxes Sent) ALL", ""},
		{"Sent", "IN (personal) SEEN", "4:7 1:9"},
		{"", "X-GM-RAW \"mailbox:Sent body\"", "4:7 1:9"},
		{"subtree:*", "UID 7", "1 UID needs one mailbox to search in"},
		{"", "UID 7", "1 UID needs one mailbox to search in"},
		{"*", "SEEN UID 7", "6 UID needs one mailbox to search in"},
		{"nope", "1:*", "1 a sequence set needs a mailbox, and there is none of that name"},
		{"", "FRM x", "1 unknown key 'FRM': did you mean FROM?"},
	};
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct query_options o = {.dialect = QUERY_IMAP, .no_index = true,
					  .mailbox = str_of(row[i].mailbox)};
		T_STR(ask(row[i].query, &o), str_of(row[i].want));
	}
}

/* The lines for one query. */
static struct str returned(const char *query, const char *mailbox)
{
	struct query_options o = {.dialect = QUERY_IMAP, .no_index = true,
				  .mailbox = str_of(mailbox)};
	struct str out = STR("");
	struct query *q;
	struct esearch s;
	struct err err;
	if (query_open(&q, db, &a, str_of(query), &o, &err) < 0)
		return str_of("not opened");
	T(esearch_run(&s, q, db, &a, &err) > 0);
	for (size_t i = 0; i < s.n || i < 1; i++) {
		struct str line = esearch_line(&a, s.ret, s.n ? &s.list[i] : NULL);
		out = arena_fmt(&a, "%.*s%.*s;", STR_ARG(out), STR_ARG(line));
	}
	query_close(&q);
	return out;
}

static void returns(void)
{
	static const struct {
		const char *mailbox, *query, *want;
	} row[] = {
		{"INBOX", "RETURN (MIN MAX COUNT ALL) ALL",
		 "* ESEARCH (MAILBOX \"ann/INBOX\" UIDVALIDITY 1) UID MIN 7 MAX 31 COUNT 3 ALL "
		 "7,20,31;"},
		{"", "RETURN () SEEN",
		 "* ESEARCH (MAILBOX \"ann/INBOX\" UIDVALIDITY 1) UID ALL 7,31;"
		 "* ESEARCH (MAILBOX \"ann/Sent\" UIDVALIDITY 1) UID ALL 7,9;"},
		{"Sent", "RETURN (PARTIAL 2:99 COUNT) ALL",
		 "* ESEARCH (MAILBOX \"ann/Sent\" UIDVALIDITY 1) UID COUNT 3 PARTIAL (2:99 8:9);"},
		{"Sent", "RETURN (PARTIAL -2:-1) ALL",
		 "* ESEARCH (MAILBOX \"ann/Sent\" UIDVALIDITY 1) UID PARTIAL (-1:-2 8:9);"},
		{"Sent", "RETURN (PARTIAL -3:-9) ALL",
		 "* ESEARCH (MAILBOX \"ann/Sent\" UIDVALIDITY 1) UID PARTIAL (-3:-9 7);"},
		{"Sent", "RETURN (PARTIAL 4:9) ALL",
		 "* ESEARCH (MAILBOX \"ann/Sent\" UIDVALIDITY 1) UID PARTIAL (4:9 NIL);"},
		{"Sent", "RETURN (MIN) MODSEQ 5",
		 "* ESEARCH (MAILBOX \"ann/Sent\" UIDVALIDITY 1) UID MIN 7 MODSEQ 9;"},
		{"", "RETURN (RELEVANCY COUNT ALL) OR FUZZY BODY bodies FUZZY SUBJECT four",
		 "* ESEARCH (MAILBOX \"ann/INBOX\" UIDVALIDITY 1) UID COUNT 1 ALL 7 RELEVANCY (25);"
		 "* ESEARCH (MAILBOX \"ann/Sent\" UIDVALIDITY 1) UID COUNT 2 ALL 7,9 RELEVANCY (50 "
		 "25);"},
		{"Sent", "RETURN (RELEVANCY PARTIAL 2:2) FUZZY TEXT bodies NOT FUZZY TEXT second",
		 "* ESEARCH (MAILBOX \"ann/Sent\" UIDVALIDITY 1) UID PARTIAL (2:2 9) "
		 "RELEVANCY (50);"},
		{"", "RETURN (RELEVANCY) FUZZY UID 7", "not opened"},
		{"INBOX", "RETURN (RELEVANCY) FUZZY UID 7",
		 "* ESEARCH (MAILBOX \"ann/INBOX\" UIDVALIDITY 1) UID ALL 7 RELEVANCY (100);"},
		{"", "RETURN (MIN COUNT) TEXT nowhere", "* ESEARCH UID COUNT 0;"},
		{"", "RETURN (ALL) TEXT nowhere", "* ESEARCH UID;"},
	};
	for (size_t i = 0; i < sizeof row / sizeof *row; i++)
		T_STR(returned(row[i].query, row[i].mailbox), str_of(row[i].want));
	struct query_options now = {.dialect = QUERY_IMAP, .no_index = true, .present = true};
	T_STR(ask("ALL", &now), STR("3:31 4:7 1:7,9 5:8"));
	T_STR(ask("NOT SEEN", &now), STR("5:8"));
	T_STR(ask("SUBJECT two", &now), STR(""));
	struct query_options o = {.dialect = QUERY_IMAP, .cursor = STR("n1.1")};
	struct query *q;
	struct err err;
	T(query_open(&q, db, &a, STR("ALL"), &o, &err) > 0 && query_return(q) == NULL);
	query_close(&q);
}

static void orders(void)
{
	struct query_options o = {.no_index = true};
	o.sort = QUERY_OLDEST;
	T_STR(ask("ALL", &o), STR("5:8 2:20 1:7,9 4:7 3:31"));
	o.sort = QUERY_UNSORTED;
	T_STR(ask("ALL", &o), STR("1:7,9 2:20 3:31 4:7 5:8"));
	o.cursor = STR("u0.3");
	T_STR(ask("ALL", &o), STR("4:7 5:8"));
	o.sort = QUERY_NEWEST;
	T_STR(ask("ALL", &o), STR("0 the cursor does not belong to this query's order"));
}

static void cursors(void)
{
	struct query_options o = {.no_index = true, .dialect = QUERY_BOX};
	struct str seen = STR("");
	struct err err;
	for (int page = 0; page < 9; page++) {
		struct query *q;
		struct query_hit hit;
		T(query_open(&q, db, &a, STR(""), &o, &err) > 0);
		if (query_next(q, &a, &hit, &err) > 0)
			seen = arena_fmt(&a, "%.*s%d ", STR_ARG(seen), (int)hit.number);
		o.cursor = query_cursor(q, &a);
		query_close(&q);
	}
	T_STR(seen, STR("3 4 1 2 5 "));
}

/* Without an index everything is behind it. */
static void stopped(void)
{
	struct query_options o = {.dialect = QUERY_IMAP};
	struct query *q;
	struct query_hit hit;
	struct query_progress p;
	struct query_estimate e;
	struct err err = {0};
	T_STR(ask("ALL", &o), STR("3:31 4:7 1:7,9 2:20 5:8"));
	T(query_open(&q, db, &a, STR("BODY first"), &o, &err) > 0);
	T(query_next(q, &a, &hit, &err) == 1 && query_next(q, &a, &hit, &err) == 0);
	query_progress(q, &p);
	T(!p.time_up && !p.given_up && p.hits == 1 && p.searched_to == 5 && p.not_searched == 0);
	T(query_estimate(q, &e, &err) > 0 && e.least == 1 && e.likely == 1 && e.most == 1);
	query_close(&q);
	o.deadline_ms = 1;
	T(query_open(&q, db, &a, STR("ALL"), &o, &err) > 0);
	T(query_next(q, &a, &hit, &err) == -1 && err.kind == ERR_LATER);
	query_progress(q, &p);
	T(p.time_up && p.searched_to < 5 && p.not_searched + p.searched_to == 5);
	T_STR(query_cursor(q, &a), STR(""));
	query_close(&q);
}

static void contents(void)
{
	struct query_options o = {.no_index = true, .dialect = QUERY_BOX};
	struct query *q;
	struct query_hit hit;
	struct err err;
	const struct query_warning *w;
	T(query_open(&q, db, &a, STR("THIRD foo:three"), &o, &err) > 0);
	T_STR(query_tree(q), STR("(and (word \"THIRD\") (word \"foo:three\"))"));
	T(query_warnings(q, &w) == 1 && w[0].column == 7);
	query_close(&q);
	T(query_open(&q, db, &a, STR("third"), &o, &err) > 0);
	T(query_next(q, &a, &hit, &err) == 1);
	T_STR(hit.record.subject, STR("three"));
	T_STR(hit.snippet, STR("third <b>"));
	T(hit.msg.number == 3 && query_next(q, &a, &hit, &err) == 0);
	T(str_find(query_explain(q, &a), STR("judged: 5")) >= 0);
	query_close(&q);

	struct query_message m;
	char hex[HASH_HEX + 1];
	hash_hex(hit.msg.hash, HASH_BYTES, hex);
	T(query_message(db, &a, STR("0123456789ab"), &m, &err) == 0);
	T(query_message(db, &a, (struct str){hex, 16}, &m, &err) == 1);
	T(m.msg.number == 3 && m.n_copies == 1);
	T_STR(m.record.subject, STR("three"));
	T_STR(query_reading(&a, &m).text, STR("third <b>\n"));
}

int main(void)
{
	const char *dir = t_dir();
	struct err err;
	uint64_t indexed, stored;
	fill(dir);
	T(query_db_open(&db, dir, &err) > 0);
	T(query_db_reach(db, &indexed, &stored, &err) > 0 && indexed == 0 && stored == 5);
	answers();
	returns();
	orders();
	cursors();
	stopped();
	contents();
	query_db_close(&db);
	arena_free(&a);
	return t_done();
}
