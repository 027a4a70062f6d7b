#include "imapin.h"

#include "scope.h"

#define SOURCES "inboxes, personal, subtree, subtree-one or mailboxes"

struct list {
	const struct qnode **kids;
	size_t n;
};

static const struct {
	const char *name, *why;
} refused[] = {
	{"selected", "needs an IMAP session; name the mailbox: mailboxes NAME"},
	{"selected-delayed", "needs an IMAP session; name the mailbox: mailboxes NAME"},
	{"subscribed", "cannot be answered: subscriptions are not harvested"},
};

static int add(struct imaplex *lx, struct list *l, const char *prefix, struct str name, size_t at,
	       struct err *err)
{
	if (l->n == QNODE_MAX_LEAVES / 2)
		return imaplex_bad(lx, at, err, "more than %d mailboxes", QNODE_MAX_LEAVES / 2);
	struct qnode *q = qnode_new(lx->a, QNODE_MAILBOX, imaplex_column(lx, at));
	q->needle = arena_fmt(lx->a, "%s%.*s", prefix, STR_ARG(name));
	l->kids = arena_grow(lx->a, l->kids, l->n, sizeof *l->kids);
	l->kids[l->n++] = q;
	return 1;
}

static int add_name(struct imaplex *lx, struct list *l, const char *prefix, struct err *err)
{
	struct str name;
	int c = imaplex_peek(lx);
	size_t at = lx->at;
	if (c < 0 || c == ')' || c == '(')
		return imaplex_bad(lx, at, err, "expected the name of a mailbox");
	if (imaplex_text(lx, &name, err) < 0)
		return -1;
	if (name.n == 0)
		return imaplex_bad(lx, at, err, "expected the name of a mailbox");
	return add(lx, l, prefix, name, at, err);
}

/* One mailbox, or several in parentheses. */
static int add_names(struct imaplex *lx, struct list *l, const char *prefix, struct err *err)
{
	if (imaplex_space(lx, "the name of a mailbox, or several in parentheses", err) < 0)
		return -1;
	if (imaplex_peek(lx) != '(')
		return add_name(lx, l, prefix, err);
	lx->at++;
	do {
		if (add_name(lx, l, prefix, err) < 0)
			return -1;
	} while (imaplex_peek(lx) != ')' && imaplex_peek(lx) >= 0);
	if (imaplex_peek(lx) != ')')
		return imaplex_bad(lx, lx->at, err, "expected ')' behind the mailboxes");
	lx->at++;
	return 1;
}

static int parse_source(struct imaplex *lx, struct list *l, struct err *err)
{
	size_t at = lx->at;
	struct str name = imaplex_atom(lx);
	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
		if (str_ieq(name, str_of(refused[i].name)))
			return imaplex_bad(lx, at, err, "'%s' %s", refused[i].name, refused[i].why);
	if (str_ieq(name, STR("mailboxes")))
		return add_names(lx, l, "", err);
	if (str_ieq(name, STR("subtree")))
		return add_names(lx, l, SCOPE_SUBTREE, err);
	if (str_ieq(name, STR("subtree-one")))
		return add_names(lx, l, SCOPE_SUBTREE_ONE, err);
	if (str_ieq(name, STR("inboxes")))
		return add(lx, l, "", STR("INBOX"), at, err);
	if (str_ieq(name, STR("personal")))
		return add(lx, l, "", STR("*"), at, err);
	return imaplex_bad(lx, at, err, "expected where to search: " SOURCES);
}

int imapin_parse(struct imaplex *lx, const struct qnode **out, struct err *err)
{
	struct list l = {0};
	if (imaplex_peek(lx) != '(')
		return imaplex_bad(lx, lx->at, err, "expected '(' after IN");
	lx->at++;
	do {
		if (imaplex_peek(lx) == '(' && l.n > 0)
			return imaplex_bad(lx, lx->at, err, "expected ')': there are no scope "
					   "options");
		if (parse_source(lx, &l, err) < 0)
			return -1;
	} while (imaplex_peek(lx) != ')' && imaplex_peek(lx) >= 0);
	if (imaplex_peek(lx) != ')')
		return imaplex_bad(lx, lx->at, err, "expected ')' or where else to search");
	lx->at++;
	*out = qnode_join(lx->a, QNODE_OR, l.kids, l.n);
	return imaplex_space(lx, "RETURN, CHARSET or a search key", err);
}
