#include "t.h"

#include "file.h"
#include "filter.h"

#define N 300 /* documents */
#define HALF 151

static char dir[4000];
static char text[N][200];

static uint32_t roll(void)
{
	static uint64_t x = 88172645463325252;
	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	return (uint32_t)(x >> 11);
}

static const char *path_of(const char *name)
{
	static char path[3][4200];
	static int turn;
	turn = (turn + 1) % 3;
	snprintf(path[turn], sizeof path[turn], "%s/%s", dir, name);
	return path[turn];
}

static void make_texts(void)
{
	for (int i = 0; i < N; i++) {
		size_t n = roll() % sizeof text[i];
		for (size_t k = 0; k < n; k++)
			text[i][k] = (char)(' ' + roll() % 64);
		text[i][n ? n - 1 : 0] = '\0';
	}
}

/* Documents from..to, seven to a frame. Frames are counted over all, so a cut may split one. */
static void make_filter(const char *path, int from, int to)
{
	struct filter_maker *mk = filter_maker_new();
	struct err err;
	for (int i = from; i < to; i++)
		filter_add(mk, (uint32_t)(i - from + 1), 1 + (uint32_t)i / 140,
			   (uint64_t)(i / 7) << 33, str_of(text[i]));
	T(filter_maker_write(mk, path, &err) == 1);
	filter_maker_free(&mk);
	T(mk == NULL);
}

static bool has(const uint64_t *bits, int i)
{
	return bits[i / 64] >> (i % 64) & 1;
}

/* Every piece of every text is found; returns how many documents were marked in all. */
static size_t check_all(const struct filter *f)
{
	size_t marked = 0;
	int missed = 0;
	for (int i = 0; i < N; i++) {
		uint64_t bits[(N + 63) / 64] = {0};
		size_t n = strlen(text[i]);
		if (n < 4)
			continue;
		size_t at = roll() % (n - 3), len = 4 + roll() % (n - at - 3);
		T(filter_mark(f, (struct str){text[i] + at, len}, bits, N) == 1);
		missed += !has(bits, i);
		for (int k = 0; k < N; k++)
			marked += has(bits, k);
	}
	T(missed == 0);
	return marked;
}

static void marking(void)
{
	struct filter *f;
	struct err err;
	uint64_t bits[(N + 63) / 64] = {0};
	make_filter(path_of("whole"), 0, N);
	T(filter_open(&f, path_of("whole"), &err) == 1);
	size_t marked = check_all(f);
	T(marked >= N && marked < (size_t)N * N / 4); /* it does narrow */
	T(filter_mark(f, STR("abc"), bits, N) == 0);
	T(filter_mark(f, STR("\x01\x02\x03\x04zzzz"), bits, N) == 1);
	for (size_t i = 0; i < sizeof bits / sizeof *bits; i++)
		T(bits[i] == 0);
	T(filter_mark(f, (struct str){text[0], 0}, bits, N) == 0);
	filter_close(&f);
	T(f == NULL);
}

/* Two halves joined give the very bytes of the whole. */
static void merging(void)
{
	const char *from[2] = {path_of("half1"), path_of("half2")};
	static const uint32_t counts[2] = {HALF, N - HALF};
	struct buf a, b;
	struct err err;
	make_filter(from[0], 0, HALF);
	make_filter(from[1], HALF, N);
	T(filter_merge(from, counts, 2, path_of("joined"), &err) == 1);
	buf_init(&a, 10000000);
	buf_init(&b, 10000000);
	T(file_load(path_of("whole"), &a, &err) == 1);
	T(file_load(path_of("joined"), &b, &err) == 1);
	T(a.n > 0 && str_eq(buf_all(&a), buf_all(&b)));
	buf_free(&a);
	buf_free(&b);
	from[1] = path_of("nothing");
	T(filter_merge(from, counts, 2, path_of("joined"), &err) == -1);
}

static void damaged(void)
{
	struct filter *f;
	struct err err;
	struct buf b;
	buf_init(&b, 10000000);
	T(file_load(path_of("whole"), &b, &err) == 1);
	T(file_replace(path_of("bad"), str_cut(buf_all(&b), 0, b.n - 1), &err) == 1);
	T(filter_open(&f, path_of("bad"), &err) == -1 && err.kind == ERR_BROKEN);
	T(file_replace(path_of("bad"), str_cut(buf_all(&b), 0, 20), &err) == 1);
	T(filter_open(&f, path_of("bad"), &err) == -1 && err.kind == ERR_BROKEN);
	memset(b.p + 16, 0xFF, 8); /* number of frames */
	T(file_replace(path_of("bad"), buf_all(&b), &err) == 1);
	T(filter_open(&f, path_of("bad"), &err) == -1 && err.kind == ERR_BROKEN);
	T(filter_open(&f, path_of("nothing"), &err) == -1 && err.kind == ERR_BROKEN);
	buf_free(&b);
}

int main(void)
{
	struct err err;
	snprintf(dir, sizeof dir, "%s", t_dir());
	make_texts();
	marking();
	merging();
	damaged();
	T(file_remove_tree(dir, &err) == 1);
	return t_done();
}
