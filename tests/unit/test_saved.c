#define _GNU_SOURCE
#include "t.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "saved.h"

static int add(struct people *p, const char *owner, struct str name, bool shared, int64_t *id)
{
	struct err err = {0};
	struct saved s = {.owner = str_of(owner), .name = name, .query = STR("x"),
			  .dialect = STR("box"), .shared = shared};
	int r = saved_add(p, &s, &err);
	*id = s.id;
	return r;
}

static size_t count(struct people *p, const char *user)
{
	struct err err = {0};
	struct arena a = {0};
	const struct saved *list;
	size_t n;
	T(saved_list(p, &a, str_of(user), &list, &n, &err) == 1);
	arena_free(&a);
	return n;
}

static void owners(struct people *p)
{
	struct err err = {0};
	struct arena a = {0};
	struct saved s;
	int64_t own, shared, other, again;
	T(add(p, "ann", STR("own"), false, &own) == 1);
	T(add(p, "ann", STR("shared"), true, &shared) == 1);
	T(add(p, "bob", STR("own"), false, &other) == 1);
	T(add(p, "bob", STR("own"), false, &again) == -1);
	T(add(p, "bob", STR(""), false, &again) == -1);
	T(add(p, "bob", STR("a\tb"), false, &again) == -1);
	T(add(p, "bob", STR("\xff"), false, &again) == -1);
	T(count(p, "ann") == 2 && count(p, "bob") == 2 && count(p, "carl") == 1);
	T(saved_find(p, &a, own, STR("bob"), &s, &err) == 0);
	T(saved_find(p, &a, shared, STR("bob"), &s, &err) == 1 && str_eq(s.owner, STR("ann")));
	s.owner = STR("bob");
	T(saved_set(p, &s, &err) == 0);
	T(saved_remove(p, shared, STR("bob"), &err) == 0);
	T(saved_find(p, &a, shared, STR("ann"), &s, &err) == 1);
	s.name = STR("own");
	T(saved_set(p, &s, &err) == -1);
	s.name = STR("new");
	s.shared = false;
	T(saved_set(p, &s, &err) == 1 && count(p, "bob") == 1);
	T(saved_remove(p, shared, STR("ann"), &err) == 1);
	T(add(p, "ann", STR("new"), false, &again) == 1 && again > shared && again > other);
	arena_free(&a);
}

int main(void)
{
	char dir[] = "/tmp/sheaf-saved-XXXXXX", path[100];
	struct err err = {0};
	struct people *p;
	T(mkdtemp(dir) != NULL);
	T(people_open(&p, dir, &err) == 1);
	owners(p);
	people_close(&p);
	snprintf(path, sizeof path, "%s/people.db", dir);
	T(unlink(path) == 0);
	T(rmdir(dir) == 0);
	return t_done();
}
