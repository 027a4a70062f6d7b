#include "t.h"

#include "squeeze.h"

#include <stdlib.h>

static struct err err;

/* What one end packs, the other one has, in whatever pieces it comes. */
static void there_and_back(void)
{
	static const size_t step[] = {1, 7, 100000};
	for (size_t k = 0; k < sizeof step / sizeof *step; k++) {
		struct squeeze *a = squeeze_new(), *b = squeeze_new();
		struct buf wire, back, sent;
		buf_init(&wire, 1 << 20);
		buf_init(&back, 1 << 20);
		buf_init(&sent, 1 << 20);
		for (unsigned i = 0; i < 3000; i++) {
			size_t from = sent.n;
			buf_fmt(&sent, "a%u UID FETCH %u (FLAGS)\r\n", i, i * i);
			squeeze_pack(a, str_cut(buf_all(&sent), from, sent.n), &wire);
		}
		for (size_t at = 0; at < wire.n; at += step[k]) {
			struct str in = str_cut(buf_all(&wire), at, at + step[k]);
			int r;
			while ((r = squeeze_fill(b, &in, &err)) == 1) {
				buf_str(&back, squeeze_input(b));
				squeeze_eat(b, squeeze_input(b).n);
			}
			T(r == 0 && in.n == 0);
		}
		T(str_eq(buf_all(&back), buf_all(&sent)));
		squeeze_free(&a);
		squeeze_free(&b);
		buf_free(&wire);
		buf_free(&back);
		buf_free(&sent);
	}
}

/* Zeros without end: stopped, and never more than a window of them is held. */
static void bomb(void)
{
	struct squeeze *a = squeeze_new(), *b = squeeze_new();
	static char zeros[1 << 20];
	uint64_t out = 0;
	int r = 1;
	for (int i = 0; i < 400 && r >= 0; i++) {
		struct buf wire;
		buf_init(&wire, 1 << 20);
		squeeze_pack(a, (struct str){zeros, sizeof zeros}, &wire);
		struct str in = buf_all(&wire);
		while ((r = squeeze_fill(b, &in, &err)) == 1) {
			out += squeeze_input(b).n;
			squeeze_eat(b, squeeze_input(b).n);
		}
		buf_free(&wire);
	}
	T(r == -1 && out >= SQUEEZE_FREE && out < SQUEEZE_FREE + (2 << 20));
	squeeze_free(&a);
	squeeze_free(&b);
}

static void garbage(void)
{
	struct squeeze *z = squeeze_new();
	struct str in = STR("a5 OK not compressed at all\r\n"), end = STR("\x03\x00");
	T(squeeze_fill(z, &in, &err) == -1);
	squeeze_free(&z);
	z = squeeze_new();
	T(squeeze_fill(z, &end, &err) == -1); /* a stream that ends at once */
	squeeze_free(&z);
	squeeze_free(&z);
}

int main(void)
{
	there_and_back();
	bomb();
	garbage();
	return t_done();
}
