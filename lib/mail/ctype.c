#include "ctype.h"

#include "charset.h"
#include "header.h"
#include "lex.h"
#include "rfc2047.h"
#include "utf8.h"

#include <gmime/gmime.h>

#define PARAM_MAX ((size_t)16 << 10)

/* A value that begins with '=', which should stand in quotes, goes on to a blank or ';'. */
static struct str read_loose(struct lex *l)
{
	size_t from = l->at;
	for (int c; (c = lex_peek(l)) >= 0 && c != ';'; l->at++)
		if (c == ' ' || c == '\t' || c == '\r' || c == '\n')
			break;
	return str_cut(l->s, from, l->at);
}

/* One "; name=value" at the cursor. false: not a parameter; the caller goes on behind the
 * next ';'. */
static bool read_param(struct lex *l, struct str *name, struct buf *value)
{
	buf_clear(value);
	if (!lex_take(l, ';'))
		return false;
	lex_skip(l);
	*name = lex_token(l);
	if (name->n == 0 || !lex_take(l, '='))
		return false;
	lex_skip(l);
	if (lex_peek(l) == '"')
		return lex_quoted(l, value);
	buf_str(value, lex_peek(l) == '=' ? read_loose(l) : lex_token(l));
	return true;
}

static void next_param(struct lex *l)
{
	ptrdiff_t at = str_chr(str_cut(l->s, l->at, l->s.n), ';');
	l->at = at < 0 ? l->s.n : l->at + (size_t)at;
}

/* The value of a parameter by GMime, which joins and decodes the pieces of RFC 2231. */
static struct str by_gmime(struct arena *a, struct str raw, const char *name)
{
	struct str value = charset_guess(a, header_unfold(a, raw));
	ptrdiff_t at = str_chr(value, ';');
	if (at < 0 || value.n > PARAM_MAX)
		return STR("");
	value = arena_str(a, str_cut(value, (size_t)at + 1, value.n));
	GMimeParamList *list = g_mime_param_list_parse(NULL, value.p);
	if (list == NULL)
		return STR("");
	GMimeParam *param = g_mime_param_list_get_parameter(list, name);
	const char *text = param ? g_mime_param_get_value(param) : NULL;
	struct str out = arena_str(a, str_of(text));
	g_object_unref(list);
	return out;
}

static void read_params(struct arena *a, struct lex *l, struct ctype *out)
{
	struct buf value;
	struct str name;
	bool have_charset = false, have_boundary = false, pieces = false;
	buf_init(&value, PARAM_MAX);
	for (; lex_peek(l) >= 0; next_param(l)) {
		if (!read_param(l, &name, &value))
			continue;
		pieces |= str_chr(name, '*') >= 0;
		if (!have_charset && str_ieq(name, STR("charset"))) {
			out->charset = arena_str(a, buf_all(&value));
			have_charset = true;
		} else if (!have_boundary && str_ieq(name, STR("boundary"))) {
			out->boundary = arena_str(a, buf_all(&value));
			have_boundary = true;
		}
	}
	buf_free(&value);
	if (pieces && !have_charset)
		out->charset = by_gmime(a, l->s, "charset");
	if (pieces && !have_boundary)
		out->boundary = by_gmime(a, l->s, "boundary");
}

int ctype_parse(struct arena *a, struct str raw, struct ctype *out)
{
	struct lex l = {.s = raw};
	*out = (struct ctype){STR(""), STR(""), STR("")};
	lex_skip(&l);
	struct str type = lex_token(&l);
	if (type.n == 0 || !lex_take(&l, '/'))
		return 0;
	lex_skip(&l);
	struct str sub = lex_token(&l);
	if (sub.n == 0 || (lex_peek(&l) >= 0 && lex_peek(&l) != ';'))
		return 0;
	if (str_ieq(type, STR("text")) && str_ieq(sub, STR("plain")))
		out->type = STR("text/plain");
	else
		out->type = arena_lower(a, arena_fmt(a, "%.*s/%.*s", STR_ARG(type), STR_ARG(sub)));
	read_params(a, &l, out);
	return 1;
}

struct str ctype_encoding(struct str raw)
{
	struct lex l = {.s = raw};
	lex_skip(&l);
	return lex_token(&l);
}

bool ctype_attachment(struct str raw)
{
	return str_ieq(ctype_encoding(raw), STR("attachment"));
}

struct str ctype_filename(struct arena *a, struct str disposition, struct str type)
{
	struct str name = by_gmime(a, disposition, "filename");
	if (name.n == 0)
		name = by_gmime(a, type, "name");
	/* many write encoded words here, which RFC 2047 forbids */
	if (str_find(name, STR("=?")) >= 0)
		name = rfc2047_decode(a, name);
	return name;
}
