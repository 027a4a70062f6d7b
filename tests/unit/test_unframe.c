#include "t.h"

#include "unframe.h"

#include <sys/mman.h>
#include <unistd.h>
#include <zstd.h>

static struct err err;

static size_t add_frame(int fd, const char *p, size_t n)
{
	size_t max = ZSTD_compressBound(n), z;
	char *out = malloc(max);
	z = ZSTD_compress(out, max, p, n, 3);
	T(!ZSTD_isError(z) && write(fd, out, z) == (ssize_t)z);
	free(out);
	return z;
}

/* Frames of these sizes, a skippable one before each: the same bytes, told apart by frame. */
static void rows(bool easy)
{
	static const size_t size[] = {1, 0, 131072, 131073, 1000000, 262144, 5, 400000};
	static const unsigned char skip[] = {0x53, 0x2A, 0x4D, 0x18, 3, 0, 0, 0, 'a', 'b', 'c'};
	enum { N = sizeof size / sizeof *size };
	uint64_t start[N], end[N], at = 0;
	char *want = malloc(1000000);
	struct unframe *u = unframe_new();
	int fd = memfd_create("frames", 0);
	for (size_t i = 0; i < N; i++) {
		for (size_t k = 0; k < size[i]; k++)
			want[k] = (char)(easy ? i : (k * 2654435761u) >> 13);
		T(write(fd, skip, sizeof skip) == sizeof skip);
		start[i] = at + sizeof skip;
		end[i] = start[i] + add_frame(fd, want, size[i]);
		at = end[i];
	}
	unframe_start(u, fd, 0, UINT64_MAX);
	for (size_t i = 0; i < N; i++) {
		size_t got = 0;
		struct str piece;
		for (size_t k = 0; k < size[i]; k++)
			want[k] = (char)(easy ? i : (k * 2654435761u) >> 13);
		while (got < size[i] && unframe_next(u, &piece, &err) == 1) {
			T(unframe_frame(u) == start[i] && unframe_before(u) == got);
			T(got + piece.n <= size[i] && !memcmp(want + got, piece.p, piece.n));
			got += piece.n;
		}
		T(got == size[i]);
	}
	struct str piece;
	T(unframe_next(u, &piece, &err) == 0 && unframe_end(u) == at);
	unframe_start(u, fd, start[4], end[4] - 1);
	int r;
	while ((r = unframe_next(u, &piece, &err)) == 1)
		;
	T(r == -1 && err.kind == ERR_BROKEN && strstr(err.text, "cut short"));
	unframe_start(u, fd, start[6], end[6]); /* usable again after an error */
	T(unframe_next(u, &piece, &err) == 1 && piece.n == 5 && unframe_next(u, &piece, &err) == 0);
	unframe_start(u, fd, start[4] + 1, UINT64_MAX);
	T(unframe_next(u, &piece, &err) == -1 && strstr(err.text, "damaged"));
	unframe_free(&u);
	T(u == NULL);
	close(fd);
	free(want);
}

int main(void)
{
	rows(true);
	rows(false);
	return t_done();
}
