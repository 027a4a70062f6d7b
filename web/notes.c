#include "notes.h"

#include "words.h"
#include "wordsharvest.h"

enum { MAX_WARNINGS = 6 };

void notes_count(struct markup *m, uint64_t n, const char *one, const char *many)
{
	markup_number(m, n);
	markup_text(m, str_of(n == 1 ? one : many));
}

/* The query with a place in it marked, up to the next blank; columns are characters. */
static void marked(struct markup *m, struct str text, int column)
{
	size_t at = 0, end;
	for (int left = column - 1; left > 0 && at < text.n; left--)
		do
			at++;
		while (at < text.n && (text.p[at] & 0xC0) == 0x80);
	for (end = at; end < text.n && text.p[end] != ' ';)
		end++;
	MARKUP(m, "<pre class=\"query\">");
	markup_text(m, str_cut(text, 0, at));
	MARKUP(m, "<mark>");
	markup_text(m, at == end ? STR(" ") : str_cut(text, at, end));
	MARKUP(m, "</mark>");
	markup_text(m, str_cut(text, end, text.n));
	MARKUP(m, "</pre>");
}

static void warning(struct markup *m, struct str query, struct str text, int column)
{
	if (column > 0)
		marked(m, query, column);
	MARKUP(m, "<p>");
	markup_text(m, text);
	if (column > 0) {
		MARKUP(m, WORDS_COLUMN);
		markup_number(m, (uint64_t)column);
		MARKUP(m, ")");
	}
	MARKUP(m, "</p>");
}

void notes_warnings(struct markup *m, const struct ask *k)
{
	const struct query_warning *w;
	size_t n = query_warnings(k->query, &w);
	if (n == 0)
		return;
	MARKUP(m, "<div class=\"note\" role=\"status\">");
	for (size_t i = 0; i < n && i < MAX_WARNINGS; i++)
		warning(m, k->text, w[i].text, w[i].column);
	if (n > MAX_WARNINGS) {
		MARKUP(m, "<p>+");
		markup_number(m, n - MAX_WARNINGS);
		MARKUP(m, "</p>");
	}
	MARKUP(m, "</div>");
}

void notes_bad_query(struct markup *m, struct str text, const struct err *err)
{
	MARKUP(m, "<div class=\"note\" role=\"alert\">");
	warning(m, text, str_of(err->text), err->column);
	MARKUP(m, "</div>");
}

void notes_behind(struct markup *m, uint64_t indexed_to, uint64_t stored_to)
{
	if (indexed_to >= stored_to)
		return;
	MARKUP(m, "<div class=\"note\" role=\"status\"><p>" WORDS_BEHIND);
	notes_count(m, stored_to - indexed_to, WORDS_BEHIND_ONE, WORDS_BEHIND_MANY);
	MARKUP(m, "</p></div>");
}

int notes_view(struct markup *m, struct call *c, struct err *err)
{
	struct rights rights = call_rights(c);
	struct query_view view;
	struct qdb *db;
	if (call_db(c, &db, err) < 0 || query_view(db, &rights, &view, err) < 0)
		return -1;
	notes_behind(m, view.indexed_to, view.stored_to);
	return 1;
}

struct str notes_mark(struct str name)
{
	static const char *const names[][2] = WORDS_MARKS;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (str_eq(name, str_of(names[i][0])))
			return str_of(names[i][1]);
	return name;
}

void notes_limits(struct markup *m, const struct ask *k, const struct ask_summary *s)
{
	notes_behind(m, s->indexed_to, s->stored_to);
	if (s->searched_to < s->stored_to) {
		MARKUP(m, "<div class=\"note\" role=\"status\"><p>" WORDS_UNSEARCHED);
		notes_count(m, s->stored_to - s->searched_to, WORDS_UNSEARCHED_ONE,
			    WORDS_UNSEARCHED_MANY);
		MARKUP(m, "</p></div>");
	}
	if (k->stopped)
		MARKUP(m, "<div class=\"note\" role=\"status\"><p>" WORDS_TIME_UP "</p></div>");
	else if (s->count_stopped)
		MARKUP(m, "<div class=\"note\" role=\"status\"><p>" WORDS_COUNT_TIME_UP
			  "</p></div>");
}

void notes_partial(struct markup *m, const struct ask_summary *s)
{
	if (s->not_fully == 0)
		return;
	MARKUP(m, "<p class=\"fine\">");
	notes_count(m, s->not_fully, WORDS_ONE_MESSAGE, WORDS_MANY_MESSAGES);
	MARKUP(m, WORDS_PARTIAL " <a href=\"/not-searchable\">" WORDS_WHICH "</a></p>");
}
