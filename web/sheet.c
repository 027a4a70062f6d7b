#define _GNU_SOURCE
#include "sheet.h"

#include "frame.h"
#include "present.h"
#include "reading.h"

/* The page under construction. */
struct page {
	struct markup m;
	struct call *call;
	const struct query_message *msg;
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
	MARKUP(m, "</dd>");
}

static void facts(struct page *s)
{
	struct markup *m = &s->m;
	const struct record *r = &s->msg->record;
	struct str exact = present_time(m->arena, r->date.epoch, r->date.zone);
	MARKUP(m, "<dl class=\"facts\">");
	people(m, "From", r->from, r->n_from);
	people(m, "To", r->to, r->n_to);
	people(m, "Cc", r->cc, r->n_cc);
	MARKUP(m, "<dt>Date</dt><dd>");
	if (r->date.usable && exact.n) {
		MARKUP(m, "<time datetime=\"");
		markup_text(m, exact);
		MARKUP(m, "\">");
		markup_text(m, present_day(m->arena, r->date.epoch, r->date.zone));
		MARKUP(m, " (");
		markup_text(m, str_cut(exact, exact.n - 6, exact.n));
		MARKUP(m, ")</time>");
	} else {
		MARKUP(m, "none that can be read");
	}
	MARKUP(m, "</dd></dl>");
}

static void actions(struct page *s)
{
	struct markup *m = &s->m;
	struct str q = url_get(s->call->url, "q", STR(""));
	MARKUP(m, "<div class=\"actions\">");
	if (q.n) {
		MARKUP(m, "<a href=\"/?q=");
		markup_url(m, q);
		if (str_eq(url_get(s->call->url, "dialect", STR("")), STR("imap")))
			MARKUP(m, "&amp;dialect=imap");
		MARKUP(m, "\">← Results</a>");
	}
	link_to(s, "/raw", STR(""), STR("Original message (.eml)"));
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
	MARKUP(m, "<div class=\"note\" role=\"status\"><p>This message could not be read fully: ");
	for (unsigned bit = 1; bit && bit <= bits; bit <<= 1) {
		if (!(bits & bit))
			continue;
		markup_text(m, str_of(between));
		markup_text(m, str_of(mail_mark_name((enum mail_mark)bit)));
		between = ", ";
	}
	if (s->msg->raw.n < s->msg->msg.size) {
		markup_text(m, str_of(between));
		MARKUP(m, "only its beginning is shown");
	}
	MARKUP(m, ".</p></div>");
}

static void tab(struct page *s, const char *view, const char *label, bool here)
{
	struct markup *m = &s->m;
	struct str q = url_get(s->call->url, "q", STR(""));
	MARKUP(m, "<a href=\"/message/");
	markup_url(m, str_of(s->id));
	MARKUP(m, "?view=");
	markup_url(m, str_of(view));
	if (q.n) {
		MARKUP(m, "&amp;q=");
		markup_url(m, q);
		MARKUP(m, "&amp;dialect=");
		markup_url(m, url_get(s->call->url, "dialect", STR("box")));
	}
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
	MARKUP(m, "<iframe class=\"html\" title=\"The message as HTML\""
		  " sandbox=\"allow-popups allow-popups-to-escape-sandbox\""
		  " referrerpolicy=\"no-referrer\" src=\"/message/");
	markup_url(m, str_of(s->id));
	MARKUP(m, "/html\"></iframe>");
}

/* Lines that quote stand apart. */
static void text(struct page *s)
{
	struct markup *m = &s->m;
	struct str all = query_reading(&s->call->heavy, s->msg), line;
	struct str rest = str_cut(all, 0, SHEET_MAX_TEXT);
	MARKUP(m, "<section class=\"text\" aria-label=\"Text\">");
	if (str_trim(rest).n == 0)
		MARKUP(m, "(no text)");
	while (str_line(&rest, &line)) {
		bool quoted = line.n && line.p[0] == '>';
		if (quoted)
			MARKUP(m, "<q>");
		markup_text(m, line);
		if (quoted)
			MARKUP(m, "</q>");
		MARKUP(m, "\n");
	}
	MARKUP(m, "</section>");
	if (all.n > SHEET_MAX_TEXT) {
		MARKUP(m, "<p>The text goes on; ");
		link_to(s, "/raw", STR(""), STR("the original message"));
		MARKUP(m, " has all of it.</p>");
	}
}

static void files(struct page *s)
{
	struct markup *m = &s->m;
	const struct mail *mail = &s->msg->mail;
	size_t n = 0;
	for (size_t i = 0; i < mail->n_parts; i++) {
		const struct mail_part *p = &mail->parts[i];
		if (!p->attachment || n++ >= SHEET_MAX_ROWS)
			continue;
		if (n == 1)
			MARKUP(m, "<section><h2>Attachments</h2><ul class=\"files\">");
		MARKUP(m, "<li><bdi>");
		struct str name = p->filename.n ? p->filename : STR("(no name)");
		link_to(s, "/parts/", p->number.n ? p->number : STR("1"),
			str_cut(name, 0, SHEET_MAX_VALUE));
		MARKUP(m, "</bdi> <small>");
		markup_text(m, p->type);
		MARKUP(m, ", ");
		markup_text(m, present_size(m->arena, p->body.n));
		MARKUP(m, " encoded</small></li>");
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
	MARKUP(m, "</summary><div class=\"scroll\"><table><thead><tr><th>Account</th>"
		  "<th>Mailbox</th><th>UID</th><th>Arrived</th><th>Flags</th><th>Vanished</th>"
		  "</tr></thead><tbody>");
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
	MARKUP(m, "<details class=\"more\"><summary>All headers</summary><div class=\"scroll\">"
		  "<table><tbody>");
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

int sheet_page(struct call *c, struct http_response *resp, struct err *err)
{
	struct query_message msg;
	int r = call_message(c, &msg, c->args[0], err);
	if (r <= 0)
		return r;
	struct page s = {.m = {&resp->body, c->arena}, .call = c, .msg = &msg};
	hash_hex(msg.msg.hash, HASH_BYTES, s.id);
	struct str subject = msg.record.subject.n ? msg.record.subject : STR("(no subject)");
	struct str dialect = url_get(c->url, "dialect", STR(""));
	struct frame_box box = {.q = url_get(c->url, "q", STR("")), .sort = "-date",
				.dialect = str_eq(dialect, STR("imap")) ? "imap" : "box"};
	frame_open(&s.m, resp, subject, &box);
	MARKUP(&s.m, "<main id=\"main\"><article><h1><bdi>");
	markup_text(&s.m, str_cut(subject, 0, SHEET_MAX_VALUE));
	MARKUP(&s.m, "</bdi></h1>");
	facts(&s);
	actions(&s);
	marks(&s);
	bool as_html = str_eq(url_get(c->url, "view", STR("")), STR("html"));
	if (reading_part(&msg.mail)) {
		MARKUP(&s.m, "<nav class=\"tabs\" aria-label=\"View\">");
		tab(&s, "text", "Text", !as_html);
		tab(&s, "html", "HTML", as_html);
		MARKUP(&s.m, "</nav>");
	}
	if (as_html && reading_part(&msg.mail))
		html(&s);
	else
		text(&s);
	files(&s);
	r = copies(&s, err);
	headers(&s);
	MARKUP(&s.m, "</article></main>");
	frame_close(&s.m);
	return r;
}
