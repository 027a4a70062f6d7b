#define _GNU_SOURCE
#include "pages.h"

#include "ask.h"
#include "bulk.h"
#include "folders.h"
#include "guess.h"
#include "frame.h"
#include "notes.h"
#include "refine.h"
#include "requery.h"
#include "rows.h"
#include "sheet.h"
#include "shelf.h"
#include "timeline.h"
#include "words.h"

/* So many of the newest hits are sorted by something else than their date. */
enum { MAX_SORTED = 5000 };

/* The list under construction. */
struct list {
	struct markup *m;
	struct ask k;
	struct state state;
	struct ask_summary sums;
	struct row *rows;
	size_t n;          /* rows at hand */
	bool sorted;       /* by something that only pages sort by */
	size_t first, end; /* those of this page */
};

/* ---- asking ---- */

/* A page shows messages; what RETURN asks for is in the answer to programs. */
static int begin(struct ask *k, struct err *err)
{
	if (ask_begin(k, err) < 0)
		return -1;
	if (query_return(k->query) == NULL)
		return 1;
	err_set(err, ERR_INPUT, WORDS_RETURN);
	err->column = 1;
	return -1;
}

static int gather(struct list *l, struct err *err)
{
	struct call *c = l->k.call;
	struct query_hit h;
	int r;
	while ((r = ask_next(&l->k, &h, err)) > 0) {
		l->rows = arena_grow(c->arena, l->rows, l->n, sizeof *l->rows);
		if (rows_make(c, &h, &l->rows[l->n++], err) < 0)
			return -1;
	}
	return r;
}

/* Of hits in another order than the query's the page is cut out afterwards. Its cursor is the
 * place of its first row. */
static int cut(struct list *l, uint64_t limit, struct err *err)
{
	uint64_t at = 0;
	if (l->state.cursor.n && !str_u64(l->state.cursor, &at))
		return err_set(err, ERR_INPUT, "malformed cursor");
	rows_sort(l->m->arena, l->rows, l->n, &l->state);
	l->first = at < l->n ? at : l->n;
	l->end = l->n - l->first < limit ? l->n : l->first + limit;
	return 1;
}

static int fill(struct list *l, struct err *err)
{
	uint64_t limit = l->k.limit;
	l->sorted = state_sorted(&l->state);
	if (l->sorted)
		l->k.limit = MAX_SORTED;
	if (gather(l, err) < 0 || ask_finish(&l->k, &l->sums, err) < 0)
		return -1;
	l->end = l->n;
	return l->sorted ? cut(l, limit, err) : 1;
}

/* ---- writing ---- */

static void total(struct list *l)
{
	struct markup *m = l->m;
	const struct ask *k = &l->k;
	if (l->sums.exact)
		notes_count(m, l->sums.total, WORDS_ONE_MESSAGE, WORDS_MANY_MESSAGES);
	else if (k->next.n) {
		markup_text(m, k->stopped ? STR(WORDS_AT_LEAST) : STR(WORDS_MORE_THAN));
		notes_count(m, k->seen + k->n, WORDS_ONE_MESSAGE, WORDS_MANY_MESSAGES);
	} else {
		MARKUP(m, WORDS_THE_END);
	}
}

/* Links that show and hide what is not always wanted. */
static void switches(struct list *l)
{
	struct markup *m = l->m;
	struct state time = state_list(&l->state), facets = time;
	time.timeline = time.timeline.n ? STR("") : STR("1");
	MARKUP(m, " · <a class=\"to-timeline\" href=\"");
	state_href(m, &time);
	markup_literal(m, time.timeline.n ? STR("\">" WORDS_TIMELINE "</a>")
					  : STR("\">" WORDS_NO_TIMELINE "</a>"));
	if (facets.dialect.n)
		return;
	facets.facets = facets.facets.n ? STR("") : STR("1");
	MARKUP(m, " · <a class=\"to-facets\" href=\"");
	state_href(m, &facets);
	markup_literal(m, facets.facets.n ? STR("#narrow\">" WORDS_REFINE "</a>")
					  : STR("\">" WORDS_NO_REFINE "</a>"));
}

static void count_line(struct list *l)
{
	struct markup *m = l->m;
	struct state all = state_list(&l->state);
	uint64_t before = l->k.seen + l->first;
	size_t shown = l->end - l->first;
	MARKUP(m, "<p class=\"count\"><strong>");
	if (shown && (before || l->k.next.n || shown < l->n)) {
		markup_number(m, before + 1);
		MARKUP(m, "–");
		markup_number(m, before + shown);
		if (l->sums.exact || l->k.next.n)
			MARKUP(m, WORDS_OF);
	}
	total(l);
	MARKUP(m, "</strong>");
	if (!l->sums.exact) {
		all.total = STR("exact");
		MARKUP(m, " · <a href=\"");
		state_href(m, &all);
		MARKUP(m, "\">" WORDS_COUNT_ALL "</a>");
	}
	if (l->state.q.n && (l->n || l->state.pick.n))
		switches(l);
	MARKUP(m, " <span>");
	markup_text(m, arena_fmt(m->arena, "%.1f ms", l->sums.took_ms));
	MARKUP(m, "</span></p>");
	if (l->sorted && l->k.next.n) {
		MARKUP(m, "<div class=\"note\"><p>" WORDS_SORTED_SOME);
		markup_number(m, l->n);
		MARKUP(m, ".</p></div>");
	}
}

static void page_sizes(struct list *l)
{
	static const char *const sizes[] = {"25", "50", "100", "200"};
	struct markup *m = l->m;
	MARKUP(m, "<span class=\"sizes\">" WORDS_PAGE_SIZE);
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		struct state t = state_list(&l->state);
		bool usual = i == 1;
		bool here = str_eq(t.limit, usual ? STR("") : str_of(sizes[i]));
		t.limit = usual ? STR("") : str_of(sizes[i]);
		MARKUP(m, " <a href=\"");
		state_href(m, &t);
		MARKUP(m, "\"");
		if (here)
			MARKUP(m, " aria-current=\"true\"");
		MARKUP(m, ">");
		markup_text(m, str_of(sizes[i]));
		MARKUP(m, "</a>");
	}
	MARKUP(m, "</span>");
}

static void pager(struct list *l)
{
	struct markup *m = l->m;
	struct state first = state_list(&l->state), next = first;
	next.cursor = l->k.next;
	if (l->sorted)
		next.cursor = l->end < l->n ? arena_fmt(m->arena, "%zu", l->end) : STR("");
	MARKUP(m, "<nav class=\"pager\" aria-label=\"" WORDS_PAGES "\">");
	if (l->k.seen || l->first) {
		MARKUP(m, "<a rel=\"first\" href=\"");
		state_href(m, &first);
		MARKUP(m, "\">" WORDS_FIRST_PAGE "</a>");
	}
	if (next.cursor.n) {
		MARKUP(m, "<a rel=\"next\" href=\"");
		state_href(m, &next);
		MARKUP(m, "\">" WORDS_NEXT_PAGE "</a>");
	}
	page_sizes(l);
	MARKUP(m, "</nav>");
}

/* What the list is restricted to, and the way out of it. */
static void place(struct list *l)
{
	struct markup *m = l->m;
	const struct state *s = &l->state;
	struct state out = state_list(s);
	out.account = out.mailbox = STR("");
	MARKUP(m, "<h1>");
	if (s->q.n)
		MARKUP(m, WORDS_RESULTS);
	else if (s->account.n + s->mailbox.n == 0)
		MARKUP(m, WORDS_ALL_MAIL);
	if (s->account.n + s->mailbox.n) {
		if (s->q.n)
			MARKUP(m, " " WORDS_IN);
		MARKUP(m, "<bdi>");
		markup_text(m, s->account);
		if (s->account.n && s->mailbox.n)
			MARKUP(m, " / ");
		struct str box = s->mailbox;
		markup_text(m, str_starts(box, STR("subtree:")) ? str_cut(box, 8, box.n) : box);
		MARKUP(m, "</bdi>");
	}
	MARKUP(m, "</h1><p class=\"to-folders\"><a href=\"#folders\">" WORDS_TO_FOLDERS "</a></p>");
	if (s->q.n && s->account.n + s->mailbox.n) {
		MARKUP(m, "<p class=\"count\"><a href=\"");
		state_href(m, &out);
		MARKUP(m, "\">" WORDS_EVERYWHERE "</a></p>");
	}
}

static int table(struct list *l, struct err *err)
{
	struct markup *m = l->m;
	if (l->first == l->end) {
		if (!l->k.stopped && l->state.q.n)
			MARKUP(m, "<p class=\"empty\">" WORDS_NOTHING "</p>");
		else if (!l->k.stopped)
			MARKUP(m, "<p class=\"empty\">" WORDS_NOTHING_HERE "</p>");
		return l->state.q.n ? guess_write(m, &l->k, &l->state, err) : 1;
	}
	bool bulk = bulk_open(m, &l->k, &l->state);
	rows_head(m, &l->state);
	for (size_t i = l->first; i < l->end; i++)
		rows_write(m, &l->state, &l->rows[i]);
	rows_foot(m);
	if (bulk)
		bulk_close(m);
	return 1;
}

static int content(struct list *l, struct err *err)
{
	struct markup *m = l->m;
	MARKUP(m, "<div class=\"found\">");
	place(l);
	refine_picked(m, &l->state);
	count_line(l);
	if (l->state.q.n)
		shelf_save(m, l->k.call, &l->state, l->k.text);
	bulk_told(m, url_get(l->k.call->url, "told", STR("")));
	notes_warnings(m, &l->k);
	notes_limits(m, &l->k, &l->sums);
	if (l->state.timeline.n && l->state.q.n &&
	    timeline_write(m, &l->k, &l->state, err) < 0)
		return -1;
	if (table(l, err) < 0)
		return -1;
	pager(l);
	notes_partial(m, &l->sums);
	MARKUP(m, "</div>");
	if (l->state.open.n == 0)
		return 1;
	MARKUP(m, "<section class=\"pane\" id=\"pane\" aria-label=\"" WORDS_MESSAGE "\">");
	int r = sheet_beside(m, l->k.call, &l->state, err);
	MARKUP(m, "</section>");
	return r;
}

static int empty_archive(struct list *l, struct err *err)
{
	struct rights rights = call_rights(l->k.call);
	struct query_view view;
	int r = query_view(l->k.db, &rights, &view, err);
	if (r < 0 || view.stored_to > 0)
		return r < 0 ? -1 : 0;
	MARKUP(l->m, "<main id=\"main\" class=\"narrow\"><h1>" WORDS_EMPTY "</h1><p>"
		     WORDS_EMPTY_HINT "</p></main>");
	return 1;
}

static int body(struct list *l, struct err *err)
{
	struct markup *m = l->m;
	int r = empty_archive(l, err);
	if (r != 0)
		return r;
	if (fill(l, err) < 0)
		return -1;
	markup_literal(m, l->state.open.n ? STR("<div class=\"mail reading\">")
					  : STR("<div class=\"mail\">"));
	MARKUP(m, "<div class=\"side\">");
	r = folders_write(m, l->k.call, &l->state, err);
	if (r > 0 && l->state.facets.n && l->state.q.n && l->state.dialect.n == 0)
		r = refine_write(m, &l->k, &l->state, err);
	if (r > 0)
		r = shelf_write(m, l->k.call, &l->state, err);
	MARKUP(m, "</div>");
	if (r > 0) {
		MARKUP(m, "<main id=\"main\">");
		r = content(l, err);
		MARKUP(m, "</main></div>");
	}
	return r;
}

/* What is asked, without what is the page's alone. */
static int read(struct list *l, struct call *c, struct err *err)
{
	const struct url *whole = c->url;
	struct url url = state_ask(c->arena, whole);
	state_read(whole, &l->state);
	c->url = &url;
	int r = ask_read(&l->k, c, err);
	c->url = whole;
	if (r > 0 && l->k.stream)
		return err_set(err, ERR_INPUT, "pages have no other format");
	l->state.q = str_trim(l->state.q);
	if (l->state.q.n) {
		if (r > 0 && l->state.pick.n && l->state.dialect.n == 0)
			l->k.text = requery_all(c->arena, &l->state);
		return r;
	}
	l->k.options.dialect = QUERY_BOX;
	l->k.text = STR("");
	/* To count a mailbox, or all there is, costs next to nothing. */
	if (l->k.options.mailbox.n || l->k.options.account.n == 0)
		l->k.total = ASK_EXACT;
	return r;
}

int pages_search(struct call *c, struct http_response *resp, struct err *err)
{
	struct markup m = {&resp->body, c->arena};
	struct list l = {.m = &m};
	if (read(&l, c, err) < 0)
		return -1;
	int r = begin(&l.k, err);
	frame_open(&m, c, resp, l.state.q.n ? l.state.q : STR("sheaf"), &l.state);
	if (r < 0 && err->kind == ERR_INPUT) {
		resp->status = 400;
		MARKUP(&m, "<main id=\"main\"><h1>" WORDS_BAD_QUERY "</h1>");
		notes_bad_query(&m, l.k.text, err);
		MARKUP(&m, "</main>");
		r = 1;
	} else if (r > 0) {
		r = body(&l, err);
	}
	ask_end(&l.k);
	frame_close(&m);
	return r;
}
