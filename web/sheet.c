#define _GNU_SOURCE
#include "sheet.h"

#include "chips.h"
#include "frame.h"
#include "hitmarks.h"
#include "notes.h"
#include "present.h"
#include "quote.h"
#include "reading.h"
#include "strand.h"
#include "words.h"

/* So many quoted lines are folded; so many addresses are not; so many pictures, if they are not
 * larger than that, are shown. */
enum { FOLDED = 8, FEW = 8, PICTURES = 20, PICTURE_MAX = 8 << 20 };

/* The page under construction. */
struct page {
	struct markup m;
	struct call *call;
	const struct query_message *msg;
	struct state state; /* where the reader came from; `open`: it stands beside the list */
	struct html_seen seen; /* the text */
	struct hitmarks marks; /* in it */
	char id[HASH_HEX + 1];
};

static void link_to(struct page *s, const char *tail, struct str number, struct str label)
{
	struct markup *m = &s->m;
	MARKUP(m, "<a href=\"/api/v1/messages/");
	markup_url(m, str_of(s->id));
	markup_text(m, str_of(tail));
	markup_url(m, number);
	MARKUP(m, "\">");
	markup_text(m, label);
	MARKUP(m, "</a>");
}

static void left_out(struct markup *m, size_t n, const char *what)
{
	MARKUP(m, "<p>");
	markup_number(m, n);
	MARKUP(m, " more ");
	markup_text(m, str_of(what));
	MARKUP(m, " not shown here.</p>");
}

static void people(struct markup *m, const char *label, const struct mail_address *list, size_t n)
{
	if (n == 0)
		return;
	MARKUP(m, "<dt>");
	markup_text(m, str_of(label));
	MARKUP(m, "</dt><dd>");
	for (size_t i = 0; i < n && i < SHEET_MAX_ROWS; i++) {
		if (i == FEW && n > FEW + 2) {
			MARKUP(m, "<details><summary>+");
			markup_number(m, n - i);
			MARKUP(m, WORDS_MORE_PEOPLE "</summary>");
		}
		MARKUP(m, "<bdi>");
		markup_text(m, str_cut(present_address(m->arena, &list[i]), 0, SHEET_MAX_VALUE));
		MARKUP(m, "</bdi>");
		if (i + 1 < n)
			MARKUP(m, ", ");
	}
	if (n > SHEET_MAX_ROWS) {
		MARKUP(m, "and ");
		markup_number(m, n - SHEET_MAX_ROWS);
		MARKUP(m, " more");
	}
	if (n > FEW + 2)
		MARKUP(m, "</details>");
	MARKUP(m, "</dd>");
}

static void facts(struct page *s)
{
	struct markup *m = &s->m;
	const struct record *r = &s->msg->record;
	struct str exact = present_time(m->arena, r->date.epoch, r->date.zone);
	MARKUP(m, "<dl class=\"facts\">");
	people(m, WORDS_FROM, r->from, r->n_from);
	people(m, WORDS_TO, r->to, r->n_to);
	people(m, WORDS_CC, r->cc, r->n_cc);
	MARKUP(m, "<dt>" WORDS_DATE "</dt><dd>");
	if (r->date.usable && exact.n) {
		MARKUP(m, "<time datetime=\"");
		markup_text(m, exact);
		MARKUP(m, "\">");
		markup_text(m, present_day(m->arena, r->date.epoch, r->date.zone));
		MARKUP(m, " (");
		markup_text(m, str_cut(exact, exact.n - 6, exact.n));
		MARKUP(m, ")</time>");
	} else {
		MARKUP(m, WORDS_NO_SUCH_DATE);
	}
	MARKUP(m, "</dd></dl>");
}

/* The message by itself, with the way back. */
static void alone(struct page *s, struct str view)
{
	struct markup *m = &s->m;
	struct state from = s->state;
	from.open = STR("");
	from.view = view;
	MARKUP(m, "/message/");
	markup_url(m, str_of(s->id));
	state_tail(m, &from);
}

/* What the sender called it, for links that hold elsewhere. */
static void permalink(struct page *s)
{
	struct markup *m = &s->m;
	struct str id = s->msg->record.message_id;
	if (id.n < 3 || id.n > SHEET_MAX_VALUE || str_chr(id, '/') >= 0)
		return;
	MARKUP(m, "<a rel=\"bookmark\" href=\"/mid/");
	markup_url(m, str_cut(id, 1, id.n - 1));
	MARKUP(m, "\">" WORDS_LINK "</a>");
}

static void actions(struct page *s)
{
	struct markup *m = &s->m;
	struct state back = s->state;
	bool beside = back.open.n > 0;
	back.open = back.view = STR("");
	MARKUP(m, "<div class=\"actions\">");
	if (beside) {
		MARKUP(m, "<a class=\"close\" href=\"");
		state_href(m, &back);
		MARKUP(m, "\">" WORDS_CLOSE "</a><a href=\"");
		alone(s, STR(""));
		MARKUP(m, "\">" WORDS_ALONE "</a>");
	} else if (back.q.n + back.account.n + back.mailbox.n) {
		MARKUP(m, "<a class=\"back\" href=\"");
		state_href(m, &back);
		MARKUP(m, "\">" WORDS_BACK "</a>");
	}
	link_to(s, "/raw", STR(""), STR(WORDS_ORIGINAL));
	permalink(s);
	link_to(s, "", STR(""), STR("JSON"));
	MARKUP(m, "<span>");
	markup_text(m, present_size(m->arena, s->msg->msg.size));
	MARKUP(m, "</span></div>");
}

static void marks(struct page *s)
{
	struct markup *m = &s->m;
	unsigned bits = s->msg->mail.marks;
	const char *between = "";
	if (bits == 0 && s->msg->raw.n == s->msg->msg.size)
		return;
	MARKUP(m, "<div class=\"note\" role=\"status\"><p>" WORDS_NOT_READ);
	for (unsigned bit = 1; bit && bit <= bits; bit <<= 1) {
		if (!(bits & bit))
			continue;
		markup_text(m, str_of(between));
		markup_text(m, notes_mark(str_of(mail_mark_name((enum mail_mark)bit))));
		between = ", ";
	}
	if (s->msg->raw.n < s->msg->msg.size) {
		markup_text(m, str_of(between));
		MARKUP(m, WORDS_BEGINNING);
	}
	MARKUP(m, ".</p></div>");
}

static void tab(struct page *s, const char *view, const char *label, bool here)
{
	struct markup *m = &s->m;
	struct state t = s->state;
	t.view = str_of(view);
	MARKUP(m, "<a href=\"");
	if (t.open.n)
		state_href(m, &t);
	else
		alone(s, t.view);
	MARKUP(m, "\"");
	if (here)
		MARKUP(m, " aria-current=\"page\"");
	MARKUP(m, ">");
	markup_text(m, str_of(label));
	MARKUP(m, "</a>");
}

/* The sender's own HTML, in a frame that may do nothing. */
static void html(struct page *s)
{
	struct markup *m = &s->m;
	MARKUP(m, "<iframe class=\"html\" title=\"" WORDS_AS_HTML "\""
		  " sandbox=\"allow-popups allow-popups-to-escape-sandbox\""
		  " referrerpolicy=\"no-referrer\" src=\"/message/");
	markup_url(m, str_of(s->id));
	MARKUP(m, "/html\"></iframe>");
}

static size_t count_lines(struct str s)
{
	struct str line;
	size_t n = 0;
	while (str_line(&s, &line))
		n++;
	return n;
}

/* A line of the text, what HTML hides of it marked. *next: the first piece that is not behind. */
static void line_of_text(struct page *s, size_t *next, struct str line)
{
	struct markup *m = &s->m;
	const struct html_seen *seen = &s->seen;
	size_t at = (size_t)(line.p - seen->text.p), end = at + line.n;
	while (*next < seen->n_hidden && seen->hidden[*next].at < end) {
		const struct html_piece *p = &seen->hidden[*next];
		size_t from = p->at > at ? p->at : at, to = p->at + p->n < end ? p->at + p->n : end;
		hitmarks_write(m, &s->marks, at, from);
		if (to > from) {
			MARKUP(m, "<span class=\"veiled\">");
			if (from == p->at)
				MARKUP(m, "<small>" WORDS_HIDDEN "</small> ");
			hitmarks_write(m, &s->marks, from, to);
			MARKUP(m, "</span>");
		}
		at = to > at ? to : at;
		if (p->at + p->n > end)
			break;
		++*next;
	}
	hitmarks_write(m, &s->marks, at, end);
}

/* Lines that quote stand apart; many of them behind a line that opens them. */
static void piece(struct page *s, size_t *next, struct str text, bool quoted, bool first)
{
	struct markup *m = &s->m;
	struct str line;
	size_t n = quoted && !first ? count_lines(text) : 0;
	if (n >= FOLDED) {
		size_t at = (size_t)(text.p - s->seen.text.p);
		markup_literal(m, hitmarks_in(&s->marks, at, at + text.n)
			       ? STR("<details class=\"quoted\" open><summary>")
			       : STR("<details class=\"quoted\"><summary>"));
		markup_number(m, n);
		MARKUP(m, WORDS_QUOTED "</summary>");
	}
	while (str_line(&text, &line)) {
		if (quoted)
			MARKUP(m, "<q>");
		line_of_text(s, next, line);
		if (quoted)
			MARKUP(m, "</q>");
		MARKUP(m, "\n");
	}
	if (n >= FOLDED)
		MARKUP(m, "</details>");
}

static void text(struct page *s)
{
	struct markup *m = &s->m;
	s->seen = query_reading(&s->call->heavy, s->msg);
	struct str all = s->seen.text, one, rest = str_cut(all, 0, SHEET_MAX_TEXT);
	size_t next = 0;
	if (s->seen.n_hidden > 0)
		MARKUP(m, "<div class=\"note\"><p>" WORDS_HIDES "</p></div>");
	if (s->seen.more)
		MARKUP(m, "<div class=\"note\"><p>" WORDS_HIDES_MORE "</p></div>");
	s->marks = hitmarks_find(s->call, &s->state, rest);
	hitmarks_count(m, &s->marks);
	MARKUP(m, "<section class=\"text\" aria-label=\"" WORDS_TEXT "\">");
	if (str_trim(rest).n == 0)
		MARKUP(m, WORDS_NO_TEXT);
	struct quote q = quote_begin(rest);
	bool quoted;
	for (bool first = true; quote_next(&q, &one, &quoted); first = false)
		piece(s, &next, one, quoted, first);
	MARKUP(m, "</section>");
	if (all.n > SHEET_MAX_TEXT) {
		MARKUP(m, "<p>The text goes on; ");
		link_to(s, "/raw", STR(""), STR("the original message"));
		MARKUP(m, " has all of it.</p>");
	}
}

/* What came of looking into it, and what was found. */
static void outcome(struct page *s, const struct mail_part *from, const struct record_part *p)
{
	struct markup *m = &s->m;
	static const char *const words[RECORD_OUTCOMES] = WORDS_OUTCOMES;
	if (p == NULL || p->outcome == RECORD_NOT_ASKED)
		return;
	MARKUP(m, " <small class=\"outcome\">");
	markup_text(m, str_of(words[p->outcome]));
	if (p->why.n) {
		MARKUP(m, ": <bdi>");
		markup_text(m, str_cut(p->why, 0, SHEET_MAX_VALUE));
		MARKUP(m, "</bdi>");
	}
	if (p->inside.n) {
		MARKUP(m, " <a href=\"/api/v1/messages/");
		markup_url(m, str_of(s->id));
		MARKUP(m, "/parts/");
		markup_url(m, from->number);
		MARKUP(m, "/text\">" WORDS_ITS_TEXT "</a>");
	}
	MARKUP(m, "</small>");
}

/* A picture that is attached. Whether it truly is one the server looks when it is asked for. */
static void picture(struct page *s, const struct mail_part *p)
{
	static const char *const types[] = {"image/png", "image/jpeg", "image/gif", "image/webp"};
	struct markup *m = &s->m;
	bool shown = false;
	for (size_t i = 0; i < sizeof types / sizeof *types; i++)
		shown |= str_ieq(p->type, str_of(types[i]));
	if (!shown || p->body.n > PICTURE_MAX)
		return;
	MARKUP(m, "<img class=\"picture\" alt=\"\" loading=\"lazy\" src=\"/api/v1/messages/");
	markup_url(m, str_of(s->id));
	MARKUP(m, "/parts/");
	markup_url(m, p->number);
	MARKUP(m, "?inline=1\">");
}

static void files(struct page *s)
{
	struct markup *m = &s->m;
	const struct mail *mail = &s->msg->mail;
	size_t n = 0, at = 0;
	for (size_t i = 0; i < mail->n_parts; i++) {
		const struct mail_part *p = &mail->parts[i];
		const struct record_part *found = record_beside(&s->msg->record, p, &at);
		if (!p->attachment || n++ >= SHEET_MAX_ROWS)
			continue;
		if (n == 1)
			MARKUP(m, "<section><h2>" WORDS_ATTACHMENTS "</h2><ul class=\"files\">");
		MARKUP(m, "<li><bdi>");
		struct str name = p->filename.n ? p->filename : STR(WORDS_NO_NAME);
		link_to(s, "/parts/", p->number,
			str_cut(name, 0, SHEET_MAX_VALUE));
		MARKUP(m, "</bdi> <small>");
		markup_text(m, p->type);
		MARKUP(m, ", ");
		markup_text(m, present_size(m->arena, p->body.n));
		MARKUP(m, " encoded</small>");
		outcome(s, p, found);
		if (n <= PICTURES)
			picture(s, p);
		MARKUP(m, "</li>");
	}
	if (n)
		MARKUP(m, "</ul>");
	if (n > SHEET_MAX_ROWS)
		left_out(m, n - SHEET_MAX_ROWS, "attachments");
	if (n)
		MARKUP(m, "</section>");
}

static void copy_row(struct page *s, const struct archive_copy *c, const struct archive_epoch *e)
{
	struct markup *m = &s->m;
	const struct str *names;
	size_t n = present_flags(m->arena, c, &names);
	MARKUP(m, "<tr><td><bdi>");
	markup_text(m, e->account);
	MARKUP(m, "</bdi></td><td><bdi>");
	markup_text(m, e->mailbox);
	MARKUP(m, "</bdi></td><td>");
	markup_text(m, arena_fmt(m->arena, "%u", (unsigned)c->uid));
	MARKUP(m, "</td><td>");
	markup_text(m, present_time(m->arena, c->internaldate, c->zone));
	MARKUP(m, "</td><td>");
	for (size_t i = 0; i < n && i < SHEET_MAX_ROWS; i++) {
		if (i)
			MARKUP(m, " ");
		markup_text(m, names[i]);
	}
	MARKUP(m, "</td><td>");
	if (c->vanished)
		markup_text(m, present_time(m->arena, c->vanished, 0));
	MARKUP(m, "</td></tr>");
}

static int copies(struct page *s, struct err *err)
{
	struct markup *m = &s->m;
	size_t n = s->msg->n_copies;
	MARKUP(m, "<details class=\"more\"><summary>");
	markup_number(m, n);
	markup_text(m, n == 1 ? STR(" copy") : STR(" copies"));
	MARKUP(m, "</summary><div class=\"scroll\" tabindex=\"0\"><table><thead><tr><th>"
		  WORDS_ACCOUNT "</th><th>" WORDS_MAILBOX "</th><th>" WORDS_UID "</th><th>"
		  WORDS_ARRIVAL "</th><th>" WORDS_FLAGS "</th><th>" WORDS_VANISHED
		  "</th></tr></thead><tbody>");
	for (size_t i = 0; i < n && i < SHEET_MAX_ROWS; i++) {
		const struct archive_epoch *e;
		int r = shape_epoch(&s->call->boxes, s->msg->copies[i].epoch, &e, err);
		if (r < 0)
			return -1;
		if (r > 0)
			copy_row(s, &s->msg->copies[i], e);
	}
	MARKUP(m, "</tbody></table></div>");
	if (n > SHEET_MAX_ROWS)
		left_out(m, n - SHEET_MAX_ROWS, "copies");
	MARKUP(m, "</details>");
	return 1;
}

static void headers(struct page *s)
{
	struct markup *m = &s->m;
	const struct mail_part *top = s->msg->mail.parts;
	size_t n = s->msg->mail.n_parts ? top->n_fields : 0;
	MARKUP(m, "<details class=\"more\"><summary>" WORDS_ALL_HEADERS "</summary>"
		  "<div class=\"scroll\" tabindex=\"0\"><table><tbody>");
	for (size_t i = 0; i < n && i < SHEET_MAX_ROWS; i++) {
		struct str v = top->fields[i].value;
		MARKUP(m, "<tr><th>");
		markup_text(m, str_cut(top->fields[i].name, 0, SHEET_MAX_VALUE));
		MARKUP(m, "</th><td class=\"mono\">");
		markup_text(m, str_cut(v, 0, SHEET_MAX_VALUE));
		if (v.n > SHEET_MAX_VALUE)
			MARKUP(m, " … (cut)");
		MARKUP(m, "</td></tr>");
	}
	MARKUP(m, "</tbody></table></div>");
	if (n > SHEET_MAX_ROWS)
		left_out(m, n - SHEET_MAX_ROWS, "header fields");
	MARKUP(m, "<p>SHA-256 <code>");
	markup_text(m, str_of(s->id));
	MARKUP(m, "</code></p></details>");
}

static struct str subject_of(const struct page *s)
{
	const struct record *r = &s->msg->record;
	return str_cut(r->subject.n ? r->subject : STR(WORDS_NO_SUBJECT), 0, SHEET_MAX_VALUE);
}

static void content(struct page *s)
{
	bool as_html = str_eq(s->state.view, STR("html"));
	if (reading_part(&s->msg->mail)) {
		MARKUP(&s->m, "<nav class=\"tabs\" aria-label=\"" WORDS_VIEW "\">");
		tab(s, "", WORDS_TEXT, !as_html);
		tab(s, "html", WORDS_HTML, as_html);
		MARKUP(&s->m, "</nav>");
	}
	if (as_html && reading_part(&s->msg->mail))
		html(s);
	else
		text(s);
}

/* Beside the list it is a part of a page that has a heading. */
static void heading(struct page *s)
{
	bool beside = s->state.open.n > 0;
	markup_literal(&s->m, beside ? STR("<h2 class=\"subject\" tabindex=\"-1\"><bdi>")
				     : STR("<h1 class=\"subject\"><bdi>"));
	markup_text(&s->m, subject_of(s));
	markup_literal(&s->m, beside ? STR("</bdi></h2>") : STR("</bdi></h1>"));
}

static int article(struct page *s, struct err *err)
{
	MARKUP(&s->m, "<article>");
	if (s->state.open.n)
		actions(s);
	heading(s);
	facts(s);
	if (s->state.open.n == 0)
		actions(s);
	marks(s);
	int r = chips_form(&s->m, s->call, &s->state, &s->msg->msg, err);
	content(s);
	files(s);
	if (r > 0 && s->state.open.n == 0) /* the list says it */
		r = notes_view(&s->m, s->call, err);
	if (r > 0)
		r = strand_write(&s->m, s->call, &s->state, &s->msg->msg, err);
	if (r > 0)
		r = copies(s, err);
	headers(s);
	MARKUP(&s->m, "</article>");
	return r;
}

static int begin(struct page *s, struct query_message *msg, struct str id, struct err *err)
{
	int r = call_message(s->call, msg, id, err);
	s->msg = msg;
	if (r > 0)
		hash_hex(msg->msg.hash, HASH_BYTES, s->id);
	return r;
}

int sheet_beside(struct markup *m, struct call *c, const struct state *state, struct err *err)
{
	struct query_message msg;
	struct page s = {.m = *m, .call = c, .state = *state};
	int r = begin(&s, &msg, state->open, err);
	if (r > 0)
		return article(&s, err);
	if (r == 0 || err->kind == ERR_GONE || err->kind == ERR_INPUT) {
		MARKUP(m, "<p class=\"empty\">" WORDS_GONE_MESSAGE "</p>");
		return 1;
	}
	return -1;
}

int sheet_pane(struct call *c, struct http_response *resp, struct err *err)
{
	struct markup m = {&resp->body, c->arena};
	struct state s;
	state_read(c->url, &s);
	if (s.open.n == 0)
		return 0;
	resp->type = "text/html; charset=utf-8";
	return sheet_beside(&m, c, &s, err);
}

int sheet_page(struct call *c, struct http_response *resp, struct err *err)
{
	struct query_message msg;
	struct page s = {.m = {&resp->body, c->arena}, .call = c};
	state_read(c->url, &s.state);
	s.state.open = STR("");
	int r = begin(&s, &msg, c->args[0], err);
	if (r <= 0)
		return r;
	frame_open(&s.m, c, resp, subject_of(&s), &s.state);
	MARKUP(&s.m, "<main id=\"main\" class=\"narrow\">");
	r = article(&s, err);
	MARKUP(&s.m, "</main>");
	frame_close(&s.m);
	return r;
}
