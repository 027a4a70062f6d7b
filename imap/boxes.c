#include "boxes.h"

#include "log.h"
#include "mutf7.h"
#include "uses.h"

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
	struct session *s;
	struct arena *arena;
	const struct harvest_account *ac;
	struct boxes_item *list;
	size_t n;
	struct imapparse_mailbox *status;
	size_t n_status;
};

/* Is all that there is wanted, without a choice? */
static bool wants_all(const struct harvest_account *ac)
{
	return ac->n_mailboxes == 0 ||
	       (ac->n_mailboxes == 1 && str_eq(ac->mailboxes[0], STR("*")));
}

static bool is_foreign(const struct listing *l, struct str raw)
{
	struct str prefixes = session_foreign(l->s), one;
	while (str_line(&prefixes, &one))
		if (str_starts(raw, one))
			return true;
	return false;
}

static struct str clean_name(struct listing *l, struct str raw)
{
	struct str name = raw;
	if (!session_utf8(l->s))
		mutf7_decode(l->arena, raw, &name);
	return str_ieq(name, STR("INBOX")) ? STR("INBOX") : name;
}

/* Attributes are separated by SP. */
static struct str uses_of(struct arena *a, struct str attributes)
{
	struct str out = STR(""), one;
	while (str_split(&attributes, ' ', &one))
		if (uses_is(one) && !imapparse_word(out, one))
			out = arena_fmt(a, "%.*s%s%.*s", STR_ARG(out), out.n ? " " : "",
					STR_ARG(one));
	return out;
}

static int take_list(struct listing *l, struct str args, struct err *err)
{
	struct imapparse_list found;
	struct boxes_item item = {0};
	if (imapparse_list(l->arena, args, &found, err) < 0)
		return -1;
	if (!found.selectable || found.name.n == 0)
		return 1;
	item.raw = arena_str(l->arena, found.name);
	item.name = clean_name(l, item.raw);
	item.all = imapparse_word(found.attributes, STR("\\All"));
	item.extra = imapparse_word(found.attributes, STR("\\Junk")) ||
		     imapparse_word(found.attributes, STR("\\Trash"));
	item.uses = uses_of(l->arena, found.attributes);
	if (!boxes_wanted(l->ac, item.name) || (wants_all(l->ac) && is_foreign(l, item.raw)))
		return 1;
	if (l->n == MAX_BOXES)
		return err_set(err, ERR_INPUT, "more than %d mailboxes", MAX_BOXES);
	l->list = arena_grow(l->arena, l->list, l->n, sizeof *l->list);
	l->list[l->n++] = item;
	return 1;
}

static int take_status(struct listing *l, struct str args, struct err *err)
{
	struct imapparse_mailbox m;
	if (imapparse_mailbox(l->arena, args, &m, err) < 0)
		return -1;
	if (l->n_status == MAX_BOXES)
		return 1;
	m.name = arena_str(l->arena, m.name);
	l->status = arena_grow(l->arena, l->status, l->n_status, sizeof *l->status);
	l->status[l->n_status++] = m;
	return 1;
}

/* Each status goes to its mailbox. */
static void put_status(struct listing *l)
{
	for (size_t i = 0; i < l->n_status; i++) {
		struct boxes_item key = {.raw = l->status[i].name}, *at;
		key.name = clean_name(l, key.raw);
		size_t lo = 0, hi = l->n;
		while (lo < hi) {
			size_t mid = lo + (hi - lo) / 2;
			if (str_cmp(l->list[mid].name, key.name) < 0)
				lo = mid + 1;
			else
				hi = mid;
		}
		at = lo < l->n ? &l->list[lo] : NULL;
		if (at == NULL || !str_eq(at->name, key.name) || at->ambiguous)
			continue;
		at->has_status = l->status[i].has_messages;
		at->status = l->status[i];
	}
}

/* Gmail shows a message under each of its labels: once is enough. */
static void only_all_mail(struct listing *l)
{
	size_t n = 0, all = 0;
	for (size_t i = 0; i < l->n; i++)
		all += l->list[i].all;
	if (!session_can(l->s, "X-GM-EXT-1") || !wants_all(l->ac))
		return;
	if (all == 0) {
		log_line(LOG_WARN, "account '%.*s': Gmail hides 'All Mail' from IMAP: every label "
				   "is harvested as a mailbox", STR_ARG(l->ac->name));
		return;
	}
	for (size_t i = 0; i < l->n; i++)
		if (l->list[i].all || l->list[i].extra)
			l->list[n++] = l->list[i];
	l->n = n;
}

/* Runs a LIST command. 1; 0 it was refused (*err); -1. */
static int run_list(struct listing *l, const char *options, struct err *err)
{
	struct session_event ev;
	unsigned tag = session_send(l->s, "LIST \"\" \"*\"%s", options);
	l->n = l->n_status = 0;
	do {
		int r = 1;
		if (session_next(l->s, &ev, err) < 0)
			return -1;
		if (ev.kind != SESSION_RESP || ev.resp.kind != IMAPPARSE_DATA)
			continue;
		if (str_ieq(ev.resp.name, STR("LIST")))
			r = take_list(l, ev.resp.args, err);
		else if (str_ieq(ev.resp.name, STR("STATUS")))
			r = take_status(l, ev.resp.args, err);
		if (r < 0)
			return -1;
	} while (ev.kind != SESSION_RESP || ev.tag != tag);
	if (ev.resp.status == IMAPPARSE_OK)
		return 1;
	session_refused(&ev.resp, ERR_NET, "cannot list mailboxes", err);
	return 0;
}

/* What LIST shall tell besides names, as far as the server knows how. */
static struct str options(struct listing *l)
{
	bool rev2 = session_enabled(l->s, "IMAP4rev2");
	bool status = rev2 || session_can(l->s, "LIST-STATUS");
	bool use = rev2 || session_can(l->s, "SPECIAL-USE");
	if (!rev2 && !session_can(l->s, "LIST-EXTENDED"))
		return STR("");
	if (!status)
		return use ? STR(" RETURN (SPECIAL-USE)") : STR("");
	return arena_fmt(l->arena, " RETURN (%sSTATUS (MESSAGES UIDNEXT UIDVALIDITY%s))",
			 use ? "SPECIAL-USE " : "",
			 session_enabled(l->s, "CONDSTORE") ? " HIGHESTMODSEQ" : "");
}

int boxes_list(struct session *s, struct arena *a, const struct harvest_account *ac,
	       struct boxes_item **out, size_t *n_out, struct err *err)
{
	struct listing l = {.s = s, .arena = a, .ac = ac};
	struct str more = options(&l);
	int r = run_list(&l, more.p, err);
	if (r == 0 && more.n) /* it knows less than it says */
		r = run_list(&l, "", err);
	if (r < 1)
		return -1;
	l.n = tidy(l.list, l.n);
	put_status(&l);
	only_all_mail(&l);
	*n_out = l.n;
	*out = l.list;
	return 1;
}

struct str boxes_uses(struct arena *a, const struct boxes_item *list, size_t n)
{
	struct buf b;
	buf_init(&b, USES_MOST);
	for (size_t i = 0; i < n; i++) {
		struct str rest = list[i].uses, use;
		if (list[i].ambiguous || str_chr(list[i].name, '\n') >= 0 ||
		    str_chr(list[i].name, '\0') >= 0)
			continue;
		while (str_split(&rest, ' ', &use))
			if (use.n && b.n + use.n + list[i].name.n + 2 <= USES_MOST)
				buf_fmt(&b, "%.*s %.*s\n", STR_ARG(use), STR_ARG(list[i].name));
	}
	struct str out = arena_str(a, buf_all(&b));
	buf_free(&b);
	return out;
}
