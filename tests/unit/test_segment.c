#include "t.h"

#include "segment.h"
#include "segwalk.h"
#include "tarball.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static struct err err;
static char dir[4096];

static int put(struct segment *s, const char *name, struct str bytes, struct segment_place *at)
{
	struct buf head;
	struct spool_body body = {.size = bytes.n, .mem = bytes, .fd = -1};
	buf_init(&head, 1 << 16);
	tarball_member(&head, str_of(name), bytes.n, 0, (struct str){"", 0});
	int r = segment_add(s, buf_all(&head), &body, at, &err);
	buf_free(&head);
	return r;
}

/* What the walk finds for the n-th member of a test: its name and length tell each other. */
static void fill(char *p, size_t n, unsigned seed)
{
	for (size_t i = 0; i < n; i++)
		p[i] = (char)('a' + ((seed = seed * 1103515245 + 12345) >> 16) % 26);
}

static uint64_t starts[64]; /* of the frames written */
static size_t n_starts;

/* Takes the frames written; `large` is the size that one may have for a member of its own. */
static void take(struct segment *s, uint64_t *end, uint64_t large)
{
	struct segment_frame f;
	uint64_t nth;
	while (segment_frame(s, &nth, &f)) {
		T(nth == n_starts && f.start == *end && f.end > f.start && f.raw % 512 == 0);
		T(f.raw <= SEGMENT_FRAME || f.raw == large);
		starts[n_starts++] = f.start;
		*end = f.end;
	}
}

static void make(size_t sizes[], size_t n, struct segment_place at[], uint64_t *size_out)
{
	struct segment *s;
	uint64_t end = SEGMENT_HEAD;
	static char bytes[3000000];
	T(segment_create(dir, 1, &err) == 1);
	T(segment_open(&s, dir, 1, SEGMENT_HEAD, &err) == 1);
	for (size_t i = 0; i < n; i++) {
		char name[32];
		snprintf(name, sizeof name, "m%zu", i);
		fill(bytes, sizes[i], (unsigned)i);
		T(put(s, name, (struct str){bytes, sizes[i]}, &at[i]) == 1);
		take(s, &end, 512 + sizes[i] + tarball_padding(sizes[i]));
	}
	T(segment_flush(s, &err) == 1 && segment_flush(s, &err) == 1 && segment_sync(s, &err) == 1);
	take(s, &end, 0);
	T(n_starts == at[n - 1].nth + 1);
	T(end == segment_size(s));
	*size_out = end;
	segment_close(&s);
}

static int open_file(void)
{
	char path[4200];
	segment_path(path, sizeof path, dir, 1);
	return open(path, O_RDWR);
}

/* The walk finds every member where the writer said it put it. */
static void walk(size_t sizes[], size_t n, const struct segment_place at[])
{
	static char bytes[3000000];
	struct segwalk_member m;
	struct str piece;
	int fd = open_file();
	struct segwalk *w = segwalk_new(fd, 0, UINT64_MAX);
	for (size_t i = 0; i < n; i++) {
		size_t got = 0;
		char name[32];
		snprintf(name, sizeof name, "m%zu", i);
		T(segwalk_next(w, &m, &err) == 1);
		T_STR(m.name, str_of(name));
		T(m.size == sizes[i] && m.frame == starts[at[i].nth] && m.offset == at[i].offset);
		fill(bytes, sizes[i], (unsigned)i);
		if (i % 3 == 2)
			continue; /* next skips it */
		while (segwalk_read(w, &piece, &err) == 1) {
			T(got + piece.n <= sizes[i] && !memcmp(bytes + got, piece.p, piece.n));
			got += piece.n;
		}
		T(got == sizes[i]);
	}
	T(segwalk_next(w, &m, &err) == 0);
	segwalk_free(&w);
	close(fd);
}

static void frames(void)
{
	size_t sizes[] = {0, 1, 511, 512, 513, 500000, 500000, 500000, SEGMENT_FRAME - 512,
			  SEGMENT_FRAME - 511, SEGMENT_FRAME, 5, 3000000, 1400000, 7, 0};
	size_t n = sizeof sizes / sizeof *sizes;
	struct segment_place at[sizeof sizes / sizeof *sizes];
	uint64_t size;
	make(sizes, n, at, &size);
	T(starts[0] == SEGMENT_HEAD && at[0].nth == 0);
	T(at[0].offset == 512 && at[1].offset == 1024);
	T(at[8].offset == 512);		   /* fills a frame to the last byte */
	T(at[9].nth == at[8].nth + 1 && at[10].nth == at[9].nth + 1);
	walk(sizes, n, at);
}

/* Bytes behind what was committed are cut off; too few are refused. */
static void reopen(void)
{
	struct segment *s;
	struct stat st;
	struct segment_place at;
	struct err e;
	int fd = open_file();
	T(fstat(fd, &st) == 0);
	off_t size = st.st_size;
	T(pwrite(fd, "half a frame", 12, size) == 12);
	T(segment_open(&s, dir, 1, (uint64_t)size, &err) == 1);
	T(fstat(fd, &st) == 0 && st.st_size == size);
	T(put(s, "more", STR("more bytes"), &at) == 1 && at.nth == 0);
	T(fstat(fd, &st) == 0 && st.st_size == size); /* nothing before the flush */
	T(segment_flush(s, &err) == 1);
	T(fstat(fd, &st) == 0 && st.st_size > size);
	segment_cut(s, (uint64_t)size);
	T(fstat(fd, &st) == 0 && st.st_size == size && segment_size(s) == (uint64_t)size);
	segment_close(&s);
	T(segment_open(&s, dir, 1, (uint64_t)size + 1, &e) == -1 && e.kind == ERR_BROKEN);
	T(segment_open(&s, dir, 9, 0, &e) == -1 && e.kind == ERR_BROKEN);
	T(segment_create(dir, 1, &e) == -1 && e.kind == ERR_BROKEN); /* has data */
	close(fd);
}

int main(void)
{
	char sub[4200];
	snprintf(dir, sizeof dir, "%s", t_dir());
	snprintf(sub, sizeof sub, "%s/segments", dir);
	T(mkdir(sub, 0700) == 0);
	frames();
	reopen();
	return t_done();
}
