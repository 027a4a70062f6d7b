#include "t.h"

#include "boxq.h"
#include "imapq.h"
#include "snippet.h"

static struct arena a;

static struct str around(const char *type, const char *text, const char *query, bool box)
{
	struct record_part part = {.type = str_of(type), .searched = true, .text = str_of(text)};
	struct record r = {.parts = &part, .n_parts = 1};
	const struct qnode *q;
	const struct boxq_warning *w;
	size_t n;
	struct err err;
	struct imapq parsed;
	if (box)
		T(boxq_parse(&a, str_of(query), &q, &w, &n, &err) > 0);
	else
		T(imapq_parse(&a, str_of(query), &parsed, &err) > 0);
	if (!box)
		q = parsed.root;
	struct snippet_needles needles = snippet_needles(&a, q);
	return snippet_make(&a, &r, &needles);
}

int main(void)
{
	static const struct {
		const char *type, *text, *query, *want;
		bool box;
	} row[] = {
		{"text/plain", "one two\n three", "BODY TWO", "one two three", false},
		{"text/plain", "one two", "NOT BODY two", "", false},
		{"text/plain", "one two", "SUBJECT two", "", false},
		{"text/plain", "one two", "OR SUBJECT x TEXT tw", "one two", false},
		{"text/plain", "Größe über alles", "uber", "Größe über alles", true},
		{"text/html", "<p>one</p><p>two</p>", "two", "one two", true},
		{"text/plain", "one", "two", "", true},
		{"text/plain", "ﷺﷺﷺﷺ und Straße", "straße", "ﷺﷺﷺﷺ und Straße", true},
	};
	for (size_t i = 0; i < sizeof row / sizeof *row; i++)
		T_STR(around(row[i].type, row[i].text, row[i].query, row[i].box),
		      str_of(row[i].want));
	/* A long text is cut between characters on both sides. */
	char text[2001] = "";
	for (size_t i = 0; i < 1000; i++)
		memcpy(text + 2 * i, i == 500 ? "xx" : "é", 2);
	struct str s = around("text/plain", text, "BODY xx", false);
	T(str_utf8(s) && s.n < 300 && str_find(s, STR("xx")) > 0);
	T(str_starts(s, STR("…")) && str_ends(s, STR("…")));
	arena_free(&a);
	return t_done();
}
