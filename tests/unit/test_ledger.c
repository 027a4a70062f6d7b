#include "t.h"

#include "buf.h"
#include "db.h"
#include "file.h"
#include "ledger.h"

#define HOUR 3600
#define DAY (24 * HOUR)

static struct err err;
static struct arena mem;
static struct archive *ar;
static int64_t a_in, a_sent, a_new, b_in, b_none;

static int64_t epoch(const char *account, const char *mailbox, uint32_t v)
{
	struct archive_epoch e = {.account = str_of(account), .mailbox = str_of(mailbox),
				  .uidvalidity = v};
	T(archive_epoch(ar, &mem, &e, &err) == 1);
	return e.id;
}

static void add(int64_t e, uint32_t uid, const char *text, int64_t run)
{
	struct archive_copy c = {.epoch = e, .uid = uid, .internaldate = 1, .run = run};
	T(archive_begin(ar, &err) == 1 && archive_write(ar, text, strlen(text), &err) == 1);
	T(archive_end(ar, &c, &err) >= 0);
}

static void outcome(int64_t e, uint32_t uid, enum archive_outcome o, const char *reason)
{
	T(archive_outcome(ar, e, uid, o, str_of(reason), &err) == 1);
}

static void lose(int64_t e, uint32_t uid)
{
	T(archive_vanished(ar, e, &uid, 1, &err) == 1);
}

/* Epochs are met in another order than that of their names, and UIDs come in disorder. */
static void fill(void)
{
	b_in = epoch("bob", "INBOX", 5);
	a_new = epoch("ann", "INBOX", 9);
	a_sent = epoch("ann", "Sent", 1);
	a_in = epoch("ann", "INBOX", 2);
	b_none = epoch("bob", "Nothing", 1);
	add(a_in, 3, "three", 1);
	add(a_in, 1, "one", 1);
	add(a_in, 2, "one", 1);       /* again in the same mailbox */
	add(a_sent, 1, "one", 2);     /* in an epoch that was met earlier */
	add(b_in, 1, "one", 2);
	add(b_in, 4000000000, "big uid", 2);
	outcome(a_in, 4, ARCHIVE_REFUSED, "too large");
	outcome(a_in, 5, ARCHIVE_FAILED, "timeout");
	outcome(a_in, 6, ARCHIVE_GONE, "");
	add(a_new, 7, "seven", 2);
	add(a_new, 7, "one", 2);      /* the server gives the UID to other bytes */
	lose(a_in, 3);
	lose(b_in, 1);
	outcome(b_in, 1, ARCHIVE_FAILED, "seen again, not read"); /* and it is met once more */
	outcome(b_in, 2, ARCHIVE_FAILED, "no");
	add(b_in, 2, "two", 2);       /* came after all */
	T(archive_commit(ar, &err) == 1);
}

/* All entries that pass, as "ann/INBOX/2:1 stored 2;". */
static struct str listed(struct ledger_filter f)
{
	static const char *const name[] = {"stored", "duplicate", "refused", "failed", "gone"};
	static struct buf b;
	struct ledger *l;
	struct ledger_entry e;
	int r;
	buf_free(&b);
	buf_init(&b, 100000);
	T(ledger_open(&l, ar, &f, &err) == 1);
	while ((r = ledger_next(l, &e, &err)) == 1) {
		buf_fmt(&b, "%.*s/%.*s/%u:%u %s", STR_ARG(e.epoch->account),
			STR_ARG(e.epoch->mailbox), e.epoch->uidvalidity, e.uid, name[e.outcome]);
		if (e.message)
			buf_fmt(&b, " %d", (int)e.message);
		if (e.vanished)
			buf_fmt(&b, " vanished");
		if (e.reason.n)
			buf_fmt(&b, " %.*s", STR_ARG(e.reason));
		buf_fmt(&b, ";");
	}
	T(r == 0 && ledger_next(l, &e, &err) == 0);
	ledger_close(&l);
	return buf_all(&b);
}

#define ANN_OLD_COPIES \
	"ann/INBOX/2:1 stored 2;ann/INBOX/2:2 duplicate 2;ann/INBOX/2:3 stored 1 vanished;"
#define ANN_OLD \
	ANN_OLD_COPIES "ann/INBOX/2:4 refused too large;ann/INBOX/2:5 failed timeout;" \
	"ann/INBOX/2:6 gone;"
#define ANN_NEW "ann/INBOX/9:7 duplicate 2;ann/INBOX/9:7 stored 4 vanished;"
#define BOB                                                                              \
	"bob/INBOX/5:1 duplicate 2 vanished;bob/INBOX/5:1 failed seen again, not read;" \
	"bob/INBOX/5:2 stored 5;bob/INBOX/5:4000000000 stored 3;"

static void filters(void)
{
	const struct {
		struct ledger_filter f;
		const char *want;
	} row[] = {
		{{.account = STR("ann"), .mailbox = STR("INBOX")}, ANN_OLD ANN_NEW},
		{{.account = STR("b*")}, BOB},
		{{.mailbox = STR("?ent")}, "ann/Sent/1:1 duplicate 2;"},
		{{.epoch = -1}, ""},
		{{.account = STR("ANN")}, ""},
		{{.outcomes = 1u << LEDGER_FAILED},
		 "ann/INBOX/2:5 failed timeout;bob/INBOX/5:1 failed seen again, not read;"},
		{{.outcomes = 1u << LEDGER_REFUSED | 1u << LEDGER_GONE},
		 "ann/INBOX/2:4 refused too large;ann/INBOX/2:6 gone;"},
		{{.vanished = true},
		 "ann/INBOX/2:3 stored 1 vanished;ann/INBOX/9:7 stored 4 vanished;"
		 "bob/INBOX/5:1 duplicate 2 vanished;"},
		{{.vanished = true, .outcomes = 1u << LEDGER_GONE}, ""},
	};
	for (size_t i = 0; i < sizeof row / sizeof *row; i++)
		T_STR(listed(row[i].f), str_of(row[i].want));
	T_STR(listed((struct ledger_filter){.epoch = b_in}), STR(BOB));
}

/* Every message has exactly one first copy, and it is the same one each time. */
static void firsts(void)
{
	struct str all = listed((struct ledger_filter){.outcomes = 1u << LEDGER_STORED});
	int n[6] = {0};
	struct str piece;
	while (str_split(&all, ';', &piece)) {
		ptrdiff_t at = str_find(piece, STR("stored "));
		if (at >= 0)
			n[piece.p[at + 7] - '0']++;
	}
	for (int i = 1; i <= 5; i++)
		T(n[i] == 1);
	T(n[0] == 0);
}

static void counted(void)
{
	struct ledger_sums s;
	T(ledger_count(ar, a_in, &s, &err) == 1);
	T(s.stored == 2 && s.duplicates == 1 && s.vanished == 1);
	T(s.refused == 1 && s.failed == 1 && s.gone == 1 && s.next_try > 1600000000);
	T(ledger_count(ar, b_none, &s, &err) == 1);
	T(s.stored + s.duplicates + s.vanished + s.failed + s.refused + s.gone == 0);
	T(s.next_try == 0);
}

static void schedule(void)
{
	static const struct {
		int64_t tries, wait;
	} row[] = {{0, HOUR}, {1, HOUR}, {2, DAY}, {3, 7 * DAY}, {4, 7 * DAY}, {1000, 7 * DAY}};
	struct ledger_entry e;
	struct ledger *l;
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		const struct ledger_retry *r;
		struct ledger_filter f = {.epoch = a_in, .outcomes = 1u << LEDGER_FAILED};
		int64_t last = 1700000000, next = last + row[i].wait;
		size_t n;
		T(db_do(archive_db(ar), &err,
			"UPDATE outcomes SET tries = ?1, last_seen = ?2 WHERE outcome = 0", "ii",
			row[i].tries, last) == 1);
		T(ledger_failed(ar, &mem, a_in, &r, &n, &err) == 1);
		T(n == 1 && r[0].uid == 5 && r[0].last_try == last && r[0].next_try == next);
		T(!ledger_due(r, next - 1) && ledger_due(r, next) && ledger_due(r, next + DAY));
		T(!ledger_due(r, last) && ledger_due(r, last - 1)); /* the clock went back */
		T(ledger_open(&l, ar, &f, &err) == 1 && ledger_next(l, &e, &err) == 1);
		T(e.next_try == next && e.tries == (uint64_t)row[i].tries);
		ledger_close(&l);
	}
	outcome(a_in, 5, ARCHIVE_GONE, "vanished");
	const struct ledger_retry *r;
	size_t n;
	T(ledger_failed(ar, &mem, a_in, &r, &n, &err) == 1 && n == 0);
}

int main(void)
{
	struct str dir = arena_fmt(&mem, "%s/archive", t_dir());
	T(archive_create(dir.p, &err) == 1);
	T(archive_open(&ar, dir.p, ARCHIVE_WRITE, &err) == 1);
	T_STR(listed((struct ledger_filter){0}), STR(""));
	fill();
	filters();
	firsts();
	counted();
	schedule();
	T(archive_commit(ar, &err) == 1);
	archive_close(&ar);
	arena_free(&mem);
	return t_done();
}
