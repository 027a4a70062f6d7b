#include "t.h"

#include "setcache.h"

#define N 1000

static struct bits every(size_t step)
{
	struct bits b = bits_new(N);
	for (size_t i = 0; i < N; i += step)
		bits_set(&b, i);
	return b;
}

static bool same(const struct bits *a, const struct bits *b)
{
	return a->n == b->n && memcmp(a->w, b->w, (N + 63) / 64 * sizeof *a->w) == 0;
}

/* Many members, few, none; and no set at all. */
static void kinds(struct setcache *c)
{
	struct bits many = every(3), few = every(400), none = bits_new(N), no = {0};
	struct bits *const in[] = {&many, &few, &none, &no};
	struct bits a = every(2), b = every(5), made = {0}, left = {0};
	struct bits *const out[] = {&a, &b, &made, &left};
	struct setcache_key key = {1, N, STR("leaf")}, other = {1, N + 1, STR("leaf")};
	T(!setcache_get(c, &key, out, 4));
	setcache_put(c, &key, in, 4);
	T(!setcache_get(c, &other, out, 4));
	other = (struct setcache_key){1, N, STR("lea")};
	T(!setcache_get(c, &other, out, 4));
	T(setcache_get(c, &key, out, 4));
	T(same(&a, &many) && same(&b, &few) && same(&made, &none) && left.w == NULL);
	setcache_clear(c);
	T(!setcache_get(c, &key, out, 4));
	for (size_t i = 0; i < 4; i++) {
		bits_free(in[i]);
		bits_free(out[i]);
	}
}

/* What was used last stays. */
static void room(struct setcache *c)
{
	struct bits in = every(7), out = bits_new(N);
	struct bits *const from[] = {&in}, *const to[] = {&out};
	struct setcache_key first = {1, N, STR("0")};
	setcache_put(c, &first, from, 1);
	for (uint64_t i = 2; i < 2 * SETCACHE_ENTRIES; i++) {
		struct setcache_key key = {i, N, STR("0")};
		setcache_put(c, &key, from, 1);
		T(setcache_get(c, &key, to, 1));
		T(setcache_get(c, &first, to, 1));
	}
	first.first = 2;
	T(!setcache_get(c, &first, to, 1));
	bits_free(&in);
	bits_free(&out);
}

static void next(void)
{
	struct bits b = bits_new(130);
	T(bits_next(&b, 0) == 130);
	bits_set(&b, 0);
	bits_set(&b, 64);
	bits_set(&b, 129);
	T(bits_next(&b, 0) == 0 && bits_next(&b, 1) == 64 && bits_next(&b, 64) == 64);
	T(bits_next(&b, 65) == 129 && bits_next(&b, 129) == 129 && bits_next(&b, 130) == 130);
	bits_free(&b);
}

int main(void)
{
	struct setcache *c = setcache_new();
	kinds(c);
	room(c);
	next();
	setcache_free(&c);
	T(c == NULL);
	return t_done();
}
