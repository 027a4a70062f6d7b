#include "t.h"

#include "frames.h"

#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

/* A file of frames; the content of each is told by its number. */
enum { N = FRAMES_SHARED + 16, SIZE = 300000 };
static struct frames_place places[N];
static struct err err;

static char byte(size_t frame, size_t at)
{
	return (char)("abcdefgh"[(at / 7 + at * at / 1000 + frame) & 7]);
}

static int make_file(void)
{
	int fd = memfd_create("frames", 0);
	size_t max = ZSTD_compressBound(SIZE);
	char *raw = malloc(SIZE), *packed = malloc(max);
	uint64_t at = 0;
	struct stat st;
	ZSTD_CCtx *z = ZSTD_createCCtx();
	ZSTD_CCtx_setParameter(z, ZSTD_c_checksumFlag, 1);
	T(fstat(fd, &st) == 0);
	for (size_t i = 0; i < N; i++) {
		for (size_t k = 0; k < SIZE; k++)
			raw[k] = byte(i, k);
		size_t n = ZSTD_compress2(z, packed, max, raw, SIZE);
		T(!ZSTD_isError(n) && write(fd, packed, n) == (ssize_t)n);
		places[i] = (struct frames_place){fd, st.st_dev, st.st_ino, at, at + n};
		at += n;
	}
	ZSTD_freeCCtx(z);
	free(raw);
	free(packed);
	return fd;
}

static bool is_right(struct str text, size_t frame)
{
	for (size_t i = 0; i < text.n; i++)
		if (text.p[i] != byte(frame, i))
			return false;
	return true;
}

static void by_and_by(void)
{
	static const size_t to[] = {0, 1, 100, 99, 131072, 131073, 200000, SIZE - 1, SIZE, 5, SIZE};
	struct frames *s = frames_new(false);
	struct frame *f;
	struct str text;
	for (size_t i = 0; i < sizeof to / sizeof *to; i++) {
		T(frames_take(s, &places[3], &f, &err) == 1);
		T(frames_size(f) == SIZE && frames_old(f) == (i > 0));
		T(frames_text(f, to[i], &text, &err) == 1);
		T(text.n == to[i] && is_right(text, 3));
		frames_give(s, &f, true);
		T(f == NULL);
	}
	T(frames_take(s, &places[3], &f, &err) == 1);
	T(frames_text(f, SIZE + 1, &text, &err) == -1 && text.n == 0);
	frames_give(s, &f, false);
	T(frames_take(s, &places[3], &f, &err) == 1 && !frames_old(f));
	frames_give(s, &f, true);
	T(frames_take(s, &places[4], &f, &err) == 1 && !frames_old(f)); /* the only place */
	frames_give(s, &f, true);
	T(frames_take(s, &places[3], &f, &err) == 1 && !frames_old(f));
	frames_give(s, &f, true);
	frames_give(s, &f, true); /* NULL */
	frames_free(&s);
	frames_free(&s);
}

/* The file of the one who takes it counts, not that of who took it before. */
static void another_descriptor(void)
{
	struct frames *s = frames_new(false);
	struct frame *f;
	struct str text;
	struct frames_place p = places[5];
	T((p.fd = dup(p.fd)) >= 0);
	T(frames_take(s, &p, &f, &err) == 1 && frames_text(f, 10, &text, &err) == 1);
	frames_give(s, &f, true);
	close(p.fd);
	T(frames_take(s, &places[5], &f, &err) == 1 && frames_old(f));
	T(frames_text(f, SIZE, &text, &err) == 1 && is_right(text, 5));
	frames_give(s, &f, true);
	frames_free(&s);
}

static void shared(void)
{
	struct frames *s = frames_new(true), *other = frames_new(true);
	struct frame *f;
	T(s == other);
	for (size_t i = 0; i < FRAMES_SHARED; i++) {
		T(frames_take(s, &places[i], &f, &err) == 1 && !frames_old(f));
		frames_give(s, &f, true);
	}
	frames_free(&s);
	T(frames_take(other, &places[0], &f, &err) == 1 && frames_old(f));
	frames_give(other, &f, true);
	/* one more: that which was used longest ago makes room */
	T(frames_take(other, &places[FRAMES_SHARED], &f, &err) == 1 && !frames_old(f));
	frames_give(other, &f, true);
	T(frames_take(other, &places[0], &f, &err) == 1 && frames_old(f));
	frames_give(other, &f, true);
	T(frames_take(other, &places[1], &f, &err) == 1 && !frames_old(f));
	frames_give(other, &f, true);
	frames_free(&other);
	s = frames_new(true); /* nobody had a share any more */
	T(frames_take(s, &places[0], &f, &err) == 1 && !frames_old(f));
	frames_give(s, &f, true);
	frames_free(&s);
}

static void write_at(int fd, const void *p, size_t n, uint64_t at)
{
	T(pwrite(fd, p, n, (off_t)at) == (ssize_t)n);
}

/* Every byte of a frame altered, one at a time: text comes out right, or not at all at its end. */
static void damaged(int fd)
{
	struct frames *s = frames_new(false);
	struct frame *f;
	struct str text;
	const struct frames_place *p = &places[2];
	size_t told = 0, n = 0;
	for (uint64_t at = p->at; at < p->end; at += 1 + (at - p->at) / 64, n++) {
		unsigned char was, is;
		T(pread(fd, &was, 1, (off_t)at) == 1);
		is = was ^ 0x41;
		write_at(fd, &is, 1, at);
		int r = frames_take(s, p, &f, &err);
		if (r > 0)
			r = frames_text(f, frames_size(f), &text, &err);
		T(r <= 0);
		T(r == 0 || err.kind == ERR_BROKEN);
		told += r < 0;
		frames_give(s, &f, false);
		write_at(fd, &was, 1, at);
	}
	T(n > 100 && told > n - 20);
	struct frames_place cut = *p;
	for (cut.end--; cut.end > p->at; cut.end -= 1 + (cut.end - p->at) / 3) {
		int r = frames_take(s, &cut, &f, &err);
		T(r < 0 || frames_text(f, SIZE, &text, &err) < 0);
		frames_give(s, &f, false);
	}
	T(frames_take(s, p, &f, &err) == 1 && frames_text(f, SIZE, &text, &err) == 1 &&
	  is_right(text, 2));
	frames_give(s, &f, true);
	frames_free(&s);
}

/* Frames that are too large, and such as do not say how large they are, are not kept. */
static void not_kept(void)
{
	struct frames *s = frames_new(false);
	struct frame *f = NULL;
	struct stat st;
	size_t n = FRAMES_MOST + 1, max = ZSTD_compressBound(n);
	char *raw = calloc(1, n), *packed = malloc(max);
	int fd = memfd_create("large", 0);
	T(fstat(fd, &st) == 0);
	ZSTD_CCtx *z = ZSTD_createCCtx();
	for (int sized = 0; sized < 2; sized++) {
		ZSTD_CCtx_setParameter(z, ZSTD_c_contentSizeFlag, sized);
		for (size_t less = 0; less < 2; less++) {
			size_t k = ZSTD_compress2(z, packed, max, raw, n - less);
			struct frames_place p = {fd, st.st_dev, st.st_ino, 0, k};
			write_at(fd, packed, k, 0);
			T(frames_take(s, &p, &f, &err) == (sized && less));
			T((f != NULL) == (sized && less));
			frames_give(s, &f, false);
		}
	}
	ZSTD_freeCCtx(z);
	free(raw);
	free(packed);
	close(fd);
	frames_free(&s);
}

int main(void)
{
	int fd = make_file();
	by_and_by();
	another_descriptor();
	shared();
	damaged(fd);
	not_kept();
	close(fd);
	return t_done();
}
