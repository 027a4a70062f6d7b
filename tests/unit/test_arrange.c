#include "t.h"

#include "arrange.h"

static struct arena a;

/* Messages by id; each answers what stands behind it. */
static struct kin message(uint64_t id, int64_t date, uint64_t older, uint64_t parent)
{
	struct kin k = {.number = id, .id = id, .hash = id, .date = date, .reply = parent != 0};
	if (older)
		k.refs[k.n_refs++] = older;
	if (parent)
		k.refs[k.n_refs++] = parent;
	return k;
}

static void order(void)
{
	/* 5 answers 9, which is not here, and so its grandparent 1. */
	struct kin list[] = {message(4, 40, 0, 2), message(5, 50, 1, 9), message(1, 10, 0, 0),
			     message(3, 30, 0, 1), message(2, 20, 0, 1)};
	static const struct {
		uint64_t id;
		unsigned depth;
	} want[] = {{1, 0}, {2, 1}, {4, 2}, {3, 1}, {5, 1}};
	const struct arrange_line *got = arrange_make(&a, list, 5);
	for (size_t i = 0; i < 5; i++)
		T(got[i].kin->id == want[i].id && got[i].depth == want[i].depth);
}

static void loop(void)
{
	struct kin list[] = {message(1, 10, 0, 3), message(2, 20, 0, 1), message(3, 30, 0, 2),
			     message(3, 31, 0, 3), message(7, 40, 0, 0)};
	const struct arrange_line *got = arrange_make(&a, list, 5);
	unsigned seen = 0;
	for (size_t i = 0; i < 5; i++)
		seen |= 1u << (got[i].kin - list);
	T(seen == 31); /* each once */
	T(got[0].depth == 0);
}

/* A chain as long as a thread may be. */
static void deep(void)
{
	enum { N = 3000 };
	struct kin *list = arena_alloc(&a, N * sizeof *list);
	for (uint64_t i = 0; i < N; i++)
		list[i] = message(i + 1, (int64_t)i, 0, i);
	const struct arrange_line *got = arrange_make(&a, list, N);
	T(got[N - 1].depth == N - 1 && got[N - 1].kin->id == N);
}

int main(void)
{
	order();
	loop();
	deep();
	arrange_make(&a, NULL, 0);
	arena_free(&a);
	return t_done();
}
