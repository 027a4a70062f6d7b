#define _GNU_SOURCE
#include "t.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tag.h"

static void names(void)
{
	static const struct {
		struct str name;
		int want;
	} rows[] = {
		{STR("a"), 1}, {STR("two words"), 1}, {STR("-a"), 1}, {STR("a/b"), 1},
		{STR("\xc3\xa4rger"), 1}, {STR("..."), 1}, {STR("\xe2\x80\x94"), 1},
		{STR(""), -1}, {STR(" a"), -1}, {STR("a "), -1}, {STR("."), -1}, {STR(".."), -1},
		{STR("a\"b"), -1}, {STR("a\tb"), -1}, {STR("a\0b"), -1}, {STR("\x7f"), -1},
		{STR("\xff"), -1}, {STR("a\xc2\x85"), -1}, {STR("\xe2\x80\x8b"), -1},
		{STR("a\xe2\x80\xae" "b"), -1}, {STR("\xe2\x81\xa6x"), -1},
		{STR("\xef\xbb\xbfx"), -1},
	};
	struct err err = {0};
	char longest[TAG_MAX_NAME + 1];
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		T(tag_check_name(rows[i].name, &err) == rows[i].want);
	memset(longest, 'x', sizeof longest);
	T(tag_check_name((struct str){longest, TAG_MAX_NAME}, &err) == 1);
	T(tag_check_name((struct str){longest, TAG_MAX_NAME + 1}, &err) == -1);
}

static void hash_of_number(uint64_t n, unsigned char out[HASH_BYTES])
{
	memset(out, 0, HASH_BYTES);
	out[0] = (unsigned char)n;
	out[31] = 1;
}

static void pick(struct people *p, uint64_t from, uint64_t to)
{
	struct err err = {0};
	unsigned char hash[HASH_BYTES];
	T(tag_pick_none(p, &err) == 1);
	for (uint64_t n = from; n <= to; n++) {
		hash_of_number(n, hash);
		T(tag_pick(p, n, hash, &err) == 1);
	}
}

static uint64_t change(struct people *p, const char *name, bool off)
{
	struct err err = {0};
	struct tag_change c = {.name = str_of(name), .off = off};
	T(tag_apply(p, &c, 1, STR("ann"), &err) == 1);
	return c.changed;
}

static size_t tags_of(struct people *p, uint64_t n)
{
	struct err err = {0};
	struct arena a = {0};
	unsigned char hash[HASH_BYTES];
	struct tag_names names;
	hash_of_number(n, hash);
	T(tag_of(p, &a, hash, &names, &err) == 1);
	arena_free(&a);
	return names.n;
}

static void changes(struct people *p)
{
	struct err err = {0};
	struct arena a = {0};
	struct tag t, again;
	uint64_t changed;
	pick(p, 1, 5);
	T(change(p, "x", false) == 5);
	T(change(p, "x", false) == 0); /* nothing is picked any more */
	pick(p, 4, 9);
	T(change(p, "X", false) == 4);
	T(tag_find(p, &a, STR("x"), &t, &err) == 1 && str_eq(t.by, STR("ann")));
	pick(p, 5, 6);
	T(change(p, "y", false) == 2);
	T(tags_of(p, 5) == 2 && tags_of(p, 1) == 1 && tags_of(p, 10) == 0);
	pick(p, 1, 9);
	T(change(p, "x", true) == 9);
	T(tag_find(p, &a, STR("x"), &again, &err) == 0);
	T(tags_of(p, 5) == 1 && tags_of(p, 1) == 0);
	pick(p, 1, 1);
	T(change(p, "x", false) == 1);
	T(tag_find(p, &a, STR("x"), &again, &err) == 1 && again.id != t.id);
	T(tag_drop(p, STR("Y"), &changed, &err) == 1 && changed == 2);
	T(tag_drop(p, STR("y"), &changed, &err) == 0);
	arena_free(&a);
}

/* Several tags change together or not at all. */
static void together(struct people *p)
{
	struct err err = {0};
	struct tag_change list[] = {{.name = STR("good")}, {.name = STR("b\"ad")}};
	struct tag_sums before, after;
	T(tag_sums(p, &before, &err) == 1);
	pick(p, 1, 3);
	T(tag_apply(p, list, 2, STR(""), &err) == -1 && err.kind == ERR_INPUT);
	T(tag_sums(p, &after, &err) == 1 && after.tags == before.tags);
}

int main(void)
{
	char dir[] = "/tmp/sheaf-tag-XXXXXX", path[100];
	struct err err = {0};
	struct people *p;
	names();
	T(mkdtemp(dir) != NULL);
	T(people_open(&p, dir, &err) == 1);
	changes(p);
	together(p);
	people_close(&p);
	snprintf(path, sizeof path, "%s/people.db", dir);
	T(unlink(path) == 0);
	T(rmdir(dir) == 0);
	return t_done();
}
