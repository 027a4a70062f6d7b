#include "uidlist.h"

#define LAST_UID 4294967295u
#define SEARCH_UIDS ((size_t)80000) /* in an answer: less than IMAPFRAME_LINE */

static void send_all(struct uidlist *l)
{
	l->tag = session_send(l->s, "UID FETCH 1:%u %s%s", (unsigned)l->to, l->items, l->modifier);
}

void uidlist_all(struct uidlist *l, struct session *s, const char *items, const char *modifier)
{
	l->s = s;
	l->items = items;
	l->modifier = modifier;
	l->to = LAST_UID;
	l->refused = false;
	send_all(l);
}

void uidlist_some(struct uidlist *l, struct session *s, const char *set, const char *items)
{
	l->s = s;
	l->to = 0;
	l->refused = false;
	l->tag = session_send(s, "UID FETCH %s %s", set, items);
}

/* "1:5,7", or "(EARLIER) 1:5,7", which tells of the time before. */
static void on_vanished(struct uidlist *l, struct str args)
{
	static const struct uidset none = {0};
	struct str rest = args, word;
	uint64_t n;
	str_split(&rest, ' ', &word);
	bool earlier = str_ieq(word, STR("(EARLIER)"));
	uidset_within(l->watched ? l->watched : &none, earlier ? rest : args, &l->vanished, &n);
	if (!earlier)
		l->exists -= n < l->exists ? (uint32_t)n : l->exists;
}

static void on_data(struct uidlist *l, const struct imapparse_resp *r)
{
	if (r->kind != IMAPPARSE_DATA)
		return;
	if (r->numbered && str_ieq(r->name, STR("EXISTS")))
		l->exists = r->number;
	else if (r->numbered && str_ieq(r->name, STR("EXPUNGE")))
		l->exists -= l->exists > 0;
	else if (str_ieq(r->name, STR("VANISHED")))
		on_vanished(l, r->args);
}

/* "MESSAGELIMIT 1000 23221": the lowest UID that was looked at. 1: the rest was asked for. */
static int go_on(struct uidlist *l, const struct imapparse_resp *r)
{
	struct str args = r->code_args, most;
	uint32_t lowest;
	if (l->to == 0 || !str_ieq(r->code, STR("MESSAGELIMIT")) || !str_split(&args, ' ', &most) ||
	    !str_u32(args, &lowest) || lowest <= 1 || lowest > l->to)
		return 0;
	l->to = lowest - 1;
	send_all(l);
	return 1;
}

/* A command ended. 1 another one runs; 0 the end. */
static int on_end(struct uidlist *l, const struct imapparse_resp *r, struct err *err)
{
	if (go_on(l, r))
		return 1;
	uidset_sort(&l->vanished);
	l->refused = r->status != IMAPPARSE_OK;
	if (l->refused)
		session_refused(r, ERR_NET, "cannot list messages", err);
	return 0;
}

int uidlist_next(struct uidlist *l, struct imapparse_fetch *out, struct err *err)
{
	struct session_event ev;
	for (;;) {
		if (session_next(l->s, &ev, err) < 0)
			return -1;
		if (ev.kind != SESSION_RESP)
			continue;
		if (ev.tag == l->tag && on_end(l, &ev.resp, err) == 0)
			return 0;
		arena_reset(&l->arena);
		int r = imapparse_message(&l->arena, &ev.resp, out, err);
		if (r)
			return r;
		on_data(l, &ev.resp);
	}
}

int uidlist_into(struct uidlist *l, struct uidset *to, struct err *err)
{
	struct imapparse_fetch got;
	struct err full = {0};
	int r;
	while ((r = uidlist_next(l, &got, err)) == 1)
		if (got.uid && full.kind == ERR_NONE && !uidset_add(to, got.uid))
			err_set(&full, ERR_NET, "more than %zu messages", UIDSET_MAX);
	uidset_sort(to);
	if (r < 0 || l->refused)
		return r;
	if (full.kind)
		*err = full;
	return full.kind ? 0 : 1;
}

/* "(TAG \"a5\") UID ALL 1:3,5"; without ALL there are none. */
static int take_search(const struct uidlist *l, struct str args, struct uidset *to)
{
	ptrdiff_t at = str_find(args, STR(" UID"));
	struct str rest = str_cut(args, at < 0 ? args.n : (size_t)at + 4, args.n), word;
	while (str_split(&rest, ' ', &word))
		if (str_ieq(word, STR("ALL")))
			return uidset_parse(rest, l->exists, to);
	return 1;
}

/* One command. 1; 0 refused, or not understood; -1. */
static int search(struct uidlist *l, uint32_t from, uint32_t to, struct uidset *out,
		  struct err *err)
{
	struct session_event ev;
	int ok = 1;
	unsigned tag = session_send(l->s, "UID SEARCH RETURN (ALL) UID %u:%u", (unsigned)from,
				    (unsigned)to);
	do {
		if (session_next(l->s, &ev, err) < 0)
			return -1;
		if (ev.kind != SESSION_RESP)
			continue;
		if (ev.resp.kind == IMAPPARSE_DATA && str_ieq(ev.resp.name, STR("ESEARCH")))
			ok &= take_search(l, ev.resp.args, out);
		else
			on_data(l, &ev.resp);
	} while (ev.kind != SESSION_RESP || ev.tag != tag);
	return ok && ev.resp.status == IMAPPARSE_OK;
}

int uidlist_search(struct uidlist *l, struct session *s, const struct uidset *known,
		   struct uidset *to, struct err *err)
{
	uint32_t from = 1, last;
	size_t i = 0;
	int r = 1;
	l->s = s;
	do {
		i += SEARCH_UIDS;
		last = i < known->n ? known->p[i] : LAST_UID;
		r = search(l, from, last, to, err);
		from = last + 1;
	} while (r == 1 && last != LAST_UID);
	uidset_sort(to);
	return r == 1 ? to->n == l->exists : r;
}

void uidlist_free(struct uidlist *l)
{
	uidset_free(&l->vanished);
	arena_free(&l->arena);
}
