#include "jmapfilter.h"

#include "jmapdate.h"

#include <time.h>

enum { DEEPEST = 50 };

static bool filter_at(struct jmap *j, struct str account, json_t *f, int depth, struct buf *out);

static bool bad(struct jmap *j, const char *hint)
{
	jmapbase_fail(j, "invalidArguments", hint);
	return false;
}

/* A quoted string; line ends cannot be in one, and no text that is searched has any. */
static void quote(struct buf *out, struct str s)
{
	buf_chr(out, '"');
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		if (c == '"' || c == '\\')
			buf_chr(out, '\\');
		buf_chr(out, c == '\r' || c == '\n' || c == '\0' ? ' ' : c);
	}
	buf_str(out, STR("\" "));
}

/* ---- conditions ---- */

struct cond {
	struct jmap *j;
	struct str account;
	json_t *v;
	const char *key; /* of IMAP */
	struct buf *out;
};

static bool needle(const struct cond *c)
{
	if (!json_is_string(c->v))
		return false;
	buf_fmt(c->out, "%s ", c->key);
	quote(c->out, jmapbase_text(c->v));
	return true;
}

/* In any of the fields a person reads. */
static bool anywhere(const struct cond *c)
{
	static const char *const keys[] = {"FROM", "TO", "CC", "BCC", "SUBJECT"};
	if (!json_is_string(c->v))
		return false;
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
		buf_fmt(c->out, "OR %s ", keys[i]);
		quote(c->out, jmapbase_text(c->v));
	}
	buf_str(c->out, STR("BODY "));
	quote(c->out, jmapbase_text(c->v));
	return true;
}

static bool header(const struct cond *c)
{
	size_t n = json_array_size(c->v);
	if (n < 1 || n > 2 || !json_is_string(json_array_get(c->v, 0)))
		return false;
	buf_str(c->out, STR("HEADER "));
	quote(c->out, jmapbase_text(json_array_get(c->v, 0)));
	quote(c->out, jmapbase_text(json_array_get(c->v, 1)));
	return true;
}

/* A mailbox by its name. What the box dialect's quotes cannot hold fits the pattern '?'. */
static bool one_mailbox(const struct cond *c, json_t *id)
{
	const struct archive_epoch *e = jmapbase_mailbox(c->j, c->account, jmapbase_text(id));
	struct buf b;
	if (e == NULL)
		return false;
	buf_init(&b, 20000);
	buf_str(&b, STR("mailbox:\""));
	for (size_t i = 0; i < e->mailbox.n; i++)
		buf_chr(&b, e->mailbox.p[i] == '"' ? '?' : e->mailbox.p[i]);
	buf_chr(&b, '"');
	buf_str(c->out, STR("X-GM-RAW "));
	quote(c->out, buf_all(&b));
	buf_free(&b);
	return true;
}

static bool in_mailbox(const struct cond *c)
{
	return json_is_string(c->v) && one_mailbox(c, c->v);
}

/* In at least one mailbox that is not of the list. */
static bool other_mailbox(const struct cond *c)
{
	json_t *id;
	size_t i;
	if (!json_is_array(c->v))
		return false;
	buf_str(c->out, STR("(ALL "));
	json_array_foreach(c->v, i, id) {
		buf_str(c->out, STR("NOT "));
		if (!one_mailbox(c, id))
			return false;
	}
	buf_str(c->out, STR(") "));
	return true;
}

/* receivedAt, to the second: by age, as of now. */
static bool received(const struct cond *c)
{
	int64_t at, age;
	bool after = c->key[0] == 'Y';
	if (!json_is_string(c->v) || !jmapdate_read(jmapbase_text(c->v), &at))
		return false;
	age = (int64_t)time(NULL) - at;
	if (age < 0)
		buf_str(c->out, after ? STR("NOT ALL ") : STR("ALL "));
	else if (after)
		buf_fmt(c->out, "YOUNGER %lld ", (long long)(age ? age : 1));
	else
		buf_fmt(c->out, "NOT YOUNGER %lld ", (long long)(age ? age : 1));
	return true;
}

static bool size(const struct cond *c)
{
	json_int_t n = json_integer_value(c->v);
	if (!json_is_integer(c->v) || n < 0)
		return false;
	if (c->key[0] == 'L') /* at least so many */
		buf_fmt(c->out, n ? "LARGER %lld " : "ALL ", (long long)n - 1);
	else
		buf_fmt(c->out, "SMALLER %lld ", (long long)n);
	return true;
}

static bool keyword(const struct cond *c)
{
	struct str s = jmapbase_text(c->v);
	if (s.n == 0 || s.n > 255)
		return false;
	if (c->key[0] == 'U')
		buf_str(c->out, STR("NOT "));
	for (const struct jmapbase_flag *f = jmapbase_flags; f->keyword; f++)
		if (str_ieq(s, str_of(f->keyword))) {
			buf_fmt(c->out, "%s ", f->key);
			return true;
		}
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] <= ' ' || s.p[i] > '~' || str_chr(STR("(){]%*\"\\"), s.p[i]) >= 0)
			return false;
	buf_fmt(c->out, "KEYWORD %.*s ", STR_ARG(s));
	return true;
}

static bool attachment(const struct cond *c)
{
	if (!json_is_boolean(c->v))
		return false;
	buf_fmt(c->out, "%sX-GM-RAW has:attachment ", json_is_true(c->v) ? "" : "NOT ");
	return true;
}

static const struct {
	const char *name;
	bool (*add)(const struct cond *c);
	const char *key;
} conditions[] = {
	{"inMailbox", in_mailbox, ""}, {"inMailboxOtherThan", other_mailbox, ""},
	{"before", received, "OLDER"}, {"after", received, "YOUNGER"},
	{"minSize", size, "LARGER"}, {"maxSize", size, "SMALLER"},
	{"hasKeyword", keyword, "KEYWORD"}, {"notKeyword", keyword, "UNKEYWORD"},
	{"hasAttachment", attachment, ""}, {"text", anywhere, ""},
	{"from", needle, "FROM"}, {"to", needle, "TO"}, {"cc", needle, "CC"},
	{"bcc", needle, "BCC"}, {"subject", needle, "SUBJECT"}, {"body", needle, "BODY"},
	{"header", header, ""},
};
enum { CONDITIONS = sizeof conditions / sizeof *conditions };

static bool condition(struct jmap *j, struct str account, json_t *f, struct buf *out)
{
	const char *name;
	json_t *v;
	buf_str(out, STR("(ALL "));
	json_object_foreach(f, name, v) {
		size_t i = 0;
		while (i < CONDITIONS && strcmp(conditions[i].name, name) != 0)
			i++;
		if (i == CONDITIONS) {
			jmapbase_fail(j, "unsupportedFilter", arena_str(j->a, str_of(name)).p);
			return false;
		}
		if (json_is_null(v))
			continue;
		struct cond c = {j, account, v, conditions[i].key, out};
		if (!conditions[i].add(&c))
			return bad(j, conditions[i].name);
	}
	buf_str(out, STR(") "));
	return true;
}

/* ---- operators ---- */

static bool operator(struct jmap *j, struct str account, json_t *f, int depth, struct buf *out)
{
	struct str op = jmapbase_text(json_object_get(f, "operator"));
	json_t *list = json_object_get(f, "conditions"), *one;
	bool or = str_eq(op, STR("OR")), not = str_eq(op, STR("NOT"));
	size_t i, n = json_array_size(list);
	if (!json_is_array(list) || (!or && !not && !str_eq(op, STR("AND"))))
		return bad(j, "operator");
	buf_str(out, or && n == 0 ? STR("(NOT ALL ") : or ? STR("(") : STR("(ALL "));
	json_array_foreach(list, i, one) {
		if (or && i + 1 < n)
			buf_str(out, STR("OR "));
		if (not)
			buf_str(out, STR("NOT "));
		if (!filter_at(j, account, one, depth + 1, out))
			return false;
	}
	buf_str(out, STR(") "));
	return true;
}

static bool filter_at(struct jmap *j, struct str account, json_t *f, int depth, struct buf *out)
{
	if (!json_is_object(f) || depth > DEEPEST)
		return bad(j, "filter");
	if (json_object_get(f, "operator"))
		return operator(j, account, f, depth, out);
	return condition(j, account, f, out);
}

int jmapfilter_text(struct jmap *j, struct str account, json_t *filter, struct buf *out)
{
	if (filter == NULL || json_is_null(filter)) {
		buf_str(out, STR("ALL"));
		return 1;
	}
	if (!filter_at(j, account, filter, 0, out))
		return 0;
	if (out->full)
		jmapbase_fail(j, "requestTooLarge", NULL);
	return !out->full;
}

static size_t words(struct jmap *j, json_t *f, int depth, struct str **list, size_t n)
{
	static const char *const names[] = {"text", "body", "subject"};
	json_t *one;
	size_t i;
	json_array_foreach(json_object_get(f, "conditions"), i, one)
		if (depth < DEEPEST)
			n = words(j, one, depth + 1, list, n);
	for (i = 0; i < sizeof names / sizeof *names; i++) {
		struct str s = jmapbase_text(json_object_get(f, names[i]));
		if (s.n == 0)
			continue;
		*list = arena_grow(j->a, *list, n, sizeof **list);
		(*list)[n++] = s;
	}
	return n;
}

size_t jmapfilter_words(struct jmap *j, json_t *filter, const struct str **out)
{
	struct str *list = NULL;
	size_t n = words(j, filter, 0, &list, 0);
	*out = list;
	return n;
}
