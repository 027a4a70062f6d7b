#include "fares.h"

#include "accountstate.h"
#include "cmd.h"
#include "log.h"
#include "present.h"
#include "term.h"

#include <time.h>

static void load(const char *dir, struct accountstate *s)
{
	struct err err;
	if (accountstate_load(dir, s, &err) < 0)
		log_line(LOG_WARN, "%s", err.text);
}

static void keep_one(struct accountstate_entry *e, const struct harvest_result *r)
{
	char problem[120] = "";
	e->phase = ACCOUNTSTATE_OFF;
	int64_t now = (int64_t)time(NULL);
	if (r->err.kind != ERR_NONE) {
		accountstate_bad(e, r->err.text, r->until > now ? r->until - now : 0);
		return;
	}
	if (r->until > now) {
		accountstate_rest(e, r->rest, r->until);
		return;
	}
	if (r->mailboxes_failed || r->failed || r->waiting)
		snprintf(problem, sizeof problem, "%u mailboxes failed, %llu messages wait for "
			 "another try", r->mailboxes_failed,
			 (unsigned long long)(r->failed + r->waiting));
	accountstate_good(e, problem);
}

void fares_keep(const char *dir, const struct harvest_account *accounts,
		const struct harvest_result *results, size_t n)
{
	struct accountstate s;
	struct err err;
	load(dir, &s);
	s.watcher = 0;
	for (size_t i = 0; i < n; i++)
		keep_one(accountstate_at(&s, accounts[i].name), &results[i]);
	if (accountstate_save(dir, &s, &err) < 0)
		log_line(LOG_WARN, "%s", err.text);
	accountstate_free(&s);
}

static enum accountstate_phase phase(const struct accountstate *s,
				     const struct accountstate_entry *e)
{
	if (e->phase == ACCOUNTSTATE_RESTING && e->next_try > (int64_t)time(NULL))
		return e->phase;
	return accountstate_watched(s) ? e->phase : ACCOUNTSTATE_OFF;
}

/* Is the time of its next try worth telling? */
static bool waits(const struct accountstate *s, const struct accountstate_entry *e)
{
	return e->next_try && (phase(s, e) == ACCOUNTSTATE_FAILING ||
			       e->next_try > (int64_t)time(NULL));
}

/* Seconds since all mailboxes were looked into. */
static int64_t lag(const struct accountstate_entry *e)
{
	int64_t now = (int64_t)time(NULL);
	return now > e->last_success ? now - e->last_success : 0;
}

static void line(struct arena *a, const struct accountstate *s, const struct accountstate_entry *e)
{
	printf("  %s %s", e->name.p, accountstate_word(phase(s, e)));
	if (e->last_success)
		printf(", last success %s (%lld s ago)",
		       present_time(a, e->last_success, 0).p, (long long)lag(e));
	else
		printf(", no success so far");
	if (e->failures)
		printf(", FAILED %u times", e->failures);
	if (waits(s, e))
		printf(", next try %s", present_time(a, e->next_try, 0).p);
	if (e->left && phase(s, e) == ACCOUNTSTATE_WORKING)
		printf(", %llu fetched, %llu still to come in %.*s",
		       (unsigned long long)e->fetched, (unsigned long long)e->left,
		       STR_ARG(term_clean(a, str_of(e->mailbox), false)));
	puts("");
	if (e->error[0])
		printf("    %s\n", e->error);
}

void fares_text(const char *dir)
{
	struct accountstate s;
	struct arena a = {0};
	load(dir, &s);
	if (s.n)
		puts("accounts");
	for (size_t i = 0; i < s.n; i++)
		line(&a, &s, &s.list[i]);
	accountstate_free(&s);
	arena_free(&a);
}

static json_t *moment(struct arena *a, int64_t at)
{
	return at ? cmd_string(present_time(a, at, 0)) : json_null();
}

void fares_json(const char *dir, json_t *o)
{
	struct accountstate s;
	struct arena a = {0};
	json_t *list = json_array();
	load(dir, &s);
	for (size_t i = 0; i < s.n; i++) {
		const struct accountstate_entry *e = &s.list[i];
		json_array_append_new(list, json_pack(
			"{s:o, s:s, s:o, s:o, s:i, s:o, s:o, s:I, s:I, s:o}", "account",
			cmd_string(e->name), "state", accountstate_word(phase(&s, e)),
			"last_success", moment(&a, e->last_success), "lag",
			e->last_success ? json_integer(lag(e)) : json_null(), "failures",
			(int)e->failures, "error",
			e->error[0] ? cmd_string(str_of(e->error)) : json_null(), "next_try",
			moment(&a, waits(&s, e) ? e->next_try : 0), "fetched",
			(json_int_t)e->fetched, "left", (json_int_t)e->left, "mailbox",
			e->mailbox[0] ? cmd_string(str_of(e->mailbox)) : json_null()));
	}
	json_object_set_new(o, "watching", json_boolean(accountstate_watched(&s)));
	json_object_set_new(o, "accounts", list);
	accountstate_free(&s);
	arena_free(&a);
}
