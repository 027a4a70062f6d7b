#include "strand.h"

#include "alike.h"
#include "present.h"
#include "thread.h"
#include "words.h"

/* Where a message is shown, seen from where the reader is. */
static void link_to(struct markup *m, const struct state *s, const char *id)
{
	struct state t = *s;
	t.view = STR("");
	if (s->open.n) {
		t.open = str_of(id);
		state_href(m, &t);
		return;
	}
	MARKUP(m, "/message/");
	markup_url(m, str_of(id));
	state_tail(m, &t);
}

static void day(struct markup *m, const struct record *r)
{
	struct str exact = present_time(m->arena, r->date.epoch, r->date.zone);
	if (!r->date.usable || exact.n == 0)
		return;
	MARKUP(m, " <time datetime=\"");
	markup_text(m, exact);
	MARKUP(m, "\">");
	markup_text(m, present_day(m->arena, r->date.epoch, r->date.zone));
	MARKUP(m, "</time>");
}

static void line(struct markup *m, const struct state *s, const struct query_hit *h,
		 unsigned depth, bool here, const struct alike *like)
{
	char id[HASH_HEX + 1];
	const struct record *r = &h->record;
	hash_hex(h->msg.hash, HASH_BYTES, id);
	MARKUP(m, "<li class=\"d");
	markup_digits(m, depth < STRAND_DEEP ? depth : STRAND_DEEP);
	MARKUP(m, "\"><a href=\"");
	link_to(m, s, id);
	MARKUP(m, "\"");
	if (here)
		MARKUP(m, " aria-current=\"true\"");
	MARKUP(m, "><bdi>");
	if (r->n_from)
		markup_text(m, str_cut(r->from[0].name.n ? r->from[0].name : r->from[0].email, 0,
				       200));
	else
		MARKUP(m, WORDS_NO_SENDER);
	MARKUP(m, "</bdi></a>");
	day(m, r);
	MARKUP(m, " <small><bdi>");
	markup_text(m, str_cut(r->subject.n ? r->subject : STR(WORDS_NO_SUBJECT), 0, 200));
	MARKUP(m, "</bdi></small>");
	if (like->same >= 0)
		MARKUP(m, " <small class=\"label\">" WORDS_SAME_TEXT "</small>");
	else if (like->within >= 0)
		MARKUP(m, " <small class=\"label\">" WORDS_CONTAINED "</small>");
	MARKUP(m, "</li>");
}

static int lines(struct markup *m, struct call *c, const struct state *s, const struct thread *t,
		 uint64_t number, struct err *err)
{
	struct rights rights = call_rights(c);
	const struct alike *like;
	if (alike_make(c->boxes.db, c->arena, &rights, t, &like, err) < 0)
		return -1;
	for (size_t i = 0; i < t->n && i < STRAND_MAX; i++) {
		const struct arrange_line *l = &t->lines[i];
		struct query_hit h;
		int r = query_glance(c->boxes.db, c->arena, &rights, l->kin->number, &h, err);
		if (r < 0)
			return -1;
		if (r > 0)
			line(m, s, &h, l->depth, l->kin->number == number, &like[i]);
	}
	return 1;
}

int strand_write(struct markup *m, struct call *c, const struct state *s,
		 const struct archive_msg *msg, struct err *err)
{
	struct rights rights = call_rights(c);
	struct state all = {.limit = s->limit};
	struct thread t;
	int r = thread_list(c->boxes.db, c->arena, &rights, msg->number, &t, err);
	if (r < 0 || (r > 0 && t.n < 2) || r == 0)
		return r < 0 ? -1 : 1;
	all.q = arena_fmt(c->arena, "thread:%.*s", STR_ARG(t.id));
	MARKUP(m, "<details class=\"more thread\" open><summary>" WORDS_THREAD);
	markup_number(m, t.n);
	MARKUP(m, WORDS_MANY_MESSAGES "</summary><ol>");
	r = lines(m, c, s, &t, msg->number, err);
	MARKUP(m, "</ol><p><a class=\"to-thread\" href=\"");
	state_href(m, &all);
	MARKUP(m, "\">" WORDS_WHOLE_THREAD "</a>");
	if (t.n > STRAND_MAX || t.cut)
		MARKUP(m, " " WORDS_THREAD_CUT);
	MARKUP(m, "</p></details>");
	return r;
}
