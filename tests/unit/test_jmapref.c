#include "t.h"

#include "jmapref.h"

static const struct {
	const char *path, *want; /* NULL: nothing */
} table[] = {
	{"", "{\"list\":[{\"id\":1,\"a\":[1,2]},{\"id\":2,\"a\":[3]}],\"x/y\":{\"~\":7}}"},
	{"/list/*/id", "[1,2]"},
	{"/list/*/a", "[1,2,3]"},
	{"/list/1/id", "2"},
	{"/list/2/id", NULL},
	{"/x~1y/~0", "7"},
	{"/none", NULL},
	{"list", NULL},
	{"/list/*/none", NULL},
	{"/x~1y/*", NULL},
};

static void paths(void)
{
	json_t *from = json_loads(table[0].want, 0, NULL);
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		json_t *got = jmapref_path(from, str_of(table[i].path));
		json_t *want = table[i].want ? json_loads(table[i].want, JSON_DECODE_ANY, NULL)
					     : NULL;
		T(want ? got && json_equal(got, want) : got == NULL);
		json_decref(got);
		json_decref(want);
	}
	json_decref(from);
}

/* Stars beyond the limit end, and do not eat the stack. */
static void deep(void)
{
	char path[4001];
	json_t *inner = json_array();
	for (int i = 0; i < 2000; i++)
		inner = json_pack("[o]", inner);
	for (int i = 0; i < 4000; i++)
		path[i] = i % 2 ? '*' : '/';
	path[4000] = '\0';
	T(jmapref_path(inner, str_of(path)) == NULL);
	json_decref(inner);
}

/* Flattened, an array of arrays has at most so many items. */
static void large(void)
{
	json_t *from = json_array(), *row = json_array();
	for (int i = 0; i < 100; i++)
		json_array_append_new(row, json_integer(i));
	for (int i = 0; i < 100; i++)
		json_array_append(from, row);
	json_t *got = jmapref_path(from, STR("/*"));
	T(json_array_size(got) == 10000);
	json_decref(got);
	json_array_append(from, row);
	T(jmapref_path(from, STR("/*")) == NULL);
	json_decref(row);
	json_decref(from);
}

static void resolving(void)
{
	bool twice;
	json_t *answers = json_loads("[[\"Email/query\",{\"ids\":[\"m1\"]},\"q\"],"
				     "[\"error\",{\"type\":\"x\"},\"e\"]]", 0, NULL);
	static const struct {
		const char *args, *want;
		bool twice;
	} cases[] = {
		{"{\"#ids\":{\"resultOf\":\"q\",\"name\":\"Email/query\",\"path\":\"/ids\"},"
		 "\"a\":1}", "{\"ids\":[\"m1\"],\"a\":1}", false},
		{"{\"#ids\":{\"resultOf\":\"q\",\"name\":\"Email/get\",\"path\":\"/ids\"}}", NULL,
		 false},
		{"{\"#ids\":{\"resultOf\":\"e\",\"name\":\"Email/query\",\"path\":\"/ids\"}}",
		 NULL, false},
		{"{\"#ids\":{\"resultOf\":\"q\",\"name\":\"Email/query\",\"path\":\"/ids\"},"
		 "\"ids\":[]}", NULL, true},
		{"{\"#ids\":7}", NULL, false},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		json_t *args = json_loads(cases[i].args, 0, NULL);
		json_t *want = cases[i].want ? json_loads(cases[i].want, 0, NULL) : NULL;
		json_t *got = jmapref_resolve(args, answers, &twice);
		T(want ? json_equal(got, want) : got == NULL);
		T(twice == cases[i].twice);
		json_decref(args);
		json_decref(want);
		json_decref(got);
	}
	json_decref(answers);
}

int main(void)
{
	paths();
	deep();
	large();
	resolving();
	return t_done();
}
