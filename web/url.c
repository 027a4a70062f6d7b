#include "url.h"

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The byte "%XX" at in[i] stands for, or -1. */
static int escaped(struct str in, size_t i)
{
	if (in.n - i < 3)
		return -1;
	int hi = hex_digit(in.p[i + 1]), lo = hex_digit(in.p[i + 2]);
	return hi < 0 || lo < 0 ? -1 : hi * 16 + lo;
}

/* Undoes escapes; in query strings '+' is a blank. 1, or 0 when an escape is malformed. */
static int decode(struct arena *a, struct str in, bool plus, struct str *out)
{
	char *p = arena_alloc(a, in.n + 1);
	size_t n = 0;
	for (size_t i = 0; i < in.n; i++) {
		int c = (unsigned char)in.p[i];
		if (c == '%') {
			c = escaped(in, i);
			if (c < 0)
				return 0;
			i += 2;
		} else if (plus && c == '+') {
			c = ' ';
		}
		p[n++] = (char)c;
	}
	*out = (struct str){p, n};
	return 1;
}

struct str url_unescape(struct arena *a, struct str s)
{
	struct str out;
	return decode(a, s, false, &out) ? out : s;
}

static int add_segment(struct arena *a, struct str raw, struct url *out, struct err *err)
{
	struct str seg;
	if (out->n_segments == URL_MAX_SEGMENTS)
		return err_set(err, ERR_INPUT, "path has more than %d segments", URL_MAX_SEGMENTS);
	if (!decode(a, raw, false, &seg))
		return err_set(err, ERR_INPUT, "malformed escape in path");
	if (str_chr(seg, '\0') >= 0)
		return err_set(err, ERR_INPUT, "NUL in path");
	if (str_eq(seg, STR(".")) || str_eq(seg, STR("..")))
		return err_set(err, ERR_INPUT, "path with '.' or '..' segments");
	out->segments[out->n_segments++] = seg;
	return 1;
}

static int parse_path(struct arena *a, struct str path, struct url *out, struct err *err)
{
	struct str rest = str_cut(path, 1, path.n), piece;
	if (rest.n == 0)
		return 1;
	while (str_split(&rest, '/', &piece))
		if (add_segment(a, piece, out, err) < 0)
			return -1;
	return 1;
}

static int parse_query(struct arena *a, struct str query, struct url *out, struct err *err)
{
	struct url_param *params = NULL;
	struct str piece;
	while (str_split(&query, '&', &piece)) {
		if (piece.n == 0)
			continue;
		if (out->n_params == URL_MAX_PARAMS)
			return err_set(err, ERR_INPUT, "more than %d parameters", URL_MAX_PARAMS);
		params = arena_grow(a, params, out->n_params, sizeof *params);
		struct url_param *p = &params[out->n_params++];
		ptrdiff_t eq = str_chr(piece, '=');
		size_t cut = eq < 0 ? piece.n : (size_t)eq;
		if (!decode(a, str_cut(piece, 0, cut), true, &p->name) ||
		    !decode(a, str_cut(piece, cut + 1, piece.n), true, &p->value))
			return err_set(err, ERR_INPUT, "malformed escape in query string");
	}
	out->params = params;
	return 1;
}

/* Takes "http://authority" off an absolute form. */
static struct str origin_form(struct str target)
{
	struct str http = STR("http://");
	if (!str_istarts(target, http))
		return target;
	struct str rest = str_cut(target, http.n, target.n);
	ptrdiff_t slash = str_chr(rest, '/');
	return slash < 0 ? STR("/") : str_cut(rest, (size_t)slash, rest.n);
}

int url_parse(struct arena *a, struct str target, struct url *out, struct err *err)
{
	*out = (struct url){0};
	target = origin_form(target);
	if (target.n == 0 || target.p[0] != '/')
		return err_set(err, ERR_INPUT, "request target is not a path");
	ptrdiff_t mark = str_chr(target, '?');
	size_t end = mark < 0 ? target.n : (size_t)mark;
	if (parse_path(a, str_cut(target, 0, end), out, err) < 0)
		return -1;
	if (mark < 0)
		return 1;
	return parse_query(a, str_cut(target, end + 1, target.n), out, err);
}

struct str url_get(const struct url *u, const char *name, struct str otherwise)
{
	for (size_t i = 0; i < u->n_params; i++)
		if (str_eq(u->params[i].name, str_of(name)))
			return u->params[i].value;
	return otherwise;
}

static bool known(struct str name, const char *const *names)
{
	for (; *names; names++)
		if (str_eq(name, str_of(*names)))
			return true;
	return false;
}

const struct url_param *url_odd(const struct url *u, const char *const *names)
{
	for (size_t i = 0; i < u->n_params; i++) {
		if (!known(u->params[i].name, names))
			return &u->params[i];
		for (size_t k = 0; k < i; k++)
			if (str_eq(u->params[k].name, u->params[i].name))
				return &u->params[i];
	}
	return NULL;
}

static bool unreserved(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '-' || c == '.' || c == '_' || c == '~';
}

void url_escape(struct buf *out, struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		if (unreserved(s.p[i]))
			buf_chr(out, s.p[i]);
		else
			buf_fmt(out, "%%%02X", (unsigned)(unsigned char)s.p[i]);
	}
}
