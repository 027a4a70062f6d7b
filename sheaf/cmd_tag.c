#include "asked.h"
#include "log.h"
#include "present.h"
#include "proc.h"
#include "tag.h"
#include "tagcount.h"
#include "term.h"
#include "who.h"

static const char *dialect = "box", *account, *mailbox;
static bool no_index;

static const struct opts_spec options[] = {
	{"dialect", 0, OPTS_CHOICE, &dialect, "box|imap", "how the query is written (box)"},
	{"account", 0, OPTS_TEXT, &account, "NAME", "only this account (* and ? are wild)"},
	{"mailbox", 0, OPTS_TEXT, &mailbox, "[ACCOUNT/]NAME", "only this mailbox"},
	{"no-index", 0, OPTS_FLAG, &no_index, NULL,
	 "look at every message; the answer is the same"},
	OPTS_END,
};

/* ---- the list ---- */

static void print(const struct cmd_env *env, json_t *list, const struct tag *t, uint64_t n)
{
	struct arena a = {0};
	if (env->json) {
		json_array_append_new(list, json_pack("{s:o, s:I, s:o, s:o}", "name",
						      cmd_string(t->name), "messages",
						      (json_int_t)n, "made_at",
						      cmd_string(present_time(&a, t->at, 0)),
						      "made_by", cmd_string(t->by)));
	} else {
		printf("%10s  %.*s\n", arena_str(&a, present_number(&a, n)).p,
		       STR_ARG(term_clean(&a, t->name, false)));
	}
	arena_free(&a);
}

static int list_tags(struct cmd_env *env, struct people *p, struct qdb *db, struct err *err)
{
	struct arena a = {0};
	static const struct rights all;
	struct bits may = {0};
	struct tagcount t = {.may = &may};
	json_t *list = json_array();
	int r = tag_list(p, &a, &t.tags, &t.n, err);
	t.counts = arena_alloc(&a, t.n * sizeof *t.counts + 1);
	if (r > 0)
		r = rights_visible(&all, query_db_archive(db), &may, err);
	if (r > 0)
		r = tagcount_fill(db, &t, err);
	bits_free(&may);
	for (size_t i = 0; i < t.n && r > 0; i++)
		print(env, list, &t.tags[i], t.counts[i]);
	arena_free(&a);
	if (r > 0 && env->json)
		cmd_json(json_pack("{s:O}", "tags", list));
	json_decref(list);
	return r < 0 ? -1 : t.n ? 0 : CMD_NOTHING;
}

/* ---- changing ---- */

/* An archive that was never written to has no tags to change; hits are noted as they come. */
static int pick(struct asked *q, struct people *p, uint64_t *n, struct err *err)
{
	struct arena a = {0};
	struct query_hit h;
	int r;
	*n = 0;
	if (tag_pick_none(p, err) < 0)
		return -1;
	while ((r = query_next(q->query, &a, &h, err)) > 0) {
		if (tag_pick(p, h.number, h.msg.hash, err) < 0)
			break;
		++*n;
		arena_reset(&a);
		if (proc_stopped()) {
			err_set(err, ERR_LATER, "stopped; nothing was changed");
			break;
		}
	}
	arena_free(&a);
	return r == 0 ? 1 : -1;
}

static void report(const struct cmd_env *env, const struct tag_change *list, size_t n,
		   uint64_t messages)
{
	json_t *changes = json_array();
	struct arena a = {0};
	for (size_t i = 0; i < n; i++) {
		json_array_append_new(changes, json_pack("{s:o, s:b, s:I}", "tag",
							 cmd_string(list[i].name), "set",
							 !list[i].off, "changed",
							 (json_int_t)list[i].changed));
		if (!env->json)
			printf("%s%.*s: %llu of %llu messages changed\n", list[i].off ? "-" : "+",
			       STR_ARG(term_clean(&a, list[i].name, false)),
			       (unsigned long long)list[i].changed, (unsigned long long)messages);
	}
	if (env->json)
		cmd_json(json_pack("{s:I, s:O}", "messages", (json_int_t)messages, "changes",
				   changes));
	json_decref(changes);
	arena_free(&a);
}

/* The operands that begin with a sign, up to "--". Returns how many operands they take. */
static int read_signs(const struct opts_args *args, struct tag_change *list, size_t *n)
{
	int i = 0;
	for (; i < args->n && strcmp(args->v[i], "--") != 0; i++) {
		char c = args->v[i][0];
		if (c != '+' && c != '-')
			return i;
		list[(*n)++] = (struct tag_change){.name = str_of(args->v[i] + 1),
						   .off = c == '-'};
	}
	return i < args->n ? i + 1 : i;
}

static int change(struct cmd_env *env, struct people *p, struct tag_change *list, size_t n,
		  const struct opts_args *query, struct err *err)
{
	struct asked_options o = {dialect, account, mailbox, no_index};
	struct asked asked;
	char room[WHO_MOST];
	uint64_t messages = 0;
	int r = asked_open(&asked, env, &o, query, err);
	if (r > 0)
		r = pick(&asked, p, &messages, err);
	if (r > 0)
		r = tag_apply(p, list, n, who_is(NULL, room), err);
	if (r > 0)
		report(env, list, n, messages);
	if (r > 0 && asked.not_fully)
		log_line(LOG_WARN, "%llu messages could not be searched fully",
			 (unsigned long long)asked.not_fully);
	asked_close(&asked);
	return r < 0 ? -1 : messages ? 0 : CMD_NOTHING;
}

static int change_all(struct cmd_env *env, struct people *p, const struct opts_args *args,
		      struct err *err)
{
	struct arena a = {0};
	struct tag_change *list = arena_alloc(&a, (size_t)(args->n + 1) * sizeof *list);
	size_t n = 0;
	int used = read_signs(args, list, &n), r = 1;
	struct opts_args query = {args->n - used, args->v + used};
	if (n == 0)
		r = err_set(err, ERR_USAGE, "which tag? (+NAME puts it on, -NAME takes it off)");
	else if (query.n == 0)
		r = err_set(err, ERR_USAGE, "change the tags of which messages? (a query)");
	for (size_t i = 0; i < n && r > 0; i++)
		r = tag_check_name(list[i].name, err);
	if (r > 0)
		r = change(env, p, list, n, &query, err);
	arena_free(&a);
	return r;
}

static int run(struct cmd_env *env, struct opts_args *args, struct err *err)
{
	struct people *p = NULL;
	struct qdb *db = NULL;
	bool list = args->n == 1 && strcmp(args->v[0], "list") == 0;
	if (args->n == 0)
		return err_set(err, ERR_USAGE, "list, or +NAME and a query?");
	if (cmd_exists(env, err) < 0)
		return -1;
	proc_catch_stop();
	int r = people_open(&p, cmd_dir(env), err);
	if (r > 0 && list)
		r = query_db_open(&db, cmd_dir(env), err);
	if (r > 0)
		r = list ? list_tags(env, p, db, err) : change_all(env, p, args, err);
	query_db_close(&db);
	people_close(&p);
	return r;
}

const struct cmd cmd_tag = {
	.name = "tag",
	.run = run,
	.line = "put tags on messages, take them off, list them",
	.usage = "list | +NAME… -NAME… [OPTIONS] [--] QUERY…",
	.options = options,
	.mode = OPTS_SIGNS,
	.about = "Every message the query finds gets the tags with + and loses those with -,\n"
		 "all or none. A query that begins with a sign stands behind --. Tags are found\n"
		 "by tag:NAME (dialect imap: X-TAG \"NAME\"). They are no part of the mail,\n"
		 "stand in people.db, outlive reindex and rebuild-catalog, and are in every\n"
		 "backup. Exit status 1: no message was found, or there are no tags.\n"
		 "\n"
		 "  sheaf tag +case-17 from:ann after:2020-01-01\n"
		 "  sheaf tag +reviewed -to-review tag:to-review subject:budget\n"
		 "  sheaf tag -case-17 -- -from:ann tag:case-17\n"
		 "  sheaf tag list\n",
};
