#include "t.h"

#include "archive.h"

#include <fcntl.h>
#include <unistd.h>

static struct err err;
static struct arena mem;

/* An archive of two messages, the second of which says `what`. */
static void make(const char *dir, const char *what)
{
	struct archive *ar = NULL;
	struct archive_epoch e = {.account = STR("a"), .mailbox = STR("INBOX"), .uidvalidity = 1};
	T(archive_create(dir, &err) == 1 && archive_open(&ar, dir, ARCHIVE_WRITE, &err) == 1);
	T(archive_epoch(ar, &mem, &e, &err) == 1);
	for (int i = 0; i < 2; i++) {
		struct str text = arena_fmt(&mem, "Subject: %s\r\n\r\n%s\r\n", what,
					    i ? what : "first");
		struct archive_copy c = {.epoch = e.id, .internaldate = 1000000000, .run = 1};
		T(archive_begin(ar, &err) == 1);
		T(archive_write(ar, text.p, text.n, &err) == 1 && archive_end(ar, &c, &err) == 1);
	}
	T(archive_commit(ar, &err) == 1);
	archive_close(&ar);
}

static struct archive *open_scattered(const char *dir)
{
	struct archive *ar = NULL;
	T(archive_open(&ar, dir, ARCHIVE_READ, &err) == 1);
	archive_scattered(ar);
	return ar;
}

static bool says(struct archive *ar, const char *what)
{
	struct archive_msg m;
	struct buf b;
	buf_init(&b, 4096);
	bool yes = archive_find(ar, 2, &m, &err) == 1 &&
		   archive_read(ar, &m, SIZE_MAX, &b, &err) == 1 &&
		   str_find(buf_all(&b), str_of(what)) >= 0;
	buf_free(&b);
	return yes;
}

static void put(const char *from, const char *to, const char *name)
{
	char a[4200], b[4200], bytes[1 << 16];
	snprintf(a, sizeof a, "%s/%s", from, name);
	snprintf(b, sizeof b, "%s/%s", to, name);
	int in = open(a, O_RDONLY), out = open(b, O_WRONLY | O_TRUNC);
	ssize_t n = read(in, bytes, sizeof bytes);
	T(n > 0 && n < (ssize_t)sizeof bytes && write(out, bytes, (size_t)n) == n);
	close(in);
	close(out);
}


/* What is kept goes by the number of the file. A file that is gone leaves its number to the next:
 * here it is written over. */
static void number_again(void)
{
	static const char seg[] = "segments/000001.tar.zst";
	char old[4096], new[4096];
	const char *root = t_dir();
	snprintf(old, sizeof old, "%s/old", root);
	snprintf(new, sizeof new, "%s/new", root);
	make(old, "penguins");
	make(new, "walruses and some more");
	struct archive *keeps = open_scattered(old);
	T(says(keeps, "penguins"));
	put(new, old, seg);
	T(says(keeps, "penguins")); /* kept, and right */
	struct archive *ar = open_scattered(new);
	char path[4200], link_to[4200];
	snprintf(path, sizeof path, "%s/%s", new, seg);
	snprintf(link_to, sizeof link_to, "%s/%s", old, seg);
	T(unlink(path) == 0 && link(link_to, path) == 0); /* the file of that number */
	T(says(ar, "walruses"));
	T(!says(keeps, "penguins") && err.kind == ERR_BROKEN);
	T(says(ar, "walruses"));
	archive_close(&ar);
	archive_close(&keeps);
}

/* A message that is damaged is told of; what stands beside it is read. */
static void damaged(void)
{
	char dir[4096], path[4200];
	struct archive_msg m;
	struct buf b;
	snprintf(dir, sizeof dir, "%s/damaged", t_dir());
	make(dir, "penguins");
	struct archive *ar = open_scattered(dir);
	T(archive_find(ar, 2, &m, &err) == 1);
	snprintf(path, sizeof path, "%s/segments/000001.tar.zst", dir);
	int fd = open(path, O_WRONLY);
	T(pwrite(fd, "x", 1, (off_t)m.frame_end - 1) == 1); /* of the checksum */
	close(fd);
	buf_init(&b, 4096);
	T(archive_read(ar, &m, 10, &b, &err) == -1 && err.kind == ERR_BROKEN && b.n == 0);
	T(archive_read(ar, &m, SIZE_MAX, &b, &err) == 1 && b.n == m.size);
	buf_free(&b);
	archive_close(&ar);
}

int main(void)
{
	number_again();
	damaged();
	arena_free(&mem);
	return t_done();
}
