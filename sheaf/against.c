#include "against.h"

#include "compare.h"
#include "harvest.h"
#include "term.h"

#define LIST_MOST (UIDSET_MAX * 12)

/* Exactly these UIDs, as "1:5,7", appended. */
static void add_ranges(struct buf *out, const struct uidset *s)
{
	for (size_t i = 0; i < s->n;) {
		size_t last = i;
		while (last + 1 < s->n && s->p[last + 1] == s->p[last] + 1)
			last++;
		buf_fmt(out, i ? ",%u" : "%u", (unsigned)s->p[i]);
		if (last > i)
			buf_fmt(out, ":%u", (unsigned)s->p[last]);
		i = last + 1;
	}
}

static json_t *uids_json(const struct uidset *s)
{
	struct buf b;
	buf_init(&b, LIST_MOST);
	add_ranges(&b, s);
	json_t *o = json_stringn(b.n ? b.p : "", b.n);
	buf_free(&b);
	return o;
}

static const char *state_name(enum compare_state state)
{
	static const char *const name[] = {"known", "not_harvested", "other_uidvalidity", "shut",
					   "only_archived"};
	return name[state];
}

static json_t *box_json(const struct compare_box *b)
{
	json_t *o = json_pack("{s:o, s:s, s:b, s:I, s:I, s:I, s:I, s:I}", "mailbox",
			      cmd_string(b->mailbox), "state", state_name(b->state), "holds",
			      compare_holds(b), "exists", (json_int_t)b->exists, "listed",
			      (json_int_t)b->listed, "stored", (json_int_t)b->stored, "failed",
			      (json_int_t)b->failed, "refused", (json_int_t)b->refused);
	json_object_set_new(o, "uidvalidity", json_integer(b->uidvalidity));
	json_object_set_new(o, "uidvalidity_archived", json_integer(b->before));
	json_object_set_new(o, "missing", uids_json(&b->missing));
	json_object_set_new(o, "recorded_as_vanished", uids_json(&b->lost));
	json_object_set_new(o, "not_on_server", uids_json(&b->extra));
	json_object_set_new(o, "error",
			    b->state == COMPARE_SHUT ? cmd_string(str_of(b->why.text))
						     : json_null());
	return o;
}

static void uids_text(const char *what, const struct uidset *s)
{
	struct buf b;
	if (s->n == 0)
		return;
	buf_init(&b, LIST_MOST);
	add_ranges(&b, s);
	printf("  DIFFERS  %zu %s: UID %.*s\n", s->n, what, STR_ARG(buf_all(&b)));
	buf_free(&b);
}

static void state_text(struct arena *a, const struct compare_box *b)
{
	struct str why = term_clean(a, str_of(b->why.text), false);
	if (b->state == COMPARE_NEW)
		puts("  DIFFERS  this mailbox was never harvested");
	if (b->state == COMPARE_EPOCH)
		printf("  DIFFERS  UIDVALIDITY is %u, the newest harvested is %u\n", b->uidvalidity,
		       b->before);
	if (b->state == COMPARE_SHUT)
		printf("  DIFFERS  cannot be compared: %.*s\n", STR_ARG(why));
	if (b->exists != b->listed)
		printf("  DIFFERS  the server counts %llu messages and lists %llu\n",
		       (unsigned long long)b->exists, (unsigned long long)b->listed);
}

static void box_text(struct str account, const struct compare_box *b)
{
	struct arena a = {0};
	struct str name = arena_fmt(&a, "%.*s/%.*s", STR_ARG(account), STR_ARG(b->mailbox));
	name = term_clean(&a, name, false);
	printf("%.*s: ", STR_ARG(name));
	if (b->state == COMPARE_LEFT)
		fputs("not on the server any more; ", stdout);
	else
		printf("%llu on the server; ", (unsigned long long)b->exists);
	printf("%llu stored", (unsigned long long)b->stored);
	if (b->failed)
		printf(", %llu failed", (unsigned long long)b->failed);
	if (b->refused)
		printf(", %llu refused", (unsigned long long)b->refused);
	putchar('\n');
	state_text(&a, b);
	uids_text("without an outcome", &b->missing);
	uids_text("there, but recorded as vanished", &b->lost);
	uids_text("stored, but not there any more", &b->extra);
	arena_free(&a);
}

static int compare_all(const struct cmd_env *env, struct compare *c, struct str account,
		       struct err *err)
{
	const struct compare_box *b;
	json_t *list = json_array();
	unsigned boxes = 0, differ = 0;
	int r;
	while ((r = compare_next(c, &b, err)) == 1) {
		boxes += b->state != COMPARE_LEFT;
		differ += !compare_holds(b);
		if (env->json)
			json_array_append_new(list, box_json(b));
		else
			box_text(account, b);
	}
	if (r == 0 && env->json)
		cmd_json(json_pack("{s:o, s:b, s:O}", "account", cmd_string(account), "holds",
				   differ == 0, "mailboxes", list));
	else if (r == 0 && differ)
		printf("%u of %u mailboxes differ\n", differ, boxes);
	else if (r == 0)
		printf("all %u mailboxes agree\n", boxes);
	json_decref(list);
	return r < 0 ? -1 : differ ? AGAINST_DIFFERS : 0;
}

static int find_account(const struct cmd_env *env, struct arena *a, const char *name,
			const struct harvest_account **out, struct err *err)
{
	const struct harvest_account *all;
	struct conf conf;
	size_t n;
	if (cmd_conf(env, a, &conf, err) < 0 || harvest_accounts(a, &conf, &all, &n, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		if (str_eq(all[i].name, str_of(name))) {
			*out = &all[i];
			return 1;
		}
	return err_set(err, ERR_USAGE, "no account '%s' in the configuration", name);
}

int against_server(const struct cmd_env *env, const char *account, struct err *err)
{
	const struct harvest_account *ac = NULL;
	struct archive *ar = NULL;
	struct compare *c = NULL;
	struct arena a = {0};
	int r = cmd_exists(env, err);
	if (r > 0)
		r = find_account(env, &a, account, &ac, err);
	if (r > 0)
		r = cmd_open(env, ARCHIVE_READ, &ar, err);
	if (r > 0)
		r = compare_open(&c, ar, ac, err);
	if (r > 0)
		r = compare_all(env, c, ac->name, err);
	compare_close(&c);
	archive_close(&ar);
	arena_free(&a);
	return r;
}
