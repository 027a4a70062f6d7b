#include "t.h"

#include "current.h"
#include "file.h"

static char dir[4000];

static void round_trip(void)
{
	struct current_run runs[] = {{1, 10}, {11, 11}, {12, 5000000000 - 1000000000}};
	struct current c = {.generation = STR("g-0001"), .runs = runs, .n = 3}, back;
	struct arena a = {0};
	struct err err;
	T(current_load(&a, dir, &back, &err) == 0);
	T(current_last(&back) == 0);
	T(current_publish(dir, &c, &err) == 1);
	T(current_load(&a, dir, &back, &err) == 1);
	T_STR(back.generation, STR("g-0001"));
	T(back.n == 3 && back.runs[1].first == 11 && back.runs[2].last == 4000000000);
	T(current_last(&back) == 4000000000 && !back.closed);
	c.closed = true;
	T(current_publish(dir, &c, &err) == 1);
	T(current_load(&a, dir, &back, &err) == 1 && back.n == 3 && back.closed);
	c.ocr = STR("eng+chi_sim");
	T(current_publish(dir, &c, &err) == 1);
	T(current_load(&a, dir, &back, &err) == 1 && back.n == 3 && back.closed);
	T_STR(back.ocr, STR("eng+chi_sim"));
	c.closed = false;
	c.n = 0;
	T(current_publish(dir, &c, &err) == 1);
	T(current_load(&a, dir, &back, &err) == 1 && back.n == 0 && !back.closed);
	T_STR(back.ocr, STR("eng+chi_sim"));
	arena_free(&a);
}

static void malformed(void)
{
	static const char *const row[] = {
		"",
		"sheaf-index 6\n",
		"sheaf-index 7\ngeneration a\n1-3\n",
		"sheaf-index 0\ngeneration a\n",
		"sheaf-index x\ngeneration a\n",
		"sheaf-index 99999999999\ngeneration a\n",
		"generation a\nsheaf-index 6\n",
		"sheaf-index 6\ngeneration \n",
		"sheaf-index 6\ngeneration ../x\n",
		"sheaf-index 6\ngeneration a/b\n",
		"sheaf-index 6\ngeneration A\n",
		"sheaf-index 6\ngeneration a",
		"sheaf-index 6\ngeneration a\n2-3\n",
		"sheaf-index 6\ngeneration a\n0-3\n",
		"sheaf-index 6\ngeneration a\n1-3\n3-4\n",
		"sheaf-index 6\ngeneration a\n1-3\n5-6\n",
		"sheaf-index 6\ngeneration a\n1-0\n",
		"sheaf-index 6\ngeneration a\n1-\n",
		"sheaf-index 6\ngeneration a\n-1\n",
		"sheaf-index 6\ngeneration a\n1-3 \n",
		"sheaf-index 6\ngeneration a\n\n1-3\n",
		"sheaf-index 6\ngeneration a\n1-3\nx\n",
		"sheaf-index 6\ngeneration a\nattachments yes\n1-3\n",
		"sheaf-index 6\ngeneration a\n1-3\nattachments no\n",
		"sheaf-index 6\ngeneration a\nattachments no\nattachments no\n",
		"sheaf-index 6\ngeneration a\nocr \n1-3\n",
		"sheaf-index 6\ngeneration a\nocr eng deu\n1-3\n",
		"sheaf-index 6\ngeneration a\nocr ../eng\n1-3\n",
		"sheaf-index 6\ngeneration a\nocr eng\nocr eng\n1-3\n",
		"sheaf-index 6\ngeneration a\nocr eng\nattachments no\n1-3\n",
		"sheaf-index 6\ngeneration a\n1-3",
		"sheaf-index 6\ngeneration a\n1-4294967297\n",
		"sheaf-index 6\ngeneration a\n1-99999999999999999999\n",
	};
	char path[4200];
	snprintf(path, sizeof path, "%s/index/CURRENT", dir);
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct arena a = {0};
		struct current c;
		struct err err = {0};
		T(file_replace(path, str_of(row[i]), &err) == 1);
		T(current_load(&a, dir, &c, &err) == -1 && err.kind == ERR_BROKEN);
		T(c.n == 0);
		arena_free(&a);
	}
}

/* The index of an older version counts as none, so that the next run builds it anew. */
static void older(void)
{
	struct arena a = {0};
	struct current c;
	struct err err = {0};
	char path[4200];
	snprintf(path, sizeof path, "%s/index/CURRENT", dir);
	T(file_replace(path, STR("sheaf-index 1\ngeneration g1\n1-3\n"), &err) == 1);
	T(current_load(&a, dir, &c, &err) == 0 && c.n == 0 && c.generation.n == 0);
	arena_free(&a);
}

int main(void)
{
	char index[4100];
	struct err err;
	snprintf(dir, sizeof dir, "%s", t_dir());
	snprintf(index, sizeof index, "%s/index", dir);
	T(file_mkdirs(index, &err) == 1);
	round_trip();
	malformed();
	older();
	T(file_remove_tree(dir, &err) == 1);
	return t_done();
}
