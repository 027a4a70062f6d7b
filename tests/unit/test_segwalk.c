#include "t.h"

#include "segwalk.h"
#include "tarball.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

static struct err err;

/* Walks over bytes as if they were a file. Returns members found, or -1 - members. */
static int walk(const void *p, size_t n)
{
	struct segwalk_member m;
	struct str piece, all, k, v;
	int fd = memfd_create("segment", 0), r, found = 0;
	if (write(fd, p, n) != (ssize_t)n)
		return -1000;
	struct segwalk *w = segwalk_new(fd, 0, UINT64_MAX);
	while ((r = segwalk_next(w, &m, &err)) == 1) {
		uint64_t got = 0;
		while ((r = segwalk_read(w, &piece, &err)) == 1)
			got += piece.n;
		if (r < 0)
			break;
		T(got == m.size);
		all = m.records;
		while (tarball_next(&all, &k, &v, &err) == 1)
			;
		found++;
	}
	segwalk_free(&w);
	close(fd);
	return r < 0 ? -1 - found : found;
}

static size_t pack(struct str tar, char *out, size_t max)
{
	size_t n = ZSTD_compress(out, max, tar.p, tar.n, 1);
	T(!ZSTD_isError(n));
	return n;
}

/* Other people's tars: what GNU tar makes, in its own pax form. */
static void foreign(void)
{
	char command[9000], name[4200];
	static char bytes[1 << 20];
	const char *dir = t_dir();
	snprintf(command, sizeof command,
		 "cd '%s' && n=$(printf 'n%%.0s' $(seq 200)) && echo hello > $n && echo x > y &&"
		 " tar --zstd --format=posix -cf a.zst $n y", dir);
	T(system(command) == 0);
	snprintf(name, sizeof name, "%s/a.zst", dir);
	int fd = open(name, O_RDONLY);
	ssize_t n = read(fd, bytes, sizeof bytes);
	T(n > 0 && walk(bytes, (size_t)n) == 2);
	struct segwalk_member m;
	struct segwalk *w = segwalk_new(fd, 0, UINT64_MAX);
	T(segwalk_next(w, &m, &err) == 1);
	T(m.name.n == 200 && m.size == 6 && m.records.n > 200);
	T(segwalk_next(w, &m, &err) == 1);
	T_STR(m.name, STR("y"));
	T(segwalk_next(w, &m, &err) == 0);
	segwalk_free(&w);
	close(fd);
}

static void member(struct buf *b, const char *name, struct str body)
{
	static const char zeros[TARBALL_BLOCK];
	struct buf r;
	buf_init(&r, 1000);
	tarball_record(&r, "mailbox", STR("INBOX"));
	tarball_member(b, str_of(name), body.n, 1, buf_all(&r));
	buf_str(b, body);
	buf_add(b, zeros, tarball_padding(body.n));
	buf_free(&r);
}

/* Damage of every byte, and the end at every byte: an error or fewer members, never a crash. */
static void damaged(void)
{
	static char z[20000];
	struct buf b;
	buf_init(&b, 1 << 20);
	member(&b, "a.eml", STR("some bytes of a message\r\n"));
	member(&b, "b.eml", STR(""));
	member(&b, "c.eml", STR("more"));
	size_t n = pack(buf_all(&b), z, sizeof z);
	T(walk(z, n) == 3);
	T(walk(z, 0) == 0);
	for (size_t i = 1; i < n; i++)
		T(walk(z, i) < 0);
	for (size_t i = 0; i < b.n; i++) {
		b.p[i] = (char)(b.p[i] ^ 0x11);
		size_t k = pack(buf_all(&b), z, sizeof z);
		int r = walk(z, k);
		T(r <= 3 && r >= -4);
		b.p[i] = (char)(b.p[i] ^ 0x11);
	}
	for (size_t cut = 1; cut < b.n; cut += 37) {
		size_t k = pack(str_cut(buf_all(&b), 0, cut), z, sizeof z);
		T(walk(z, k) < 3);
	}
	buf_free(&b);
}

static void commits(void)
{
	static const struct {
		const char *name, *body;
		int want;
	} row[] = {
		{"facts/1.ndjson", "{\"fact\":\"commit\",\"change\":1}\n", 1},
		{"facts/1.ndjson", "{\"fact\":\"run\"}\n{\"fact\":\"commit\",\"change\":1}\n", 1},
		{"facts/1.ndjson", "{\"fact\":\"commit\",\"change\":1}\n{\"fact\":\"run\"}\n", 0},
		{"facts/1.ndjson", "", 0},
		{"other/1.ndjson", "{\"fact\":\"commit\",\"change\":1}\n", 0},
	};
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		static char z[20000];
		char path[64];
		struct buf b;
		int64_t n = -1;
		buf_init(&b, 1 << 20);
		member(&b, "a.eml", STR("x"));
		member(&b, row[i].name, str_of(row[i].body));
		size_t k = pack(buf_all(&b), z, sizeof z);
		int fd = memfd_create("segment", 0);
		T(write(fd, "head", 4) == 4 && write(fd, z, k) == (ssize_t)k);
		snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
		T(segwalk_commits(path, 4, UINT64_MAX, &n, &err) == 1);
		T(n == row[i].want);
		T(segwalk_commits(path, 4 + k, UINT64_MAX, &n, &err) == 1 && n == 0);
		T(write(fd, z, k - 5) == (ssize_t)k - 5); /* an unfinished one behind it */
		T(segwalk_commits(path, 4, UINT64_MAX, &n, &err) == 1);
		T(n == row[i].want || n == 2 * row[i].want);
		close(fd);
		buf_free(&b);
	}
	int64_t n;
	T(segwalk_commits("/nonexistent", 0, UINT64_MAX, &n, &err) == -1 && err.kind == ERR_BROKEN);
}

/* A frame that asks for a gigabyte of window is refused, not obeyed. */
static void greedy(void)
{
	static const unsigned char frame[] = {0x28, 0xB5, 0x2F, 0xFD, 0x00, 0xA0, 0x01, 0, 0};
	T(walk(frame, sizeof frame) == -1);
	T(strstr(err.text, "damaged") != NULL);
}

int main(void)
{
	foreign();
	damaged();
	commits();
	greedy();
	return t_done();
}
