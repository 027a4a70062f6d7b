#define _GNU_SOURCE
#include "pages.h"

#include "ask.h"
#include "frame.h"
#include "present.h"

/* "?q=…&dialect=…": the same question, for another page of results. */
static void question(struct markup *m, const struct ask *k, bool count)
{
	MARKUP(m, "/?q=");
	markup_url(m, k->text);
	if (k->options.dialect == QUERY_IMAP)
		MARKUP(m, "&amp;dialect=imap");
	if (k->options.sort == QUERY_OLDEST)
		MARKUP(m, "&amp;sort=date");
	if (k->options.account.n) {
		MARKUP(m, "&amp;account=");
		markup_url(m, k->options.account);
	}
	if (k->options.mailbox.n) {
		MARKUP(m, "&amp;mailbox=");
		markup_url(m, k->options.mailbox);
	}
	if (k->limit != ASK_LIMIT) {
		MARKUP(m, "&amp;limit=");
		markup_number(m, k->limit);
	}
	if (k->options.present)
		MARKUP(m, "&amp;copies=present");
	if (count)
		MARKUP(m, "&amp;total=exact");
}

static void sender(struct markup *m, const struct record *r)
{
	if (r->n_from == 0) {
		MARKUP(m, "<span>no sender</span>");
		return;
	}
	MARKUP(m, "<bdi>");
	markup_text(m, r->from[0].name.n ? r->from[0].name : r->from[0].email);
	MARKUP(m, "</bdi>");
	if (r->n_to) {
		MARKUP(m, " <span>to <bdi>");
		markup_text(m, r->to[0].name.n ? r->to[0].name : r->to[0].email);
		MARKUP(m, "</bdi>");
		if (r->n_to + r->n_cc > 1)
			MARKUP(m, " and others");
		MARKUP(m, "</span>");
	}
}

static void date(struct markup *m, const struct query_hit *h)
{
	const struct mail_date *d = &h->record.date;
	struct str exact = present_time(m->arena, d->epoch, d->zone);
	if (d->usable && exact.n) {
		MARKUP(m, "<time datetime=\"");
		markup_text(m, exact);
		MARKUP(m, "\">");
		markup_text(m, present_day(m->arena, d->epoch, d->zone));
		MARKUP(m, "</time>");
		return;
	}
	MARKUP(m, "<span class=\"when\">no date");
	if (h->n_copies) {
		MARKUP(m, ", arrived ");
		markup_text(m, present_day(m->arena, h->copies[0].internaldate, h->copies[0].zone));
	}
	MARKUP(m, "</span>");
}

static size_t attachments(const struct record *r)
{
	size_t n = 0;
	for (size_t i = 0; i < r->n_parts; i++)
		n += r->parts[i].attachment;
	return n;
}

/* Where the message is, and what it carries. */
static int tags(struct markup *m, struct call *c, const struct query_hit *h, struct err *err)
{
	size_t files = attachments(&h->record), shown = h->n_copies < 4 ? h->n_copies : 4;
	MARKUP(m, "<ul class=\"tags\">");
	for (size_t i = 0; i < shown; i++) {
		const struct archive_epoch *e;
		int r = shape_epoch(&c->boxes, h->copies[i].epoch, &e, err);
		if (r < 0)
			return -1;
		if (r == 0)
			continue;
		MARKUP(m, "<li><bdi>");
		markup_text(m, e->account);
		MARKUP(m, "</bdi> / <bdi>");
		markup_text(m, e->mailbox);
		MARKUP(m, "</bdi></li>");
	}
	if (h->n_copies > shown) {
		MARKUP(m, "<li>and ");
		markup_number(m, h->n_copies - shown);
		MARKUP(m, " more</li>");
	}
	if (files) {
		MARKUP(m, "<li>");
		markup_number(m, files);
		markup_text(m, files == 1 ? STR(" attachment") : STR(" attachments"));
		MARKUP(m, "</li>");
	}
	if (h->record.marks || h->record.quarantined)
		MARKUP(m, "<li>not fully searchable</li>");
	MARKUP(m, "</ul>");
	return 1;
}

static int hit(struct markup *m, struct ask *k, const struct query_hit *h, struct err *err)
{
	char id[HASH_HEX + 1];
	hash_hex(h->msg.hash, HASH_BYTES, id);
	MARKUP(m, "<li><div class=\"line\"><span class=\"who\">");
	sender(m, &h->record);
	MARKUP(m, "</span>");
	date(m, h);
	MARKUP(m, "</div><h2><a href=\"/message/");
	markup_url(m, str_of(id));
	MARKUP(m, "?q=");
	markup_url(m, k->text);
	if (k->options.dialect == QUERY_IMAP)
		MARKUP(m, "&amp;dialect=imap");
	MARKUP(m, "\"><bdi>");
	markup_text(m, h->record.subject.n ? h->record.subject : STR("(no subject)"));
	MARKUP(m, "</bdi></a></h2>");
	if (h->snippet.n) {
		MARKUP(m, "<p class=\"snippet\"><bdi>");
		markup_text(m, h->snippet);
		MARKUP(m, "</bdi></p>");
	}
	if (tags(m, k->call, h, err) < 0)
		return -1;
	MARKUP(m, "</li>\n");
	return 1;
}

static void warnings(struct markup *m, const struct ask *k)
{
	const struct query_warning *w;
	size_t n = query_warnings(k->query, &w);
	if (n == 0)
		return;
	MARKUP(m, "<div class=\"note\" role=\"status\"><ul>");
	for (size_t i = 0; i < n; i++) {
		MARKUP(m, "<li>");
		markup_text(m, w[i].text);
		if (w[i].column > 0) {
			MARKUP(m, " (column ");
			markup_number(m, (uint64_t)w[i].column);
			MARKUP(m, ")");
		}
		MARKUP(m, "</li>");
	}
	MARKUP(m, "</ul></div>");
}

static void counted(struct markup *m, uint64_t n, const char *one, const char *many)
{
	markup_number(m, n);
	markup_text(m, str_of(n == 1 ? one : many));
}

/* What the answer does not cover. */
static void limits(struct markup *m, const struct ask_summary *s)
{
	if (s->indexed_to < s->stored_to) {
		MARKUP(m, "<div class=\"note\" role=\"status\"><p>The index is behind: ");
		counted(m, s->stored_to - s->indexed_to, " message is", " messages are");
		MARKUP(m, " stored but not in it yet.</p></div>");
	}
	if (s->not_fully) {
		MARKUP(m, "<div class=\"note\" role=\"status\"><p>");
		counted(m, s->not_fully, " message", " messages");
		MARKUP(m, " in the archive could not be searched fully (broken encodings, limits)."
			  "</p></div>");
	}
}

static void count_line(struct markup *m, const struct ask *k, const struct ask_summary *s)
{
	MARKUP(m, "<p class=\"count\"><strong>");
	if (k->n && (k->seen || k->next.n)) {
		markup_number(m, k->seen + 1);
		MARKUP(m, "–");
		markup_number(m, k->seen + k->n);
		if (s->exact || k->next.n)
			MARKUP(m, " of ");
	}
	if (s->exact) {
		counted(m, s->total, " message", " messages");
	} else if (k->next.n) {
		markup_text(m, k->stopped ? STR("at least ") : STR("more than "));
		counted(m, k->seen + k->n, " message", " messages");
	} else {
		MARKUP(m, " (the end)");
	}
	MARKUP(m, "</strong>");
	if (!s->exact) {
		MARKUP(m, " · <a href=\"");
		question(m, k, true);
		MARKUP(m, "\">count them all</a>");
	}
	MARKUP(m, " · ");
	markup_text(m, arena_fmt(m->arena, "%.1f ms", s->took_ms));
	MARKUP(m, "</p>");
}

static void pager(struct markup *m, const struct ask *k)
{
	if (k->seen == 0 && k->next.n == 0)
		return;
	MARKUP(m, "<nav class=\"pager\" aria-label=\"Pages\">");
	if (k->seen) {
		MARKUP(m, "<a href=\"");
		question(m, k, k->total == ASK_EXACT);
		MARKUP(m, "\">First page</a>");
	}
	if (k->next.n) {
		MARKUP(m, "<a rel=\"next\" href=\"");
		question(m, k, k->total == ASK_EXACT);
		MARKUP(m, "&amp;cursor=");
		markup_url(m, k->next);
		MARKUP(m, "\">Next page</a>");
	}
	MARKUP(m, "</nav>");
}

/* The list goes into a buffer of its own, because the counts stand above it. */
/* An answer that is not whole must not look so. */
static void stopped(struct markup *m, const struct ask *k, const struct ask_summary *s)
{
	if (s->searched_to < s->stored_to) {
		MARKUP(m, "<div class=\"note\" role=\"status\"><p>Not searched: ");
		counted(m, s->stored_to - s->searched_to, " message that is",
			" messages that are");
		MARKUP(m, " not in the index.</p></div>");
	}
	if (k->stopped)
		MARKUP(m, "<div class=\"note\" role=\"status\"><p>Time was up before the search had"
			  " come to its end: there may be more.</p></div>");
	else if (s->count_stopped)
		MARKUP(m, "<div class=\"note\" role=\"status\"><p>Time was up before all were"
			  " counted.</p></div>");
}

static int results(struct markup *m, struct ask *k, struct err *err)
{
	struct buf list;
	struct markup lm = {&list, m->arena};
	struct ask_summary s;
	struct query_hit h;
	int r;
	buf_init(&list, HTTP_MAX_ANSWER);
	while ((r = ask_next(k, &h, err)) > 0)
		if ((r = hit(&lm, k, &h, err)) < 0)
			break;
	if (r == 0)
		r = ask_finish(k, &s, err);
	if (r > 0) {
		count_line(m, k, &s);
		warnings(m, k);
		limits(m, &s);
		stopped(m, k, &s);
		if (k->n)
			MARKUP(m, "<ol class=\"hits\">");
		buf_str(m->out, buf_all(&list));
		if (k->n)
			MARKUP(m, "</ol>");
		else if (!k->stopped)
			MARKUP(m, "<p class=\"empty\">Nothing matches. Fewer words find more.</p>");
		pager(m, k);
	}
	buf_free(&list);
	return r;
}

static void help(struct markup *m)
{
	static const char *const rows[][2] = {
		{"annual report", "messages with both words"},
		{"\"annual report\"", "with exactly this phrase"},
		{"from:ann to:bob subject:report", "in that field only"},
		{"after:2020-01-01 before:2020-07-01", "by the date of the message"},
		{"report -draft", "without a word"},
	};
	MARKUP(m, "<h2>What to type</h2><dl class=\"help\">");
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		MARKUP(m, "<dt><a href=\"/?q=");
		markup_url(m, str_of(rows[i][0]));
		MARKUP(m, "\"><code>");
		markup_text(m, str_of(rows[i][0]));
		MARKUP(m, "</code></a></dt><dd>");
		markup_text(m, str_of(rows[i][1]));
		MARKUP(m, "</dd>");
	}
	MARKUP(m, "</dl><p>Programs ask <code>/api/v1/search?q=…</code>. Under Options,"
		  " the language IMAP SEARCH takes the criteria of RFC 9051, such as"
		  " <code>FROM \"ann\" SINCE 1-Feb-2020 NOT SEEN</code>.</p>");
}

static int welcome(struct markup *m, struct call *c, struct err *err)
{
	struct qdb *db;
	struct ask_summary s = {0};
	struct query_view view;
	struct rights rights = call_rights(c);
	if (call_db(c, &db, err) < 0 || query_view(db, &rights, &view, err) < 0)
		return -1;
	s.indexed_to = view.indexed_to;
	s.stored_to = view.stored_to;
	s.not_fully = view.not_fully;
	MARKUP(m, "<main id=\"main\" class=\"welcome narrow\"><h1>");
	if (s.stored_to == 0)
		MARKUP(m, "The archive is still empty");
	else
		counted(m, s.stored_to, " message", " messages");
	MARKUP(m, "</h1>");
	limits(m, &s);
	help(m);
	MARKUP(m, "</main>");
	return 1;
}

/* The query with the place where reading it failed; columns are characters. */
static void marked(struct markup *m, struct str text, int column)
{
	size_t at = 0;
	for (int left = column - 1; left > 0 && at < text.n; left--)
		do
			at++;
		while (at < text.n && (text.p[at] & 0xC0) == 0x80);
	MARKUP(m, "<pre class=\"query\">");
	markup_text(m, str_cut(text, 0, at));
	MARKUP(m, "<mark>");
	if (at == text.n)
		MARKUP(m, " ");
	markup_text(m, str_cut(text, at, text.n));
	MARKUP(m, "</mark></pre>");
}

static void bad_query(struct markup *m, const struct ask *k, const struct err *err)
{
	MARKUP(m, "<main id=\"main\"><div class=\"note\" role=\"alert\"><p>");
	markup_text(m, str_of(err->text));
	MARKUP(m, "</p>");
	marked(m, k->text, err->column);
	MARKUP(m, "</div></main>");
	frame_close(m);
}

/* A page shows messages; what RETURN asks for is in the answer to programs. */
static int begin(struct ask *k, struct err *err)
{
	if (ask_begin(k, err) < 0)
		return -1;
	if (query_return(k->query) == NULL)
		return 1;
	err_set(err, ERR_INPUT, "RETURN is for programs; expected a query without it");
	err->column = 1;
	return -1;
}

int pages_search(struct call *c, struct http_response *resp, struct err *err)
{
	struct markup m = {&resp->body, c->arena};
	struct ask k;
	if (ask_read(&k, c, err) < 0)
		return -1;
	if (k.stream)
		return err_set(err, ERR_INPUT, "pages have no other format");
	struct frame_box box = {k.text, k.options.account, k.options.mailbox,
		k.options.dialect == QUERY_IMAP ? "imap" : "box",
		k.options.sort == QUERY_OLDEST ? "date" : "-date"};
	bool asked = str_trim(k.text).n > 0;
	int r = asked ? begin(&k, err) : 1;
	frame_open(&m, resp, asked ? k.text : STR("sheaf"), &box);
	if (r < 0 && err->kind == ERR_INPUT) {
		resp->status = 400;
		bad_query(&m, &k, err);
		ask_end(&k);
		return 1;
	}
	if (r > 0 && !asked) {
		r = welcome(&m, c, err);
	} else if (r > 0) {
		MARKUP(&m, "<main id=\"main\">");
		r = results(&m, &k, err);
		MARKUP(&m, "</main>");
	}
	ask_end(&k);
	frame_close(&m);
	return r;
}
