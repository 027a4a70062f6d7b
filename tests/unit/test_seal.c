#include "t.h"

#include "note.h"
#include "proof.h"
#include "seal.h"
#include "sealcheck.h"
#include "sealkey.h"
#include "txn.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static struct err err;
static struct arena mem;
static char dir[4096];
static uint32_t uid;

#define OK(call, want) ok((call), (want), #call, __LINE__)
static void ok(int r, int want, const char *what, int line)
{
	t_check(r == want, what, __FILE__, line);
	if (r != want)
		printf("  returned %d, error '%s'\n", r, r < 0 ? err.text : "");
}

static struct archive *opened(enum archive_mode mode)
{
	struct archive *ar = NULL;
	OK(archive_open(&ar, dir, mode, &err), 1);
	if (ar == NULL)
		exit(1);
	return ar;
}

/* Adds n messages of about that size that do not compress; commits. */
static int add(struct archive *ar, int n, size_t size)
{
	struct archive_epoch e = {.account = STR("ann"), .mailbox = STR("INBOX"), .uidvalidity = 1};
	char text[20000];
	OK(archive_epoch(ar, &mem, &e, &err), 1);
	for (int i = 0; i < n; i++) {
		struct archive_copy c = {.epoch = e.id, .uid = ++uid};
		unsigned x = uid;
		for (size_t k = 0; k < size; k++)
			text[k] = (char)((x = x * 1103515245 + 12345) >> 16);
		snprintf(text, size, "Subject: %u\r\n\r\n", uid);
		if (archive_begin(ar, &err) < 0 || archive_write(ar, text, size, &err) < 0 ||
		    archive_end(ar, &c, &err) < 0)
			return -1;
	}
	return archive_commit(ar, &err);
}

static bool there(const char *name)
{
	char path[8300];
	snprintf(path, sizeof path, "%s/%s", dir, name);
	return access(path, F_OK) == 0;
}

static size_t findings(bool files, bool show)
{
	struct sealcheck_result r;
	struct findings f = {0};
	struct archive *ar = opened(ARCHIVE_READ);
	struct sealcheck_of of = {dir, archive_db(ar), files};
	OK(sealcheck_run(&of, &f, &r, &err), 1);
	for (size_t i = 0; show && i < f.n; i++)
		printf("  segment %u: %.*s\n", f.items[i].segment, STR_ARG(f.items[i].text));
	size_t n = f.count;
	archive_close(&ar);
	findings_free(&f);
	return n;
}

static void by_hand(void)
{
	struct archive *ar = opened(ARCHIVE_WRITE);
	struct str text;
	OK(seal_now(ar, &err), 0);
	OK(seal_newest(ar, &mem, &text, &err), 0);
	OK(add(ar, 5, 300), 1);
	OK(seal_now(ar, &err), 1);
	OK(seal_now(ar, &err), 0);
	T(there("segments/000001.seal") && there("keys/seal.key"));
	T(!there("segments/000002.tar.zst"));
	OK(add(ar, 2, 300), 1);
	T(there("segments/000002.tar.zst") && !there("segments/000002.seal"));
	archive_close(&ar);
	ar = opened(ARCHIVE_WRITE);
	OK(add(ar, 4, 300), 1);
	OK(seal_now(ar, &err), 1);
	archive_close(&ar);
	ar = opened(ARCHIVE_WRITE); /* a sealed segment is the newest */
	OK(seal_now(ar, &err), 0);
	OK(add(ar, 1, 300), 1);
	archive_close(&ar);
	T(findings(true, true) == 0);
}

/* A segment that is full is sealed by the commit that finds it so. */
static void by_size(void)
{
	struct archive *ar = opened(ARCHIVE_WRITE);
	struct sealcheck_result r;
	struct findings f = {0};
	char path[4200];
	archive_txn(ar)->full = 100000;
	for (int i = 0; i < 20; i++)
		OK(add(ar, 1, 15000), 1);
	T(there("segments/000003.seal") && there("segments/000004.seal"));
	archive_txn(ar)->full = UINT64_MAX;
	OK(add(ar, 20, 15000), 1);
	archive_close(&ar);
	/* a crash came before the seal: the next change makes it */
	seal_path(path, sizeof path, dir, 6);
	ar = opened(ARCHIVE_WRITE);
	archive_txn(ar)->full = 100000;
	T(access(path, F_OK) < 0 || there("segments/000007.tar.zst"));
	OK(add(ar, 1, 100), 1);
	OK(seal_now(ar, &err), 1);
	struct sealcheck_of of = {dir, archive_db(ar), true};
	OK(sealcheck_run(&of, &f, &r, &err), 1);
	T(f.count == 0 && r.segments >= 6 && r.messages == uid);
	archive_close(&ar);
}

/* Copies a file of the archive, changed at one byte, over it; gives back the old one. */
static void flip(const char *name, off_t step, bool files)
{
	char path[8300], was, now;
	struct stat st;
	int missed = 0, n = 0;
	snprintf(path, sizeof path, "%s/%s", dir, name);
	int fd = open(path, O_RDWR);
	T(fd >= 0 && fstat(fd, &st) == 0);
	for (off_t at = 0; at < st.st_size; at += step, n++) {
		T(pread(fd, &was, 1, at) == 1);
		now = (char)(was ^ 1);
		T(pwrite(fd, &now, 1, at) == 1);
		missed += findings(files, false) == 0;
		T(pwrite(fd, &was, 1, at) == 1);
	}
	close(fd);
	T(n > 5);
	T(missed == 0);
}

static void moved(const char *name, bool files)
{
	char from[8300], to[8300];
	snprintf(from, sizeof from, "%s/%s", dir, name);
	snprintf(to, sizeof to, "%s/%s.away", dir, name);
	T(rename(from, to) == 0);
	T(findings(files, false) > 0);
	T(rename(to, from) == 0);
	T(findings(files, true) == 0);
}

static void sql(const char *text, bool found)
{
	struct db *db = NULL;
	OK(catalog_open(&db, dir, DB_WRITE, &err), 1);
	OK(db_exec(db, text, &err), 1);
	db_close(&db);
	T((findings(false, false) > 0) == found);
}

static void damage(void)
{
	flip("segments/000001.tar.zst", 97, true);
	flip("segments/000002.seal", 7, false);
	moved("segments/000001.seal", false);
	moved("segments/000002.tar.zst", false);
	moved("keys/seal.pub", false);
	sql("UPDATE messages SET leaf = zeroblob(32) WHERE number = 3", true);
	sql("UPDATE messages SET leaf = x'00' WHERE number = 3", true);
}

/* What a writer finds after a crash between the catalog and the seal's file. */
static void without_file(void)
{
	char path[8300];
	struct archive *ar = opened(ARCHIVE_WRITE);
	uint32_t newest = archive_txn(ar)->committed.segment;
	T(archive_txn(ar)->committed.sealed);
	archive_close(&ar);
	seal_path(path, sizeof path, dir, newest);
	T(unlink(path) == 0);
	T(findings(false, false) == 1);
	ar = opened(ARCHIVE_WRITE);
	archive_close(&ar);
	T(findings(true, true) == 0);
}

/* No key, no seal: nothing is written with another. */
static void lost_key(void)
{
	char from[8300], to[8300];
	int64_t run;
	struct archive *ar = opened(ARCHIVE_WRITE);
	snprintf(from, sizeof from, "%s/keys/seal.key", dir);
	snprintf(to, sizeof to, "%s/keys/away", dir);
	T(rename(from, to) == 0);
	OK(add(ar, 1, 100), 1);
	OK(seal_now(ar, &err), -1);
	T(err.kind == ERR_DENIED && strstr(err.text, "seal.key"));
	OK(archive_run(ar, &run, &err), -1);
	archive_close(&ar);
	T(rename(to, from) == 0);
	ar = opened(ARCHIVE_WRITE);
	OK(seal_now(ar, &err), 1);
	archive_close(&ar);
	T(findings(true, true) == 0);
}

static void proofs(void)
{
	struct archive *ar = opened(ARCHIVE_WRITE);
	struct archive_msg m;
	struct buf out, old;
	struct str newest;
	buf_init(&out, 100000);
	buf_init(&old, 100000);
	OK(seal_newest(ar, &mem, &newest, &err), 1);
	buf_str(&old, newest);
	OK(add(ar, 3, 300), 1);
	uint64_t last;
	OK(archive_last(ar, &last, &err), 1);
	OK(archive_find(ar, last, &m, &err), 1);
	OK(proof_message(ar, &m, &out, &err), -1);
	T(err.kind == ERR_INPUT && strstr(err.text, "after the newest seal"));
	OK(archive_find(ar, 1, &m, &err), 1);
	OK(proof_message(ar, &m, &out, &err), 1);
	OK(seal_now(ar, &err), 1);
	OK(archive_find(ar, last, &m, &err), 1);
	OK(proof_message(ar, &m, &out, &err), 1);
	OK(proof_since(ar, buf_all(&old), &out, &err), 1);
	old.p[3] ^= 1;
	OK(proof_since(ar, buf_all(&old), &out, &err), -1);
	T(err.kind == ERR_INPUT);
	archive_close(&ar);
	buf_free(&out);
	buf_free(&old);
}

int main(void)
{
	snprintf(dir, sizeof dir, "%s/a", t_dir());
	OK(archive_create(dir, &err), 1);
	by_hand();
	by_size();
	without_file();
	lost_key();
	proofs();
	damage();
	arena_free(&mem);
	return t_done();
}
