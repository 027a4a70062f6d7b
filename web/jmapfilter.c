#include "jmapfilter.h"

#include "casemap.h"
#include "halt.h"
#include "jmapdate.h"
#include "jmapset.h"
#include "log.h"

enum { DEEPEST = 50 };
/* Numbers in all sets together, besides four times all messages: a small request must not fill the
 * memory. */
#define MOST_NUMBERS ((uint64_t)8 << 20)

struct filter {
	struct jmap *j;
	struct str account;
	uint64_t deadline_ms;
	size_t leaves;
	uint64_t numbers, last; /* last: the highest of a message */
};

static const struct qnode *node_at(struct filter *f, json_t *o, int depth);

/* ---- leaves ---- */

/* One condition; its maker gives NULL for a value that it cannot have. */
struct cond {
	struct filter *f;
	json_t *v;
	enum qnode_kind kind; /* of the leaf, where one is enough */
	bool no;              /* the condition is the opposite */
};

static struct qnode *leaf(const struct cond *c, enum qnode_kind kind)
{
	c->f->leaves++;
	return qnode_new(c->f->j->a, kind, 0);
}

static const struct qnode *in_set(const struct cond *c, const struct jmapset *s, bool no)
{
	struct arena *a = c->f->j->a;
	const struct qnode *q = qnode_numbers(a, s->list, s->n);
	c->f->leaves++;
	c->f->numbers += s->n + c->f->j->n_epochs;
	return no ? qnode_not(a, q) : q;
}

static const struct qnode *text_leaf(const struct cond *c, enum qnode_kind kind, struct str s)
{
	struct qnode *q = leaf(c, kind);
	q->needle = s;
	q->mapped = casemap_str(c->f->j->a, s);
	return q;
}

static const struct qnode *needle(const struct cond *c)
{
	return json_is_string(c->v) ? text_leaf(c, c->kind, jmapbase_text(c->v)) : NULL;
}

/* In any of the fields a person reads. */
static const struct qnode *anywhere(const struct cond *c)
{
	static const enum qnode_kind kinds[] = {QNODE_FROM, QNODE_TO, QNODE_CC, QNODE_BCC,
						QNODE_SUBJECT, QNODE_BODY};
	enum { N = sizeof kinds / sizeof *kinds };
	struct arena *a = c->f->j->a;
	const struct qnode **kids = arena_alloc(a, N * sizeof *kids);
	if (!json_is_string(c->v))
		return NULL;
	for (size_t i = 0; i < N; i++)
		kids[i] = text_leaf(c, kinds[i], jmapbase_text(c->v));
	return qnode_join(a, QNODE_OR, kids, N);
}

static const struct qnode *header(const struct cond *c)
{
	json_t *name = json_array_get(c->v, 0), *value = json_array_get(c->v, 1);
	size_t n = json_array_size(c->v);
	if (n < 1 || n > 2 || !json_is_string(name) || (n == 2 && !json_is_string(value)))
		return NULL;
	struct qnode *q = leaf(c, QNODE_HEADER);
	q->name = jmapbase_text(name);
	q->needle = jmapbase_text(value);
	q->mapped = casemap_str(c->f->j->a, q->needle);
	return q;
}

static const struct qnode *attachment(const struct cond *c)
{
	if (!json_is_boolean(c->v))
		return NULL;
	struct qnode *q = leaf(c, QNODE_HAS);
	q->needle = STR("attachment");
	return json_is_true(c->v) ? q : qnode_not(c->f->j->a, q);
}

/* A minimum is "at least", a maximum "less than". */
static const struct qnode *size(const struct cond *c)
{
	json_int_t n = json_integer_value(c->v);
	if (!json_is_integer(c->v) || n < 0)
		return NULL;
	if (n == 0 && !c->no)
		return qnode_new(c->f->j->a, QNODE_ALL, 0);
	struct qnode *q = leaf(c, c->kind);
	q->number = (uint64_t)n - !c->no;
	return q;
}

/* ---- leaves about all copies ---- */

/* Marks the places of a mailbox in *in. False: there is no such one. */
static bool mark_mailbox(const struct cond *c, json_t *id, bool *in, bool as)
{
	struct jmap *j = c->f->j;
	const struct archive_epoch *e = jmapbase_mailbox(j, c->f->account, jmapbase_text(id));
	for (size_t i = 0; e && i < j->n_epochs; i++)
		if (str_eq(j->epochs[i].account, c->f->account) &&
		    str_eq(j->epochs[i].mailbox, e->mailbox))
			in[i] = as;
	return e != NULL;
}

static const struct qnode *in_mailboxes(const struct cond *c, const bool *in)
{
	const struct jmapset_copies of = {.account = c->f->account, .in = in};
	struct jmapset s;
	return jmapset_copies(c->f->j, &of, &s) ? in_set(c, &s, false) : NULL;
}

static const struct qnode *in_mailbox(const struct cond *c)
{
	bool *in = arena_alloc(c->f->j->a, c->f->j->n_epochs + 1);
	return mark_mailbox(c, c->v, in, true) ? in_mailboxes(c, in) : NULL;
}

/* In at least one mailbox that is not of the list. */
static const struct qnode *other_mailbox(const struct cond *c)
{
	size_t n = c->f->j->n_epochs, i;
	bool *in = arena_alloc(c->f->j->a, n + 1);
	json_t *id;
	if (!json_is_array(c->v))
		return NULL;
	memset(in, true, n);
	json_array_foreach(c->v, i, id)
		if (!mark_mailbox(c, id, in, false))
			return NULL;
	return in_mailboxes(c, in);
}

/* receivedAt is the date of the earliest copy. */
static const struct qnode *received(const struct cond *c)
{
	struct jmapset_copies of = {.account = c->f->account, .where = "internaldate < ?1"};
	struct jmapset s;
	if (!json_is_string(c->v) || !jmapdate_read(jmapbase_text(c->v), &of.arg) ||
	    !jmapset_copies(c->f->j, &of, &s))
		return NULL;
	return in_set(c, &s, c->no);
}

static bool is_keyword(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] <= ' ' || s.p[i] > '~' || str_chr(STR("(){]%*\"\\"), s.p[i]) >= 0)
			return false;
	return s.n > 0 && s.n <= 255;
}

static const struct qnode *keyword(const struct cond *c)
{
	struct jmapset s;
	struct str name = jmapbase_text(c->v);
	if (!is_keyword(name) || !jmapset_keyword(c->f->j, c->f->account, name, &s))
		return NULL;
	return in_set(c, &s, c->no);
}

/* All that are in one thread with one of s. */
static const struct qnode *in_threads(const struct cond *c, const struct jmapset *s, bool no)
{
	struct jmapset threads;
	if (!jmapset_threads(c->f->j, s, &threads))
		return NULL;
	c->f->numbers += s->n + c->f->last; /* that many labels */
	return in_set(c, &threads, no);
}

/* In a thread with a message of the account that has the keyword; the opposite: in none. */
static const struct qnode *some_in_thread(const struct cond *c)
{
	struct jmapset s;
	struct str name = jmapbase_text(c->v);
	if (!is_keyword(name) || !jmapset_keyword(c->f->j, c->f->account, name, &s))
		return NULL;
	return in_threads(c, &s, c->no);
}

/* In no thread with a message that has it not. */
static const struct qnode *all_in_thread(const struct cond *c)
{
	struct jmapset s;
	struct str name = jmapbase_text(c->v);
	if (!is_keyword(name) || !jmapset_without(c->f->j, c->f->account, name, &s))
		return NULL;
	return in_threads(c, &s, true);
}

static const struct {
	const char *name;
	const struct qnode *(*make)(const struct cond *c);
	enum qnode_kind kind;
	bool no;
} conditions[] = {
	{"inMailbox", in_mailbox, QNODE_THREAD, false},
	{"inMailboxOtherThan", other_mailbox, QNODE_THREAD, false},
	{"before", received, QNODE_THREAD, false}, {"after", received, QNODE_THREAD, true},
	{"minSize", size, QNODE_LARGER, false}, {"maxSize", size, QNODE_SMALLER, true},
	{"hasKeyword", keyword, QNODE_THREAD, false},
	{"notKeyword", keyword, QNODE_THREAD, true},
	{"someInThreadHaveKeyword", some_in_thread, QNODE_THREAD, false},
	{"noneInThreadHaveKeyword", some_in_thread, QNODE_THREAD, true},
	{"allInThreadHaveKeyword", all_in_thread, QNODE_THREAD, false},
	{"hasAttachment", attachment, QNODE_HAS, false},
	{"text", anywhere, QNODE_OR, false}, {"from", needle, QNODE_FROM, false},
	{"to", needle, QNODE_TO, false}, {"cc", needle, QNODE_CC, false},
	{"bcc", needle, QNODE_BCC, false}, {"subject", needle, QNODE_SUBJECT, false},
	{"body", needle, QNODE_BODY, false}, {"header", header, QNODE_HEADER, false},
};
enum { CONDITIONS = sizeof conditions / sizeof *conditions };

/* ---- the tree ---- */

static const struct qnode *fail(struct filter *f, const char *type, const char *hint)
{
	if (f->j->error == NULL)
		jmapbase_fail(f->j, type, hint);
	return NULL;
}

static const struct qnode *one_condition(struct filter *f, const char *name, json_t *v)
{
	size_t i = 0;
	while (i < CONDITIONS && strcmp(conditions[i].name, name) != 0)
		i++;
	if (i == CONDITIONS)
		return fail(f, "unsupportedFilter", arena_str(f->j->a, str_of(name)).p);
	if (log_now_ms() > f->deadline_ms) { /* each may look at all copies */
		halt_error(&(struct halt){.why = HALT_TIME}, &f->j->err);
		jmapbase_broken(f->j);
		return NULL;
	}
	const struct cond c = {f, v, conditions[i].kind, conditions[i].no};
	const struct qnode *q = conditions[i].make(&c);
	if (q == NULL)
		return fail(f, "invalidArguments", conditions[i].name);
	if (f->leaves > QNODE_MAX_LEAVES || f->numbers > MOST_NUMBERS + 4 * f->last)
		return fail(f, "requestTooLarge", "filter");
	return q;
}

static const struct qnode *condition(struct filter *f, json_t *o)
{
	struct arena *a = f->j->a;
	const struct qnode **kids = arena_alloc(a, (json_object_size(o) + 1) * sizeof *kids);
	const char *name;
	size_t n = 0;
	json_t *v;
	json_object_foreach(o, name, v) {
		if (json_is_null(v))
			continue;
		kids[n] = one_condition(f, name, v);
		if (kids[n++] == NULL)
			return NULL;
	}
	return qnode_join(a, QNODE_AND, kids, n);
}

/* NOT: none of them. */
static const struct qnode *operator(struct filter *f, json_t *o, int depth)
{
	struct str op = jmapbase_text(json_object_get(o, "operator"));
	json_t *list = json_object_get(o, "conditions"), *one;
	bool or = str_eq(op, STR("OR")), not = str_eq(op, STR("NOT"));
	struct arena *a = f->j->a;
	size_t i, n = json_array_size(list);
	if (!json_is_array(list) || (!or && !not && !str_eq(op, STR("AND"))))
		return fail(f, "invalidArguments", "operator");
	const struct qnode **kids = arena_alloc(a, (n + 1) * sizeof *kids);
	json_array_foreach(list, i, one)
		if ((kids[i] = node_at(f, one, depth + 1)) == NULL)
			return NULL;
	if (or && n == 0)
		return qnode_not(a, qnode_new(a, QNODE_ALL, 0));
	if (not && n == 0)
		return qnode_new(a, QNODE_ALL, 0);
	const struct qnode *q = qnode_join(a, or || not ? QNODE_OR : QNODE_AND, kids, n);
	return not ? qnode_not(a, q) : q;
}

static const struct qnode *node_at(struct filter *f, json_t *o, int depth)
{
	if (!json_is_object(o) || depth > DEEPEST)
		return fail(f, "invalidArguments", "filter");
	return json_object_get(o, "operator") ? operator(f, o, depth) : condition(f, o);
}

int jmapfilter_tree(struct jmap *j, const struct jmapfilter *asked, const struct qnode **out)
{
	struct filter f = {.j = j, .account = asked->account, .deadline_ms = asked->deadline_ms};
	json_t *filter = asked->filter;
	if (archive_last(j->ar, &f.last, &j->err) < 0) {
		jmapbase_broken(j);
		return 0;
	}
	if (filter == NULL || json_is_null(filter)) {
		*out = qnode_new(j->a, QNODE_ALL, 0);
		return 1;
	}
	*out = node_at(&f, filter, 0);
	return *out != NULL;
}

static size_t words(struct jmap *j, json_t *f, int depth, struct str **list, size_t n)
{
	static const char *const names[] = {"text", "body", "subject"};
	json_t *one;
	size_t i;
	json_array_foreach(json_object_get(f, "conditions"), i, one)
		if (depth < DEEPEST)
			n = words(j, one, depth + 1, list, n);
	for (i = 0; i < sizeof names / sizeof *names; i++) {
		struct str s = jmapbase_text(json_object_get(f, names[i]));
		if (s.n == 0)
			continue;
		*list = arena_grow(j->a, *list, n, sizeof **list);
		(*list)[n++] = s;
	}
	return n;
}

size_t jmapfilter_words(struct jmap *j, json_t *filter, const struct str **out)
{
	struct str *list = NULL;
	size_t n = words(j, filter, 0, &list, 0);
	*out = list;
	return n;
}
