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
		 " cd out; for m in *.eml; do test \"$m\" = \"*.eml\" ||"
		 " test \"$(sha256sum < $m)\" = \"${m%%.eml}  -\" || exit 3; done",
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

int main(void)
{
	basics();
	with_tar();
	arena_free(&mem);
	return t_done();
}
