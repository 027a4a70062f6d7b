#define _GNU_SOURCE
#include "rows.h"

#include <stdlib.h>

#include "casemap.h"
#include "chips.h"
#include "present.h"
#include "words.h"

/* ---- what a row shows ---- */

/* A copy, cut between characters. */
static struct str keep(struct arena *a, struct str s)
{
	size_t n = s.n < ROWS_TEXT ? s.n : ROWS_TEXT;
	while (n < s.n && n > 0 && ((unsigned char)s.p[n] & 0xC0) == 0x80)
		n--;
	if (n == s.n)
		return arena_str(a, s);
	return arena_fmt(a, "%.*s…", STR_ARG(str_cut(s, 0, n)));
}

static struct str name_of(struct arena *a, const struct mail_address *p)
{
	return keep(a, p->name.n ? p->name : p->email);
}

static void make_date(struct call *c, const struct query_hit *h, struct row *out)
{
	const struct mail_date *d = &h->record.date;
	struct arena *a = c->arena;
	out->sort_date = h->record.sort_date;
	if (d->usable) {
		out->exact = present_time(a, d->epoch, d->zone);
		out->date = present_day(a, d->epoch, d->zone);
	}
	if (out->exact.n == 0 && h->n_copies)
		out->date = present_day(a, h->copies[0].internaldate, h->copies[0].zone);
}

static int make_boxes(struct call *c, const struct query_hit *h, struct row *out, struct err *err)
{
	for (size_t i = 0; i < h->n_copies && out->n_boxes < ROWS_BOXES; i++) {
		const struct archive_epoch *e;
		int r = shape_epoch(&c->boxes, h->copies[i].epoch, &e, err);
		if (r < 0)
			return -1;
		if (r == 0)
			continue;
		out->boxes[out->n_boxes].account = keep(c->arena, e->account);
		out->boxes[out->n_boxes++].mailbox = keep(c->arena, e->mailbox);
	}
	out->more_boxes = h->n_copies > ROWS_BOXES ? h->n_copies - ROWS_BOXES : 0;
	return 1;
}

/* The names of the texts in which the words were found: "Subject, budget.xlsx". */
static struct str found_in(struct arena *a, const struct query_hit *h)
{
	static const char *const words[] = {
		[WHERE_SUBJECT] = WORDS_SUBJECT, [WHERE_FROM] = WORDS_FROM, [WHERE_TO] = WORDS_TO,
		[WHERE_CC] = WORDS_CC, [WHERE_BCC] = "Bcc", [WHERE_BODY] = WORDS_TEXT,
		[WHERE_ATTACHMENT] = WORDS_NO_NAME, [WHERE_FILENAME] = WORDS_NO_NAME,
	};
	struct str all = STR(""), last = STR("");
	for (size_t i = 0; i < h->where.n && all.n < ROWS_TEXT; i++) {
		const struct where_place *w = &h->where.list[i];
		const struct record_part *p = where_part(&h->record, w);
		struct str name = str_of(words[w->text]);
		if (p != NULL && p->filename.n > 0)
			name = present_utf8(a, keep(a, p->filename));
		if (w->hidden)
			name = arena_fmt(a, "%.*s (%s)", STR_ARG(name), WORDS_HIDDEN_TEXT);
		if (!str_eq(name, last)) /* the name of a file, and what is in it */
			all = arena_fmt(a, "%.*s%s%.*s", STR_ARG(all), all.n ? ", " : "",
					STR_ARG(name));
		last = name;
	}
	/* That it is in its text the snippet shows. */
	return str_eq(all, STR(WORDS_TEXT)) ? STR("") : all;
}

int rows_make(struct call *c, const struct query_hit *h, struct row *out, struct err *err)
{
	const struct record *r = &h->record;
	struct arena *a = c->arena;
	*out = (struct row){.size = h->msg.size, .others = r->n_to + r->n_cc > 1,
			    .partly = record_is_partial(r)};
	hash_hex(h->msg.hash, HASH_BYTES, out->id);
	out->from = r->n_from ? name_of(a, &r->from[0]) : STR("");
	out->to = r->n_to ? name_of(a, &r->to[0]) : STR("");
	out->subject = keep(a, r->subject);
	out->snippet = arena_str(a, h->snippet);
	struct snippet_mark *marks = arena_alloc(a, (h->n_marks + 1) * sizeof *marks);
	if (h->n_marks)
		memcpy(marks, h->marks, h->n_marks * sizeof *marks);
	out->marks = marks;
	out->n_marks = h->n_marks;
	out->hidden = h->snippet_from.hidden;
	out->found = found_in(a, h);
	for (size_t i = 0; i < r->n_parts; i++)
		out->files += r->parts[i].attachment;
	make_date(c, h, out);
	if (query_tags(c->boxes.db, a, h->msg.hash, &out->tags, err) < 0)
		return -1;
	return make_boxes(c, h, out, err);
}

/* ---- order ---- */

/* A subject without what answers and forwards put before it. */
static struct str bare_subject(struct str s)
{
	static const char *const before[] = {"re:", "fw:", "fwd:", "aw:", "wg:"};
	for (size_t i = 0; i < sizeof before / sizeof *before;) {
		struct str p = str_of(before[i]);
		if (s.n >= p.n && str_ieq(str_cut(s, 0, p.n), p)) {
			s = str_trim(str_cut(s, p.n, s.n));
			i = 0;
		} else {
			i++;
		}
	}
	return s;
}

static int by_key(const void *x, const void *y)
{
	const struct row *a = x, *b = y;
	size_t n = a->key.n < b->key.n ? a->key.n : b->key.n;
	int c = n ? memcmp(a->key.p, b->key.p, n) : 0;
	if (c == 0)
		c = (a->key.n > b->key.n) - (a->key.n < b->key.n);
	return c ? c : (a->weight > b->weight) - (a->weight < b->weight);
}

/* The newest first among equals, whatever the direction. */
static int by_date(const struct row *a, const struct row *b)
{
	int c = (a->sort_date < b->sort_date) - (a->sort_date > b->sort_date);
	return c ? c : memcmp(a->id, b->id, HASH_HEX);
}

static int upward(const void *x, const void *y)
{
	int c = by_key(x, y);
	return c ? c : by_date(x, y);
}

static int downward(const void *x, const void *y)
{
	int c = by_key(y, x);
	return c ? c : by_date(x, y);
}

void rows_sort(struct arena *a, struct row *rows, size_t n, const struct state *s)
{
	bool down = str_starts(s->sort, STR("-"));
	bool subject = str_ends(s->sort, STR("subject")), from = str_ends(s->sort, STR("from"));
	for (size_t i = 0; i < n; i++) {
		rows[i].key = subject ? casemap_str(a, bare_subject(rows[i].subject))
			    : from ? casemap_str(a, rows[i].from) : STR("");
		rows[i].weight = subject || from ? 0 : rows[i].size;
	}
	qsort(rows, n, sizeof *rows, down ? downward : upward);
}

/* ---- markup ---- */

/* Which order a click on a column leads to, and what is the case now. */
static const struct {
	const char *label, *class, *first, *second;
} columns[] = {
	{WORDS_FROM, "who", "from", "-from"},
	{WORDS_SUBJECT, "what", "subject", "-subject"},
	{WORDS_DATE, "when", "-date", "date"},
	{WORDS_SIZE, "size", "-size", "size"},
};

void rows_head(struct markup *m, const struct state *s)
{
	struct str now = s->sort.n ? s->sort : STR("-date");
	MARKUP(m, "<table class=\"list\"><thead><tr><th scope=\"col\" class=\"pick\">"
		  "<span class=\"unseen\">" WORDS_SELECT "</span></th>");
	for (size_t i = 0; i < sizeof columns / sizeof *columns; i++) {
		bool first = str_eq(now, str_of(columns[i].first));
		bool here = first || str_eq(now, str_of(columns[i].second));
		struct state t = state_list(s);
		t.sort = str_of(first ? columns[i].second : columns[i].first);
		if (str_eq(t.sort, STR("-date")))
			t.sort = STR("");
		MARKUP(m, "<th scope=\"col\" class=\"");
		markup_text(m, str_of(columns[i].class));
		MARKUP(m, "\"");
		if (here && str_starts(now, STR("-")))
			MARKUP(m, " aria-sort=\"descending\"");
		else if (here)
			MARKUP(m, " aria-sort=\"ascending\"");
		MARKUP(m, "><a href=\"");
		state_href(m, &t);
		MARKUP(m, "\">");
		markup_text(m, str_of(columns[i].label));
		MARKUP(m, "</a></th>");
	}
	MARKUP(m, "</tr></thead><tbody>\n");
}

static void sender(struct markup *m, const struct row *r)
{
	MARKUP(m, "<td class=\"who\"><bdi>");
	if (r->from.n)
		markup_text(m, r->from);
	else
		MARKUP(m, WORDS_NO_SENDER);
	MARKUP(m, "</bdi></td>");
}

/* The words that were found stand out. */
static void snippet(struct markup *m, const struct row *r)
{
	size_t at = 0;
	MARKUP(m, "<p class=\"snippet\">");
	if (r->hidden)
		MARKUP(m, "<small>" WORDS_HIDDEN "</small> ");
	MARKUP(m, "<bdi>");
	for (size_t i = 0; i < r->n_marks; i++) {
		markup_text(m, str_cut(r->snippet, at, r->marks[i].at));
		MARKUP(m, "<mark>");
		at = r->marks[i].at + r->marks[i].n;
		markup_text(m, str_cut(r->snippet, r->marks[i].at, at));
		MARKUP(m, "</mark>");
	}
	markup_text(m, str_cut(r->snippet, at, r->snippet.n));
	MARKUP(m, "</bdi></p>");
}

/* Where it lies, unless the list is of that mailbox, and what else is to know. */
static void labels(struct markup *m, const struct state *s, const struct row *r)
{
	bool boxes = s->mailbox.n == 0 && r->n_boxes > 0;
	if (!boxes && !r->partly && r->to.n == 0 && r->tags.n == 0)
		return;
	MARKUP(m, "<p class=\"labels\">");
	if (r->to.n) {
		MARKUP(m, "<span>to <bdi>");
		markup_text(m, r->to);
		MARKUP(m, "</bdi>");
		if (r->others)
			MARKUP(m, WORDS_AND_OTHERS);
		MARKUP(m, "</span> ");
	}
	for (size_t i = 0; boxes && i < r->n_boxes; i++) {
		MARKUP(m, "<span class=\"label\"><bdi>");
		markup_text(m, r->boxes[i].account);
		MARKUP(m, "</bdi> / <bdi>");
		markup_text(m, r->boxes[i].mailbox);
		MARKUP(m, "</bdi></span> ");
	}
	if (boxes && r->more_boxes) {
		MARKUP(m, "<span class=\"label\">+");
		markup_number(m, r->more_boxes);
		MARKUP(m, "</span> ");
	}
	chips_write(m, &r->tags);
	if (r->partly)
		MARKUP(m, "<span class=\"label\">" WORDS_PARTLY "</span>");
	MARKUP(m, "</p>");
}

static void subject(struct markup *m, const struct state *s, const struct row *r)
{
	struct state t = *s;
	t.open = str_of(r->id);
	t.view = STR("");
	MARKUP(m, "<td class=\"what\"><a href=\"");
	state_href(m, &t);
	MARKUP(m, "\"");
	if (str_eq(s->open, t.open))
		MARKUP(m, " aria-current=\"true\"");
	MARKUP(m, "><bdi>");
	if (r->subject.n)
		markup_text(m, r->subject);
	else
		MARKUP(m, WORDS_NO_SUBJECT);
	MARKUP(m, "</bdi></a>");
	if (r->files) {
		MARKUP(m, " <span class=\"clip\">");
		MARKUP(m, "<svg viewBox=\"0 0 16 16\" width=\"14\" height=\"14\""
			  " aria-hidden=\"true\"><path d=\"M13 7 7.7 12.3a3.2 3.2 0 0 1-4.5-4.5"
			  "l5.6-5.6a2.1 2.1 0 0 1 3 3L6.2 10.8"
			  "a1 1 0 0 1-1.5-1.5L9.5 4.5\" fill=\"none\""
			  " stroke=\"currentColor\" stroke-width=\"1.3\"/></svg>");
		MARKUP(m, "<span class=\"unseen\">");
		markup_number(m, r->files);
		MARKUP(m, WORDS_ATTACHED "</span></span>");
	}
	if (r->snippet.n)
		snippet(m, r);
	labels(m, s, r);
	if (r->found.n) {
		MARKUP(m, "<p class=\"found\">" WORDS_FOUND_IN "<bdi>");
		markup_text(m, r->found);
		MARKUP(m, "</bdi></p>");
	}
	MARKUP(m, "</td>");
}

static void date(struct markup *m, const struct row *r)
{
	MARKUP(m, "<td class=\"when\">");
	if (r->exact.n) {
		MARKUP(m, "<time datetime=\"");
		markup_text(m, r->exact);
		MARKUP(m, "\">");
		markup_text(m, r->date);
		MARKUP(m, "</time>");
	} else {
		MARKUP(m, WORDS_NO_DATE);
		if (r->date.n) {
			MARKUP(m, ", " WORDS_ARRIVED);
			markup_text(m, r->date);
		}
	}
	MARKUP(m, "</td>");
}

void rows_write(struct markup *m, const struct state *s, const struct row *r)
{
	bool open = str_eq(s->open, str_of(r->id));
	MARKUP(m, "<tr id=\"m");
	markup_text(m, str_cut(str_of(r->id), 0, 16));
	MARKUP(m, "\"");
	if (open)
		MARKUP(m, " class=\"open\"");
	MARKUP(m, "><td class=\"pick\"><input type=\"checkbox\" name=\"id\" value=\"");
	markup_text(m, str_of(r->id));
	MARKUP(m, "\" aria-label=\"" WORDS_SELECT ": ");
	markup_text(m, r->subject.n ? r->subject : STR(WORDS_NO_SUBJECT));
	MARKUP(m, "\"></td>");
	sender(m, r);
	subject(m, s, r);
	date(m, r);
	MARKUP(m, "<td class=\"size\">");
	markup_text(m, present_size(m->arena, r->size));
	MARKUP(m, "</td></tr>\n");
}

void rows_foot(struct markup *m)
{
	MARKUP(m, "</tbody></table>");
}
