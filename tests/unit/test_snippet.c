#include "t.h"

#include "boxq.h"
#include "imapq.h"
#include "snippet.h"

static struct arena a;
static struct snippet_source from;

static const struct qnode *tree(const char *query, bool box)
{
	const struct qnode *q;
	const struct boxq_warning *w;
	size_t n;
	struct err err;
	struct imapq parsed;
	if (box)
		T(boxq_parse(&a, str_of(query), &q, &w, &n, &err) > 0);
	else
		T(imapq_parse(&a, str_of(query), &parsed, &err) > 0);
	return box ? q : parsed.root;
}

static struct str around(const char *type, const char *text, const char *query, bool box)
{
	struct record_part part = {.type = str_of(type), .searched = true, .text = str_of(text)};
	struct record r = {.parts = &part, .n_parts = 1};
	struct snippet_needles needles = snippet_needles(&a, tree(query, box));
	return snippet_make(&a, &r, &needles, &from);
}

/* The text with what the query looks for in brackets. */
static struct str marked(const char *text, const char *query, bool box)
{
	const struct snippet_mark *marks;
	struct buf b;
	size_t n, at = 0;
	struct str s = str_of(text);
	struct snippet_needles needles = snippet_needles(&a, tree(query, box));
	n = snippet_marks(&a, s, &needles, &marks);
	buf_init(&b, 4096);
	for (size_t i = 0; i < n; i++) {
		buf_str(&b, str_cut(s, at, marks[i].at));
		at = marks[i].at + marks[i].n;
		buf_chr(&b, '[');
		buf_str(&b, str_cut(s, marks[i].at, at));
		buf_chr(&b, ']');
	}
	buf_str(&b, str_cut(s, at, s.n));
	struct str out = arena_str(&a, buf_all(&b));
	buf_free(&b);
	return out;
}

static void test_marks(void)
{
	static const struct {
		const char *text, *query, *want;
		bool box;
	} row[] = {
		{"One two, ONE-two", "one", "[One] two, [ONE]-two", true},
		{"oneself one", "one", "oneself [one]", true},
		{"oneself one", "BODY one", "[one]self [one]", false},
		{"annual report", "\"annual report\"", "[annual] [report]", true},
		{"Größe über alles", "uber", "Größe [über] alles", true},
		{"Größe ÜBER alles", "größe alles", "[Größe] ÜBER [alles]", true},
		{"ﷺ und ﷺ", "und", "ﷺ [und] ﷺ", true},
		{"aaaa", "BODY aa", "[aa][aa]", false},
		{"abcd", "BODY abc BODY bcd", "[abcd]", false},
		{"meetings met", "FUZZY BODY meeting", "[meetings] met", false},
		{"one", "-one", "one", true},
		{"one", "subject:one", "one", true},
		{"", "one", "", true},
		{"\xFFone \xC3", "one", "\xFF[one] \xC3", true},
	};
	for (size_t i = 0; i < sizeof row / sizeof *row; i++)
		T_STR(marked(row[i].text, row[i].query, row[i].box), str_of(row[i].want));
}

/* What stands inside attachments is shown when the body has nothing, and never for IMAP's keys. */
static void inside(void)
{
	static const struct {
		const char *query, *want;
		bool box;
		size_t part;
	} row[] = {
		{"zebra", "a zebra & <b>more</b>", true, 2},
		{"plain", "plain text", true, 0},
		{"attachment:plain", "also plain", true, 1},
		{"body:zebra", "", true, 0},
		{"attachment:text", "", true, 0},
		{"filename:zebra", "", true, 0},
		{"BODY zebra", "", false, 0},
		{"FUZZY TEXT zebra", "", false, 0},
	};
	struct record_part parts[] = {
		{.type = STR("text/plain"), .searched = true, .text = STR("plain text")},
		{.type = STR("text/plain"), .searched = true, .text = STR("also plain"),
		 .attachment = true},
		{.type = STR("application/pdf"), .attachment = true, .outcome = RECORD_SEARCHED,
		 .inside = STR("a zebra & <b>more</b>")},
	};
	struct record r = {.parts = parts, .n_parts = 3};
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		const struct qnode *q = tree(row[i].query, row[i].box);
		struct snippet_needles needles = snippet_needles(&a, q);
		T_STR(snippet_make(&a, &r, &needles, &from), str_of(row[i].want));
		T(from.part == row[i].part);
	}
}

/* What HTML hides is shown when nothing else has it, and told. */
static void hidden(void)
{
	static const struct {
		const char *plain, *html, *query, *want;
		bool hidden;
	} row[] = {
		{"", "<b hidden>zebra one</b> and two", "zebra", "zebra one and two", true},
		{"", "<b hidden>zebra one</b> and two", "two", "and two", false},
		{"", "<b hidden>zebra one</b><p>a zebra", "zebra", "a zebra", false},
		{"zebra", "<b hidden>zebra one</b> and two", "zebra", "zebra", false},
		{"none", "<b hidden>zebra one</b> and two", "zebra", "zebra one and two", true},
		{"zebras", "<b hidden>zebra one</b> and two", "zebra", "zebra one and two", true},
		{"none", "<b hidden>zebra one</b> zebras", "zebra", "zebra one zebras", true},
		{"none", "<b hidden>zebras</b> and two", "zebra", "zebras and two", true},
		{"none", "<b>zebras</b> and <b hidden>two</b>", "zebra", "zebras and", false},
		{"zebras", "<b hidden>zebras</b> and two", "zebra", "zebras", false},
	};
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct record_part parts[] = {
			{.type = STR("text/plain"), .searched = true, .text = str_of(row[i].plain)},
			{.type = STR("text/html"), .searched = true, .text = str_of(row[i].html)},
		};
		struct record r = {.parts = parts, .n_parts = 2};
		struct snippet_needles needles = snippet_needles(&a, tree(row[i].query, true));
		T_STR(snippet_make(&a, &r, &needles, &from), str_of(row[i].want));
		T(from.hidden == row[i].hidden);
	}
}

int main(void)
{
	hidden();
	test_marks();
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
	inside();
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
