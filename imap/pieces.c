#include "pieces.h"

#include <stdio.h>

/* One command. */
struct piece {
	struct pieces *p;
	enum imapparse_piece kind;
	uint64_t origin, most;
	uint64_t before;  /* bytes of the letter when it was sent */
	bool taking;      /* a literal that may be ours is being read */
	bool had, wrong;
};

/* Does a literal of ours begin? Something else is not taken. */
static int on_body(struct piece *x, const struct session_event *ev, struct err *err)
{
	x->taking = !x->had && !x->wrong && ev->size <= x->most;
	if (!x->taking)
		x->wrong = true;
	return x->taking ? letter_more(x->p->c->letter, ev->size, x->p->c->max_message, err) : 1;
}

static int on_data(struct piece *x, struct str data, struct err *err)
{
	return x->taking ? letter_add(x->p->c->letter, data, err) : 1;
}

/* A response ended: were its bytes those that were asked for? */
static int on_fetch(struct piece *x, const struct imapparse_resp *resp, struct err *err)
{
	struct imapparse_fetch got;
	struct letter *l = x->p->c->letter;
	arena_reset(x->p->arena);
	int r = imapparse_message(x->p->arena, resp, &got, err);
	bool taken = x->taking;
	x->taking = false;
	if (r < 1)
		return r < 0 ? -1 : 1;
	bool ours = got.uid == x->p->uid && got.piece == x->kind && got.origin == x->origin;
	if (got.body != IMAPPARSE_ABSENT || (taken && !ours))
		x->wrong = true;
	if (!ours || got.part == IMAPPARSE_ABSENT)
		return 1;
	if (got.part == IMAPPARSE_QUOTED && !x->had && got.quoted.n <= x->most) {
		if (letter_more(l, got.quoted.n, x->p->c->max_message, err) < 0 ||
		    letter_add(l, got.quoted, err) < 0)
			return -1;
		taken = true;
	}
	x->had |= taken || got.part == IMAPPARSE_NIL;
	x->p->got = got;
	return 1;
}

/* Asks for a piece and appends it to the letter. 1 it came, perhaps empty; 0 not, or it is not
 * what was asked for: the letter is as before; -1. */
static int get(struct piece *x, const char *name, struct err *err)
{
	struct session_event ev;
	struct session *s = x->p->c->s;
	struct letter *l = x->p->c->letter;
	int r = 1;
	x->before = l->have;
	unsigned tag = session_send(s, "UID FETCH %u (%s %s)", (unsigned)x->p->uid, x->p->items,
				    name);
	do {
		if (session_next(s, &ev, err) < 0)
			return -1;
		if (ev.kind == SESSION_BODY)
			r = on_body(x, &ev, err);
		else if (ev.kind == SESSION_DATA)
			r = on_data(x, ev.data, err);
		else
			r = on_fetch(x, &ev.resp, err);
		if (r < 0)
			return -1;
	} while (ev.kind != SESSION_RESP || ev.tag != tag);
	if (x->had && !x->wrong && !l->too_large && ev.resp.status == IMAPPARSE_OK)
		return 1;
	letter_cut(l, x->before);
	return 0;
}

/* The next piece. Of the first one the beginning must be what came before. */
static int next_part(struct pieces *p, size_t overlap, struct err *err)
{
	char name[80], old[PIECES_OVERLAP], new[PIECES_OVERLAP];
	struct letter *l = p->c->letter;
	uint64_t size = l->size, from = l->have - overlap;
	uint64_t most = size - from < PIECES_STEP ? size - from : PIECES_STEP;
	struct piece x = {.p = p, .kind = IMAPPARSE_PART, .origin = from, .most = most};
	snprintf(name, sizeof name, "BODY.PEEK[]<%llu.%llu>", (unsigned long long)from,
		 (unsigned long long)most);
	if (letter_peek(l, from, old, overlap, err) < 0)
		return -1;
	letter_cut(l, from);
	int r = get(&x, name, err);
	bool whole = l->have == from + most;
	if (r == 1 && whole && letter_peek(l, from, new, overlap, err) < 0)
		return -1;
	if (r == 1 && (!whole || memcmp(old, new, overlap) != 0))
		r = 0;
	l->size = size; /* what was announced, whatever has come of it */
	return r;
}

int pieces_resume(struct pieces *p, struct err *err)
{
	struct letter *l = p->c->letter;
	size_t overlap = l->have < PIECES_OVERLAP ? (size_t)l->have : PIECES_OVERLAP;
	int r = 1;
	while (r == 1 && l->have < l->size) {
		r = next_part(p, overlap, err);
		overlap = 0;
	}
	return r;
}

int pieces_halves(struct pieces *p, struct err *err)
{
	struct piece head = {.p = p, .kind = IMAPPARSE_HEAD, .most = UINT64_MAX};
	struct piece text = {.p = p, .kind = IMAPPARSE_TEXT, .most = UINT64_MAX};
	letter_begin(p->c->letter, 0, p->c->max_message);
	int r = get(&head, "BODY.PEEK[HEADER]", err);
	if (r == 1 && p->c->letter->have == 0)
		r = 0; /* no message has no header */
	if (r == 1)
		r = get(&text, "BODY.PEEK[TEXT]", err);
	return r == 1 && p->got.part == IMAPPARSE_NIL ? 0 : r;
}
