#include "t.h"

#include "archive.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static struct err err;
static struct arena mem;

/* Fails the test and says why, unless r is what was wanted. */
#define OK(call, want) ok((call), (want), #call, __LINE__)
static void ok(int r, int want, const char *what, int line)
{
	t_check(r == want, what, __FILE__, line);
	if (r != want)
		printf("  returned %d, error '%s'\n", r, r < 0 ? err.text : "");
}

static struct archive *opened(const char *dir, enum archive_mode mode)
{
	struct archive *ar = NULL;
	OK(archive_open(&ar, dir, mode, &err), 1);
	if (ar == NULL)
		exit(1);
	return ar;
}

static char *place(const char *name)
{
	static char root[4096];
	static char path[8][4200];
	static int n;
	if (root[0] == '\0')
		snprintf(root, sizeof root, "%s", t_dir());
	char *p = path[n++ % 8];
	snprintf(p, sizeof path[0], "%s/%s", root, name);
	return p;
}

static struct archive *fresh(const char *name)
{
	OK(archive_create(place(name), &err), 1);
	return opened(place(name), ARCHIVE_WRITE);
}

static int64_t epoch(struct archive *ar, const char *account, const char *mailbox, uint32_t v)
{
	struct archive_epoch e = {.account = str_of(account), .mailbox = str_of(mailbox),
				  .uidvalidity = v};
	OK(archive_epoch(ar, &mem, &e, &err), 1);
	return e.id;
}

/* Adds a message in two pieces. */
static int add(struct archive *ar, struct archive_copy *c, struct str bytes)
{
	if (archive_begin(ar, &err) < 0)
		return -1;
	size_t half = bytes.n / 2;
	if (archive_write(ar, bytes.p, half, &err) < 0 ||
	    archive_write(ar, bytes.p + half, bytes.n - half, &err) < 0) {
		archive_abandon(ar);
		return -1;
	}
	return archive_end(ar, c, &err);
}

static int add_uid(struct archive *ar, int64_t e, uint32_t uid, const char *text)
{
	struct archive_copy c = {.epoch = e, .uid = uid, .internaldate = 1000000000 + uid,
				 .zone = 120, .run = 1};
	return add(ar, &c, str_of(text));
}

static void reads(struct archive *ar, uint64_t number, struct str want)
{
	struct archive_msg m;
	struct buf b;
	buf_init(&b, want.n + 1);
	int r = archive_find(ar, number, &m, &err);
	OK(r, 1);
	if (r == 1) {
		OK(archive_read(ar, &m, SIZE_MAX, &b, &err), 1);
		T_STR(buf_all(&b), want);
		buf_clear(&b);
		OK(archive_read(ar, &m, 5, &b, &err), 1);
		T_STR(buf_all(&b), str_cut(want, 0, 5));
	}
	buf_free(&b);
}

static void basics(void)
{
	struct archive *ar = fresh("basics");
	uint64_t last;
	OK(archive_create(place("basics"), &err), -1); /* locked */
	T(err.kind == ERR_LATER);
	int64_t e = epoch(ar, "ann", "INBOX", 7), f = epoch(ar, "ann", "Sent", 7);
	T(e != f && e == epoch(ar, "ann", "INBOX", 7) && e != epoch(ar, "ann", "INBOX", 8));
	OK(add_uid(ar, e, 1, "one\r\n"), 1);
	OK(add_uid(ar, e, 2, "two\n"), 1);
	OK(add_uid(ar, e, 3, "one\r\n"), 0); /* stored in the same batch */
	OK(add_uid(ar, f, 1, "one\r\n"), 0);
	OK(add_uid(ar, e, 1, "one\r\n"), 0); /* again the same copy */
	OK(add_uid(ar, e, 4, ""), 1);
	OK(archive_last(ar, &last, &err), 1);
	T(last == 0);
	OK(archive_commit(ar, &err), 1);
	OK(archive_last(ar, &last, &err), 1);
	T(last == 3);
	reads(ar, 1, STR("one\r\n"));
	struct archive *reader = opened(place("basics"), ARCHIVE_READ);
	OK(add_uid(ar, e, 5, "five\r\n"), 1);
	OK(archive_last(reader, &last, &err), 1);
	T(last == 3);
	archive_close(&ar); /* without a commit */
	ar = opened(place("basics"), ARCHIVE_WRITE);
	OK(add_uid(ar, e, 6, "six\r\n"), 1);
	OK(archive_commit(ar, &err), 1);
	reads(reader, 2, STR("two\n"));
	reads(reader, 3, STR(""));
	reads(reader, 4, STR("six\r\n"));
	archive_close(&reader);
	archive_close(&ar);
}

static void tar_reads(const char *dir, bool list_only)
{
	char command[9000];
	snprintf(command, sizeof command,
		 "cd '%s' && rm -rf out && mkdir out && for s in segments/*.tar.zst; do"
		 " tar --zstd -%s \"$s\" -C out > out/log 2> out/errors || exit 1;"
		 " test ! -s out/errors || exit 2; done; rm out/log out/errors;"
		 " cd out && find . -name '*.eml' | xargs -r sha256sum |"
		 " awk '$2 != \"./\" $1 \".eml\" { exit 3 }'",
		 dir, list_only ? "tf" : "xf");
	int status = system(command);
	T(status == 0);
	if (status)
		printf("  status %d of: %s\n", status, command);
}

static void with_tar(void)
{
	struct archive *ar = fresh("tar");
	int64_t e = epoch(ar, "ann", "Entw\xC3\xBCrfe", 1), f = epoch(ar, "ann", "raw \xFF\n", 1);
	char name[64];
	tar_reads(place("tar"), true);
	for (uint32_t i = 1; i < 200; i++) {
		snprintf(name, sizeof name, "Subject: %u\r\n\r\n%*d\r\n", i, (int)i * 9, 0);
		OK(add_uid(ar, i % 2 ? e : f, i, name), 1);
		if (i % 50 == 0)
			tar_reads(place("tar"), false); /* whatever is in the file by now */
		if (i % 80 == 0) {
			OK(archive_commit(ar, &err), 1);
			tar_reads(place("tar"), false);
		}
	}
	OK(archive_commit(ar, &err), 1);
	tar_reads(place("tar"), false);
	T(access(place("tar/out/facts"), F_OK) == 0);
	archive_close(&ar);
}


static void later_facts(void)
{
	struct archive *ar = fresh("later");
	int64_t e = epoch(ar, "ann", "INBOX", 1);
	static const uint32_t gone[] = {2, 3, 9};
	const uint32_t *u;
	size_t n;
	for (uint32_t i = 1; i <= 5; i++) {
		char text[32];
		snprintf(text, sizeof text, "mail %u\r\n", i);
		OK(add_uid(ar, e, i, text), 1);
	}
	struct archive_copy f = {.epoch = e, .uid = 4, .flags = ARCHIVE_SEEN | ARCHIVE_DRAFT,
				 .keywords = STR("$Junk work"), .modseq = 12};
	OK(archive_flags(ar, &f, &err), 1);
	OK(archive_flags(ar, &f, &err), 0);
	f.uid = 77;
	OK(archive_flags(ar, &f, &err), 0);
	OK(archive_vanished(ar, e, gone, 3, &err), 1);
	OK(archive_outcome(ar, e, 6, ARCHIVE_FAILED, STR("timeout"), &err), 1);
	OK(archive_outcome(ar, e, 6, ARCHIVE_FAILED, STR("timeout"), &err), 1);
	OK(archive_outcome(ar, e, 7, ARCHIVE_REFUSED, STR("too large"), &err), 1);
	OK(archive_outcome(ar, e, 8, ARCHIVE_GONE, STR(""), &err), 1);
	struct archive_totals t;
	OK(archive_commit(ar, &err), 1);
	OK(archive_totals(ar, e, &t, &err), 1);
	T(t.messages == 5 && t.copies == 5 && t.present == 3 && t.bytes == 40);
	T(t.failed == 1 && t.refused == 1 && t.gone == 1 && t.segments == 1);
	OK(archive_totals(ar, e + 1, &t, &err), 1);
	T(t.messages == 0 && t.copies == 0 && t.failed == 0);
	OK(archive_uids(ar, &mem, e, &u, &n, &err), 1);
	T(n == 5 && u[0] == 1 && u[1] == 4 && u[2] == 5 && u[3] == 7 && u[4] == 8);
	OK(archive_present(ar, &mem, e, &u, &n, &err), 1);
	T(n == 3 && u[0] == 1 && u[1] == 4 && u[2] == 5);
	archive_commit(ar, &err);
	archive_close(&ar);
}

/* What `later_facts` recorded is there, and is taken back where the server thinks again. */
static void later_still(void)
{
	struct archive *ar = opened(place("later"), ARCHIVE_WRITE);
	struct archive_totals t;
	const struct archive_copy *c;
	size_t n;
	int64_t e = epoch(ar, "ann", "INBOX", 1);
	OK(add_uid(ar, e, 7, "mail 7\r\n"), 1); /* came after all */
	OK(add_uid(ar, e, 2, "mail 2\r\n"), 0); /* is back */
	OK(archive_totals(ar, 0, &t, &err), 1);
	T(t.refused == 0 && t.present == 5 && t.copies == 6);
	OK(archive_commit(ar, &err), 1);
	archive_close(&ar);
	ar = opened(place("later"), ARCHIVE_READ);
	OK(archive_copies(ar, &mem, 4, &c, &n, &err), 1);
	T(n == 1 && c[0].flags == (ARCHIVE_SEEN | ARCHIVE_DRAFT) && c[0].modseq == 12 &&
	  c[0].vanished == 0 &&
	  c[0].zone == 120 && c[0].internaldate == 1000000004 && c[0].run == 1);
	T_STR(c[0].keywords, STR("$Junk work"));
	OK(archive_copies(ar, &mem, 3, &c, &n, &err), 1);
	T(n == 1 && c[0].vanished > 1600000000 && c[0].first_seen > 1600000000);
	OK(archive_copies(ar, &mem, 99, &c, &n, &err), 1);
	T(n == 0);
	archive_close(&ar);
}

/* A server that gives one UID to two messages: neither is lost. */
static void uid_twice(void)
{
	struct archive *ar = fresh("twice");
	const struct archive_copy *c;
	const uint32_t *u;
	size_t n;
	int64_t e = epoch(ar, "ann", "INBOX", 1);
	OK(add_uid(ar, e, 1, "first\r\n"), 1);
	OK(add_uid(ar, e, 1, "second\r\n"), 1);
	OK(archive_copies(ar, &mem, 1, &c, &n, &err), 1);
	T(n == 1 && c[0].vanished != 0);
	OK(archive_copies(ar, &mem, 2, &c, &n, &err), 1);
	T(n == 1 && c[0].vanished == 0);
	OK(archive_uids(ar, &mem, e, &u, &n, &err), 1);
	T(n == 1 && u[0] == 1);
	OK(archive_commit(ar, &err), 1);
	reads(ar, 1, STR("first\r\n"));
	reads(ar, 2, STR("second\r\n"));
	archive_close(&ar);
}

static void imports(void)
{
	struct archive *ar = fresh("imports");
	int64_t e = epoch(ar, "old", "INBOX", 1), run;
	OK(archive_run(ar, &run, &err), 1);
	T(run == 1);
	struct archive_copy c = {.epoch = e, .source = STR("box/cur/1 \xFF:2,S"), .run = run,
				 .found = STR("00ff")};
	OK(add(ar, &c, STR("a\nb\r\n\nc")), 1);
	T(c.uid == 1 && c.message == 1);
	c.uid = 0;
	c.source = STR("box/cur/2");
	OK(add(ar, &c, STR("other\n")), 1);
	T(c.uid == 2 && c.message == 2);
	OK(archive_has_source(ar, e, STR("box/cur/1 \xFF:2,S"), &err), 1);
	OK(archive_has_source(ar, e, STR("box/cur/3"), &err), 0);
	OK(archive_has_source(ar, e + 1, STR("box/cur/2"), &err), 0);
	OK(archive_commit(ar, &err), 1);
	struct archive_msg m;
	OK(archive_find(ar, 1, &m, &err), 1);
	T(m.size == 7 && m.rfc822_size == 9);
	const struct archive_epoch *list;
	size_t n;
	OK(archive_epochs(ar, &mem, &list, &n, &err), 1);
	T(n == 1 && list[0].run == 1 && list[0].uidvalidity == 1);
	T_STR(list[0].account, STR("old"));
	archive_close(&ar);
}

static void finding(void)
{
	struct archive *ar = fresh("finding");
	int64_t e = epoch(ar, "ann", "INBOX", 1), f = epoch(ar, "ann", "Sent", 1);
	struct archive_epoch seen = {.id = f, .uidnext = 9, .highestmodseq = 1ull << 62};
	struct archive_msg m;
	char hex[HASH_HEX + 1], upper[HASH_HEX + 1];
	for (uint32_t i = 1; i <= 300; i++) {
		char text[32];
		snprintf(text, sizeof text, "mail %u\r\n", i);
		OK(add_uid(ar, i % 3 ? e : f, i, text), 1);
	}
	OK(add_uid(ar, f, 1, "mail 1\r\n"), 0);
	OK(archive_epoch_seen(ar, &seen, &err), 1);
	OK(archive_commit(ar, &err), 1);
	for (uint64_t i = 1; i <= 300; i++) {
		struct archive_msg by_id;
		OK(archive_find(ar, i, &m, &err), 1);
		hash_hex(m.hash, HASH_BYTES, hex);
		for (size_t d = 11; d <= HASH_HEX; d += 53) {
			OK(archive_find_id(ar, (struct str){hex, d}, &by_id, &err), 1);
			T(by_id.number == i && by_id.frame_end > by_id.frame);
		}
	}
	for (size_t i = 0; i <= HASH_HEX; i++)
		upper[i] = hex[i] >= 'a' ? (char)(hex[i] - 32) : hex[i];
	OK(archive_find_id(ar, (struct str){upper, 64}, &m, &err), 1);
	OK(archive_find_id(ar, STR("xyzxyz"), &m, &err), 0);
	OK(archive_find_id(ar, (struct str){hex, 5}, &m, &err), 0);
	OK(archive_find(ar, 301, &m, &err), 0);
	OK(archive_find(ar, 0, &m, &err), 0);
	const uint32_t *u;
	size_t n;
	struct archive_select s = {.where = "epoch = ?1 AND uid BETWEEN ?2 AND ?3",
				   .arg = {f, 1, 30}};
	OK(archive_select(ar, &mem, &s, &u, &n, &err), 1);
	T(n == 11 && u[0] == 1 && u[1] == 3 && u[10] == 30);
	s = (struct archive_select){.where = "vanished = 0 AND keywords <> ?5", .text = "x"};
	OK(archive_select(ar, &mem, &s, &u, &n, &err), 1);
	T(n == 300);
	s = (struct archive_select){.where = "day = ?1", .arg = {(1000000001 + 7200) / 86400}};
	OK(archive_select(ar, &mem, &s, &u, &n, &err), 1);
	T(n == 300);
	s = (struct archive_select){.where = "no such column"};
	OK(archive_select(ar, &mem, &s, &u, &n, &err), -1);
	const struct archive_epoch *list;
	OK(archive_epochs(ar, &mem, &list, &n, &err), 1);
	T(n == 2 && list[1].uidnext == 9 && list[1].highestmodseq == 1ull << 62 &&
	  list[0].uidnext == 0);
	archive_close(&ar);
}

/* What the caller hands over from outside is refused without harm to what is gathered. */
static void bad_input(void)
{
	struct archive *ar = fresh("bad");
	int64_t e = epoch(ar, "ann", "INBOX", 1);
	struct archive_copy c = {.epoch = e + 5, .uid = 1};
	OK(add(ar, &c, STR("x")), -1);
	T(err.kind == ERR_INPUT);
	c = (struct archive_copy){.epoch = e, .uid = 1, .internaldate = INT64_MAX / 2};
	OK(add(ar, &c, STR("x")), -1);
	T(err.kind == ERR_INPUT);
	c.internaldate = 0;
	c.zone = 32000;
	OK(add(ar, &c, STR("x")), -1);
	T(err.kind == ERR_INPUT);
	char *name = calloc(1, 5001);
	memset(name, 'n', 5000);
	struct archive_epoch long_one = {.account = STR("a"), .mailbox = str_of(name)};
	OK(archive_epoch(ar, &mem, &long_one, &err), -1);
	T(err.kind == ERR_INPUT);
	free(name);
	OK(add_uid(ar, e, 1, "good\r\n"), 1);
	OK(archive_commit(ar, &err), 1);
	reads(ar, 1, STR("good\r\n"));
	archive_close(&ar);
	OK(archive_open(&ar, place("nowhere"), ARCHIVE_READ, &err), -1);
	T(err.kind == ERR_INPUT);
	OK(archive_open(&ar, place("nowhere"), ARCHIVE_WRITE, &err), -1);
	T(err.kind == ERR_INPUT);
}

/* Messages of 3 and 100 MB: own frames, little memory. */
static int large_child(const char *dir)
{
	struct archive *ar = opened(dir, ARCHIVE_WRITE);
	struct rusage use;
	int64_t e = epoch(ar, "ann", "INBOX", 1);
	char piece[8192];
	uint64_t sizes[] = {3 << 20, 100 << 20};
	unsigned x = 1;
	getrusage(RUSAGE_SELF, &use);
	long before = use.ru_maxrss;
	for (uint32_t k = 0; k < 2; k++) {
		struct archive_copy c = {.epoch = e, .uid = k + 1};
		OK(archive_begin(ar, &err), 1);
		for (uint64_t at = 0; at < sizes[k]; at += sizeof piece) {
			for (size_t i = 0; i < sizeof piece; i++)
				piece[i] = (char)('a' + ((x = x * 1103515245 + 12345) >> 16) % 16);
			if (archive_write(ar, piece, sizeof piece, &err) < 0)
				T(false);
		}
		OK(archive_end(ar, &c, &err), 1);
		OK(add_uid(ar, e, k + 11, k ? "small\r\n" : "tiny\r\n"), 1);
	}
	OK(archive_commit(ar, &err), 1);
	struct archive_msg m;
	OK(archive_find(ar, 3, &m, &err), 1);
	int fd = open(place("large.out"), O_RDWR | O_CREAT, 0600);
	OK(archive_copy_out(ar, &m, fd, &err), 1);
	T(lseek(fd, 0, SEEK_CUR) == 100 << 20);
	close(fd);
	struct buf b;
	buf_init(&b, 1000);
	OK(archive_read(ar, &m, 1000, &b, &err), 1);
	T(b.n == 1000);
	OK(archive_read(ar, &m, 1000, &b, &err), -1); /* no room */
	T(err.kind == ERR_INPUT && b.n == 1000);
	buf_free(&b);
	getrusage(RUSAGE_SELF, &use);
	T(use.ru_maxrss - before < 60000);
	archive_close(&ar);
	return t_failed;
}

static void large(void)
{
	int status;
	OK(archive_create(place("large"), &err), 1);
	fflush(stdout);
	pid_t pid = fork();
	if (pid == 0)
		_exit(large_child(place("large")));
	waitpid(pid, &status, 0);
	T(status == 0);
	tar_reads(place("large"), false);
	struct archive *ar = opened(place("large"), ARCHIVE_READ);
	reads(ar, 2, STR("tiny\r\n"));
	reads(ar, 4, STR("small\r\n"));
	archive_close(&ar);
}

/* A writer that dies after its n-th step; returns how many steps it was given. */
static void dies(const char *dir, int steps)
{
	struct archive *ar = opened(dir, ARCHIVE_WRITE);
	int64_t e = epoch(ar, "ann", "INBOX", 1);
	uint64_t last;
	archive_last(ar, &last, &err);
	for (int i = 0; i < steps; i++) {
		char text[70000];
		snprintf(text, sizeof text, "mail %llu of many%*d\r\n",
			 (unsigned long long)last + 1 + (unsigned)i, 60000, 0);
		if (add_uid(ar, e, (uint32_t)last + 1 + (uint32_t)i, text) != 1)
			_exit(1);
		if (i % 7 == 6 && archive_commit(ar, &err) < 0)
			_exit(2);
	}
	_exit(0);
}

static void crashes(void)
{
	uint64_t last = 0, want = 0;
	OK(archive_create(place("crash"), &err), 1);
	for (int n = 0; n < 24; n++) {
		int status;
		fflush(stdout);
		pid_t pid = fork();
		if (pid == 0)
			dies(place("crash"), n);
		waitpid(pid, &status, 0);
		T(status == 0);
		want += (uint64_t)(n / 7 * 7);
		struct archive *ar = opened(place("crash"), ARCHIVE_READ);
		OK(archive_last(ar, &last, &err), 1);
		T(last == want);
		archive_close(&ar);
	}
	struct archive *ar = opened(place("crash"), ARCHIVE_WRITE);
	struct archive_totals t;
	OK(archive_totals(ar, 0, &t, &err), 1);
	T(t.messages == want && t.copies == want);
	tar_reads(place("crash"), false); /* the tail is gone */
	archive_close(&ar);
}

static int shell(const char *fmt, const char *dir)
{
	char command[9000];
	snprintf(command, sizeof command, "d='%s'; cd \"$d\" && %s", dir, fmt);
	return system(command);
}

/* An old catalog beside newer segments, or none: nobody may cut or begin anew. */
static void lost_catalog(void)
{
	struct archive *ar = fresh("lost"), *again = NULL;
	int64_t e = epoch(ar, "ann", "INBOX", 1);
	OK(add_uid(ar, e, 1, "one\r\n"), 1);
	OK(archive_commit(ar, &err), 1);
	archive_close(&ar);
	T(shell("cp catalog.db old.db", place("lost")) == 0);
	ar = opened(place("lost"), ARCHIVE_WRITE);
	for (uint32_t i = 2; i < 5; i++) {
		char text[32];
		snprintf(text, sizeof text, "mail %u", i);
		OK(add_uid(ar, e, i, text), 1);
		OK(archive_commit(ar, &err), 1);
	}
	archive_close(&ar);
	T(shell("cp catalog.db new.db && cp old.db catalog.db", place("lost")) == 0);
	OK(archive_open(&again, place("lost"), ARCHIVE_WRITE, &err), -1);
	T(err.kind == ERR_BROKEN && strstr(err.text, "older than the segments"));
	T(shell("rm catalog.db", place("lost")) == 0);
	OK(archive_open(&again, place("lost"), ARCHIVE_WRITE, &err), -1);
	T(err.kind == ERR_BROKEN);
	OK(archive_create(place("lost"), &err), -1);
	T(err.kind == ERR_BROKEN);
	T(shell("cp new.db catalog.db; cp segments/000001.tar.zst segments/000002.tar.zst",
		place("lost")) == 0);
	OK(archive_open(&again, place("lost"), ARCHIVE_WRITE, &err), -1);
	T(err.kind == ERR_BROKEN && strstr(err.text, "000002.tar.zst"));
	T(shell("rm segments/000002.tar.zst", place("lost")) == 0);
	ar = opened(place("lost"), ARCHIVE_WRITE);
	reads(ar, 4, STR("mail 4"));
	archive_close(&ar);
}

/* Flips one byte of a file at a time: right bytes or an error, nothing else. */
static void flips(const char *file, size_t step)
{
	struct archive *ar;
	struct stat st;
	int wrong = 0, refused = 0, fd = open(file, O_RDWR);
	T(fd >= 0 && fstat(fd, &st) == 0);
	for (off_t at = 0; at < st.st_size; at += (off_t)step) {
		char was, now;
		T(pread(fd, &was, 1, at) == 1);
		now = (char)(was ^ 0x21);
		T(pwrite(fd, &now, 1, at) == 1);
		if (archive_open(&ar, place("flip"), ARCHIVE_READ, &err) < 0) {
			refused++;
		} else {
			for (uint64_t i = 1; i <= 4; i++) {
				struct archive_msg m;
				struct buf b;
				char want[32];
				buf_init(&b, 100000);
				snprintf(want, sizeof want, "mail %llu\r\n", (unsigned long long)i);
				int r = archive_find(ar, i, &m, &err);
				if (r == 1)
					r = archive_read(ar, &m, SIZE_MAX, &b, &err);
				if (r < 1)
					refused++;
				else if (!str_eq(str_cut(buf_all(&b), 0, strlen(want)),
						 str_of(want)))
					wrong++;
				buf_free(&b);
			}
			archive_close(&ar);
		}
		T(pwrite(fd, &was, 1, at) == 1);
	}
	close(fd);
	T(wrong == 0);
	T(refused > 0);
}

static void damage(void)
{
	struct archive *ar = fresh("flip");
	struct archive_msg m;
	struct buf b;
	int64_t e = epoch(ar, "ann", "INBOX", 1);
	char text[5000];
	for (uint32_t i = 1; i <= 4; i++) {
		int n = snprintf(text, sizeof text, "mail %u\r\n", i);
		for (unsigned k = (unsigned)n, x = i; k < sizeof text - 1; k++)
			text[k] = (char)('0' + ((x = x * 1103515245 + 12345) >> 20) % 10);
		text[sizeof text - 1] = '\0';
		OK(add_uid(ar, e, i, text), 1);
		OK(archive_commit(ar, &err), 1);
	}
	archive_close(&ar);
	flips(place("flip/segments/000001.tar.zst"), 7);
	flips(place("flip/catalog.db"), 61);
	T(shell("truncate -s -1 segments/000001.tar.zst", place("flip")) == 0);
	OK(archive_open(&ar, place("flip"), ARCHIVE_WRITE, &err), -1);
	T(err.kind == ERR_BROKEN && strstr(err.text, "000001.tar.zst"));
	T(shell("rm segments/000001.tar.zst", place("flip")) == 0);
	ar = opened(place("flip"), ARCHIVE_READ);
	buf_init(&b, 10000);
	OK(archive_find(ar, 1, &m, &err), 1);
	OK(archive_read(ar, &m, 1, &b, &err), -1);
	T(err.kind == ERR_BROKEN && strstr(err.text, "000001.tar.zst") && b.n == 0);
	buf_free(&b);
	archive_close(&ar);
}

/* The disk is full in the middle of a batch: the batch is gone whole, the handle says so. */
static int full_child(const char *dir, uint64_t limit)
{
	struct archive *ar = opened(dir, ARCHIVE_WRITE);
	int64_t e = epoch(ar, "ann", "INBOX", 1);
	int r = 1;
	OK(add_uid(ar, e, 1, "first\r\n"), 1);
	OK(archive_commit(ar, &err), 1);
	struct rlimit l = {limit, limit};
	signal(SIGXFSZ, SIG_IGN);
	setrlimit(RLIMIT_FSIZE, &l);
	for (uint32_t i = 2; r >= 0 && i < 4000; i++) {
		char text[20000];
		int n = snprintf(text, sizeof text, "mail %u\r\n", i);
		for (unsigned k = (unsigned)n, x = i; k < sizeof text - 1; k++)
			text[k] = (char)(1 + ((x = x * 1103515245 + 12345) >> 16) % 255);
		text[sizeof text - 1] = '\0';
		r = add_uid(ar, e, i, text);
	}
	T(r == -1 && err.kind == ERR_BROKEN);
	OK(add_uid(ar, e, 5000, "no more\r\n"), -1);
	T(err.kind == ERR_BROKEN);
	OK(archive_commit(ar, &err), -1);
	uint64_t last;
	OK(archive_last(ar, &last, &err), 1);
	T(last == 1);
	reads(ar, 1, STR("first\r\n"));
	archive_close(&ar);
	return t_failed;
}

static void disk_full(void)
{
	static const uint64_t limit[] = {100000, 600000, 3000000};
	for (size_t i = 0; i < 3; i++) {
		char name[32];
		int status;
		uint64_t last;
		snprintf(name, sizeof name, "full%zu", i);
		OK(archive_create(place(name), &err), 1);
		fflush(stdout);
		pid_t pid = fork();
		if (pid == 0)
			_exit(full_child(place(name), limit[i]));
		waitpid(pid, &status, 0);
		T(status == 0);
		struct archive *ar = opened(place(name), ARCHIVE_WRITE);
		OK(archive_last(ar, &last, &err), 1);
		T(last == 1);
		OK(add_uid(ar, 1, 2, "second\r\n"), 1);
		OK(archive_commit(ar, &err), 1);
		reads(ar, 2, STR("second\r\n"));
		tar_reads(place(name), false);
		archive_close(&ar);
	}
}

/* Somebody who may read but not write. */
static void read_only(void)
{
	struct archive *ar = fresh("still"), *writer;
	int status;
	int64_t e = epoch(ar, "ann", "INBOX", 1);
	OK(add_uid(ar, e, 1, "one\r\n"), 1);
	OK(archive_commit(ar, &err), 1);
	archive_close(&ar);
	T(shell("chmod -R a+rX .. && chmod a-w . segments", place("still")) == 0);
	fflush(stdout);
	pid_t pid = fork();
	if (pid == 0) {
		if (geteuid() == 0 && setuid(65534) < 0)
			_exit(9);
		ar = opened(place("still"), ARCHIVE_READ);
		reads(ar, 1, STR("one\r\n"));
		archive_close(&ar);
		OK(archive_open(&writer, place("still"), ARCHIVE_WRITE, &err), -1);
		T(err.kind == ERR_BROKEN);
		_exit(t_failed);
	}
	waitpid(pid, &status, 0);
	T(status == 0);
	T(shell("chmod u+w . segments", place("still")) == 0);
}

/* A forked child has its own handle, and closing the inherited one harms nobody. */
static void forks(void)
{
	struct archive *ar = fresh("fork"), *own;
	int status;
	int64_t e = epoch(ar, "ann", "INBOX", 1);
	OK(add_uid(ar, e, 1, "one\r\n"), 1);
	OK(archive_commit(ar, &err), 1);
	OK(add_uid(ar, e, 2, "two\r\n"), 1);
	fflush(stdout);
	pid_t pid = fork();
	if (pid == 0) {
		OK(archive_open(&own, place("fork"), ARCHIVE_WRITE, &err), -1);
		T(err.kind == ERR_LATER);
		archive_close(&ar);
		_exit(t_failed);
	}
	waitpid(pid, &status, 0);
	T(status == 0);
	OK(archive_open(&own, place("fork"), ARCHIVE_WRITE, &err), -1);
	T(err.kind == ERR_LATER && strstr(err.text, "locked by process"));
	OK(archive_commit(ar, &err), 1);
	reads(ar, 2, STR("two\r\n"));
	archive_close(&ar);
	ar = opened(place("fork"), ARCHIVE_WRITE);
	archive_close(&ar);
}

int main(void)
{
	basics();
	with_tar();
	later_facts();
	later_still();
	uid_twice();
	imports();
	finding();
	bad_input();
	large();
	crashes();
	lost_catalog();
	damage();
	disk_full();
	read_only();
	forks();
	arena_free(&mem);
	return t_done();
}
