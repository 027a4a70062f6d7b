#include "asked.h"

#include "log.h"

static void read_options(struct asked *a, const struct asked_options *o)
{
	a->q.dialect = strcmp(o->dialect, "imap") == 0 ? QUERY_IMAP : QUERY_BOX;
	a->q.sort = QUERY_UNSORTED;
	a->q.no_index = o->no_index;
	a->q.bare = true;
	a->q.whole = true;
	a->q.account = str_of(o->account);
	a->q.mailbox = str_of(o->mailbox);
	ptrdiff_t slash = str_chr(a->q.mailbox, '/');
	if (o->account == NULL && slash > 0) {
		a->q.account = str_cut(a->q.mailbox, 0, (size_t)slash);
		a->q.mailbox = str_cut(a->q.mailbox, (size_t)slash + 1, a->q.mailbox.n);
	}
}

/* The words as one text. The caret of an error message must outlive the arena. */
static void read_words(struct asked *a, struct cmd_env *env, const struct opts_args *args)
{
	static char kept[4096];
	a->text = str_of(args->v[0]);
	for (int i = 1; i < args->n; i++)
		a->text = arena_fmt(&a->arena, "%.*s %s", STR_ARG(a->text), args->v[i]);
	size_t n = a->text.n < sizeof kept ? a->text.n : sizeof kept;
	memcpy(kept, a->text.p, n);
	env->query = (struct str){kept, n};
}

int asked_again(struct asked *a, struct err *err)
{
	query_close(&a->query);
	return query_open(&a->query, a->db, &a->arena, a->text, &a->q, err);
}

int asked_open(struct asked *a, struct cmd_env *env, const struct asked_options *o,
	       const struct opts_args *args, struct err *err)
{
	const struct query_warning *w;
	*a = (struct asked){0};
	read_options(a, o);
	read_words(a, env, args);
	if (query_db_open(&a->db, cmd_dir(env), err) < 0 ||
	    query_db_reach(a->db, &a->indexed_to, &a->stored_to, err) < 0 ||
	    query_not_fully(a->db, &a->not_fully, err) < 0)
		return -1;
	if (a->indexed_to < a->stored_to && !o->no_index)
		log_line(LOG_WARN, "%llu messages are not indexed yet (sheaf index): each of them "
			 "is looked at", (unsigned long long)(a->stored_to - a->indexed_to));
	if (asked_again(a, err) < 0)
		return -1;
	size_t n = query_warnings(a->query, &w);
	for (size_t i = 0; i < n; i++)
		log_line(LOG_WARN, "column %d: %.*s", w[i].column, STR_ARG(w[i].text));
	return 1;
}

void asked_close(struct asked *a)
{
	query_close(&a->query);
	query_db_close(&a->db);
	arena_free(&a->arena);
}
