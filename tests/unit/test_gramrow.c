#include "t.h"

#include "gramrow.h"

#define N 700

static uint32_t roll(void)
{
	static uint64_t x = 88172645463325252;
	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	return (uint32_t)(x >> 11);
}

/* A set of about m of n numbers comes back, followed by another row. */
static size_t there_and_back(size_t m, size_t n)
{
	uint32_t numbers[N];
	uint64_t want[N / 64 + 1] = {0}, got[N / 64 + 1];
	size_t k = 0;
	struct buf b;
	for (uint32_t i = 0; i < n; i++)
		if (roll() % n < m) {
			numbers[k++] = i;
			want[i / 64] |= UINT64_C(1) << (i % 64);
		}
	buf_init(&b, 100000);
	gramrow_add(&b, numbers, k, n);
	size_t size = b.n;
	gramrow_add(&b, numbers, 0, n);
	struct str rest = buf_all(&b), skipped = rest;
	memset(got, 0xAA, sizeof got);
	T(gramrow_take(&rest, got, n) == 1);
	T(memcmp(got, want, (n + 63) / 64 * 8) == 0);
	T(gramrow_take(&skipped, NULL, n) == 1 && skipped.p == rest.p);
	T(gramrow_take(&rest, got, n) == 1 && rest.n == 0);
	for (size_t i = 0; i < (n + 63) / 64; i++)
		T(got[i] == 0);
	for (size_t cut = 0; cut < size; cut++) {
		struct str part = str_cut(buf_all(&b), 0, cut);
		T(gramrow_take(&part, got, n) == 0);
	}
	buf_free(&b);
	return size;
}

/* Whatever the bytes are, nothing is written behind the bits. */
static void noise(void)
{
	for (int i = 0; i < 20000; i++) {
		char bytes[24];
		uint64_t bits[3] = {0, 0, UINT64_C(0x1234567812345678)};
		for (size_t k = 0; k < sizeof bytes; k++)
			bytes[k] = (char)roll();
		bytes[1] = (char)(roll() % 24);
		struct str in = {bytes, sizeof bytes};
		gramrow_take(&in, bits, 100);
		T(bits[2] == UINT64_C(0x1234567812345678) && in.n <= sizeof bytes);
	}
}

int main(void)
{
	for (size_t n = 1; n <= N; n = n < 130 ? n + 1 : n + 57)
		for (size_t m = 0; m <= n; m += n / 9 + 1)
			there_and_back(m, n);
	for (size_t n = 1; n <= N; n += 33)
		there_and_back(n, n);
	T(there_and_back(3, N) < 8);          /* few */
	T(there_and_back(N - 3, N) < 12);     /* nearly all */
	T(there_and_back(N / 2, N) <= N / 8 + 4); /* no more than the bits */
	noise();
	return t_done();
}
