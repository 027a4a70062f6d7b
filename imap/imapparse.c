#include "imapparse.h"

#include "archive.h"
#include "gmlabel.h"
#include "imapframe.h"

#include <stdlib.h>

#define MAX_DEPTH 64
#define MAX_KEYWORDS 256
#define MAX_KEYWORD_BYTES 4000

static int bad(struct err *err, const char *what)
{
	return err_set(err, ERR_INPUT, "the server does not speak IMAP: %s", what);
}

/* ---- values ---- */

enum value_kind { ATOM, STRING, NIL, LIST, BODY_HERE, DROPPED };

struct value {
	enum value_kind kind;
	bool escaped; /* a quoted string with backslashes */
	struct str s; /* LIST: what is inside the parentheses */
};

static bool is_end(char c)
{
	return c == ' ' || c == '(' || c == ')' || c == '"' || c == '\0';
}

/* A quoted string that begins at in->p[i]. Returns the place behind it, 0: it has no end. */
static size_t after_quoted(struct str in, size_t i, bool *escaped)
{
	for (i++; i < in.n && in.p[i] != '"'; i++)
		if (in.p[i] == '\\') {
			*escaped = true;
			i++;
		}
	return i < in.n ? i + 1 : 0;
}

/* A literal whose '{' is at in.p[i]: *s is its bytes. Returns the place behind it; 0: malformed. */
static size_t after_literal(struct str in, size_t i, struct str *s)
{
	size_t from = i + 1;
	uint64_t n;
	ptrdiff_t end = str_chr(str_cut(in, from, in.n), '}');
	if (end < 0 || str_u64(str_cut(in, from, from + (size_t)end), &n) == 0)
		return 0;
	from += (size_t)end + 3; /* over "}\r\n" */
	if (from > in.n || n > in.n - from)
		return 0;
	*s = str_cut(in, from, from + (size_t)n);
	return from + (size_t)n;
}

/* One value that is not a list, at in.p[i]. Returns the place behind it; 0: malformed. */
static size_t after_simple(struct str in, size_t i, struct value *v)
{
	size_t from = i;
	*v = (struct value){.kind = STRING};
	if (in.p[i] == '"') {
		size_t end = after_quoted(in, i, &v->escaped);
		v->s = end ? str_cut(in, i + 1, end - 1) : STR("");
		return end;
	}
	if (in.p[i] == '\0') {
		v->kind = i + 1 < in.n && in.p[i + 1] == IMAPFRAME_BODY_MARK ? BODY_HERE : DROPPED;
		return i + 1 < in.n ? i + 2 : 0;
	}
	if (in.p[i] == '~' && i + 1 < in.n && in.p[i + 1] == '{')
		i++;
	if (in.p[i] == '{')
		return after_literal(in, i, &v->s);
	while (i < in.n && !is_end(in.p[i]))
		i++;
	v->s = str_cut(in, from, i);
	v->kind = str_ieq(v->s, STR("NIL")) ? NIL : ATOM;
	return i > from ? i : 0;
}

/* The place behind the list whose '(' is at in.p[i]; 0: not balanced, or too deep. */
static size_t after_list(struct str in, size_t i)
{
	struct value v;
	int depth = 0;
	while (i < in.n) {
		char c = in.p[i];
		if (c == '(' && ++depth > MAX_DEPTH)
			return 0;
		if (c == ')' && --depth == 0)
			return i + 1;
		if (c == '(' || c == ')' || c == ' ')
			i++;
		else if ((i = after_simple(in, i, &v)) == 0)
			return 0;
	}
	return 0;
}

/* Cuts one value off the front of *in, and one SP behind it. 1; 0: malformed. */
static int get_value(struct str *in, struct value *v)
{
	size_t end;
	if (in->n == 0)
		return 0;
	if (in->p[0] == '(') {
		if ((end = after_list(*in, 0)) == 0)
			return 0;
		*v = (struct value){.kind = LIST, .s = str_cut(*in, 1, end - 1)};
	} else if ((end = after_simple(*in, 0, v)) == 0) {
		return 0;
	}
	while (end < in->n && in->p[end] == ' ')
		end++;
	*in = str_cut(*in, end, in->n);
	return 1;
}

static struct str unescape(struct arena *a, const struct value *v)
{
	if (!v->escaped)
		return v->s;
	char *p = arena_alloc(a, v->s.n + 1);
	size_t n = 0;
	for (size_t i = 0; i < v->s.n; i++) {
		if (v->s.p[i] == '\\' && i + 1 < v->s.n)
			i++;
		p[n++] = v->s.p[i];
	}
	return (struct str){p, n};
}

bool imapparse_word(struct str words, struct str word)
{
	struct str piece;
	while (str_split(&words, ' ', &piece))
		if (str_ieq(piece, word))
			return true;
	return false;
}

/* ---- responses ---- */

static int get_status(struct str word)
{
	static const struct str name[] = {STR("OK"), STR("NO"), STR("BAD"), STR("BYE"),
					  STR("PREAUTH")};
	for (size_t i = 0; i < sizeof name / sizeof *name; i++)
		if (str_ieq(word, name[i]))
			return IMAPPARSE_OK + (int)i;
	return 0;
}

static void get_text(struct str rest, struct imapparse_resp *out)
{
	ptrdiff_t end = rest.n && rest.p[0] == '[' ? str_chr(rest, ']') : -1;
	out->text = rest;
	if (end < 0)
		return;
	out->code_args = str_cut(rest, 1, (size_t)end);
	str_split(&out->code_args, ' ', &out->code);
	out->text = str_trim(str_cut(rest, (size_t)end + 1, rest.n));
}

static int get_data(struct str rest, struct imapparse_resp *out)
{
	struct str word;
	if (!str_split(&rest, ' ', &word))
		return 0;
	out->kind = IMAPPARSE_DATA;
	if (word.n && word.p[0] >= '0' && word.p[0] <= '9') {
		out->numbered = true;
		bool number = str_u32(word, &out->number);
		if (!str_split(&rest, ' ', &word))
			return 0;
		/* What is no number is not none: no mailbox is empty because of it. */
		if (!number)
			out->number = str_ieq(word, STR("EXISTS")) ? UINT32_MAX : 0;
	}
	out->name = word;
	out->args = rest;
	return word.n > 0;
}

int imapparse_resp(struct str line, struct imapparse_resp *out, struct err *err)
{
	struct str rest = line, first, word;
	*out = (struct imapparse_resp){.kind = IMAPPARSE_EMPTY};
	if (line.n == 0)
		return 1;
	str_split(&rest, ' ', &first);
	if (str_eq(first, STR("+"))) {
		out->kind = IMAPPARSE_CONTINUE;
		out->text = rest;
		return 1;
	}
	struct str after = rest;
	int status = str_split(&after, ' ', &word) ? get_status(word) : 0;
	bool untagged = str_eq(first, STR("*"));
	if (status) {
		out->kind = untagged ? IMAPPARSE_STATUS : IMAPPARSE_TAGGED;
		out->status = (enum imapparse_status)status;
		out->tag = first;
		get_text(after, out);
		return 1;
	}
	if (untagged && get_data(rest, out))
		return 1;
	return bad(err, "a line that is no response");
}

/* ---- FETCH ---- */

static int two(const char *p)
{
	if (p[0] == ' ' && p[1] >= '0' && p[1] <= '9')
		return p[1] - '0';
	if (p[0] < '0' || p[0] > '9' || p[1] < '0' || p[1] > '9')
		return -1;
	return (p[0] - '0') * 10 + p[1] - '0';
}

static int month(struct str s)
{
	static const char names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	for (int m = 0; m < 12; m++)
		if (str_ieq(s, (struct str){names + 3 * m, 3}))
			return m + 1;
	return 0;
}

/* Days since 1970 of a date of the Gregorian calendar. */
static int64_t days(int64_t y, int m, int d)
{
	y -= m <= 2;
	int64_t era = (y >= 0 ? y : y - 399) / 400, of_era = y - era * 400;
	int64_t of_year = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;
	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

int imapparse_date(struct str s, int64_t *out, int16_t *zone)
{
	char full[26];
	size_t skip = s.n == 25 ? 1 : 0; /* a day of one digit, without the SP */
	if (s.n != 26 && s.n != 25)
		return 0;
	full[0] = ' ';
	memcpy(full + skip, s.p, s.n);
	const char *p = full;
	int d = two(p), m = month((struct str){p + 3, 3}), c = two(p + 7), y = two(p + 9);
	int hh = two(p + 12), mm = two(p + 15), ss = two(p + 18);
	int zh = two(p + 22), zm = two(p + 24);
	if (d < 1 || d > 31 || m < 1 || c < 0 || y < 0 || hh < 0 || hh > 24 || mm < 0 || mm > 59 ||
	    ss < 0 || ss > 60 || zh < 0 || zm < 0 || (p[21] != '+' && p[21] != '-'))
		return 0;
	int east = (zh * 60 + zm) * (p[21] == '-' ? -1 : 1);
	*out = ((days(c * 100 + y, m, d) * 24 + hh) * 60 + mm - east) * 60 + ss;
	*zone = (int16_t)east;
	return 1;
}

static unsigned system_flag(struct str s)
{
	static const struct {
		struct str name;
		unsigned bit;
	} row[] = {
		{STR("\\Seen"), ARCHIVE_SEEN},	     {STR("\\Answered"), ARCHIVE_ANSWERED},
		{STR("\\Flagged"), ARCHIVE_FLAGGED}, {STR("\\Deleted"), ARCHIVE_DELETED},
		{STR("\\Draft"), ARCHIVE_DRAFT},
	};
	for (size_t i = 0; i < sizeof row / sizeof *row; i++)
		if (str_ieq(s, row[i].name))
			return row[i].bit;
	return 0;
}

static int by_bytes(const void *a, const void *b)
{
	return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

/* Words on their way into a list of keywords. */
struct words {
	struct str w[MAX_KEYWORDS];
	size_t n, bytes;
};

static void add_word(struct words *k, struct str word)
{
	if (word.n == 0 || k->n == MAX_KEYWORDS || k->bytes + word.n >= MAX_KEYWORD_BYTES)
		return;
	k->bytes += word.n + 1;
	k->w[k->n++] = word;
}

/* Sorted, each once, behind what *out has already. */
static void put_words(struct arena *a, struct words *k, struct str *out)
{
	size_t len = 0;
	if (k->n == 0)
		return;
	qsort(k->w, k->n, sizeof *k->w, by_bytes);
	char *p = arena_alloc(a, k->bytes);
	for (size_t i = 0; i < k->n; i++) {
		if (i && str_eq(k->w[i], k->w[i - 1]))
			continue;
		if (len)
			p[len++] = ' ';
		memcpy(p + len, k->w[i].p, k->w[i].n);
		len += k->w[i].n;
	}
	*out = (struct str){p, len};
}

/* Takes the words of a list that is there already. */
static void old_words(struct words *k, struct str list)
{
	struct str word;
	while (str_split(&list, ' ', &word))
		add_word(k, word);
}

static void get_flags(struct arena *a, const struct value *v, struct imapparse_fetch *out)
{
	struct words k = {.n = 0};
	struct str list = v->s, word;
	if (v->kind != LIST)
		return;
	out->has_flags = true;
	old_words(&k, out->keywords);
	while (str_split(&list, ' ', &word)) {
		unsigned bit = system_flag(word);
		out->flags |= bit;
		if (bit == 0 && !str_ieq(word, STR("\\Recent")))
			add_word(&k, word);
	}
	put_words(a, &k, &out->keywords);
}

static void get_labels(struct arena *a, const struct value *v, struct imapparse_fetch *out)
{
	struct words k = {.n = 0};
	struct str list = v->s;
	struct value one;
	if (v->kind != LIST)
		return;
	out->has_labels = true;
	old_words(&k, out->keywords);
	while (list.n && get_value(&list, &one))
		if (one.kind == ATOM || one.kind == STRING)
			add_word(&k, gmlabel_keyword(a, unescape(a, &one)));
	put_words(a, &k, &out->keywords);
}

static void get_size(struct arena *a, const struct value *v, struct imapparse_fetch *out)
{
	(void)a;
	out->has_size = v->kind == ATOM && str_u64(v->s, &out->size) == 1;
}

/* EMAILID (M1234) and X-GM-MSGID 1278455344230334865. */
static void get_emailid(struct arena *a, const struct value *v, struct imapparse_fetch *out)
{
	(void)a;
	if ((v->kind == LIST || v->kind == ATOM) && v->s.n <= 255)
		out->emailid = v->s;
}

static void get_threadid(struct arena *a, const struct value *v, struct imapparse_fetch *out)
{
	(void)a;
	if ((v->kind == LIST || v->kind == ATOM) && v->s.n <= 255)
		out->threadid = v->s;
}

static void get_savedate(struct arena *a, const struct value *v, struct imapparse_fetch *out)
{
	(void)a;
	if (v->kind == STRING && imapparse_date(v->s, &out->savedate, &out->savezone) == 0)
		out->savedate = out->savezone = 0;
}

static void get_header(struct arena *a, const struct value *v, struct imapparse_fetch *out)
{
	out->has_header = v->kind == STRING;
	if (out->has_header)
		out->header = unescape(a, v);
}

static void get_body(struct arena *a, const struct value *v, struct imapparse_fetch *out)
{
	if (v->kind == BODY_HERE) {
		out->body = IMAPPARSE_LITERAL;
	} else if (v->kind == STRING) {
		out->body = IMAPPARSE_QUOTED;
		out->quoted = unescape(a, v);
	} else if (out->body == IMAPPARSE_ABSENT) {
		out->body = IMAPPARSE_NIL;
	}
}

static void get_uid(struct arena *a, const struct value *v, struct imapparse_fetch *out)
{
	uint32_t n;
	(void)a;
	if (v->kind == ATOM && str_u32(v->s, &n))
		out->uid = n;
}

static void get_date(struct arena *a, const struct value *v, struct imapparse_fetch *out)
{
	(void)a;
	if (v->kind == STRING)
		out->has_date = imapparse_date(v->s, &out->date, &out->zone) == 1;
}

static void get_modseq(struct arena *a, const struct value *v, struct imapparse_fetch *out)
{
	uint64_t n;
	(void)a;
	if (v->kind == LIST && str_u64(v->s, &n))
		out->modseq = n;
}

static const struct {
	struct str name;
	void (*get)(struct arena *a, const struct value *v, struct imapparse_fetch *out);
} items[] = {
	{STR("UID"), get_uid},	      {STR("FLAGS"), get_flags},
	{STR("INTERNALDATE"), get_date}, {STR("MODSEQ"), get_modseq},
	{STR("BODY[]"), get_body},    {STR("RFC822"), get_body},
	{STR("RFC822.SIZE"), get_size},
	{STR("EMAILID"), get_emailid}, {STR("THREADID"), get_threadid},
	{STR("SAVEDATE"), get_savedate}, {STR("ENVELOPE"), NULL},
	{STR("X-GM-MSGID"), get_emailid}, {STR("X-GM-LABELS"), get_labels},
	{STR("X-GM-THRID"), get_threadid},
};

/* BODY[]<0>, BODY[HEADER], BODY[TEXT]. 1 it is one of them; 0. */
static int get_piece(struct arena *a, struct str name, const struct value *v,
		     struct imapparse_fetch *out)
{
	static const struct str from = STR("BODY[]<");
	uint64_t origin = 0;
	enum imapparse_piece piece = IMAPPARSE_PART;
	if (str_ieq(name, STR("BODY[HEADER]")))
		piece = IMAPPARSE_HEAD;
	else if (str_ieq(name, STR("BODY[TEXT]")))
		piece = IMAPPARSE_TEXT;
	else if (!str_istarts(name, from) || !str_ends(name, STR(">")) ||
		 !str_u64(str_cut(name, from.n, name.n - 1), &origin))
		return 0;
	struct imapparse_fetch one = {.body = IMAPPARSE_ABSENT};
	get_body(a, v, &one);
	out->piece = piece;
	out->origin = origin;
	out->part = one.body;
	if (one.body == IMAPPARSE_QUOTED)
		out->quoted = one.quoted;
	return 1;
}

/* 1; 0: an unknown item behind a message's literal. When a server announces too small a size,
 * the rest of the message stands there, and must not pass for items. */
static int get_item(struct arena *a, struct str name, const struct value *v,
		    struct imapparse_fetch *out)
{
	for (size_t i = 0; i < sizeof items / sizeof *items; i++)
		if (str_ieq(name, items[i].name)) {
			if (items[i].get)
				items[i].get(a, v, out);
			return 1;
		}
	if (get_piece(a, name, v, out))
		return 1;
	if (str_istarts(name, STR("BODY[HEADER.FIELDS")))
		get_header(a, v, out);
	return out->body != IMAPPARSE_LITERAL || str_istarts(name, STR("X-")) ||
	       str_istarts(name, STR("BODY"));
}

/* Cuts an item's name ("BODY[HEADER.FIELDS (\"A B\")]") and the SP behind it off *in. */
static int get_name(struct str *in, struct str *name)
{
	size_t i = 0;
	bool section = false;
	for (; i < in->n && (section || !is_end(in->p[i])); i++)
		section = in->p[i] == '[' || (section && in->p[i] != ']');
	*name = str_cut(*in, 0, i);
	while (i < in->n && in->p[i] == ' ')
		i++;
	*in = str_cut(*in, i, in->n);
	return name->n > 0;
}

int imapparse_fetch(struct arena *a, struct str args, struct imapparse_fetch *out, struct err *err)
{
	struct value all, v;
	struct str name;
	*out = (struct imapparse_fetch){.body = IMAPPARSE_ABSENT};
	if (!get_value(&args, &all) || all.kind != LIST || args.n)
		return bad(err, "a FETCH response without its parentheses");
	struct str in = all.s;
	while (in.n && in.p[0] == ' ')
		in = str_cut(in, 1, in.n);
	while (in.n) {
		if (!get_name(&in, &name) || !get_value(&in, &v) || !get_item(a, name, &v, out))
			return bad(err, "a malformed FETCH response");
	}
	return 1;
}

int imapparse_message(struct arena *a, const struct imapparse_resp *r, struct imapparse_fetch *out,
		      struct err *err)
{
	bool uidonly = str_ieq(r->name, STR("UIDFETCH"));
	if (r->kind != IMAPPARSE_DATA || (!uidonly && !str_ieq(r->name, STR("FETCH"))))
		return 0;
	if (imapparse_fetch(a, r->args, out, err) < 0)
		return -1;
	if (uidonly)
		out->uid = r->number;
	return 1;
}

/* ---- LIST, STATUS, NAMESPACE ---- */

int imapparse_list(struct arena *a, struct str args, struct imapparse_list *out, struct err *err)
{
	struct value flags, delimiter, name;
	if (!get_value(&args, &flags) || flags.kind != LIST || !get_value(&args, &delimiter) ||
	    !get_value(&args, &name) || (name.kind != STRING && name.kind != ATOM &&
	    name.kind != NIL))
		return bad(err, "a malformed LIST response");
	struct str d = delimiter.kind == STRING ? unescape(a, &delimiter) : STR("");
	*out = (struct imapparse_list){
		.selectable = !imapparse_word(flags.s, STR("\\Noselect")) &&
			      !imapparse_word(flags.s, STR("\\NonExistent")),
		.delimiter = d.n == 1 ? d.p[0] : '\0',
		.name = unescape(a, &name),
		.attributes = flags.s,
	};
	return 1;
}

static void get_status_item(struct str name, struct str v, struct imapparse_mailbox *out)
{
	if (str_ieq(name, STR("MESSAGES")))
		out->has_messages = str_u32(v, &out->messages) == 1;
	else if (str_ieq(name, STR("HIGHESTMODSEQ")))
		out->has_modseq = str_u64(v, &out->modseq) == 1;
	else if (str_ieq(name, STR("UIDNEXT")) && !str_u32(v, &out->uidnext))
		out->uidnext = 0;
	else if (str_ieq(name, STR("UIDVALIDITY")) && !str_u32(v, &out->uidvalidity))
		out->uidvalidity = 0;
}

int imapparse_mailbox(struct arena *a, struct str args, struct imapparse_mailbox *out,
		      struct err *err)
{
	struct value box, list, name, v;
	*out = (struct imapparse_mailbox){0};
	if (!get_value(&args, &box) || !get_value(&args, &list) || list.kind != LIST)
		return bad(err, "a malformed STATUS response");
	out->name = unescape(a, &box);
	while (list.s.n && get_value(&list.s, &name) && get_value(&list.s, &v))
		get_status_item(name.s, v.s, out);
	return 1;
}

/* ((prefix delimiter …) …) or NIL */
static void get_prefixes(struct arena *a, struct str in, struct buf *out)
{
	struct value space, prefix;
	while (in.n && get_value(&in, &space) && space.kind == LIST)
		if (get_value(&space.s, &prefix) && prefix.kind == STRING && prefix.s.n) {
			buf_str(out, unescape(a, &prefix));
			buf_chr(out, '\n');
		}
}

int imapparse_foreign(struct arena *a, struct str args, struct buf *out, struct err *err)
{
	struct value own, others, shared;
	if (!get_value(&args, &own) || !get_value(&args, &others) || !get_value(&args, &shared))
		return bad(err, "a malformed NAMESPACE response");
	if (others.kind == LIST)
		get_prefixes(a, others.s, out);
	if (shared.kind == LIST)
		get_prefixes(a, shared.s, out);
	return 1;
}
