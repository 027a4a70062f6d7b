#include "boxleaf.h"

#include "archive.h"
#include "boxdate.h"
#include "boxhas.h"
#include "boxsize.h"
#include "boxstate.h"
#include "casemap.h"
#include "gmlabel.h"
#include "imapq.h"
#include "token.h"
#include "wild.h"

#include <stdarg.h>
#include <stdio.h>

int boxleaf_column(struct boxleaf *b, size_t at)
{
	if (b->col_at > at)
		b->col_at = 0, b->col = 0;
	for (; b->col_at < at && b->col_at < b->in.n; b->col_at++)
		b->col += ((unsigned char)b->in.p[b->col_at] & 0xC0) != 0x80;
	return b->col + 1;
}

/* The query may be anything; what is quoted from it must be UTF-8. */
struct str boxleaf_quotable(struct str s)
{
	return str_utf8(s) && s.n <= 60 ? s : STR("…");
}

void boxleaf_warn(struct boxleaf *b, size_t at, const char *fmt, ...)
{
	char text[600];
	va_list list;
	if (b->n_warnings >= BOXLEAF_WARNINGS || b->full)
		return;
	va_start(list, fmt);
	vsnprintf(text, sizeof text, fmt, list);
	va_end(list);
	struct str s = arena_str(b->a, str_of(text));
	if (b->n_warnings + 1 == BOXLEAF_WARNINGS)
		s = STR("there are more warnings than are shown");
	b->warnings = arena_grow(b->a, b->warnings, b->n_warnings, sizeof *b->warnings);
	b->warnings[b->n_warnings++] = (struct boxq_warning){boxleaf_column(b, at), s};
}

/* Of too many the rest is not searched for. */
static void count_leaf(struct boxleaf *b, size_t at)
{
	if (++b->leaves >= QNODE_MAX_LEAVES && !b->full) {
		boxleaf_warn(b, at, "the query has more than %d parts: what follows is not "
			     "searched for", QNODE_MAX_LEAVES);
		b->full = true;
	}
}

static struct qnode *leaf(struct boxleaf *b, enum qnode_kind kind, size_t at)
{
	int column = boxleaf_column(b, at);
	count_leaf(b, at);
	return qnode_new(b->a, kind, column);
}

const struct qnode *boxleaf_both(struct boxleaf *b, enum qnode_kind kind, const struct qnode *x,
				 const struct qnode *y)
{
	const struct qnode **kids = arena_alloc(b->a, 2 * sizeof(struct qnode *));
	kids[0] = x;
	kids[1] = y;
	return qnode_join(b->a, kind, kids, 2);
}

/* ---- words ---- */

/* One phrase as a leaf. */
static const struct qnode *phrase(struct boxleaf *b, struct str field, struct str typed,
				  const struct wild_phrase *p, size_t at)
{
	bool plain = wild_is_plain(p);
	struct qnode *q = leaf(b, plain ? QNODE_WORD : QNODE_WILD, at);
	struct wild_phrase *own = arena_alloc(b->a, sizeof *own);
	*own = *p;
	q->name = field;
	q->needle = typed;
	if (!plain) {
		q->phrases = own;
		q->n_phrases = 1;
		return q;
	}
	struct str *list = arena_alloc(b->a, p->n * sizeof *list);
	for (size_t i = 0; i < p->n; i++)
		list[i] = p->words[i].pieces[0];
	q->words = list;
	q->n_words = p->n;
	return q;
}

/* The words of a text, one after the other, in a field. NULL: there are none. */
static const struct qnode *words(struct boxleaf *b, struct str field,
				 const struct boxleaf_word *w, struct str text)
{
	struct str rest = casemap_str(b->a, text), typed = arena_str(b->a, text);
	const struct qnode *all = NULL;
	while (!b->full) {
		struct wild_phrase p = {.text = typed};
		p.n = wild_words(b->a, &rest, !w->quoted, &p.words);
		if (p.n == 0)
			break;
		if (all != NULL)
			boxleaf_warn(b, w->at, "a long phrase is searched in pieces");
		const struct qnode *q = phrase(b, field, typed, &p, w->at);
		all = all != NULL ? boxleaf_both(b, QNODE_AND, all, q) : q;
	}
	return all;
}

static bool holds_word(struct arena *a, struct str s)
{
	struct str rest = casemap_str(a, s), token;
	bool gap;
	return token_next(&rest, &token, &gap);
}

/* The field's name is a word, too. */
static const struct qnode *as_words(struct boxleaf *b, const struct boxleaf_word *w)
{
	struct str whole = w->text;
	if (w->field.n > 0)
		whole = arena_fmt(b->a, "%.*s:%.*s", STR_ARG(w->field), STR_ARG(w->text));
	const struct qnode *q = words(b, STR(""), w, whole);
	if (q == NULL && (whole.n > 0 || w->quoted) && !b->full)
		boxleaf_warn(b, w->at, "'%.*s' holds no word: it selects nothing and excludes "
			     "nothing", STR_ARG(boxleaf_quotable(w->text)));
	return q;
}

/* ---- leaves with a needle ---- */

static struct qnode *needle(struct boxleaf *b, enum qnode_kind kind, struct str text, size_t at)
{
	struct qnode *q = leaf(b, kind, at);
	q->needle = arena_str(b->a, text);
	q->mapped = casemap_str(b->a, text);
	return q;
}

static const struct qnode *header(struct boxleaf *b, struct str name, struct str text, size_t at)
{
	struct qnode *q = needle(b, QNODE_HEADER, text, at);
	q->name = arena_str(b->a, name);
	return q;
}

struct field;
typedef const struct qnode *maker(struct boxleaf *b, const struct boxleaf_word *w,
				  const struct field *f);

struct field {
	const char *name, *expects;
	maker *make;
	enum qnode_kind kind; /* of its leaves, where they have one */
};

/* "subject:*": there is such a field. */
static maker text_leaf;
static const struct qnode *text_leaf(struct boxleaf *b, const struct boxleaf_word *w,
				     const struct field *f)
{
	if (!w->quoted && str_eq(w->text, STR("*")) && f->kind != QNODE_WORD)
		return f->kind == QNODE_HAS ? needle(b, QNODE_HAS, STR("attachment"), w->at)
					    : needle(b, f->kind, STR(""), w->at);
	return words(b, str_of(f->name), w, w->text);
}

static maker name_leaf;
static const struct qnode *name_leaf(struct boxleaf *b, const struct boxleaf_word *w,
				     const struct field *f)
{
	return needle(b, f->kind, w->text, w->at);
}

/* Mailboxes; "in:anywhere" is Gmail's for all. */
static maker mailbox_leaf;
static const struct qnode *mailbox_leaf(struct boxleaf *b, const struct boxleaf_word *w,
					const struct field *f)
{
	if (str_ieq(w->field, STR("in")) &&
	    (str_ieq(w->text, STR("anywhere")) || str_ieq(w->text, STR("all"))))
		return qnode_new(b->a, QNODE_ALL, boxleaf_column(b, w->at));
	return needle(b, f->kind, w->text, w->at);
}

/* A label of Gmail, or one of our tags. */
static maker label_leaf;
static const struct qnode *label_leaf(struct boxleaf *b, const struct boxleaf_word *w,
				      const struct field *f)
{
	struct qnode *q = leaf(b, QNODE_KEYWORD, w->at);
	(void)f;
	q->needle = gmlabel_keyword(b->a, w->text);
	return boxleaf_both(b, QNODE_OR, q, needle(b, QNODE_TAG, w->text, w->at));
}

/* NULL: no id. */
static maker thread_leaf;
static const struct qnode *thread_leaf(struct boxleaf *b, const struct boxleaf_word *w,
				       const struct field *f)
{
	return qnode_thread_id(w->text) ? needle(b, f->kind, w->text, w->at) : NULL;
}

/* The id of a message here, or its Message-ID. */
static maker id_leaf;
static const struct qnode *id_leaf(struct boxleaf *b, const struct boxleaf_word *w,
				   const struct field *f)
{
	struct str s = w->text;
	if (qnode_thread_id(s) && (s.p[0] | 0x20) != 't')
		return needle(b, f->kind, s, w->at);
	if (str_starts(s, STR("<")))
		s = str_cut(s, 1, s.n - (s.n > 1 && str_ends(s, STR(">"))));
	return header(b, STR("Message-ID"), arena_fmt(b->a, "<%.*s>", STR_ARG(s)), w->at);
}

/* "X-Foo=bar", "X-Foo=": the text anywhere in the field; "X-Foo", "X-Foo=*": the field is there. */
static maker header_leaf;
static const struct qnode *header_leaf(struct boxleaf *b, const struct boxleaf_word *w,
				       const struct field *f)
{
	ptrdiff_t eq = str_chr(w->text, '=');
	size_t end = eq < 0 ? w->text.n : (size_t)eq;
	struct str name = str_cut(w->text, 0, end), text = str_cut(w->text, end + 1, w->text.n);
	(void)f;
	for (size_t i = 0; i < name.n; i++)
		if ((unsigned char)name.p[i] <= ' ' || name.p[i] == ':')
			return NULL;
	if (name.n == 0 || name.n > BOXLEAF_HEADER)
		return NULL;
	return header(b, name, str_eq(text, STR("*")) ? STR("") : text, w->at);
}

static maker list_leaf;
static const struct qnode *list_leaf(struct boxleaf *b, const struct boxleaf_word *w,
				     const struct field *f)
{
	static const char *const names[] = {"List-Id", "List-Post", "X-Mailing-List"};
	struct str text = str_eq(w->text, STR("*")) ? STR("") : w->text;
	const struct qnode **kids = arena_alloc(b->a, 3 * sizeof *kids);
	(void)f;
	for (size_t i = 0; i < 3; i++)
		kids[i] = header(b, str_of(names[i]), text, w->at);
	return qnode_join(b->a, QNODE_OR, kids, 3);
}

static maker delivered_leaf;
static const struct qnode *delivered_leaf(struct boxleaf *b, const struct boxleaf_word *w,
					  const struct field *f)
{
	(void)f;
	return header(b, STR("Delivered-To"), w->text, w->at);
}

/* ---- dates ---- */

/* A day by the Date field; where that is missing or unusable, by arrival. */
static const struct qnode *by_day(struct boxleaf *b, bool since, int32_t day, size_t at)
{
	struct qnode *sent = leaf(b, since ? QNODE_SENTSINCE : QNODE_SENTBEFORE, at);
	struct qnode *dated = leaf(b, QNODE_SENTSINCE, at);
	struct qnode *arrived = leaf(b, since ? QNODE_SINCE : QNODE_BEFORE, at);
	qnode_day(1900, 1, 1, &dated->day); /* usable dates begin there */
	sent->day = day;
	arrived->day = day;
	return boxleaf_both(b, QNODE_OR, sent,
			    boxleaf_both(b, QNODE_AND, qnode_not(b->a, dated), arrived));
}

static void warn_swapped(struct boxleaf *b, const struct boxleaf_word *w)
{
	boxleaf_warn(b, w->at, "'%.*s' ends before it begins: read the other way round",
		     STR_ARG(boxleaf_quotable(w->text)));
}

static void warn_date(struct boxleaf *b, const struct boxleaf_word *w, const struct boxdate *d)
{
	struct str s = boxleaf_quotable(w->text);
	if (d->ambiguous)
		boxleaf_warn(b, w->at, "'%.*s' is read with the day before the month; "
			     "2020-03-05 is never mistaken", STR_ARG(s));
	if (d->swapped)
		warn_swapped(b, w);
}

/* after: is from the first day on, before: up to it. */
static maker since_leaf;
static const struct qnode *since_leaf(struct boxleaf *b, const struct boxleaf_word *w,
				      const struct field *f)
{
	struct boxdate d;
	if (!boxdate_parse(w->text, b->today, &d))
		return NULL;
	warn_date(b, w, &d);
	return by_day(b, f->kind == QNODE_SENTSINCE, d.first, w->at);
}

static maker date_leaf;
static const struct qnode *date_leaf(struct boxleaf *b, const struct boxleaf_word *w,
				     const struct field *f)
{
	struct boxdate d;
	(void)f;
	if (!boxdate_range(w->text, b->today, &d))
		return NULL;
	warn_date(b, w, &d);
	if (d.first == INT32_MIN)
		return by_day(b, false, d.end, w->at);
	if (d.end == INT32_MAX)
		return by_day(b, true, d.first, w->at);
	return boxleaf_both(b, QNODE_AND, by_day(b, true, d.first, w->at),
			    by_day(b, false, d.end, w->at));
}

/* ---- sizes ---- */

static const struct qnode *size(struct boxleaf *b, enum qnode_kind kind, uint64_t n, size_t at)
{
	struct qnode *q = leaf(b, kind, at);
	q->number = n;
	return q;
}

static maker size_leaf;
static const struct qnode *size_leaf(struct boxleaf *b, const struct boxleaf_word *w,
				     const struct field *f)
{
	uint64_t n;
	return boxsize_parse(w->text, &n) ? size(b, f->kind, n, w->at) : NULL;
}

/* "1M" (Gmail's: larger), ">1M", "<5k"; "1M..5M", "1M..", "..5M". */
struct sizes {
	bool range, smaller, has_from, has_to;
	uint64_t from, to; /* from: also what stands alone */
};

static bool sizes(struct str s, struct sizes *out)
{
	ptrdiff_t dots = str_find(s, STR(".."));
	bool smaller = str_starts(s, STR("<")), sign = smaller || str_starts(s, STR(">"));
	struct str from = str_cut(s, sign, s.n), to = STR("");
	if (dots >= 0) {
		from = str_trim(str_cut(s, 0, (size_t)dots));
		to = str_trim(str_cut(s, (size_t)dots + 2, s.n));
	}
	*out = (struct sizes){dots >= 0, smaller, from.n > 0, to.n > 0, 0, 0};
	return (out->has_from || out->has_to) &&
	       (!out->has_from || boxsize_parse(from, &out->from)) &&
	       (!out->has_to || boxsize_parse(to, &out->to));
}

static maker sizes_leaf;
static const struct qnode *sizes_leaf(struct boxleaf *b, const struct boxleaf_word *w,
				      const struct field *f)
{
	const struct qnode *least = NULL, *most = NULL;
	struct sizes x;
	(void)f;
	if (!sizes(w->text, &x))
		return NULL;
	if (!x.range)
		return size(b, x.smaller ? QNODE_SMALLER : QNODE_LARGER, x.from, w->at);
	if (x.has_from && x.has_to && x.from > x.to) {
		uint64_t from = x.from;
		x.from = x.to;
		x.to = from;
		warn_swapped(b, w);
	}
	if (x.has_from)
		least = qnode_not(b->a, size(b, QNODE_SMALLER, x.from, w->at));
	if (x.has_to)
		most = qnode_not(b->a, size(b, QNODE_LARGER, x.to, w->at));
	return least && most ? boxleaf_both(b, QNODE_AND, least, most) : least ? least : most;
}

/* ---- states ---- */

/* NULL: no such state. */
static maker is_leaf;
static const struct qnode *is_leaf(struct boxleaf *b, const struct boxleaf_word *w,
				   const struct field *f)
{
	const struct boxstate *s = boxstate_find(w->text);
	(void)f;
	if (s == NULL)
		return NULL;
	struct qnode *q = leaf(b, s->keyword ? QNODE_KEYWORD : s->flag ? QNODE_FLAG : QNODE_RECENT,
			       w->at);
	q->number = s->flag;
	if (s->keyword)
		q->needle = str_of(s->keyword);
	return s->set ? q : qnode_not(b->a, q);
}

static maker has_leaf;
static const struct qnode *has_leaf(struct boxleaf *b, const struct boxleaf_word *w,
				    const struct field *f)
{
	const char *part = boxhas_part(w->text), *field = boxhas_header(w->text);
	const struct boxleaf_word flagged = {.at = w->at, .text = STR("flagged")};
	if (part)
		return needle(b, QNODE_HAS, str_of(part), w->at);
	if (field)
		return header(b, str_of(field), STR(""), w->at);
	return str_ieq(w->text, STR("star")) ? is_leaf(b, &flagged, f) : NULL;
}

/* ---- the IMAP dialect inside ---- */

static bool needs_mailbox(const struct qnode *q)
{
	for (size_t i = 0; i < q->n_kids; i++)
		if (needs_mailbox(q->kids[i]))
			return true;
	return q->kind == QNODE_UID || q->kind == QNODE_SEQ;
}

static void count(struct boxleaf *b, const struct qnode *q, size_t at)
{
	if (qnode_is_leaf(q))
		count_leaf(b, at);
	for (size_t i = 0; i < q->n_kids; i++)
		count(b, q->kids[i], at);
}

static bool holds_raw(struct str s)
{
	for (size_t i = 0; i + 8 <= s.n; i++)
		if (str_istarts(str_cut(s, i, s.n), STR("X-GM-RAW")))
			return true;
	return false;
}

static maker imap_leaf;
static const struct qnode *imap_leaf(struct boxleaf *b, const struct boxleaf_word *w,
				     const struct field *f)
{
	struct imapq parsed;
	struct err err = {0};
	size_t open = w->text.p[0] == '(';
	struct str s = str_cut(w->text, open, w->text.n - (open && str_ends(w->text, STR(")"))));
	(void)f;
	s = arena_str(b->a, str_trim(s));
	if (holds_raw(s)) { /* or there would be no end to it */
		boxleaf_warn(b, w->at, "X-GM-RAW cannot stand in imap:");
		return NULL;
	}
	if (imapq_parse(b->a, s, &parsed, &err) < 0) {
		boxleaf_warn(b, w->at, "imap: column %d: %s", err.column, err.text);
		return NULL;
	}
	if (parsed.ret.asked || needs_mailbox(parsed.root)) {
		boxleaf_warn(b, w->at, "%s only in the IMAP dialect",
			     parsed.ret.asked ? "RETURN can stand"
					      : "UIDs and sequence numbers can stand");
		return NULL;
	}
	count(b, parsed.root, w->at);
	return parsed.root;
}

/* ---- the table ---- */

static const struct field fields[] = {
	{"from", "a word, \"a phrase\" or part of an address", text_leaf, QNODE_FROM},
	{"to", "a word, \"a phrase\" or part of an address", text_leaf, QNODE_TO},
	{"cc", "a word, \"a phrase\" or part of an address", text_leaf, QNODE_CC},
	{"bcc", "a word, \"a phrase\" or part of an address", text_leaf, QNODE_BCC},
	{"subject", "a word or \"a phrase\"", text_leaf, QNODE_SUBJECT},
	{"body", "a word or \"a phrase\"", text_leaf, QNODE_WORD},
	{"attachment", "a word or \"a phrase\"", text_leaf, QNODE_HAS},
	{"filename", "a word of a file's name, such as pdf", text_leaf, QNODE_WORD},
	{"link", "words of a link's target, such as example.org", text_leaf, QNODE_WORD},
	{"has", "attachment, pdf, document, image, subject, list or star", has_leaf, QNODE_HAS},
	{"is", "read, unread, flagged, answered, draft, deleted or forwarded", is_leaf, QNODE_FLAG},
	{"after", "a date such as 2020-03-05, yesterday or 3w", since_leaf, QNODE_SENTSINCE},
	{"before", "a date such as 2020-03-05, yesterday or 3w", since_leaf, QNODE_SENTBEFORE},
	{"date", "a date such as 2020-03, last week or 2019..2021", date_leaf, QNODE_SENTON},
	{"newer", "a time such as 3d, 2w, 6m or 1y", since_leaf, QNODE_SENTSINCE},
	{"older", "a time such as 3d, 2w, 6m or 1y", since_leaf, QNODE_SENTBEFORE},
	{"larger", "a size such as 100k", size_leaf, QNODE_LARGER},
	{"smaller", "a size such as 100k", size_leaf, QNODE_SMALLER},
	{"size", "a size such as 100k, <5M or 1M..5M", sizes_leaf, QNODE_LARGER},
	{"account", "a name", name_leaf, QNODE_ACCOUNT},
	{"mailbox", "a name", mailbox_leaf, QNODE_MAILBOX},
	{"tag", "a name", name_leaf, QNODE_TAG},
	{"label", "the name of a label", label_leaf, QNODE_KEYWORD},
	{"keyword", "an IMAP keyword such as $Junk", name_leaf, QNODE_KEYWORD},
	{"list", "part of a mailing list's name or address", list_leaf, QNODE_HEADER},
	{"header", "a header field, as in header:X-Mailer=mutt", header_leaf, QNODE_HEADER},
	{"id", "a Message-ID or the id of a message here", id_leaf, QNODE_ID},
	{"thread", "the id of a thread or message", thread_leaf, QNODE_THREAD},
	{"imap", "keys of the IMAP dialect, as in imap:(HEADER X-Foo \"\")", imap_leaf, QNODE_ALL},
	{"deliveredto", "part of an address", delivered_leaf, QNODE_HEADER},
};
enum { FIELDS = sizeof fields / sizeof *fields };

/* The same under the names they have elsewhere. */
static const struct {
	const char *name, *is;
} others[] = {
	{"in", "mailbox"}, {"folder", "mailbox"}, {"path", "mailbox"}, {"maildir", "mailbox"},
	{"newer_than", "newer"}, {"older_than", "older"}, {"since", "after"}, {"on", "date"},
	{"sent", "date"}, {"rfc822msgid", "id"}, {"mid", "id"}, {"msgid", "id"},
	{"message-id", "id"}, {"file", "filename"}, {"flag", "is"}, {"bigger", "larger"},
	{"sender", "from"}, {"recipient", "to"}, {"url", "link"},
};

static const struct field *find(struct str name)
{
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		if (str_ieq(name, str_of(others[i].name)))
			name = str_of(others[i].is);
	for (size_t i = 0; i < FIELDS; i++)
		if (str_ieq(name, str_of(fields[i].name)))
			return &fields[i];
	return NULL;
}

bool boxleaf_is_field(struct str name)
{
	return find(name) != NULL;
}

bool boxleaf_goes_on(const struct boxleaf *b, struct str field, struct str value)
{
	const struct field *f = find(field);
	struct boxdate d;
	struct sizes x;
	uint64_t n;
	if (f == NULL)
		return false;
	if (f->make == since_leaf || f->make == date_leaf)
		return boxdate_range(value, b->today, &d);
	return (f->make == size_leaf && boxsize_parse(value, &n)) ||
	       (f->make == sizes_leaf && sizes(value, &x));
}

const char *boxleaf_field(size_t i)
{
	return i < FIELDS ? fields[i].name : NULL;
}

const char *boxleaf_expects(size_t i)
{
	return i < FIELDS ? fields[i].expects : NULL;
}

const char *boxleaf_other(size_t i, const char **means)
{
	bool more = i < sizeof others / sizeof *others;
	*means = more ? others[i].is : NULL;
	return more ? others[i].name : NULL;
}

/* ---- one word of the query ---- */

/* The known field that differs in one letter, NULL: none. */
static const char *meant(struct str name)
{
	const char *best = NULL;
	for (size_t i = 0; i < FIELDS; i++) {
		struct str s = str_of(fields[i].name), x = name, y = s;
		while (x.n && y.n && (x.p[0] | 0x20) == y.p[0])
			x = str_cut(x, 1, x.n), y = str_cut(y, 1, y.n);
		while (x.n && y.n && (x.p[x.n - 1] | 0x20) == y.p[y.n - 1])
			x = str_cut(x, 0, x.n - 1), y = str_cut(y, 0, y.n - 1);
		bool turned = x.n == 2 && y.n == 2 && (x.p[0] | 0x20) == y.p[1] &&
			      (x.p[1] | 0x20) == y.p[0];
		if (s.n > 2 && ((x.n <= 1 && y.n <= 1) || turned))
			best = fields[i].name;
	}
	return best;
}

static const struct qnode *unknown(struct boxleaf *b, const struct boxleaf_word *w)
{
	struct str name = boxleaf_quotable(w->field);
	const char *near = meant(w->field);
	if (str_starts(w->text, STR("//")) && !w->quoted) /* an address of the web */
		return as_words(b, w);
	if (near)
		boxleaf_warn(b, w->at, "unknown field '%.*s': searched as words; did you mean "
			     "%s: ?", STR_ARG(name), near);
	else
		boxleaf_warn(b, w->at, "unknown field '%.*s': searched as words", STR_ARG(name));
	return as_words(b, w);
}

static void warn_star(struct boxleaf *b, const struct boxleaf_word *w)
{
	if (w->quoted && str_chr(w->text, '*') >= 0 && holds_word(b->a, w->text))
		boxleaf_warn(b, w->at, "'*' in quotes is no wildcard");
}

const struct qnode *boxleaf_node(struct boxleaf *b, const struct boxleaf_word *w)
{
	const struct field *f = w->field.n > 0 ? find(w->field) : NULL;
	if (w->field.n == 0 && !w->quoted && str_eq(w->text, STR("*")))
		return qnode_new(b->a, QNODE_ALL, boxleaf_column(b, w->at));
	if (f == NULL || f->make == text_leaf)
		warn_star(b, w);
	if (w->field.n == 0)
		return as_words(b, w);
	if (f == NULL)
		return unknown(b, w);
	const struct qnode *q = w->text.n > 0 ? f->make(b, w, f) : NULL;
	if (q != NULL || b->full)
		return q;
	boxleaf_warn(b, w->at, "expected %s after '%.*s:': searched as words", f->expects,
		     STR_ARG(boxleaf_quotable(w->field)));
	return as_words(b, w);
}

/* ---- NEAR ---- */

/* The words of a side; how many, 0: it is not made of words alone. */
static size_t side(const struct qnode *q, const struct qnode **out)
{
	size_t n = q->kind == QNODE_OR ? q->n_kids : 1;
	if (n > BOXLEAF_PAIRS)
		return 0;
	for (size_t i = 0; i < n; i++) {
		out[i] = q->kind == QNODE_OR ? q->kids[i] : q;
		if (out[i]->kind != QNODE_WORD && out[i]->kind != QNODE_WILD)
			return 0;
	}
	return n;
}

static struct wild_phrase phrase_of(struct arena *a, const struct qnode *q)
{
	struct wild_phrase p = {.text = q->needle, .n = q->n_words};
	if (q->kind == QNODE_WILD)
		return q->phrases[0];
	struct wild_word *list = arena_alloc(a, q->n_words * sizeof *list);
	for (size_t i = 0; i < q->n_words; i++)
		list[i] = (struct wild_word){
			.pieces = &q->words[i], .n = 1,
			.plain = str_eq(casemap_bare(a, q->words[i]), q->words[i])};
	p.words = list;
	return p;
}

/* A side without a field takes the other's. NULL: they are of two fields. */
static const struct qnode *pair(struct boxleaf *b, const struct qnode *x, const struct qnode *y,
				uint64_t within)
{
	if (x->name.n && y->name.n && !str_eq(x->name, y->name))
		return NULL;
	struct wild_phrase *both = arena_alloc(b->a, 2 * sizeof *both);
	struct qnode *q = qnode_new(b->a, QNODE_NEAR, x->column);
	count_leaf(b, b->col_at);
	both[0] = phrase_of(b->a, x);
	both[1] = phrase_of(b->a, y);
	q->name = x->name.n ? x->name : y->name;
	q->phrases = both;
	q->n_phrases = 2;
	q->number = within;
	return q;
}

const struct qnode *boxleaf_near(struct boxleaf *b, const struct qnode *x, const struct qnode *y,
				 uint64_t within)
{
	const struct qnode *left[BOXLEAF_PAIRS], *right[BOXLEAF_PAIRS];
	size_t n = side(x, left), m = side(y, right), made = 0;
	if (n == 0 || m == 0 || n * m > BOXLEAF_PAIRS)
		return NULL;
	const struct qnode **kids = arena_alloc(b->a, n * m * sizeof *kids);
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < m; k++) {
			kids[made] = pair(b, left[i], right[k], within);
			if (kids[made++] == NULL)
				return NULL;
		}
	return qnode_join(b->a, QNODE_OR, kids, made);
}
