#include "t.h"

#include "letter.h"
#include "proc.h"

#include <sys/socket.h>

static struct letter l;
static struct err err;

/* Adds n bytes, in pieces. */
static void add(size_t n, size_t step)
{
	static char bytes[4000];
	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] = (char)('a' + i % 23);
	for (size_t at = 0; at < n; at += step) {
		size_t some = n - at < step ? n - at : step;
		T(letter_add(&l, (struct str){bytes + at % 23, some}, &err) == 1);
	}
}

static int reader(void *arg, int fd)
{
	const size_t *want = arg;
	struct feed f;
	struct feed_record r;
	size_t got = 0;
	feed_init(&f, fd, 10000);
	if (feed_answer(&f, &r, &err) < 0 || r.size != *want)
		return 1;
	while (got < *want) {
		struct str s = feed_take(&f, *want - got);
		for (size_t i = 0; i < s.n; i++)
			if (s.p[i] != (char)('a' + (got + i) % 23))
				return 2;
		got += s.n;
		if (s.n == 0 && feed_fill(&f, &err) < 1)
			return 3;
	}
	feed_free(&f);
	return 0;
}

/* What was added arrives, whatever its size. */
static void through(size_t n, size_t step)
{
	struct proc p;
	struct feed f;
	struct feed_record r = {.type = FEED_MESSAGE};
	letter_open(&l, 8 << 20);
	add(n, step);
	letter_end(&l);
	T(!l.too_large && l.size == n);
	T(proc_start(&p, reader, &n, &err) == 1);
	feed_init(&f, p.fd, 10000);
	T(letter_send(&l, &f, &r, &err) == 1 && feed_flush(&f, &err) == 1);
	feed_free(&f);
	T(proc_wait(&p) == 0);
}

int main(void)
{
	static const size_t size[] = {0, 1, LETTER_MEMORY - 1, LETTER_MEMORY, LETTER_MEMORY + 1,
				      3 * LETTER_MEMORY + 17, 5};
	letter_init(&l, t_dir());
	for (size_t i = 0; i < sizeof size / sizeof *size; i++) {
		through(size[i], 3900);
		through(size[i], 1009);
	}
	letter_open(&l, 10000);
	add(10000, 1000);
	T(!l.too_large);
	add(1, 1);
	T(l.too_large);
	add(3000, 1000);
	letter_end(&l);
	T(l.too_large && l.size == 13001);
	letter_begin(&l, 5, 10);
	add(5, 5);
	T(!l.too_large && l.have == 5);
	letter_free(&l);
	return t_done();
}
