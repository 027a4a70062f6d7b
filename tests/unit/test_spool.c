#include "t.h"

#include "file.h"
#include "spool.h"

#include <unistd.h>

static struct err err;

/* A message of n bytes in pieces of `step`: same hash, same bytes, wherever it is kept. */
static void one(struct spool *s, size_t n, size_t step)
{
	struct spool_body body;
	unsigned char want[HASH_BYTES];
	char *bytes = malloc(n + 1), *got = malloc(n + 1);
	for (size_t i = 0; i < n; i++)
		bytes[i] = (char)(i * 31 + i / 255);
	spool_start(s);
	for (size_t at = 0; at < n; at += step)
		T(spool_write(s, bytes + at, n - at < step ? n - at : step, &err) == 1);
	T(spool_end(s, &body, &err) == 1);
	hash_of((struct str){bytes, n}, want);
	T(body.size == n && memcmp(want, body.hash, HASH_BYTES) == 0);
	T((body.fd < 0) == (n <= 1 << 20));
	if (body.fd < 0) {
		T_STR(body.mem, ((struct str){bytes, n}));
	} else {
		T(file_pread(body.fd, got, n, 0, &err) == 1 && memcmp(got, bytes, n) == 0);
		T(lseek(body.fd, 0, SEEK_END) == (off_t)n);
	}
	free(bytes);
	free(got);
}

static void line_ends(struct spool *s)
{
	static const struct {
		const char *in;
		uint64_t want;
	} row[] = {
		{"", 0}, {"\n", 1}, {"\r\n", 0}, {"a\nb\r\n\n", 2}, {"\r\r\n", 0}, {"\n\n", 2},
		{"\r", 0}, {"no end", 0},
	};
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		for (size_t step = 1; step < 8; step++) {
			struct spool_body body;
			size_t n = strlen(row[i].in);
			spool_start(s);
			for (size_t at = 0; at < n; at += step)
				spool_write(s, row[i].in + at, n - at < step ? n - at : step, &err);
			T(spool_end(s, &body, &err) == 1 && body.bare_lf == row[i].want);
		}
	}
}

int main(void)
{
	static const size_t size[] = {0, 1, 1000, (1 << 20) - 1, 1 << 20, (1 << 20) + 1, 5000000};
	struct spool *s = spool_new(t_dir());
	struct spool_body body;
	for (size_t i = 0; i < sizeof size / sizeof *size; i++) {
		one(s, size[i], 8192);
		one(s, size[i], 3000001);
	}
	line_ends(s);
	spool_start(s); /* one that is dropped leaves no trace in the next hash */
	T(spool_write(s, "dropped", 7, &err) == 1);
	one(s, 10, 3);
	spool_free(&s);
	s = spool_new("/nonexistent");
	spool_start(s);
	static char zeros[1 << 20];
	T(spool_write(s, zeros, sizeof zeros, &err) == 1);
	T(spool_write(s, "x", 1, &err) == -1 && err.kind == ERR_BROKEN);
	spool_start(s);
	T(spool_write(s, "x", 1, &err) == 1 && spool_end(s, &body, &err) == 1 && body.size == 1);
	spool_free(&s);
	T(s == NULL);
	return t_done();
}
