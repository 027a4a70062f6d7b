#include "qnode.h"

#include "archive.h"
#include "buf.h"
#include "wild.h"

#include <stdio.h>

struct qnode *qnode_new(struct arena *a, enum qnode_kind kind, int column)
{
	struct qnode *q = arena_alloc(a, sizeof *q);
	q->kind = kind;
	q->column = column;
	return q;
}

const struct qnode *qnode_join(struct arena *a, enum qnode_kind kind,
			       const struct qnode *const *kids, size_t n)
{
	if (n == 1)
		return kids[0];
	struct qnode *q = qnode_new(a, n ? kind : QNODE_ALL, n ? kids[0]->column : 1);
	q->kids = kids;
	q->n_kids = n;
	return q;
}

const struct qnode *qnode_numbers(struct arena *a, const uint32_t *numbers, size_t n)
{
	static const uint32_t none[1];
	struct qnode *q = qnode_new(a, QNODE_THREAD, 0);
	q->numbers = n ? numbers : none;
	q->n_numbers = n;
	return q;
}

const struct qnode *qnode_not(struct arena *a, const struct qnode *q)
{
	if (q->kind == QNODE_NOT)
		return q->kids[0];
	const struct qnode **kid = arena_alloc(a, sizeof *kid);
	struct qnode *r = qnode_new(a, QNODE_NOT, q->column);
	kid[0] = q;
	r->kids = kid;
	r->n_kids = 1;
	return r;
}

bool qnode_is_leaf(const struct qnode *q)
{
	return q->kind > QNODE_OR;
}

bool qnode_is_copy(const struct qnode *q)
{
	switch (q->kind) {
	case QNODE_BEFORE: case QNODE_ON: case QNODE_SINCE:
	case QNODE_SAVEDBEFORE: case QNODE_SAVEDON: case QNODE_SAVEDSINCE:
	case QNODE_OLDER: case QNODE_YOUNGER: case QNODE_MODSEQ:
	case QNODE_FLAG: case QNODE_KEYWORD: case QNODE_RECENT:
	case QNODE_EMAILID: case QNODE_THREADID: case QNODE_SAVED:
	case QNODE_UID: case QNODE_SEQ: case QNODE_ACCOUNT: case QNODE_MAILBOX:
		return true;
	default:
		return false;
	}
}

struct leaves {
	struct arena *a;
	const struct qnode **list;
	size_t n;
};

/* The tree is const to all but its numbering, which happens once, after parsing. */
static void number_leaves(struct leaves *l, const struct qnode *q)
{
	if (qnode_is_leaf(q)) {
		l->list = arena_grow(l->a, l->list, l->n, sizeof *l->list);
		((struct qnode *)q)->leaf = (unsigned)l->n;
		l->list[l->n++] = q;
	}
	for (size_t i = 0; i < q->n_kids; i++)
		number_leaves(l, q->kids[i]);
}

size_t qnode_leaves(struct arena *a, const struct qnode *q, const struct qnode *const **out)
{
	struct leaves l = {.a = a};
	number_leaves(&l, q);
	*out = l.list;
	return l.n;
}

static int32_t days_of(unsigned year, unsigned month, unsigned day)
{
	/* The civil calendar counted in eras of 400 years that begin in March. */
	int32_t y = (int32_t)year - (month <= 2), era = (y >= 0 ? y : y - 399) / 400;
	uint32_t yoe = (uint32_t)(y - era * 400);
	uint32_t doy = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
	return era * 146097 + (int32_t)(yoe * 365 + yoe / 4 - yoe / 100 + doy) - 719468;
}

bool qnode_thread_id(struct str id)
{
	if (id.n && (id.p[0] | 0x20) == 't')
		id = str_cut(id, 1, id.n);
	for (size_t i = 0; i < id.n; i++)
		if (!((id.p[i] >= '0' && id.p[i] <= '9') ||
		      ((id.p[i] | 0x20) >= 'a' && (id.p[i] | 0x20) <= 'f')))
			return false;
	return id.n >= 6 && id.n <= 64;
}

int qnode_day(unsigned year, unsigned month, unsigned day, int32_t *out)
{
	static const unsigned char length[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	if (year > 9999 || month < 1 || month > 12 || day < 1)
		return 0;
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
	if (day > length[month - 1] + (month == 2 && leap ? 1U : 0U))
		return 0;
	*out = days_of(year, month, day);
	return 1;
}

unsigned qnode_month(struct str name)
{
	static const char months[] = "janfebmaraprmayjunjulaugsepoctnovdec";
	for (unsigned i = 0; i < 12; i++)
		if (str_ieq(name, (struct str){months + 3 * (size_t)i, 3}))
			return i + 1;
	return 0;
}

static void add_quoted(struct buf *b, struct str s)
{
	buf_chr(b, '"');
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		if (c < 0x20 || c == 0x7F)
			buf_fmt(b, "\\x%02x", c);
		else if (c == '"' || c == '\\')
			buf_fmt(b, "\\%c", c);
		else
			buf_chr(b, (char)c);
	}
	buf_chr(b, '"');
}

struct date {
	int64_t year;
	unsigned month, day;
};

static struct date date_of(int32_t days)
{
	int64_t z = (int64_t)days + 719468, era = (z >= 0 ? z : z - 146096) / 146097;
	int64_t doe = z - era * 146097;
	int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100), mp = (5 * doy + 2) / 153;
	int64_t month = mp < 10 ? mp + 3 : mp - 9;
	return (struct date){yoe + era * 400 + (month <= 2), (unsigned)month,
			     (unsigned)(doy - (153 * mp + 2) / 5 + 1)};
}

bool qnode_month_of(int32_t day, unsigned *year, unsigned *month)
{
	struct date d = date_of(day);
	if (d.year < 0 || d.year > 9999)
		return false;
	*year = (unsigned)d.year;
	*month = d.month;
	return true;
}

static void add_day(struct buf *b, int32_t day)
{
	struct date d = date_of(day);
	buf_fmt(b, "%04d-%02u-%02u", (int)d.year, d.month, d.day);
}

static void add_set(struct buf *b, const struct qnode *q)
{
	for (size_t i = 0; i < q->n_ranges; i++) {
		const struct qnode_range *r = &q->ranges[i];
		const uint32_t end[] = {r->lo, r->hi};
		if (i > 0)
			buf_chr(b, ',');
		for (int e = 0; e < (r->lo == r->hi ? 1 : 2); e++) {
			if (e > 0)
				buf_chr(b, ':');
			if (end[e] == QNODE_STAR)
				buf_chr(b, '*');
			else
				buf_fmt(b, "%u", (unsigned)end[e]);
		}
	}
}

static const char *flag_name(uint64_t flag)
{
	switch (flag) {
	case ARCHIVE_SEEN: return "seen";
	case ARCHIVE_ANSWERED: return "answered";
	case ARCHIVE_FLAGGED: return "flagged";
	case ARCHIVE_DELETED: return "deleted";
	case ARCHIVE_DRAFT: return "draft";
	default: return "flag";
	}
}

static void add_words(struct buf *b, const struct qnode *q)
{
	if (q->name.n > 0 && !str_eq(q->name, STR("text")))
		buf_fmt(b, "%.*s ", STR_ARG(q->name));
	add_quoted(b, q->needle);
}

static void add_phrases(struct buf *b, const struct qnode *q)
{
	if (q->name.n > 0)
		buf_fmt(b, "%.*s ", STR_ARG(q->name));
	for (size_t i = 0; i < q->n_phrases; i++) {
		if (i > 0)
			buf_chr(b, ' ');
		add_quoted(b, q->phrases[i].text);
	}
}

static void add_argument(struct buf *b, const struct qnode *q)
{
	switch (q->kind) {
	case QNODE_HEADER:
		add_quoted(b, q->name);
		buf_chr(b, ' ');
		add_quoted(b, q->needle);
		return;
	case QNODE_BEFORE: case QNODE_ON: case QNODE_SINCE:
	case QNODE_SENTBEFORE: case QNODE_SENTON: case QNODE_SENTSINCE:
	case QNODE_SAVEDBEFORE: case QNODE_SAVEDON: case QNODE_SAVEDSINCE:
		add_day(b, q->day);
		return;
	case QNODE_OLDER: case QNODE_YOUNGER: case QNODE_LARGER: case QNODE_SMALLER:
	case QNODE_MODSEQ:
		buf_fmt(b, "%llu", (unsigned long long)q->number);
		return;
	case QNODE_UID: case QNODE_SEQ:
		add_set(b, q);
		return;
	case QNODE_WORD: case QNODE_WILD:
		add_words(b, q);
		return;
	case QNODE_NEAR:
		buf_fmt(b, "%llu ", (unsigned long long)q->number);
		add_phrases(b, q);
		return;
	default:
		add_quoted(b, q->needle);
	}
}

static void add_node(struct buf *b, const struct qnode *q)
{
	static const char *const name[] = {
		[QNODE_ALL] = "all", [QNODE_NOT] = "not", [QNODE_AND] = "and", [QNODE_OR] = "or",
		[QNODE_FROM] = "from", [QNODE_TO] = "to", [QNODE_CC] = "cc", [QNODE_BCC] = "bcc",
		[QNODE_SUBJECT] = "subject", [QNODE_HEADER] = "header", [QNODE_BODY] = "body",
		[QNODE_TEXT] = "text", [QNODE_BEFORE] = "before", [QNODE_ON] = "on",
		[QNODE_SINCE] = "since", [QNODE_SENTBEFORE] = "sentbefore",
		[QNODE_SENTON] = "senton", [QNODE_SENTSINCE] = "sentsince",
		[QNODE_SAVEDBEFORE] = "savedbefore", [QNODE_SAVEDON] = "savedon",
		[QNODE_SAVEDSINCE] = "savedsince", [QNODE_OLDER] = "older",
		[QNODE_YOUNGER] = "younger", [QNODE_LARGER] = "larger",
		[QNODE_SMALLER] = "smaller", [QNODE_MODSEQ] = "modseq", [QNODE_FLAG] = "flag",
		[QNODE_KEYWORD] = "keyword", [QNODE_RECENT] = "recent",
		[QNODE_EMAILID] = "emailid", [QNODE_THREADID] = "threadid",
		[QNODE_SAVED] = "savedatesupported", [QNODE_UID] = "uid",
		[QNODE_SEQ] = "seq", [QNODE_ACCOUNT] = "account", [QNODE_MAILBOX] = "mailbox",
		[QNODE_TAG] = "tag", [QNODE_THREAD] = "thread",
		[QNODE_ID] = "id",
		[QNODE_HAS] = "has", [QNODE_WILD] = "word", [QNODE_NEAR] = "near",
		[QNODE_WORD] = "word",
	};
	buf_fmt(b, "(%s", q->kind == QNODE_FLAG ? flag_name(q->number)
			  : q->lang		  ? "stem "
			  : q->stem		  ? "fuzzy"
						  : name[q->kind]);
	if (q->lang)
		buf_str(b, str_of(q->lang));
	for (size_t i = 0; i < q->n_kids; i++) {
		buf_chr(b, ' ');
		add_node(b, q->kids[i]);
	}
	bool bare = q->kind == QNODE_FLAG || q->kind == QNODE_RECENT || q->kind == QNODE_SAVED;
	if (qnode_is_leaf(q) && !bare) {
		buf_chr(b, ' ');
		add_argument(b, q);
	}
	buf_chr(b, ')');
}

struct str qnode_text(struct arena *a, const struct qnode *q)
{
	struct buf b;
	buf_init(&b, (size_t)4 << 20);
	add_node(&b, q);
	struct str s = arena_str(a, buf_all(&b));
	buf_free(&b);
	return s;
}
