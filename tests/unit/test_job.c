#define _GNU_SOURCE
#include "t.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "job.h"

static const struct job_limits limits = {.keep_s = 100, .at_once = 1, .waiting = 4, .own = 3};

static int64_t add(struct people *p, const char *owner)
{
	struct err err = {0};
	struct job j = {.owner = str_of(owner), .dialect = STR("box"), .format = STR("mbox"),
			.query = STR("x"), .accounts = STR("*\n")};
	return job_add(p, &j, &limits, &err) == 1 ? j.id : 0;
}

static bool is(struct people *p, int64_t id, const char *state, int64_t tries)
{
	struct err err = {0};
	struct arena a = {0};
	struct job j;
	bool yes = job_find(p, &a, id, &j, &err) == 1 && str_eq(j.state, str_of(state)) &&
		   j.tries == tries;
	arena_free(&a);
	return yes;
}

static void course(struct people *p)
{
	struct err err = {0};
	int64_t id = add(p, "ann");
	struct job j = {.id = id, .messages = 5, .sha256 = STR("ab")};
	T(id > 0 && is(p, id, "waiting", 0));
	T(job_step(p, &j, &err) == 0); /* not at work */
	T(job_done(p, &j, 100, &err) == 0);
	T(job_start(p, id, &err) == 1 && job_start(p, id, &err) == 0);
	T(job_step(p, &j, &err) == 1);
	for (int64_t tries = 1; tries < JOB_TRIES; tries++) {
		T(is(p, id, "running", tries));
		T(job_again(p, id, true, &err) == 1 && is(p, id, "waiting", tries));
		T(job_start(p, id, &err) == 1);
	}
	T(job_again(p, id, false, &err) == 1 && is(p, id, "waiting", JOB_TRIES - 1));
	T(job_start(p, id, &err) == 1 && job_again(p, id, true, &err) == 1);
	T(is(p, id, "failed", JOB_TRIES));
	T(job_cancel(p, id, &err) == 0 && job_start(p, id, &err) == 0);
	id = j.id = add(p, "ann");
	T(job_start(p, id, &err) == 1 && job_done(p, &j, 100, &err) == 1);
	T(job_cancel(p, id, &err) == 0 && is(p, id, "done", 1));
	T(job_fail(p, id, STR("late"), &err) == 1 && is(p, id, "done", 1));
	T(job_expired(p, id, &err) == 1 && is(p, id, "expired", 1));
	id = j.id = add(p, "ann");
	T(job_start(p, id, &err) == 1 && job_cancel(p, id, &err) == 1);
	T(job_step(p, &j, &err) == 0 && job_done(p, &j, 100, &err) == 0);
	T(is(p, id, "cancelled", 1));
}

/* A tag is over when its job is, and not before. */
static void tagged(struct people *p)
{
	struct err err = {0};
	struct arena a = {0};
	struct job j = {.owner = STR("tim"), .dialect = STR("box"), .format = STR("mbox"),
			.query = STR("x"), .accounts = STR("*\n"), .tag = STR("for this")};
	struct str tag;
	int64_t id;
	const struct job_limits more = {.keep_s = 100, .at_once = 1, .waiting = 9, .own = 3};
	T(job_add(p, &j, &more, &err) == 1 && job_tag_over(p, &a, &id, &tag, &err) == 0);
	T(job_start(p, j.id, &err) == 1 && job_tag_over(p, &a, &id, &tag, &err) == 0);
	T(job_done(p, &j, 100, &err) == 1 && job_tag_over(p, &a, &id, &tag, &err) == 1);
	T(id == j.id && str_eq(tag, j.tag));
	T(job_untagged(p, id, &err) == 1 && job_tag_over(p, &a, &id, &tag, &err) == 0);
	arena_free(&a);
}

static void limited(struct people *p)
{
	struct err err = {0};
	struct arena a = {0};
	struct job_rows rows;
	T(add(p, "ann") && add(p, "ann") && add(p, "ann"));
	T(add(p, "ann") == 0);
	T(add(p, "bob"));
	T(add(p, "bob") == 0);
	T(job_open(p, &a, &rows, &err) == 1 && rows.n == 4);
	T(job_list(p, &a, STR("bob"), false, &rows, &err) == 1 && rows.n == 1);
	T(job_list(p, &a, STR("bob"), true, &rows, &err) == 1 && rows.n == 7);
	arena_free(&a);
}

static void rights(void)
{
	const struct str all[] = {STR("a*"), STR("b")}, less[] = {STR("b")};
	const struct person wide = {.accounts = all, .n_accounts = 2};
	const struct person narrow = {.accounts = less, .n_accounts = 1};
	struct arena a = {0};
	struct job j = {.accounts = job_accounts(&a, &wide)};
	T(str_eq(j.accounts, STR("a*\nb\n")));
	T(job_may(&j, &wide) && !job_may(&j, &narrow) && job_may(&j, &person_owner));
	j.accounts = job_accounts(&a, &narrow);
	T(job_may(&j, &wide) && job_may(&j, &narrow));
	j.accounts = job_accounts(&a, &person_owner);
	T(!job_may(&j, &wide) && job_may(&j, &person_owner));
	arena_free(&a);
}

int main(void)
{
	char dir[] = "/tmp/sheaf-job-XXXXXX", path[100];
	struct err err = {0};
	struct people *p;
	T(mkdtemp(dir) != NULL);
	T(people_open(&p, dir, &err) == 1);
	course(p);
	limited(p);
	tagged(p);
	rights();
	people_close(&p);
	snprintf(path, sizeof path, "%s/people.db", dir);
	T(unlink(path) == 0);
	T(rmdir(dir) == 0);
	return t_done();
}
