#define _GNU_SOURCE
#include "t.h"

#include <sys/stat.h>
#include <unistd.h>

#include "threads.h"

/* Random messages in random order and random batches: the same threads, with the same names. */
enum { N = 300, ROUNDS = 20, KEYS = 400 };

static unsigned state;

static unsigned random_to(unsigned n)
{
	state = state * 1103515245u + 12345u;
	return (state >> 8) % n;
}

static void make(struct kin *k, unsigned i)
{
	*k = (struct kin){.hash = (i + 1) * UINT64_C(0x9E3779B97F4A7C15), .id = 1000 + i,
			  .date = random_to(9) ? (int64_t)random_to(100) - 50 : KIN_UNDATED};
	k->firm[k->n_firm++] = k->id;
	for (unsigned n = random_to(3); n > 0; n--)
		k->firm[k->n_firm++] = 1000 + random_to(KEYS);
	if (k->n_firm > 1)
		return;
	k->asks = random_to(3) == 0;
	for (unsigned n = random_to(4); n > 0; n--)
		k->loose[k->n_loose++] = 5000 + random_to(60);
}

/* The slow way: whoever shares a key that counts gets the lesser number, until nothing changes. */
static void slowly(const struct kin *list, unsigned *of)
{
	for (unsigned i = 0; i < N; i++)
		of[i] = i;
	for (bool again = true; again;) {
		again = false;
		for (uint64_t key = 1000; key < 5060; key++) {
			unsigned members[N], n = 0, least = N;
			bool counts = key < 5000;
			for (unsigned i = 0; i < N; i++) {
				bool has = false;
				for (unsigned k = 0; k < list[i].n_firm; k++)
					has |= list[i].firm[k] == key;
				for (unsigned k = 0; k < list[i].n_loose; k++) {
					has |= list[i].loose[k] == key;
					counts |= list[i].loose[k] == key && list[i].asks;
				}
				if (has)
					members[n++] = i;
			}
			for (unsigned i = 0; counts && i < n; i++)
				least = of[members[i]] < least ? of[members[i]] : least;
			for (unsigned i = 0; counts && i < n; i++) {
				again |= of[members[i]] != least;
				of[members[i]] = least;
			}
		}
	}
}

static uint64_t name_of(const struct kin *list, const unsigned *of, unsigned i)
{
	const struct kin *best = NULL;
	for (unsigned j = 0; j < N; j++) {
		const struct kin *k = &list[j];
		if (of[j] == of[i] && (!best || k->date < best->date ||
				       (k->date == best->date && k->hash < best->hash)))
			best = k;
	}
	return best->hash;
}

static void add(struct threads *t, struct kin *list)
{
	struct err err = {0};
	for (size_t at = 0, n; at < N; at += n) {
		n = 1 + random_to(random_to(2) ? 5 : 120);
		n = n > N - at ? N - at : n;
		T(threads_add(t, list + at, n, &err) == 1);
	}
}

static void compare(struct threads *t, const struct kin *list)
{
	static unsigned of[N];
	struct arena a = {0};
	struct err err = {0};
	slowly(list, of);
	for (unsigned i = 0; i < N; i++) {
		const struct kin *members;
		struct threads_name name;
		size_t n, count = 0;
		T(threads_of(t, i + 1, &name, &err) == 1);
		T(name.hash == name_of(list, of, i));
		T(threads_members(t, &a, name.label, &members, &n, &err) == 1 && n == name.n);
		for (unsigned j = 0; j < N; j++)
			count += of[j] == of[i];
		T(count == n);
		for (size_t j = 0; j < n; j++)
			T(of[members[j].number - 1] == of[i]);
		arena_reset(&a);
	}
	arena_free(&a);
}

static void property(const char *top)
{
	static struct kin list[N];
	for (unsigned round = 0; round < ROUNDS; round++) {
		char dir[4096];
		struct threads *t;
		struct err err = {0};
		/* The same messages for four rounds, shuffled otherwise. */
		state = round / 4 + 1;
		for (unsigned i = 0; i < N; i++)
			make(&list[i], i);
		state = round * 77 + 5;
		for (unsigned i = N - 1; i > 0; i--) {
			unsigned j = random_to(i + 1);
			struct kin x = list[i];
			list[i] = list[j];
			list[j] = x;
		}
		for (unsigned i = 0; i < N; i++)
			list[i].number = i + 1;
		snprintf(dir, sizeof dir, "%s/%u", top, round);
		mkdir(dir, 0700);
		T(threads_create(&t, dir, &err) == 1);
		add(t, list);
		compare(t, list);
		threads_close(&t);
	}
}

/* Later mail that joins two threads: one name goes, and that is told. */
static void joined(const char *dir)
{
	struct err err = {0};
	struct arena a = {0};
	struct threads *t;
	struct threads_name name;
	const uint64_t *gone;
	const uint32_t *labels;
	size_t n;
	uint64_t done;
	struct kin first[2] = {{.number = 1, .date = 10, .hash = 0xA, .firm = {1}, .n_firm = 1},
			       {.number = 2, .date = 20, .hash = 0xB, .firm = {2}, .n_firm = 1}};
	struct kin third = {.number = 3, .date = 30, .hash = 0xC, .firm = {1, 2}, .n_firm = 2};
	T(threads_open(&t, dir, &err) == 0);
	T(threads_create(&t, dir, &err) == 1);
	T(threads_add(t, first, 2, &err) == 1);
	T(threads_of(t, 2, &name, &err) == 1 && name.hash == 0xB && name.n == 1);
	T(threads_add(t, &third, 1, &err) == 1);
	threads_close(&t);
	T(threads_open(&t, dir, &err) == 1);
	T(threads_of(t, 2, &name, &err) == 1 && name.hash == 0xA && name.n == 3);
	T(threads_of(t, 4, &name, &err) == 0);
	T(threads_gone(t, &a, 2, &gone, &n, &err) == 1 && n == 1 && gone[0] == 0xB);
	T(threads_labels(t, &a, 4, &labels, &err) == 1 && labels[4] == 4);
	T(labels[1] == name.label && labels[2] == labels[1] && labels[3] == labels[1]);
	T(threads_labels(NULL, &a, 2, &labels, &err) == 1 && labels[2] == 2);
	T(threads_gone(t, &a, 3, &gone, &n, &err) == 1 && n == 0);
	T(threads_done(t, &done, &err) == 1 && done == 3);
	threads_close(&t);
	arena_free(&a);
}

/* A file that is no table is replaced. */
static void damaged(const char *dir)
{
	char path[4200];
	struct err err = {0};
	struct threads *t;
	uint64_t done;
	snprintf(path, sizeof path, "%s/threads.db", dir);
	FILE *f = fopen(path, "w");
	fputs("no table at all, but long enough to look like one", f);
	fclose(f);
	T(threads_create(&t, dir, &err) == 1);
	T(threads_done(t, &done, &err) == 1 && done == 0);
	threads_close(&t);
}

int main(void)
{
	const char *dir = t_dir();
	joined(dir);
	damaged(dir);
	property(dir);
	return t_done();
}
