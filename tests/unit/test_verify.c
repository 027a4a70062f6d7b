#include "t.h"

#include "catalog.h"
#include "disposal.h"
#include "file.h"
#include "rebuild.h"
#include "seal.h"
#include "tablediff.h"
#include "verify.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static struct err err;
static struct arena mem;

#define OK(call, want) ok((call), (want), #call, __LINE__)
static void ok(int r, int want, const char *what, int line)
{
	t_check(r == want, what, __FILE__, line);
	if (r != want)
		printf("  returned %d, error '%s'\n", r, r < 0 ? err.text : "");
}

static const char *dir;

static int shell(const char *command)
{
	char line[9000];
	snprintf(line, sizeof line, "cd '%s' && %s", dir, command);
	return system(line);
}

static int64_t epoch(struct archive *ar, const char *account, const char *mailbox, uint32_t v)
{
	struct archive_epoch e = {.account = str_of(account), .mailbox = str_of(mailbox),
				  .uidvalidity = v};
	OK(archive_epoch(ar, &mem, &e, &err), 1);
	e.uidnext = 17;
	e.highestmodseq = 1234567890123;
	e.messages = 3;
	e.listed = 1700000000;
	e.mailboxid = STR("F-1");
	OK(archive_epoch_seen(ar, &e, &err), 1);
	return e.id;
}

static void put(struct archive *ar, int64_t e, uint32_t uid, const char *text, int want)
{
	struct archive_copy c = {.epoch = e, .uid = uid, .internaldate = 1000000000 - 86400 * uid,
				 .zone = -150, .run = 1, .modseq = uid,
				 .flags = uid % 4 ? uid & 31 : 0,
				 .keywords = str_of(uid % 2 ? "$a b\xff" : ""),
				 .source = str_of(uid % 3 ? "" : "a\nb/\xe4"),
				 .emailid = str_of(uid % 2 ? "M\n7" : ""),
				 .threadid = STR("T1"),
				 .savedate = uid % 3 ? 1700000001 : 0,
				 .savezone = uid % 3 == 1 ? -480 : 0};
	OK(archive_begin(ar, &err), 1);
	OK(archive_write(ar, text, strlen(text), &err), 1);
	OK(archive_end(ar, &c, &err), want);
}

/* Everything that can happen, over several commits. */
static void first(struct archive *ar)
{
	static const uint32_t gone[] = {2, 3};
	int64_t run;
	OK(archive_run(ar, &run, &err), 1);
	int64_t a = epoch(ar, "ann", "INBOX", 7), b = epoch(ar, "ann", "na\xefve", 7);
	put(ar, a, 1, "one\r\n", 1);
	put(ar, a, 2, "two\nwith a bare LF\r\n", 1);
	put(ar, a, 3, "three", 1);
	put(ar, b, 1, "one\r\n", 0);
	OK(archive_outcome(ar, a, 9, ARCHIVE_FAILED, STR("no luck\xff"), &err), 1);
	OK(archive_outcome(ar, a, 9, ARCHIVE_FAILED, STR("no luck"), &err), 1);
	OK(archive_outcome(ar, a, 10, ARCHIVE_REFUSED, STR("too large"), &err), 1);
	OK(archive_outcome(ar, a, 11, ARCHIVE_FAILED, STR("settled soon"), &err), 1);
	OK(archive_commit(ar, &err), 1);
	put(ar, a, 11, "eleven", 1);
	struct archive_copy c = {.epoch = a, .uid = 1, .flags = ARCHIVE_SEEN | ARCHIVE_DRAFT,
				 .keywords = STR("work"), .modseq = 99};
	OK(archive_flags(ar, &c, &err), 1);
	OK(archive_vanished(ar, a, gone, 2, &err), 1);
	put(ar, a, 3, "three", 0); /* there again */
	c = (struct archive_copy){.epoch = b, .uid = 3, .message = 3, .basis = STR("headers")};
	OK(archive_link(ar, &c, &err), 1);
	OK(archive_link(ar, &c, &err), 0);
	c.uid = 4;
	c.message = 999;
	OK(archive_link(ar, &c, &err), -1);
	c.message = 3;
	c.basis = STR("");
	OK(archive_link(ar, &c, &err), -1);
	put(ar, b, 1, "other bytes", 1); /* a UID that held another message */
	OK(archive_commit(ar, &err), 1);
}

/* One disposal stands, one was taken back. */
static void dispose(struct archive *ar)
{
	static const uint32_t two[] = {2, 4}, one[] = {3};
	struct disposal d = {.who = STR("ann"), .reason = STR("a \xff"), .query = STR("q")};
	OK(disposal_make(ar, &d, two, 2, &err), 1);
	T(d.id == 1 && d.messages == 2);
	OK(disposal_make(ar, &d, two, 1, &err), -1);
	T(err.kind == ERR_INPUT);
	OK(disposal_make(ar, &d, one, 1, &err), 1);
	T(d.id == 2);
	d = (struct disposal){.id = 1, .state = DISPOSAL_ERASED, .ended_by = STR("bob")};
	OK(disposal_end(ar, &d, &err), -1);
	T(err.kind == ERR_INPUT);
	d.state = DISPOSAL_RESTORED;
	OK(disposal_end(ar, &d, &err), 1);
	OK(disposal_end(ar, &d, &err), -1);
	d.id = 7;
	OK(disposal_end(ar, &d, &err), 0);
}

/* A message of several frames' size, then small ones. */
static void second(struct archive *ar)
{
	static char big[1500001];
	int64_t run;
	OK(archive_run(ar, &run, &err), 1);
	int64_t a = epoch(ar, "ann", "INBOX", 8);
	for (size_t i = 0, x = 1; i < sizeof big - 1; i++)
		big[i] = (char)('0' + ((x = x * 1103515245 + 12345) >> 20) % 75);
	put(ar, a, 1, big, 1);
	put(ar, a, 2, "a small one", 1);
	OK(archive_commit(ar, &err), 1);
	put(ar, a, 4, "one\r\n", 0);
	OK(archive_outcome(ar, a, 3, ARCHIVE_GONE, STR(""), &err), 1);
	OK(archive_commit(ar, &err), 1);
	dispose(ar);
}

/* As the writer makes it before the first change goes into it. */
static void new_segment(uint32_t number)
{
	struct db *db;
	OK(catalog_open(&db, dir, DB_WRITE, &err), 1);
	OK(segment_create(dir, number, &err), 1);
	OK(catalog_segment(db, number, &err), 1);
	db_close(&db);
}

/* 3 segments, of which the last is empty. */
static void make(void)
{
	struct archive *ar;
	dir = arena_str(&mem, str_of(t_dir())).p;
	OK(archive_create(dir, &err), 1);
	OK(archive_open(&ar, dir, ARCHIVE_WRITE, &err), 1);
	first(ar);
	OK(seal_now(ar, &err), 1);
	second(ar);
	OK(seal_now(ar, &err), 1);
	archive_close(&ar);
	new_segment(3);
}

/* Verifies; the findings are in *f until the next call. */
static int verify(bool deep, struct findings *f)
{
	struct verify_options o = {.deep = deep};
	struct verify_result r;
	findings_free(f);
	return verify_archive(dir, &o, &r, f, &err);
}

static void show(const struct findings *f)
{
	for (size_t i = 0; i < f->n; i++)
		printf("  %u %llu %.*s\n", f->items[i].segment,
		       (unsigned long long)f->items[i].frame, STR_ARG(f->items[i].text));
}

static bool says(const struct findings *f, const char *text)
{
	for (size_t i = 0; i < f->n; i++)
		if (str_find(f->items[i].text, str_of(text)) >= 0)
			return true;
	return false;
}

static int rebuild(bool force, struct findings *f)
{
	struct rebuild_options o = {.force = force};
	struct rebuild_result r;
	findings_free(f);
	return rebuild_catalog(dir, &o, &r, f, &err);
}

static void whole(void)
{
	struct findings f = {0};
	struct verify_options o = {.deep = true};
	struct verify_result r;
	make();
	OK(verify(false, &f), 1);
	show(&f);
	OK(verify_archive(dir, &o, &r, &f, &err), 1);
	show(&f);
	T(r.messages == 7 && r.copies == 10 && r.segments == 3 && r.frames == 8 && r.raw > 1500000);
	findings_free(&f);
}

/* The catalog is lost; what comes back is what was there. */
static void rebuilt(void)
{
	struct findings f = {0};
	struct db *was, *is;
	struct archive *ar;
	make();
	OK(rebuild(false, &f), -1);
	T(err.kind == ERR_INPUT);
	T(shell("cp catalog.db was.db && rm catalog.db") == 0);
	OK(verify(true, &f), 0);
	T(f.count == 1 && says(&f, "catalog is lost"));
	OK(rebuild(false, &f), 1);
	T(f.count == 0);
	show(&f);
	OK(catalog_open(&is, dir, DB_READ, &err), 1);
	OK(db_open(&was, arena_fmt(&mem, "%s/was.db", dir).p, DB_READ, &err), 1);
	OK(tablediff_run(is, was, &f, &err), 1);
	show(&f);
	OK(tablediff_run(was, is, &f, &err), 1);
	db_close(&is);
	db_close(&was);
	OK(verify(true, &f), 1);
	OK(archive_open(&ar, dir, ARCHIVE_WRITE, &err), 1);
	put(ar, 1, 77, "after the rebuild", 1);
	OK(archive_commit(ar, &err), 1);
	OK(rebuild(true, &f), -1);
	T(err.kind == ERR_LATER);
	archive_close(&ar);
	OK(verify(true, &f), 1);
	OK(rebuild(true, &f), 1);
	OK(rebuild(true, &f), 1);
	T(shell("test -e catalog.db.old-1 -a -e catalog.db.old-2 -a ! -e catalog.db.new") == 0);
	OK(verify(true, &f), 1);
	findings_free(&f);
}

/* Each row of the catalog is compared: a change by SQL that keeps the catalog sound in itself. */
static void told_otherwise(void)
{
	static const char *const row[] = {
		"UPDATE state SET change = change + 1", "UPDATE state SET commits = 1",
		"UPDATE runs SET started = 5 WHERE run = 2", "DELETE FROM runs",
		"UPDATE segments SET size = size + 1 WHERE segment = 2",
		"UPDATE frames SET raw = raw + 1 WHERE segment = 2", "DELETE FROM frames",
		"UPDATE messages SET hash = zeroblob(32) WHERE number = 2",
		"UPDATE messages SET size = size - 1 WHERE number = 3",
		"UPDATE messages SET rfc822_size = 1 WHERE number = 3",
		"UPDATE messages SET offset = offset + 512 WHERE number = 1",
		"UPDATE messages SET number = 100 WHERE number = 7",
		"DELETE FROM messages WHERE number = 4",
		"UPDATE messages SET disposal = 0", "UPDATE messages SET disposal = 1",
		"UPDATE disposals SET reason = 'x'", "UPDATE disposals SET state = 0",
		"DELETE FROM disposals", "UPDATE messages SET hash = NULL WHERE number = 3",
		"UPDATE messages SET leaf = zeroblob(32) WHERE number = 7",
		"UPDATE segments SET seal = NULL WHERE segment = 1",
		"UPDATE segments SET seal = 'x' || seal WHERE segment = 2",
		("UPDATE segments SET seal = (SELECT seal FROM segments WHERE segment = 1)"
		 " WHERE segment = 2"),
		"UPDATE epochs SET mailbox = 'Inbox' WHERE epoch = 1",
		"UPDATE epochs SET uidnext = 18 WHERE epoch = 1",
		"UPDATE epochs SET run = 2 WHERE epoch = 1", "DELETE FROM epochs WHERE epoch = 2",
		"UPDATE copies SET uid = 1000 WHERE uid = 11",
		"UPDATE copies SET flags = 0 WHERE uid = 1 AND epoch = 1",
		"UPDATE copies SET keywords = 'x' WHERE uid = 2",
		"UPDATE copies SET vanished = 0", "UPDATE copies SET zone = 0 WHERE uid = 3",
		"UPDATE copies SET day = 0 WHERE uid = 3", "UPDATE copies SET last_seen = 1",
		"UPDATE copies SET source = '' WHERE uid = 3", "DELETE FROM copies WHERE uid = 3",
		"UPDATE outcomes SET tries = 3 WHERE uid = 9",
		"UPDATE outcomes SET reason = 'x' WHERE uid = 10", "DELETE FROM outcomes",
		"DROP INDEX copies_day",
	};
	struct findings f = {0};
	make();
	T(shell("cp catalog.db good.db") == 0);
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct db *db;
		T(shell("rm -f catalog.db-*; cp good.db catalog.db") == 0);
		OK(catalog_open(&db, dir, DB_WRITE, &err), 1);
		OK(db_exec(db, row[i], &err), 1);
		db_close(&db);
		int r = verify(true, &f);
		if (r != 0)
			printf("  not found: %s\n", row[i]);
		OK(r, 0);
	}
	T(shell("rm -f catalog.db-*; cp good.db catalog.db") == 0);
	OK(verify(true, &f), 1);
	findings_free(&f);
}

/* Of the frames of segment 2 the last but one is damaged: its messages are lost, no others. */
static void located(void)
{
	struct findings f = {0};
	struct archive_msg m;
	struct archive *ar;
	struct buf b;
	char path[4096];
	make();
	OK(archive_open(&ar, dir, ARCHIVE_READ, &err), 1);
	OK(archive_find(ar, 7, &m, &err), 1);
	segment_path(path, sizeof path, dir, m.segment);
	int fd = open(path, O_RDWR);
	char byte;
	T(pread(fd, &byte, 1, (off_t)m.frame + 30) == 1);
	byte ^= 1;
	T(pwrite(fd, &byte, 1, (off_t)m.frame + 30) == 1);
	OK(verify(false, &f), 1); /* the frame's header is sound: quick sees nothing */
	OK(verify(true, &f), 0);
	T(f.n > 0 && f.items[0].segment == 2 && f.items[0].frame == m.frame);
	T(says(&f, "damaged") && says(&f, "row 'messages 7' is not told"));
	T(!says(&f, "row 'messages 6'"));
	buf_init(&b, 4 << 20);
	OK(archive_read(ar, &m, SIZE_MAX, &b, &err), -1);
	OK(archive_find(ar, 6, &m, &err), 1);
	OK(archive_read(ar, &m, SIZE_MAX, &b, &err), 1);
	archive_close(&ar);
	OK(rebuild(true, &f), 1);
	T(f.count > 0 && f.items[0].segment == 2);
	OK(archive_open(&ar, dir, ARCHIVE_WRITE, &err), 1);
	OK(archive_find(ar, 7, &m, &err), 0);
	OK(archive_find(ar, 6, &m, &err), 1);
	buf_clear(&b);
	OK(archive_read(ar, &m, SIZE_MAX, &b, &err), 1);
	put(ar, 1, 78, "a small one", 1); /* its bytes were lost, so it is new */
	OK(archive_commit(ar, &err), 1);
	uint64_t last;
	OK(archive_last(ar, &last, &err), 1);
	T(last == 7);
	archive_close(&ar);
	buf_free(&b);
	findings_free(&f);
	close(fd);
}

/* Bytes behind the last commit are no fault; commits the catalog does not know are. */
static void tails(void)
{
	struct findings f = {0};
	struct archive *ar;
	uint64_t last;
	make();
	OK(archive_open(&ar, dir, ARCHIVE_WRITE, &err), 1);
	T(shell("cp catalog.db was.db; test ! -s catalog.db-wal") == 0);
	put(ar, 1, 80, "eighty", 1);
	OK(archive_commit(ar, &err), 1);
	put(ar, 1, 81, "eighty-one", 1);
	OK(archive_commit(ar, &err), 1);
	archive_close(&ar);
	T(shell("cp catalog.db now.db; printf 'half a frame' >>segments/000003.tar.zst") == 0);
	OK(verify(true, &f), 1);
	show(&f);
	T(shell("rm catalog.db") == 0);
	OK(rebuild(false, &f), 1);
	T(f.count == 0);
	OK(verify(true, &f), 1);
	T(shell("rm -f catalog.db-*; cp was.db catalog.db") == 0);
	OK(verify(false, &f), 0);
	T(says(&f, "2 commits the catalog does not know"));
	T(shell("cp now.db catalog.db; rm segments/000002.tar.zst") == 0);
	OK(verify(false, &f), 0);
	T(says(&f, "the segment's file is missing"));
	OK(verify(true, &f), 0);
	T(shell("rm catalog.db") == 0);
	OK(rebuild(false, &f), 1);
	T(says(&f, "segments are missing: 2 to 2") && says(&f, "messages are missing"));
	OK(archive_open(&ar, dir, ARCHIVE_READ, &err), 1);
	OK(archive_last(ar, &last, &err), 1);
	T(last == 9);
	archive_close(&ar);
	findings_free(&f);
}

int main(void)
{
	whole();
	rebuilt();
	told_otherwise();
	located();
	tails();
	arena_free(&mem);
	return t_done();
}
