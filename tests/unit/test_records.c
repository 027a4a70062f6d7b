#include "t.h"

#include "file.h"
#include "records.h"

#include <stdlib.h>

static char place[3][4200], dictionary[4200];

/* Record i of a kind: most are short, some large, some empty. */
static struct str record(struct arena *a, uint32_t i)
{
	size_t n = i % 7 == 0 ? 0 : i % 101 == 5 ? 9000 : i == 77 ? (size_t)3 << 20 : 40 + i % 300;
	char *p = arena_alloc(a, n + 1);
	for (size_t k = 0; k < n; k++)
		p[k] = (char)("the budget of %u is "[k % 20] + (k % 19 == 0 ? i % 13 : 0));
	return (struct str){p, n};
}

/* Bytes of a group. */
static size_t group = RECORDS_GROUP;

static void write(const char *path, struct dict *d, uint32_t first, uint32_t last)
{
	struct arena a = {0};
	struct err err = {0};
	struct records_maker *m;
	T(records_begin(&m, path, group, d, &err) == 1);
	for (uint32_t i = first; i <= last; i++)
		records_add(m, record(&a, i));
	T(records_end(m, &err) == 1);
	records_abandon(&m);
	records_abandon(&m);
	arena_free(&a);
}

/* They are there in any order of asking. */
static void holds(const char *path, const struct dict *d, uint32_t first, uint32_t last)
{
	struct arena a = {0};
	struct err err = {0};
	struct records *r;
	struct str got;
	uint32_t n = last - first + 1;
	T(records_open(&r, path, d, &err) == 1 && records_count(r) == n);
	for (uint32_t i = 0; i < n; i++) {
		T(records_get(r, &a, i + 1, &got, &err) == 1);
		T_STR(got, record(&a, first + i));
	}
	for (uint32_t i = 0, at = 0; i < n; i++, at = (at + 617) % n) {
		T(records_get(r, &a, at + 1, &got, &err) == 1);
		T_STR(got, record(&a, first + at));
		arena_reset(&a);
	}
	T(records_get(r, &a, 0, &got, &err) == -1);
	T(records_get(r, &a, n + 1, &got, &err) == -1 && err.kind == ERR_BROKEN);
	records_close(&r);
	arena_free(&a);
}

static void join(const char *const *names, size_t n, struct dict *d)
{
	struct err err = {0};
	struct records_maker *m;
	T(records_begin(&m, place[2], group, d, &err) == 1);
	T(records_merge(m, names, n, &err) == 1 && records_end(m, &err) == 1);
	records_abandon(&m);
}

static void joined(struct dict *d)
{
	struct err err = {0};
	char one[40][4300];
	const char *names[40];
	for (uint32_t i = 0; i < 40; i++) {
		snprintf(one[i], sizeof one[i], "%s-%u", place[1], i);
		names[i] = one[i];
		write(one[i], i < 3 ? NULL : d, 1 + i, i < 39 ? 1 + i : 600);
	}
	join(names, 40, d);
	holds(place[2], d, 1, 600);
	join(names, 0, d);
	struct records *r;
	T(records_open(&r, place[2], d, &err) == 1 && records_count(r) == 0);
	records_close(&r);
}

static void trains(struct dict **d)
{
	struct arena a = {0};
	struct err err = {0};
	struct buf all;
	size_t sizes[400];
	buf_init(&all, (size_t)16 << 20);
	for (uint32_t i = 0; i < 400; i++) {
		struct str s = str_cut(record(&a, 1000 + i), 0, 300);
		buf_str(&all, s);
		sizes[i] = s.n;
	}
	T(dict_train(all.p, sizes, 400, dictionary, &err) == 1);
	T(dict_open(d, dictionary, &err) == 1);
	buf_free(&all);
	arena_free(&a);
}

/* Whatever the bytes, reading says yes or no. */
static void damaged(void)
{
	struct arena a = {0};
	struct err err = {0};
	struct buf b;
	struct records *r;
	struct str got;
	buf_init(&b, (size_t)1 << 20);
	write(place[0], NULL, 1, 70);
	T(file_load(place[0], &b, &err) == 1);
	for (size_t i = 0; i < b.n; i += i < 60 ? 1 : 97) {
		T(file_replace(place[1], str_cut(buf_all(&b), 0, i), &err) == 1);
		T(records_open(&r, place[1], NULL, &err) == -1 && r == NULL);
		b.p[i] ^= 0x41;
		T(file_replace(place[1], buf_all(&b), &err) == 1);
		if (records_open(&r, place[1], NULL, &err) > 0) {
			for (uint32_t k = 1; k <= 70; k++)
				records_get(r, &a, k, &got, &err);
			records_close(&r);
		}
		b.p[i] ^= 0x41;
		arena_reset(&a);
	}
	T(records_open(&r, "/nonexistent/records", NULL, &err) == -1 && err.kind == ERR_BROKEN);
	buf_free(&b);
	arena_free(&a);
}

int main(void)
{
	struct dict *d = NULL;
	struct arena a = {0};
	struct err err = {0};
	struct records *r;
	struct str got;
	for (int i = 0; i < 3; i++)
		snprintf(place[i], sizeof place[i], "%s/records%d", t_dir(), i);
	snprintf(dictionary, sizeof dictionary, "%s/dictionary", t_dir());
	trains(&d);
	write(place[0], NULL, 1, 900);
	holds(place[0], NULL, 1, 900);
	holds(place[0], d, 1, 900);
	write(place[0], d, 1, 900);
	holds(place[0], d, 1, 900);
	T(records_open(&r, place[0], NULL, &err) == 1);
	T(records_get(r, &a, 1, &got, &err) == -1 && strstr(err.text, "dictionary"));
	records_close(&r);
	joined(d);
	group = RECORDS_HEADERS;
	write(place[0], d, 1, 900);
	holds(place[0], d, 1, 900);
	joined(d);
	group = RECORDS_GROUP;
	damaged();
	dict_close(&d);
	arena_free(&a);
	return t_done();
}
