#include "t.h"

#include "change.h"
#include "facts.h"
#include "tarball.h"

static struct err err;
static struct arena mem;

/* What facts.c writes comes back. */
static struct change back(struct facts *f)
{
	struct change c = {0};
	struct str all = buf_all(&f->lines), line;
	T(str_line(&all, &line) == 1);
	T(change_line(&mem, line, &c, &err) == 1);
	T(c.number == 7 && c.at == 1234);
	buf_clear(&f->lines);
	return c;
}

static void round_trip(void)
{
	struct facts f;
	struct change c;
	static const uint32_t uids[] = {1, 4000000000, 5};
	unsigned char hash[HASH_BYTES] = {1, 2, 3};
	struct archive_epoch e = {.id = 3, .account = STR("ann"), .mailbox = STR("a\xff\n"),
				  .uidvalidity = 4294967295u, .uidnext = 9, .highestmodseq = 10,
				  .messages = 1ull << 40, .listed = 77,
				  .mailboxid = STR("F\xff")};
	struct archive_copy copy = {.epoch = 3, .uid = 5, .message = 6, .run = 2, .zone = -570,
				    .internaldate = -86400 * 365, .modseq = 1ull << 62,
				    .flags = 31, .keywords = STR("$x y"),
				    .source = STR("/a\tb"), .found = STR("00"),
				    .emailid = STR("M1"), .threadid = STR("T1"),
				    .savedate = 88, .savezone = -570,
				    .basis = STR("headers")};
	facts_init(&f);
	f.change = 7;
	f.at = 1234;
	facts_run(&f, 9);
	c = back(&f);
	T(c.kind == CHANGE_RUN && c.copy.run == 9);
	facts_epoch(&f, &e);
	c = back(&f);
	T(c.kind == CHANGE_EPOCH && c.epoch.id == 3 && c.epoch.uidvalidity == e.uidvalidity);
	T_STR(c.epoch.mailbox, e.mailbox);
	T_STR(c.epoch.account, e.account);
	facts_seen(&f, &e);
	c = back(&f);
	T(c.kind == CHANGE_SEEN && c.epoch.uidnext == 9 && c.epoch.highestmodseq == 10);
	T(c.epoch.messages == e.messages && c.epoch.listed == 77);
	T_STR(c.epoch.mailboxid, e.mailboxid);
	facts_uses(&f, STR("ann"), STR("\\Sent a\xff\n"));
	c = back(&f);
	T(c.kind == CHANGE_USES);
	T_STR(c.epoch.account, STR("ann"));
	T_STR(c.reason, STR("\\Sent a\xff\n"));
	facts_copy(&f, &copy, hash);
	c = back(&f);
	T(c.kind == CHANGE_COPY && c.copy.uid == 5 && c.copy.message == 6 && c.copy.run == 2 &&
	  c.copy.internaldate == copy.internaldate && c.copy.zone == -570 && c.copy.flags == 31 &&
	  c.copy.modseq == copy.modseq && memcmp(c.msg.hash, hash, sizeof hash) == 0);
	T_STR(c.copy.keywords, copy.keywords);
	T_STR(c.copy.source, copy.source);
	T_STR(c.copy.found, copy.found);
	T_STR(c.copy.emailid, copy.emailid);
	T_STR(c.copy.basis, copy.basis);
	T_STR(c.copy.threadid, copy.threadid);
	T(c.copy.savedate == 88 && c.copy.savezone == -570);
	facts_flags(&f, &copy);
	c = back(&f);
	T(c.kind == CHANGE_FLAGS && c.copy.epoch == 3 && c.copy.flags == 31);
	facts_vanished(&f, 3, uids, 3);
	c = back(&f);
	T(c.kind == CHANGE_VANISHED && c.n_uids == 3 && memcmp(c.uids, uids, sizeof uids) == 0);
	facts_outcome(&f, &copy, ARCHIVE_GONE, STR("w\xfcrg"));
	c = back(&f);
	T(c.kind == CHANGE_OUTCOME && c.outcome == ARCHIVE_GONE && c.copy.uid == 5);
	T_STR(c.reason, STR("w\xfcrg"));
	facts_commit(&f, 11, 12);
	c = back(&f);
	T(c.kind == CHANGE_COMMIT && c.commit == 11 && c.last == 12);
	facts_free(&f);
}

static void lines(void)
{
	static const struct {
		const char *line;
		int want;
	} row[] = {
		{"{\"fact\":\"unheard of\",\"change\":1,\"at\":2,\"x\":[]}", 1},
		{"{\"fact\":\"run\",\"change\":1,\"at\":2,\"run\":3}", 1},
		{"{\"fact\":\"run\",\"change\":1,\"at\":2}", -1},
		{"{\"fact\":\"run\",\"change\":-1,\"at\":2,\"run\":3}", -1},
		{"{\"fact\":\"run\",\"change\":\"1\",\"at\":2,\"run\":3}", -1},
		{"{\"fact\":\"run\",\"at\":2,\"run\":3}", -1},
		{"{\"fact\":\"vanished\",\"change\":1,\"at\":2,\"epoch\":1,\"uids\":[1]}", 1},
		{"{\"fact\":\"vanished\",\"change\":1,\"at\":2,\"epoch\":0,\"uids\":[1]}", -1},
		{"{\"fact\":\"vanished\",\"change\":1,\"at\":2,\"epoch\":1,\"uids\":[-1]}", -1},
		{"{\"fact\":\"vanished\",\"change\":1,\"at\":2,\"epoch\":1}", -1},
		{"{\"fact\":\"outcome\",\"change\":1,\"at\":2,\"epoch\":1,\"uid\":1,"
		 "\"outcome\":\"eaten\"}", -1},
		{"{\"fact\":\"flags\",\"change\":1,\"at\":2,\"epoch\":1,\"uid\":1,\"modseq\":0,"
		 "\"flags\":\"\\\\Seen \\\\Read\"}", -1},
		{"{\"fact\":\"flags\",\"change\":1,\"at\":2,\"epoch\":1,\"uid\":1,"
		 "\"modseq\":0}", 1},
		{"{\"fact\":\"flags\",\"change\":1,\"at\":2,\"epoch\":1,\"uid\":1,\"modseq\":0,"
		 "\"keywords.hex\":\"6\"}", -1},
		{"[]", -1}, {"", -1}, {"{", -1}, {"null", -1},
	};
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct change c;
		int r = change_line(&mem, str_of(row[i].line), &c, &err);
		T(r == row[i].want);
		if (r != row[i].want)
			printf("  %s\n", row[i].line);
	}
}

static void dates(void)
{
	static const struct {
		const char *text;
		int64_t want;
		int zone, r;
	} row[] = {
		{"2003-04-01T12:00:00+02:00", 1049191200, 120, 1},
		{"1970-01-01T00:00:00+00:00", 0, 0, 1},
		{"1969-12-31T20:30:00-03:30", 0, -210, 1},
		{"0000-01-01T00:00:00+00:00", -62167219200, 0, 1},
		{"9999-12-31T23:59:59+00:00", 253402300799, 0, 1},
		{"2003-04-01T12:00:00", 0, 0, -1}, {"2003-04-01 12:00:00+02:00", 0, 0, -1},
		{"2003-04-01T12:00:00Z02:00", 0, 0, -1}, {"", 0, 0, -1},
	};
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct change c = {0};
		struct buf b;
		buf_init(&b, 2000);
		tarball_number(&b, "number", 1);
		tarball_number(&b, "change", 1);
		tarball_number(&b, "epoch", 1);
		tarball_number(&b, "uid", 1);
		tarball_record(&b, "internaldate", str_of(row[i].text));
		T(change_message(&mem, buf_all(&b), &c, &err) == row[i].r);
		if (row[i].r == 1)
			T(c.copy.internaldate == row[i].want && c.copy.zone == row[i].zone);
		buf_free(&b);
	}
}

int main(void)
{
	round_trip();
	lines();
	dates();
	arena_free(&mem);
	return t_done();
}
