#include "t.h"

#include "merge.h"

/* Sizes of the segments -> what is joined first, in which part: from and how many. */
static void plans(void)
{
	static const struct {
		uint64_t sizes[20]; /* ended by 0 */
		int want;
		size_t from, n;
		enum merge_part part;
	} row[] = {
		{{0}, 0, 0, 0, MERGE_TAIL},
		{{1, 1, 1, 1, 1, 1, 1}, 0, 0, 0, MERGE_TAIL},
		{{1, 1, 1, 1, 1, 1, 1, 1}, 1, 0, 8, MERGE_TAIL},
		{{100, 1, 7, 1, 7, 1, 7, 1, 7}, 1, 1, 8, MERGE_TAIL},
		{{1, 1, 1, 1, 100, 1, 1, 1, 1}, 0, 0, 0, MERGE_TAIL},
		{{8, 8, 8, 8, 1, 8, 8, 8, 8}, 1, 0, 9, MERGE_TAIL},
		{{8, 8, 8, 8, 100, 8, 8, 8, 8}, 0, 0, 0, MERGE_TAIL},
		/* of 512 messages and more, and what stands before them, is the body */
		{{600, 600, 600, 600, 600, 600, 600, 600, 1, 1}, 0, 0, 0, MERGE_TAIL},
		{{600, 600, 600, 600, 600, 600, 600, 600, 1, 1}, 1, 0, 8, MERGE_BODY},
		{{600, 1, 1, 1, 1, 1, 1, 1, 1}, 1, 1, 8, MERGE_TAIL},
		{{600, 1, 1, 1, 1, 1, 1, 1, 1}, 0, 0, 0, MERGE_BODY},
		{{1, 1, 1, 1, 1, 1, 1, 1, 600}, 0, 0, 0, MERGE_TAIL},
		{{1, 1, 1, 1, 1, 1, 1, 1, 600}, 1, 0, 8, MERGE_BODY},
		{{511, 511, 511, 511, 511, 511, 511, 511}, 1, 0, 8, MERGE_TAIL},
		{{600, 511, 511, 511, 511, 511, 511, 511, 511}, 1, 1, 8, MERGE_TAIL},
		/* eight large ones would pass what a docid can count */
		{{1u << 31, 1u << 31, 1u << 31, 1u << 31, 1u << 31, 1u << 31, 1u << 31, 1u << 31},
		 0, 0, 0, MERGE_BODY},
	};
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct current_run runs[20];
		struct current c = {.generation = STR("g1"), .runs = runs};
		uint64_t at = 0;
		size_t from = 0, n = 0;
		for (; row[i].sizes[c.n]; c.n++) {
			runs[c.n] = (struct current_run){at + 1, at + row[i].sizes[c.n]};
			at += row[i].sizes[c.n];
		}
		T(merge_plan(&c, row[i].part, &from, &n) == row[i].want);
		T(from == row[i].from && n == row[i].n);
	}
}

/* However many single messages arrive, there are few segments, and none is written often. */
static void growing(void)
{
	static struct current_run runs[20000];
	struct current c = {.generation = STR("g1"), .runs = runs};
	size_t from, n, most = 0;
	uint64_t written = 0;
	for (uint64_t i = 1; i <= 10000; i++) {
		runs[c.n++] = (struct current_run){i, i};
		while (merge_plan(&c, MERGE_TAIL, &from, &n) == 1 ||
		       (i % 100 == 0 && merge_plan(&c, MERGE_BODY, &from, &n) == 1)) {
			written += runs[from + n - 1].last - runs[from].first + 1;
			merge_apply(&c, from, n);
		}
		most = c.n > most ? c.n : most;
		T(c.runs[0].first == 1 && current_last(&c) == i);
	}
	for (size_t i = 1; i < c.n; i++)
		T(runs[i].first == runs[i - 1].last + 1);
	T(most <= 7 * 5);
	T(written <= 5 * 10000);
}

int main(void)
{
	plans();
	growing();
	return t_done();
}
