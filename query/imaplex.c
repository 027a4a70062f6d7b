#include "imaplex.h"

#include "buf.h"

#include <iconv.h>
#include <stdio.h>

int imaplex_column(struct imaplex *lx, size_t at)
{
	if (lx->col_at > at) {
		lx->col_at = 0;
		lx->col = 0;
	}
	for (; lx->col_at < at && lx->col_at < lx->in.n; lx->col_at++)
		lx->col += ((unsigned char)lx->in.p[lx->col_at] & 0xC0) != 0x80;
	return lx->col + 1;
}

int imaplex_bad(struct imaplex *lx, size_t at, struct err *err, const char *fmt, ...)
{
	char text[300];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	/* The text may quote the query; it must be UTF-8 whatever the query was. */
	for (char *p = str_utf8(str_of(text)) ? "" : text; *p != '\0'; p++)
		if ((unsigned char)*p >= 0x80)
			*p = '?';
	err_set(err, ERR_INPUT, "%s", text);
	err->column = imaplex_column(lx, at);
	return -1;
}

int imaplex_peek(struct imaplex *lx)
{
	while (lx->at < lx->in.n && lx->in.p[lx->at] == ' ')
		lx->at++;
	return lx->at < lx->in.n ? (unsigned char)lx->in.p[lx->at] : -1;
}

int imaplex_space(struct imaplex *lx, const char *expected, struct err *err)
{
	size_t start = lx->at;
	if (imaplex_peek(lx) >= 0 && lx->at > start)
		return 1;
	return imaplex_bad(lx, start, err, "expected a space and %s", expected);
}

static bool is_atom(unsigned char c)
{
	return c > ' ' && c != 0x7F && strchr("(){%*\"\\", c) == NULL;
}

struct str imaplex_atom(struct imaplex *lx)
{
	size_t start = lx->at;
	while (lx->at < lx->in.n && is_atom((unsigned char)lx->in.p[lx->at]))
		lx->at++;
	return str_cut(lx->in, start, lx->at);
}

static int quoted(struct imaplex *lx, struct str *out, struct err *err)
{
	size_t start = lx->at++, n = 0;
	char *p = arena_alloc(lx->a, lx->in.n - start);
	for (; lx->at < lx->in.n; lx->at++) {
		char c = lx->in.p[lx->at];
		if (c == '"') {
			lx->at++;
			*out = (struct str){p, n};
			return 1;
		}
		if (c == '\r' || c == '\n' || c == '\0')
			return imaplex_bad(lx, lx->at, err, "expected '\"' before the line ends");
		if (c == '\\') {
			c = ++lx->at < lx->in.n ? lx->in.p[lx->at] : '\0';
			if (c != '"' && c != '\\')
				return imaplex_bad(lx, lx->at, err,
						   "expected '\"' or '\\' after a backslash");
		}
		p[n++] = c;
	}
	return imaplex_bad(lx, start, err, "expected a closing '\"'");
}

/* "{5}", "{5+}" or, of 8-bit octets, "~{5}"; CRLF, five octets. */
static int literal(struct imaplex *lx, struct str *out, struct err *err)
{
	size_t start = lx->at, end = start + (lx->in.p[start] == '~' ? 2 : 1), digits = end;
	while (end < lx->in.n && lx->in.p[end] >= '0' && lx->in.p[end] <= '9')
		end++;
	struct str count = str_cut(lx->in, digits, end);
	if (end < lx->in.n && lx->in.p[end] == '+')
		end++;
	uint64_t n;
	if (!str_u64(count, &n) || !str_starts(str_cut(lx->in, end, lx->in.n), STR("}\r\n")))
		return imaplex_bad(lx, start, err, "expected a literal: {octets}, CRLF, octets");
	end += 3;
	if (n > lx->in.n - end)
		return imaplex_bad(lx, start, err, "expected %llu octets after the literal's CRLF",
				   (unsigned long long)n);
	*out = str_cut(lx->in, end, end + (size_t)n);
	lx->at = end + (size_t)n;
	return 1;
}

int imaplex_astring(struct imaplex *lx, struct str *out, struct err *err)
{
	int c = imaplex_peek(lx);
	size_t start = lx->at;
	if (c == '"')
		return quoted(lx, out, err);
	if (c == '{' || (c == '~' && lx->at + 1 < lx->in.n && lx->in.p[lx->at + 1] == '{'))
		return literal(lx, out, err);
	*out = imaplex_atom(lx);
	if (out->n == 0)
		return imaplex_bad(lx, start, err, "expected a string");
	if (lx->at < lx->in.n && strchr(" )", lx->in.p[lx->at]) == NULL)
		return imaplex_bad(lx, lx->at, err,
				   "expected a space: put strings with this character in quotes");
	return 1;
}

static int converted(struct imaplex *lx, struct str in, size_t at, struct str *out, struct err *err)
{
	struct buf b;
	char piece[512];
	char *from = (char *)in.p;
	size_t left = in.n;
	bool good = true, flushed = false;
	buf_init(&b, QNODE_MAX_TEXT * 8);
	iconv((iconv_t)lx->convert, NULL, NULL, NULL, NULL);
	while (good && !flushed) {
		char *to = piece;
		size_t room = sizeof piece, was = left;
		flushed = left == 0;
		size_t r = flushed ? iconv((iconv_t)lx->convert, NULL, NULL, &to, &room)
				   : iconv((iconv_t)lx->convert, &from, &left, &to, &room);
		buf_add(&b, piece, sizeof piece - room);
		good = r != (size_t)-1 || (was != left || room < sizeof piece);
		if (r == (size_t)-1 && flushed)
			flushed = false; /* the closing sequence did not fit: once more */
	}
	good = good && !b.full && str_utf8(buf_all(&b));
	*out = arena_str(lx->a, buf_all(&b));
	buf_free(&b);
	return good ? 1 : imaplex_bad(lx, at, err, "expected a string in the CHARSET named");
}

int imaplex_text(struct imaplex *lx, struct str *out, struct err *err)
{
	struct str raw;
	imaplex_peek(lx);
	size_t start = lx->at;
	if (imaplex_astring(lx, &raw, err) < 0)
		return -1;
	if (lx->convert != NULL)
		return converted(lx, raw, start, out, err);
	if (!str_utf8(raw))
		return imaplex_bad(lx, start, err, "expected a string in UTF-8 (or a CHARSET)");
	*out = arena_str(lx->a, raw);
	return 1;
}

static int date_text(struct str s, int32_t *out)
{
	struct str day, month, rest = s;
	uint32_t d, y;
	if (!str_split(&rest, '-', &day) || !str_split(&rest, '-', &month))
		return 0;
	if (day.n < 1 || day.n > 2 || rest.n != 4 || !str_u32(day, &d) || !str_u32(rest, &y))
		return 0;
	return qnode_day(y, qnode_month(month), d, out);
}

/* Is it of the right form, but no day of the calendar? */
static bool looks_like_date(struct str s)
{
	struct str day, month, rest = s;
	uint32_t n;
	return str_split(&rest, '-', &day) && str_split(&rest, '-', &month) && s.n <= 11 &&
	       day.n <= 2 && str_u32(day, &n) && qnode_month(month) > 0 && rest.n == 4 &&
	       str_u32(rest, &n);
}

int imaplex_date(struct imaplex *lx, int32_t *out, struct err *err)
{
	struct str s;
	imaplex_peek(lx);
	size_t start = lx->at;
	if (start < lx->in.n && lx->in.p[start] == '"') {
		if (quoted(lx, &s, err) < 0)
			return -1;
	} else {
		s = imaplex_atom(lx);
	}
	if (date_text(s, out))
		return 1;
	if (looks_like_date(s))
		return imaplex_bad(lx, start, err, "no such day '%.11s': expected a date such as "
				   "5-Mar-2020", arena_str(lx->a, s).p);
	return imaplex_bad(lx, start, err, "expected a date such as 5-Mar-2020");
}

int imaplex_number(struct imaplex *lx, const char *what, uint64_t *out, struct err *err)
{
	imaplex_peek(lx);
	size_t start = lx->at;
	if (str_u64(imaplex_atom(lx), out) && *out <= INT64_MAX)
		return 1;
	return imaplex_bad(lx, start, err, "expected %s", what);
}

static int set_end(struct imaplex *lx, uint32_t *out, struct err *err)
{
	size_t start = lx->at;
	if (start < lx->in.n && lx->in.p[start] == '*') {
		lx->at++;
		*out = QNODE_STAR;
		return 1;
	}
	while (lx->at < lx->in.n && lx->in.p[lx->at] >= '0' && lx->in.p[lx->at] <= '9')
		lx->at++;
	struct str digits = str_cut(lx->in, start, lx->at);
	if (str_u32(digits, out) && *out > 0 && digits.p[0] != '0')
		return 1;
	return imaplex_bad(lx, start, err, "expected a number from 1 to 4294967295, or '*'");
}

int imaplex_set(struct imaplex *lx, struct qnode *q, struct err *err)
{
	struct qnode_range *ranges = NULL;
	imaplex_peek(lx);
	for (;;) {
		struct qnode_range r;
		if (set_end(lx, &r.lo, err) < 0)
			return -1;
		r.hi = r.lo;
		char c = lx->at < lx->in.n ? lx->in.p[lx->at] : ' ';
		if (c == ':') {
			lx->at++;
			if (set_end(lx, &r.hi, err) < 0)
				return -1;
			c = lx->at < lx->in.n ? lx->in.p[lx->at] : ' ';
		}
		if (r.lo == QNODE_STAR || (r.hi != QNODE_STAR && r.lo > r.hi))
			r = (struct qnode_range){r.hi, r.lo};
		ranges = arena_grow(lx->a, ranges, q->n_ranges, sizeof *ranges);
		ranges[q->n_ranges++] = r;
		if (c == ' ' || c == ')')
			break;
		if (c != ',')
			return imaplex_bad(lx, lx->at, err, "expected ',' or ':' or a space");
		lx->at++;
	}
	q->ranges = ranges;
	return 1;
}

int imaplex_charset(struct imaplex *lx, struct str name, size_t at, struct err *err)
{
	char z[64];
	/* A slash would hand options of the converter over ("//IGNORE"). */
	bool odd = name.n == 0 || name.n >= sizeof z || memchr(name.p, '/', name.n) != NULL ||
		   memchr(name.p, '\0', name.n) != NULL;
	if (!odd) {
		memcpy(z, name.p, name.n);
		z[name.n] = '\0';
		iconv_t cd = iconv_open("UTF-8", z);
		odd = cd == (iconv_t)-1;
		lx->convert = odd ? NULL : (void *)cd;
	}
	if (!odd)
		return 1;
	return imaplex_bad(lx, at, err, "BADCHARSET: unknown charset '%.40s'",
			   arena_str(lx->a, name).p);
}

void imaplex_close(struct imaplex *lx)
{
	if (lx->convert != NULL)
		iconv_close((iconv_t)lx->convert);
	lx->convert = NULL;
}
