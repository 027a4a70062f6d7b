#include "boxes.h"

#include "mutf7.h"

#include <stdlib.h>

#define MAX_BOXES 100000

static bool matches(struct str pattern, struct str name)
{
	if (str_ieq(name, STR("INBOX")) && str_ieq(pattern, STR("INBOX")))
		return true;
	return str_glob(pattern, name);
}

bool boxes_wanted(const struct harvest_account *ac, struct str name)
{
	bool some = false, wanted = false;
	for (size_t i = 0; i < ac->n_mailboxes; i++) {
		struct str p = ac->mailboxes[i];
		if (!str_starts(p, STR("-"))) {
			some = true;
			wanted = wanted || matches(p, name);
		} else if (matches(str_cut(p, 1, p.n), name)) {
			return false;
		}
	}
	return wanted || !some;
}

static int by_name(const void *a, const void *b)
{
	const struct boxes_item *x = a, *y = b;
	int order = str_cmp(x->name, y->name);
	return order ? order : str_cmp(x->raw, y->raw);
}

/* Sorts, drops what was listed twice, and marks names that are not unique. */
static size_t tidy(struct boxes_item *list, size_t n)
{
	size_t kept = 0;
	if (n)
		qsort(list, n, sizeof *list, by_name);
	for (size_t i = 0; i < n; i++) {
		if (kept && str_eq(list[i].raw, list[kept - 1].raw))
			continue;
		if (kept && str_eq(list[i].name, list[kept - 1].name))
			list[i].ambiguous = list[kept - 1].ambiguous = true;
		list[kept++] = list[i];
	}
	return kept;
}

struct listing {
	struct arena *arena;
	const struct harvest_account *ac;
	struct boxes_item *list;
	size_t n;
};

static int take(struct listing *l, struct str args, struct err *err)
{
	struct imapparse_list found;
	struct boxes_item item = {0};
	if (imapparse_list(l->arena, args, &found, err) < 0)
		return -1;
	if (!found.selectable || found.name.n == 0)
		return 1;
	item.raw = arena_str(l->arena, found.name);
	mutf7_decode(l->arena, item.raw, &item.name);
	if (str_ieq(item.name, STR("INBOX")))
		item.name = STR("INBOX");
	if (!boxes_wanted(l->ac, item.name))
		return 1;
	if (l->n == MAX_BOXES)
		return err_set(err, ERR_INPUT, "more than %d mailboxes", MAX_BOXES);
	l->list = arena_grow(l->arena, l->list, l->n, sizeof *l->list);
	l->list[l->n++] = item;
	return 1;
}

int boxes_list(struct session *s, struct arena *a, const struct harvest_account *ac,
	       struct boxes_item **out, size_t *n_out, struct err *err)
{
	struct listing l = {.arena = a, .ac = ac};
	struct session_event ev;
	unsigned tag = session_send(s, "LIST \"\" \"*\"");
	do {
		if (session_next(s, &ev, err) < 0)
			return -1;
		if (ev.kind == SESSION_RESP && ev.resp.kind == IMAPPARSE_DATA &&
		    str_ieq(ev.resp.name, STR("LIST")) && take(&l, ev.resp.args, err) < 0)
			return -1;
	} while (ev.kind != SESSION_RESP || ev.tag != tag);
	if (ev.resp.status != IMAPPARSE_OK)
		return session_refused(&ev.resp, ERR_NET, "cannot list mailboxes", err);
	*n_out = tidy(l.list, l.n);
	*out = l.list;
	return 1;
}
