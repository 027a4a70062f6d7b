#include "jsonq.h"

#include "archive.h"
#include "boxhas.h"
#include "casemap.h"
#include "imapq.h"

#include <jansson.h>
#include <stdio.h>

struct parser {
	struct arena *a;
	struct jsonq *out;
	struct boxq_warning *warnings;
	size_t leaves;
	char place[sizeof((struct err *)0)->place]; /* the pointer of what is looked at */
};

static int parse_node(struct parser *ps, const json_t *o, int depth, const struct qnode **out,
		      struct err *err);

/* ---- places ---- */

/* Adds a step to the pointer; gives back where it was. What does not fit is left out. */
static size_t enter(struct parser *ps, const char *step)
{
	size_t n = strlen(ps->place), at = n;
	if (n + strlen(step) * 2 + 2 >= sizeof ps->place)
		return n;
	ps->place[at++] = '/';
	for (; *step; step++) {
		if (*step == '~' || *step == '/')
			ps->place[at++] = '~';
		ps->place[at++] = (char)(*step == '~' ? '0' : *step == '/' ? '1' : *step);
	}
	ps->place[at] = '\0';
	return n;
}

static void leave(struct parser *ps, size_t n)
{
	ps->place[n] = '\0';
}

static int bad(struct parser *ps, struct err *err, const char *expected)
{
	err_set(err, ERR_INPUT, "expected %s", expected);
	snprintf(err->place, sizeof err->place, "%s", ps->place[0] ? ps->place : "/");
	return -1;
}

static struct qnode *leaf(struct parser *ps, enum qnode_kind kind)
{
	ps->leaves++;
	return qnode_new(ps->a, kind, 0);
}

static struct str text_of(const json_t *v)
{
	return (struct str){json_string_value(v), json_string_length(v)};
}

/* ---- leaves ---- */

struct key {
	const char *name;
	enum qnode_kind kind;
	int (*make)(struct parser *ps, const struct key *k, const json_t *v,
		    const struct qnode **out, struct err *err);
};

static int make_needle(struct parser *ps, const struct key *k, const json_t *v,
		       const struct qnode **out, struct err *err)
{
	struct qnode *q = leaf(ps, k->kind);
	if (!json_is_string(v))
		return bad(ps, err, "a string");
	q->needle = arena_str(ps->a, text_of(v));
	q->mapped = casemap_str(ps->a, q->needle);
	*out = q;
	return 1;
}

/* Names and ids: as they stand, and not empty. */
static int make_name(struct parser *ps, const struct key *k, const json_t *v,
		     const struct qnode **out, struct err *err)
{
	struct qnode *q = leaf(ps, k->kind);
	if (!json_is_string(v) || json_string_length(v) == 0 || json_string_length(v) > 1000)
		return bad(ps, err, "a string of 1 to 1000 bytes");
	q->needle = arena_str(ps->a, text_of(v));
	*out = q;
	return 1;
}

static int make_thread(struct parser *ps, const struct key *k, const json_t *v,
		       const struct qnode **out, struct err *err)
{
	bool good = json_is_string(v) && qnode_thread_id(text_of(v));
	return good ? make_name(ps, k, v, out, err) : bad(ps, err, "the id of a thread or message");
}

static int make_day(struct parser *ps, const struct key *k, const json_t *v,
		    const struct qnode **out, struct err *err)
{
	struct qnode *q = leaf(ps, k->kind);
	struct str s = json_is_string(v) ? text_of(v) : STR("");
	uint32_t year, month, day;
	bool good = s.n == 10 && s.p[4] == '-' && s.p[7] == '-' &&
		    str_u32(str_cut(s, 0, 4), &year) && str_u32(str_cut(s, 5, 7), &month) &&
		    str_u32(str_cut(s, 8, 10), &day) && qnode_day(year, month, day, &q->day);
	if (!good)
		return bad(ps, err, "a date such as \"2020-03-05\"");
	*out = q;
	return 1;
}

static int make_number(struct parser *ps, const struct key *k, const json_t *v,
		       const struct qnode **out, struct err *err)
{
	struct qnode *q = leaf(ps, k->kind);
	bool age = k->kind == QNODE_OLDER || k->kind == QNODE_YOUNGER;
	if (!json_is_integer(v) || json_integer_value(v) < (age ? 1 : 0))
		return bad(ps, err, age ? "a number of seconds above 0" : "a number, 0 or more");
	q->number = (uint64_t)json_integer_value(v);
	ps->out->modseq |= k->kind == QNODE_MODSEQ;
	*out = q;
	return 1;
}

static int make_flag(struct parser *ps, const struct key *k, const json_t *v,
		     const struct qnode **out, struct err *err)
{
	static const struct {
		const char *name;
		unsigned flag;
	} flags[] = {
		{"seen", ARCHIVE_SEEN}, {"answered", ARCHIVE_ANSWERED},
		{"flagged", ARCHIVE_FLAGGED}, {"deleted", ARCHIVE_DELETED},
		{"draft", ARCHIVE_DRAFT},
	};
	struct qnode *q = leaf(ps, k->kind);
	for (size_t i = 0; json_is_string(v) && i < sizeof flags / sizeof *flags; i++)
		if (str_eq(text_of(v), str_of(flags[i].name)))
			q->number = flags[i].flag;
	if (q->number == 0)
		return bad(ps, err, "seen, answered, flagged, deleted or draft");
	*out = q;
	return 1;
}

/* {"has":"attachment"} */
static int make_has(struct parser *ps, const struct key *k, const json_t *v,
		    const struct qnode **out, struct err *err)
{
	const char *kind = json_is_string(v) ? boxhas_part(text_of(v)) : NULL;
	struct qnode *q = leaf(ps, k->kind);
	if (kind == NULL)
		return bad(ps, err, "a kind of attachment such as \"pdf\"");
	q->needle = str_of(kind);
	*out = q;
	return 1;
}

/* {"all":true}: what is false is written with "not". */
static int make_true(struct parser *ps, const struct key *k, const json_t *v,
		     const struct qnode **out, struct err *err)
{
	*out = k->kind == QNODE_ALL ? qnode_new(ps->a, k->kind, 0) : leaf(ps, k->kind);
	return json_is_true(v) ? 1 : bad(ps, err, "true");
}

/* {"header":{"name":"X-Mailer","value":"mutt"}} */
static int make_header(struct parser *ps, const struct key *k, const json_t *v,
		       const struct qnode **out, struct err *err)
{
	const json_t *name = json_object_get(v, "name"), *value = json_object_get(v, "value");
	struct str s = text_of(name);
	if (json_object_size(v) != 2 || !json_is_string(name) || !json_is_string(value) ||
	    s.n == 0 || str_chr(s, ':') >= 0)
		return bad(ps, err, "an object with \"name\" (no colon in it) and \"value\"");
	struct qnode *q = leaf(ps, k->kind);
	q->name = arena_str(ps->a, s);
	q->needle = arena_str(ps->a, text_of(value));
	q->mapped = casemap_str(ps->a, q->needle);
	*out = q;
	return 1;
}

/* ---- texts of the other dialects ---- */

static void keep_warnings(struct parser *ps, const struct boxq_warning *w, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		size_t *have = &ps->out->n_warnings;
		ps->warnings = arena_grow(ps->a, ps->warnings, *have, sizeof *ps->warnings);
		ps->warnings[(*have)++] = (struct boxq_warning){
			w[i].column, arena_fmt(ps->a, "%s: %.*s", ps->place, STR_ARG(w[i].text))};
	}
	ps->out->warnings = ps->warnings;
}

static void count_leaves(struct parser *ps, const struct qnode *q)
{
	ps->leaves += qnode_is_leaf(q);
	for (size_t i = 0; i < q->n_kids; i++)
		count_leaves(ps, q->kids[i]);
}

static int in_place(struct parser *ps, struct err *err)
{
	snprintf(err->place, sizeof err->place, "%s", ps->place);
	return -1;
}

static int parse_box(struct parser *ps, struct str text, const struct qnode **out,
		     struct err *err)
{
	const struct boxq_warning *w;
	size_t n;
	if (boxq_parse(ps->a, arena_str(ps->a, text), out, &w, &n, err) < 0)
		return in_place(ps, err);
	keep_warnings(ps, w, n);
	count_leaves(ps, *out);
	return 1;
}

static int make_box(struct parser *ps, const struct key *k, const json_t *v,
		    const struct qnode **out, struct err *err)
{
	(void)k;
	if (!json_is_string(v))
		return bad(ps, err, "a query of the search box as a string");
	return parse_box(ps, text_of(v), out, err);
}

static int make_imap(struct parser *ps, const struct key *k, const json_t *v,
		     const struct qnode **out, struct err *err)
{
	struct imapq parsed;
	(void)k;
	if (!json_is_string(v))
		return bad(ps, err, "a query of the IMAP dialect as a string");
	if (imapq_parse(ps->a, arena_str(ps->a, text_of(v)), &parsed, err) < 0)
		return in_place(ps, err);
	if (parsed.ret.asked)
		return bad(ps, err, "criteria without RETURN");
	ps->out->modseq |= parsed.modseq;
	keep_warnings(ps, parsed.warnings, parsed.n_warnings);
	count_leaves(ps, parsed.root);
	*out = parsed.root;
	return 1;
}

#define FIELDS "from, to, cc, bcc, subject, body, attachment, filename, link"

/* Is it one of the fields that have words? *head: with a colon behind it. */
static bool field_of(struct parser *ps, const json_t *in, struct str *head)
{
	struct str rest = STR(FIELDS), name;
	while (json_is_string(in) && str_split(&rest, ' ', &name)) {
		name = str_cut(name, 0, name.n - str_ends(name, STR(",")));
		*head = arena_fmt(ps->a, "%.*s:", STR_ARG(name));
		if (str_eq(text_of(in), name))
			return true;
	}
	return false;
}

/* In quotes. A quotation mark is no part of a word. */
static struct str phrase_of(struct parser *ps, const json_t *text)
{
	struct str s = arena_fmt(ps->a, "\"%.*s\"", STR_ARG(text_of(text)));
	for (size_t i = 1; i + 1 < s.n; i++)
		if (s.p[i] == '"')
			((char *)s.p)[i] = ' ';
	return s;
}

/* "text", or {"in":"subject","text":"text"}. *head: the field with a colon behind it, or "". NULL:
 * it is neither. */
static const json_t *text_in(struct parser *ps, const json_t *v, struct str *head)
{
	const json_t *text = json_object_get(v, "text");
	*head = STR("");
	if (json_is_string(v))
		return v;
	bool good = json_is_string(text) && json_object_size(v) == 2 &&
		    field_of(ps, json_object_get(v, "in"), head);
	return good ? text : NULL;
}

/* {"words":"two words"}: a phrase, by words. */
static int make_words(struct parser *ps, const struct key *k, const json_t *v,
		      const struct qnode **out, struct err *err)
{
	struct str head;
	const json_t *text = text_in(ps, v, &head);
	(void)k;
	if (text == NULL)
		return bad(ps, err, "a string, or an object with \"in\" (" FIELDS ") and "
				    "\"text\"");
	return parse_box(ps, arena_fmt(ps->a, "%.*s%.*s", STR_ARG(head),
				       STR_ARG(phrase_of(ps, text))), out, err);
}

/* {"wild":"bud*"}: one word with stars. */
static int make_wild(struct parser *ps, const struct key *k, const json_t *v,
		     const struct qnode **out, struct err *err)
{
	struct str head, s;
	const json_t *text = text_in(ps, v, &head);
	(void)k;
	s = text ? text_of(text) : STR("");
	bool good = s.n > 0 && !boxq_is_operator(s);
	for (size_t i = 0; i < s.n && good; i++)
		good = (unsigned char)s.p[i] > ' ' && !strchr("(){}\":", s.p[i]) &&
		       (i > 0 || s.p[i] != '-');
	if (!good)
		return bad(ps, err, "a word with '*', or an object with \"in\" (" FIELDS ") and "
				    "such a \"text\"");
	return parse_box(ps, arena_fmt(ps->a, "%.*s(%.*s)", STR_ARG(head), STR_ARG(s)), out, err);
}

/* {"near":{"a":"annual","b":"report","within":5}}, with or without "in". */
static int make_near(struct parser *ps, const struct key *k, const json_t *v,
		     const struct qnode **out, struct err *err)
{
	const json_t *x = json_object_get(v, "a"), *y = json_object_get(v, "b");
	const json_t *within = json_object_get(v, "within"), *in = json_object_get(v, "in");
	struct str head = STR("");
	json_int_t n = json_integer_value(within);
	(void)k;
	if (!json_is_string(x) || !json_is_string(y) || n < 1 || n > 1000 ||
	    json_object_size(v) != 3 + (in != NULL) || (in != NULL && !field_of(ps, in, &head)))
		return bad(ps, err, "an object with strings \"a\" and \"b\", \"within\" (1 to 1000)"
				    " and perhaps \"in\" (" FIELDS ")");
	return parse_box(ps, arena_fmt(ps->a, "%.*s(%.*s NEAR/%d %.*s)", STR_ARG(head),
				       STR_ARG(phrase_of(ps, x)), (int)n,
				       STR_ARG(phrase_of(ps, y))), out, err);
}

/* ---- the tree ---- */

static const struct key keys[] = {
	{"from", QNODE_FROM, make_needle}, {"to", QNODE_TO, make_needle},
	{"cc", QNODE_CC, make_needle}, {"bcc", QNODE_BCC, make_needle},
	{"subject", QNODE_SUBJECT, make_needle}, {"body", QNODE_BODY, make_needle},
	{"text", QNODE_TEXT, make_needle}, {"header", QNODE_HEADER, make_header},
	{"before", QNODE_BEFORE, make_day}, {"on", QNODE_ON, make_day},
	{"since", QNODE_SINCE, make_day}, {"sentbefore", QNODE_SENTBEFORE, make_day},
	{"senton", QNODE_SENTON, make_day}, {"sentsince", QNODE_SENTSINCE, make_day},
	{"savedbefore", QNODE_SAVEDBEFORE, make_day}, {"savedon", QNODE_SAVEDON, make_day},
	{"savedsince", QNODE_SAVEDSINCE, make_day}, {"older", QNODE_OLDER, make_number},
	{"younger", QNODE_YOUNGER, make_number}, {"larger", QNODE_LARGER, make_number},
	{"smaller", QNODE_SMALLER, make_number}, {"modseq", QNODE_MODSEQ, make_number},
	{"flag", QNODE_FLAG, make_flag}, {"keyword", QNODE_KEYWORD, make_name},
	{"recent", QNODE_RECENT, make_true}, {"emailid", QNODE_EMAILID, make_name},
	{"threadid", QNODE_THREADID, make_name}, {"saved", QNODE_SAVED, make_true},
	{"account", QNODE_ACCOUNT, make_name}, {"mailbox", QNODE_MAILBOX, make_name},
	{"tag", QNODE_TAG, make_name}, {"thread", QNODE_THREAD, make_thread},
	{"id", QNODE_ID, make_thread}, {"has", QNODE_HAS, make_has},
	{"all", QNODE_ALL, make_true}, {"words", QNODE_WORD, make_words},
	{"wild", QNODE_WILD, make_wild}, {"near", QNODE_NEAR, make_near},
	{"box", QNODE_ALL, make_box}, {"imap", QNODE_ALL, make_imap},
};

static int parse_list(struct parser *ps, enum qnode_kind kind, const json_t *list, int depth,
		      const struct qnode **out, struct err *err)
{
	size_t n = json_array_size(list);
	char step[24];
	if (!json_is_array(list) || n == 0)
		return bad(ps, err, "an array of one query or more");
	const struct qnode **kids = arena_alloc(ps->a, n * sizeof *kids);
	for (size_t i = 0; i < n; i++) {
		snprintf(step, sizeof step, "%zu", i);
		size_t back = enter(ps, step);
		if (parse_node(ps, json_array_get(list, i), depth, &kids[i], err) < 0)
			return -1;
		leave(ps, back);
	}
	*out = qnode_join(ps->a, kind, kids, n);
	return 1;
}

static int parse_member(struct parser *ps, const char *name, const json_t *v, int depth,
			const struct qnode **out, struct err *err)
{
	if (strcmp(name, "and") == 0)
		return parse_list(ps, QNODE_AND, v, depth, out, err);
	if (strcmp(name, "or") == 0)
		return parse_list(ps, QNODE_OR, v, depth, out, err);
	if (strcmp(name, "not") == 0) {
		if (parse_node(ps, v, depth, out, err) < 0)
			return -1;
		*out = qnode_not(ps->a, *out);
		return 1;
	}
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
		if (strcmp(name, keys[i].name) != 0)
			continue;
		int r = keys[i].make(ps, &keys[i], v, out, err);
		if (r > 0 && ps->leaves > QNODE_MAX_LEAVES)
			return bad(ps, err, "fewer criteria");
		return r;
	}
	return bad(ps, err, "and, or, not or the name of a criterion");
}

static int parse_node(struct parser *ps, const json_t *o, int depth, const struct qnode **out,
		      struct err *err)
{
	void *first = json_object_iter((json_t *)o);
	if (depth > QNODE_MAX_DEPTH)
		return bad(ps, err, "fewer levels");
	if (json_object_size(o) != 1)
		return bad(ps, err, "an object with one member");
	const char *name = json_object_iter_key(first);
	size_t back = enter(ps, name);
	int r = parse_member(ps, name, json_object_iter_value(first), depth + 1, out, err);
	if (r > 0)
		leave(ps, back);
	return r;
}

int jsonq_parse(struct arena *a, struct str text, struct jsonq *out, struct err *err)
{
	struct parser ps = {.a = a, .out = out};
	json_error_t e;
	*out = (struct jsonq){0};
	if (text.n > QNODE_MAX_TEXT)
		return err_set(err, ERR_INPUT, "the query is longer than %zu bytes",
			       QNODE_MAX_TEXT);
	json_t *o = json_loadb(text.n ? text.p : "", text.n, JSON_REJECT_DUPLICATES, &e);
	if (o == NULL) {
		err_set(err, ERR_INPUT, "the query is no JSON object");
		err->column = e.column > 0 ? e.column : 1;
		return -1;
	}
	int r = parse_node(&ps, o, 0, &out->root, err);
	json_decref(o);
	return r;
}
