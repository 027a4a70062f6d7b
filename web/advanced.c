#define _GNU_SOURCE
#include "advanced.h"

#include "boxq.h"
#include "frame.h"
#include "imapkey.h"
#include "tagging.h"
#include "words.h"

#include <stdlib.h>

/* ---- fields ---- */

enum kind { WORDS, PHRASE, WITHOUT, FIELD };

/* What is asked for, and what the query has before it. */
static const struct {
	const char *name, *label, *type, *before;
	enum kind kind;
} inputs[] = {
	{"words", WORDS_ALL_WORDS, "text", "", WORDS},
	{"phrase", WORDS_PHRASE, "text", "", PHRASE},
	{"without", WORDS_WITHOUT, "text", "-", WITHOUT},
	{"from", WORDS_FROM, "text", "from:", FIELD},
	{"to", WORDS_TO, "text", "to:", FIELD},
	{"subject", WORDS_SUBJECT, "text", "subject:", FIELD},
	{"filename", WORDS_FILE_NAME, "text", "filename:", FIELD},
	{"after", WORDS_AFTER, "date", "after:", FIELD},
	{"before", WORDS_BEFORE, "date", "before:", FIELD},
	{"larger", WORDS_LARGER, "text", "larger:", FIELD},
	{"smaller", WORDS_SMALLER, "text", "smaller:", FIELD},
};
enum { INPUTS = sizeof inputs / sizeof *inputs, NAMES_MAX = 500 };

/* As newer: takes them. */
static const char *const spans[][2] = {
	{"7d", WORDS_WEEK}, {"1m", WORDS_MONTH}, {"1y", WORDS_12_MONTHS}, {"5y", WORDS_5_YEARS}};

/* The query language knows no escape for a quote: it is as good as a blank. */
static void quoted(struct buf *out, struct str text)
{
	buf_chr(out, '"');
	for (size_t i = 0; i < text.n; i++)
		buf_chr(out, text.p[i] == '"' ? ' ' : text.p[i]);
	buf_chr(out, '"');
}

/* One word needs no quotes when it is plain. */
static bool plain(struct str text)
{
	for (size_t i = 0; i < text.n; i++) {
		unsigned char c = (unsigned char)text.p[i];
		bool letter = c >= 0x80 || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
		bool digit = c >= '0' && c <= '9', inner = i > 0 && (c == '-' || c == '_');
		if (!letter && !digit && !inner && c != '@' && c != '.')
			return false;
	}
	return !str_eq(text, STR("OR")) && !str_eq(text, STR("AND")) && !str_eq(text, STR("NOT"));
}

static void one(struct buf *out, const char *before, struct str text)
{
	if (text.n == 0)
		return;
	if (out->n)
		buf_chr(out, ' ');
	buf_str(out, str_of(before));
	if (plain(text))
		buf_str(out, text);
	else
		quoted(out, text);
}

static void each_word(struct buf *out, const char *before, struct str text)
{
	struct str word;
	while (str_split(&text, ' ', &word))
		one(out, before, str_trim(word));
}

static struct str compose(struct arena *a, const struct url *u)
{
	struct buf b;
	buf_init(&b, 64 << 10);
	for (size_t i = 0; i < INPUTS; i++) {
		struct str value = str_trim(url_get(u, inputs[i].name, STR("")));
		if (inputs[i].kind == WORDS || inputs[i].kind == WITHOUT)
			each_word(&b, inputs[i].before, value);
		else
			one(&b, inputs[i].before, value);
	}
	struct str is = url_get(u, "is", STR(""));
	struct str has = url_get(u, "has", STR("")), tag = url_get(u, "tag", STR(""));
	if (plain(is))
		one(&b, "is:", is);
	if (plain(has))
		one(&b, "has:", has);
	one(&b, "tag:", str_trim(tag));
	for (size_t i = 0; i < sizeof spans / sizeof *spans; i++)
		if (str_eq(url_get(u, "newer", STR("")), str_of(spans[i][0])))
			one(&b, "newer:", str_of(spans[i][0]));
	struct str q = arena_str(a, buf_all(&b));
	buf_free(&b);
	return q;
}

static int lead_on(struct call *c, struct http_response *resp)
{
	struct buf b;
	struct markup m = {&b, c->arena};
	struct state s = {.q = compose(c->arena, c->url)};
	s.account = url_get(c->url, "account", STR(""));
	s.mailbox = url_get(c->url, "mailbox", STR(""));
	buf_init(&b, 256 << 10);
	MARKUP(&m, "/?q=");
	markup_url(&m, s.q);
	if (s.account.n) {
		MARKUP(&m, "&account=");
		markup_url(&m, s.account);
	}
	if (s.mailbox.n) {
		MARKUP(&m, "&mailbox=");
		markup_url(&m, s.mailbox);
	}
	resp->status = 303;
	http_header(resp, "Location", arena_str(c->arena, buf_all(&b)).p);
	buf_free(&b);
	return 1;
}

static void input(struct markup *m, const char *label, const char *type, const char *name)
{
	MARKUP(m, "<label>");
	markup_text(m, str_of(label));
	MARKUP(m, "<input type=\"");
	markup_text(m, str_of(type));
	MARKUP(m, "\" name=\"");
	markup_text(m, str_of(name));
	MARKUP(m, "\"></label>");
}

/* A field with names to choose from, which works without JavaScript too. */
static void chosen(struct markup *m, const char *label, const char *name, const struct str *names,
		   size_t n)
{
	struct str id = arena_fmt(m->arena, "\" list=\"%s-names", name);
	MARKUP(m, "<label>");
	markup_text(m, str_of(label));
	MARKUP(m, "<input autocomplete=\"off\" name=\"");
	markup_text(m, str_of(name));
	markup_literal(m, id);
	MARKUP(m, "\"></label><datalist id=\"");
	markup_text(m, str_of(name));
	MARKUP(m, "-names\">");
	for (size_t i = 0; i < n && i < NAMES_MAX; i++) {
		MARKUP(m, "<option value=\"");
		markup_text(m, names[i]);
		MARKUP(m, "\"></option>");
	}
	MARKUP(m, "</datalist>");
}

static int by_name(const void *x, const void *y)
{
	return str_cmp(*(const struct str *)x, *(const struct str *)y);
}

/* The accounts and the mailboxes that who asks may read, each name once. */
static int places(struct markup *m, struct call *c, struct err *err)
{
	const struct archive_epoch *e;
	struct qdb *db;
	size_t n, n_accounts = 0, n_boxes = 0, once = 0;
	if (call_db(c, &db, err) < 0 ||
	    archive_epochs(query_db_archive(db), c->arena, &e, &n, err) < 0)
		return -1;
	struct str *accounts = arena_alloc(c->arena, n * sizeof *accounts + 1);
	struct str *boxes = arena_alloc(c->arena, n * sizeof *boxes + 1);
	for (size_t i = 0; i < n; i++) {
		if (!call_may_read(c, e[i].account))
			continue;
		if (n_accounts == 0 || !str_eq(accounts[n_accounts - 1], e[i].account))
			accounts[n_accounts++] = e[i].account;
		boxes[n_boxes++] = e[i].mailbox;
	}
	if (n_boxes > 1)
		qsort(boxes, n_boxes, sizeof *boxes, by_name);
	for (size_t i = 0; i < n_boxes; i++)
		if (once == 0 || !str_eq(boxes[once - 1], boxes[i]))
			boxes[once++] = boxes[i];
	chosen(m, WORDS_ACCOUNT, "account", accounts, n_accounts);
	chosen(m, WORDS_MAILBOX, "mailbox", boxes, once);
	return 1;
}

/* The tags that are on something who asks may read. */
static int tags(struct markup *m, struct call *c, struct err *err)
{
	const struct tag *list;
	struct people *p;
	uint64_t *counts;
	size_t n = 0, shown = 0;
	if (!call_people_there())
		return 1;
	if (call_people(&p, err) < 0 || tag_list(p, c->arena, &list, &n, err) < 0 ||
	    tagging_counts(c, list, n, &counts, err) < 0)
		return -1;
	struct str *names = arena_alloc(c->arena, n * sizeof *names + 1);
	for (size_t i = 0; i < n; i++)
		if (counts[i])
			names[shown++] = list[i].name;
	if (shown)
		chosen(m, WORDS_TAG, "tag", names, shown);
	return 1;
}

/* A choice among values, each with what it is called; none of them at first. */
static void choice(struct markup *m, const char *open, const char *const (*of)[2], size_t n)
{
	markup_literal(m, str_of(open));
	for (size_t i = 0; i < n; i++) {
		MARKUP(m, "<option value=\"");
		markup_text(m, str_of(of[i][0]));
		MARKUP(m, "\">");
		markup_text(m, str_of(of[i][1]));
		MARKUP(m, "</option>");
	}
	MARKUP(m, "</select></label>");
}

int advanced_fields(struct call *c, struct http_response *resp, struct err *err)
{
	static const char *const states[] = {"read", "unread", "flagged", "answered", "draft"};
	static const char *const kinds[][2] = WORDS_KINDS;
	struct markup m = {&resp->body, c->arena};
	if (str_eq(url_get(c->url, "go", STR("")), STR("1")))
		return lead_on(c, resp);
	frame_open(&m, c, resp, STR(WORDS_FIELDS), NULL);
	MARKUP(&m, "<main id=\"main\" class=\"narrow\"><h1>" WORDS_FIELDS "</h1><p class=\"fine\">"
		   WORDS_FIELDS_HINT "</p><form class=\"fields\" action=\"/fields\">"
		   "<input type=\"hidden\" name=\"go\" value=\"1\">");
	for (size_t i = 0; i < INPUTS; i++)
		input(&m, inputs[i].label, inputs[i].type, inputs[i].name);
	MARKUP(&m, "<label>" WORDS_STATE "<select name=\"is\"><option value=\"\">" WORDS_ANY
		   "</option>");
	for (size_t i = 0; i < sizeof states / sizeof *states; i++) {
		MARKUP(&m, "<option>");
		markup_text(&m, str_of(states[i]));
		MARKUP(&m, "</option>");
	}
	MARKUP(&m, "</select></label>");
	choice(&m, "<label>" WORDS_ATTACHMENTS "<select name=\"has\"><option value=\"\">"
	       WORDS_NOT_ASKED "</option>", kinds, sizeof kinds / sizeof *kinds);
	choice(&m, "<label>" WORDS_NOT_OLDER "<select name=\"newer\"><option value=\"\">" WORDS_ANY
	       "</option>", spans, sizeof spans / sizeof *spans);
	if (tags(&m, c, err) < 0 || places(&m, c, err) < 0)
		return -1;
	MARKUP(&m, "<button>" WORDS_SEARCH "</button></form></main>");
	frame_close(&m);
	return 1;
}

/* ---- help ---- */

static void try(struct markup *m, const char *query, const char *dialect, const char *meaning)
{
	struct state s = {.q = str_of(query), .dialect = str_of(dialect)};
	MARKUP(m, "<dt><a href=\"");
	state_href(m, &s);
	MARKUP(m, "\"><code>");
	markup_text(m, s.q);
	MARKUP(m, "</code></a></dt><dd>");
	markup_text(m, str_of(meaning));
	MARKUP(m, "</dd>");
}

static void examples(struct markup *m)
{
	static const char *const rows[][2] = {
		{"annual report", WORDS_H_BOTH},
		{"\"annual report\"", WORDS_H_PHRASE},
		{"from:ann to:bob subject:report", WORDS_H_FIELD},
		{"after:2020-01-01 before:2020-07-01", WORDS_H_DATE},
		{"report -draft", WORDS_H_NOT},
		{"(budget OR plan) larger:100k", WORDS_H_OR},
		{"rep*", WORDS_H_STAR},
		{"annual NEAR/5 report", WORDS_H_NEAR},
		{"from:(ann OR bob) filename:pdf", WORDS_H_GROUP},
	};
	MARKUP(m, "<h2>" WORDS_H_EXAMPLES "</h2><dl class=\"help\">");
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		try(m, rows[i][0], "", rows[i][1]);
	MARKUP(m, "</dl>");
}

/* From the table the search box is read by. */
static void box_fields(struct markup *m)
{
	const char *name, *means;
	MARKUP(m, "<h2>" WORDS_H_FIELDS "</h2><dl class=\"help\" id=\"fields\">");
	for (size_t i = 0; (name = boxq_field(i)) != NULL; i++) {
		MARKUP(m, "<dt><code>");
		markup_text(m, str_of(name));
		MARKUP(m, ":</code></dt><dd>");
		markup_text(m, str_of(boxq_expects(i)));
		MARKUP(m, "</dd>");
	}
	MARKUP(m, "</dl><h2>" WORDS_H_OTHERS "</h2><dl class=\"help\" id=\"others\">");
	for (size_t i = 0; (name = boxq_other(i, &means)) != NULL; i++) {
		MARKUP(m, "<dt><code>");
		markup_text(m, str_of(name));
		MARKUP(m, ":</code></dt><dd><code>");
		markup_text(m, str_of(means));
		MARKUP(m, ":</code></dd>");
	}
	MARKUP(m, "</dl>");
}

/* What follows a key. */
static const char *operand(const struct imapkey *k)
{
	static const char *const texts[] = {
		[IMAPKEY_BARE] = "", [IMAPKEY_FLAG] = "", [IMAPKEY_UNFLAG] = "",
		[IMAPKEY_STRING] = "string", [IMAPKEY_HEADER] = "name string",
		[IMAPKEY_KEYWORD] = "keyword", [IMAPKEY_UNKEYWORD] = "keyword",
		[IMAPKEY_LABEL] = "label", [IMAPKEY_DATE] = "1-Feb-2020",
		[IMAPKEY_SIZE] = "octets", [IMAPKEY_AGE] = "seconds", [IMAPKEY_MODSEQ] = "number",
		[IMAPKEY_ID] = "id", [IMAPKEY_GMID] = "number", [IMAPKEY_SET] = "1:5,9",
		[IMAPKEY_NOT] = "key", [IMAPKEY_OR] = "key key", [IMAPKEY_FUZZY] = "key",
		[IMAPKEY_RAW] = "string", [IMAPKEY_TAG] = "tag",
	};
	bool known = k->shape < sizeof texts / sizeof *texts && texts[k->shape];
	return known ? texts[k->shape] : "";
}

static void imap_keys(struct markup *m)
{
	const struct imapkey *k;
	MARKUP(m, "<h2>" WORDS_IMAP "</h2><p>" WORDS_H_IMAP "</p><p id=\"keys-of-imap\">");
	for (size_t i = 0; (k = imapkey_at(i)) != NULL; i++) {
		if (k->shape == IMAPKEY_REFUSED)
			continue;
		MARKUP(m, "<code>");
		markup_text(m, str_of(k->name));
		if (operand(k)[0]) {
			MARKUP(m, " <i>");
			markup_text(m, str_of(operand(k)));
			MARKUP(m, "</i>");
		}
		MARKUP(m, "</code> · ");
	}
	MARKUP(m, "<code>(</code> <code>)</code></p>");
}

int advanced_help(struct call *c, struct http_response *resp, struct err *err)
{
	struct markup m = {&resp->body, c->arena};
	(void)err;
	frame_open(&m, c, resp, STR(WORDS_HELP), NULL);
	MARKUP(&m, "<main id=\"main\" class=\"narrow\"><h1>" WORDS_H_TITLE "</h1><p>" WORDS_H_INTRO
		   "</p>");
	examples(&m);
	box_fields(&m);
	imap_keys(&m);
	MARKUP(&m, "<h2>" WORDS_H_KEYS "</h2><p>" WORDS_H_KEYS_TEXT "</p><h2>" WORDS_H_PROGRAMS
		   "</h2><p>" WORDS_H_PROGRAMS_TEXT "</p></main>");
	frame_close(&m);
	return 1;
}
