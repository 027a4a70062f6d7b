#include "t.h"

#include "apitoken.h"
#include "cookie.h"
#include "job.h"
#include "saved.h"
#include "tries.h"
#include "user.h"

enum { NOW = 1000000000 };

static void names(void)
{
	static const struct {
		const char *name;
		bool good;
	} row[] = {{"ann", true}, {"a.b_c-d@x+1", true}, {"J\xC3\xBCrg", true}, {"", false},
		   {"a b", false}, {"a/b", false}, {"a:b", false}, {"a\nb", false},
		   {"\xFF", false}, {"a\x7F", false}};
	for (size_t i = 0; i < sizeof row / sizeof *row; i++)
		T(user_name_ok(str_of(row[i].name)) == row[i].good);
}

static void roles(void)
{
	const struct str some[] = {STR("alice")}, all[] = {STR("*"), STR("alice")};
	struct user u = {.role = STR("investigator"), .accounts = some, .n_accounts = 1};
	struct person p = user_person(&u);
	T(p.rights == (PERSON_READ | PERSON_TAG | PERSON_EXPORT) && !p.all_accounts);
	u.accounts = all;
	u.n_accounts = 2;
	T(user_person(&u).all_accounts);
	u = (struct user){.role = STR("administrator")};
	p = user_person(&u);
	T(!(p.rights & PERSON_READ) && !p.all_accounts && p.n_accounts == 0);
	u.role = STR("owner");
	T(user_person(&u).rights == PERSON_OWNER && user_person(&u).all_accounts);
	u.role = STR("emperor");
	T(user_person(&u).rights == 0 && !user_person(&u).all_accounts);
}

static void add(struct people *p, const char *name)
{
	const struct str some[] = {STR("alice"), STR("b*")};
	struct err err = {0};
	struct user u = {.name = str_of(name), .role = STR("reader"), .accounts = some,
			 .n_accounts = 2};
	T(user_add(p, &u, &err) == 1);
	T(user_add(p, &u, &err) == -1 && err.kind == ERR_INPUT);
}

static void tokens(struct people *p)
{
	struct arena a = {0};
	struct err err = {0};
	char secret[APITOKEN_SIZE];
	struct apitoken t = {.user = STR("ann"), .scope = PERSON_READ, .expires = NOW}, got;
	T(apitoken_add(p, &t, secret, &err) == 1 && t.id == 1);
	T(apitoken_find(p, &a, str_of(secret), NOW - 1, &got, &err) == 1);
	T_STR(got.user, STR("ann"));
	T(got.scope == PERSON_READ);
	T(apitoken_find(p, &a, str_of(secret), NOW, &got, &err) == 0);
	T(apitoken_find(p, &a, STR("sheaf_"), NOW - 1, &got, &err) == 0);
	t.user = STR("nobody");
	T(apitoken_add(p, &t, secret, &err) == 0);
	unsigned bits;
	T(apitoken_scope(STR("read, export"), &bits, &err) == 1);
	T(bits == (PERSON_READ | PERSON_EXPORT));
	T_STR(apitoken_scope_text(&a, bits), STR("read,export"));
	T(apitoken_scope(STR(""), &bits, &err) == -1);
	T(apitoken_scope(STR("read,all"), &bits, &err) == -1);
	arena_free(&a);
}

static void sessions(struct people *p)
{
	struct arena a = {0};
	struct err err = {0};
	char secret[NONCE_HEX + 1];
	struct cookie c = {.user = STR("ann"), .peer = STR("::1"), .made = NOW}, got;
	int64_t at = NOW;
	T(cookie_make(p, &c, secret, &err) == 1);
	T(cookie_find(p, &a, str_of(secret), at + COOKIE_IDLE + 1, &got, &err) == 0);
	/* Used again and again it lives until its age, and no longer. */
	for (; at < NOW + COOKIE_AGE - COOKIE_IDLE / 2; at += COOKIE_IDLE / 2)
		T(cookie_find(p, &a, str_of(secret), at, &got, &err) == 1);
	T(got.csrf.n == HASH_HEX && !str_eq(got.csrf, str_of(secret)));
	T(cookie_find(p, &a, str_of(secret), NOW + COOKIE_AGE, &got, &err) == 1);
	T(cookie_find(p, &a, str_of(secret), NOW + COOKIE_AGE + 1, &got, &err) == 0);
	T(cookie_end(p, STR("bob"), got.id, &err) == 0);
	T(cookie_end(p, STR("ann"), got.id, &err) == 1);
	T(cookie_find(p, &a, str_of(secret), NOW, &got, &err) == 0);
	arena_free(&a);
}

static void waits(struct people *p)
{
	struct err err = {0};
	int64_t wait, before = 0;
	for (int i = 0; i < TRIES_FREE; i++) {
		T(tries_may(p, STR("x"), STR("::1"), NOW, &wait, &err) == 1);
		T(tries_begin(p, STR("x"), STR("::1"), NOW, &err) == 1);
	}
	for (int i = 0; i < 12; i++) {
		T(tries_may(p, STR("x"), STR("::1"), NOW, &wait, &err) == 0);
		T(wait > before || wait == TRIES_MOST);
		before = wait;
		T(tries_begin(p, STR("x"), STR("::1"), NOW, &err) == 1);
	}
	T(wait == TRIES_MOST);
	T(tries_may(p, STR("x"), STR("::1"), NOW + TRIES_MOST, &wait, &err) == 1);
	T(tries_may(p, STR("y"), STR("::1"), NOW, &wait, &err) == 1);
	T(tries_worked(p, STR("x"), STR("::1"), &err) == 1);
	T(tries_may(p, STR("x"), STR("::1"), NOW, &wait, &err) == 1);
	/* One address that tries many names. */
	for (int i = 0; i < TRIES_FREE * TRIES_PEER; i++) {
		char name[20];
		snprintf(name, sizeof name, "n%d", i);
		T(tries_begin(p, str_of(name), STR("::2"), NOW, &err) == 1);
	}
	T(tries_may(p, STR("new"), STR("::2"), NOW, &wait, &err) == 0);
	T(tries_may(p, STR("new"), STR("::3"), NOW, &wait, &err) == 1);
	T(tries_may(p, STR("new"), STR("::2"), NOW + 86400, &wait, &err) == 1);
}

/* What is left of a user belongs to no later one of that name. */
static void left(struct people *p)
{
	struct arena a = {0};
	struct err err = {0};
	const struct saved *list;
	struct job found;
	size_t n;
	struct saved own = {.owner = STR("bob"), .name = STR("own"), .dialect = STR("box")};
	struct saved shared = {.owner = STR("bob"), .name = STR("shared"), .dialect = STR("box"),
			       .shared = true};
	struct job_limits limits = {.waiting = 4, .own = 4};
	struct job job = {.owner = STR("bob"), .dialect = STR("box"), .format = STR("mbox"),
			  .accounts = STR("*\n")};
	for (int again = 0; again < 2; again++) {
		add(p, "bob");
		T(saved_list(p, &a, STR("bob"), &list, &n, &err) == 1 && n == (size_t)again);
		T(saved_add(p, &own, &err) == 1 && saved_add(p, &shared, &err) == 1);
		T(job_add(p, &job, &limits, &err) == 1);
		T(user_remove(p, STR("bob"), &err) == 1);
		T(saved_list(p, &a, STR("bob"), &list, &n, &err) == 1 && n == 1);
		T_STR(list[0].owner, STR("bob (removed)"));
		T(job_find(p, &a, job.id, &found, &err) == 1);
		T_STR(found.owner, STR("bob (removed)"));
	}
	arena_free(&a);
}

int main(void)
{
	struct arena a = {0};
	struct err err = {0};
	struct people *p;
	struct user u;
	names();
	roles();
	T(people_open(&p, t_dir(), &err) == 1);
	T(user_any(p, &err) == 0);
	add(p, "ann");
	T(user_any(p, &err) == 1);
	T(user_find(p, &a, STR("ann"), &u, &err) == 1 && u.n_accounts == 2);
	tokens(p);
	sessions(p);
	waits(p);
	left(p);
	T(user_remove(p, STR("ann"), &err) == 1);
	T(user_remove(p, STR("ann"), &err) == 0);
	const struct apitoken *list;
	size_t n;
	T(apitoken_list(p, &a, STR(""), &list, &n, &err) == 1 && n == 0);
	people_close(&p);
	arena_free(&a);
	return t_done();
}
