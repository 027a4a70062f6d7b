#include "card.h"

#include "charset.h"
#include "codec.h"
#include "plain.h"

/* What no reader sees. */
static const char *const hidden[] = {
	"BEGIN", "END", "VERSION", "PRODID", "REV", "UID", "SEQUENCE", "DTSTAMP", "CREATED",
	"LAST-MODIFIED", "CLASS", "STATUS", "TRANSP", "METHOD", "CALSCALE", "RRULE", "RDATE",
	"EXDATE", "TRIGGER", "ACTION", "PHOTO", "LOGO", "SOUND", "KEY", "TZOFFSETFROM",
	"TZOFFSETTO", "TZNAME", "TZID", "PRIORITY", "REPEAT", "DURATION", "CLIENTPIDMAP", "MAILER",
};

static bool is_hidden(struct str name)
{
	if (str_istarts(name, STR("X-")))
		return true;
	for (size_t i = 0; i < sizeof hidden / sizeof *hidden; i++)
		if (str_ieq(name, str_of(hidden[i])))
			return true;
	return false;
}

/* The next line, with those that go on from it: behind a blank, or (`soft`, quoted-printable)
 * behind a '=' at the end. 1; 0 at the end. */
static int next(struct arena *a, struct str *rest, struct str *out)
{
	struct str line;
	struct buf b;
	if (!str_line(rest, &line))
		return 0;
	buf_init(&b, EXTRACT_BYTES);
	buf_str(&b, line);
	ptrdiff_t colon = str_chr(line, ':');
	bool quoted = colon > 0 &&
		      str_find(str_cut(line, 0, (size_t)colon), STR("QUOTED-PRINTABLE")) > 0;
	for (;;) {
		bool soft = quoted && b.n && b.p[b.n - 1] == '=';
		if (!soft && (rest->n == 0 || (rest->p[0] != ' ' && rest->p[0] != '\t')))
			break;
		if (!str_line(rest, &line))
			break;
		if (soft)
			b.n--;
		buf_str(&b, soft ? line : str_cut(line, 1, line.n));
	}
	*out = arena_str(a, buf_all(&b));
	buf_free(&b);
	return 1;
}

/* The value of a parameter, without quotes; "" when it is not there. */
static struct str parameter(struct str all, struct str name)
{
	struct str one;
	while (str_split(&all, ';', &one)) {
		if (!str_istarts(one, name) || one.n <= name.n || one.p[name.n] != '=')
			continue;
		struct str v = str_cut(one, name.n + 1, one.n);
		if (v.n >= 2 && v.p[0] == '"' && v.p[v.n - 1] == '"')
			v = str_cut(v, 1, v.n - 1);
		return v;
	}
	return STR("");
}

/* Where the value begins: the first colon that is not in quotes. */
static ptrdiff_t find_colon(struct str s)
{
	bool quoted = false;
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] == '"')
			quoted = !quoted;
		else if (s.p[i] == ':' && !quoted)
			return (ptrdiff_t)i;
	return -1;
}

/* A value with its escapes undone; semicolons part cells. */
static void put_value(struct board *b, struct str v)
{
	for (size_t i = 0; i < v.n;) {
		size_t from = i;
		while (i < v.n && v.p[i] != '\\' && v.p[i] != ';' && v.p[i] != '\n')
			i++;
		board_text(b, str_cut(v, from, i));
		if (i >= v.n)
			break;
		char c = v.p[i++];
		if (c == ';')
			board_cell(b);
		else if (c == '\n')
			board_line(b);
		else if (i < v.n && (v.p[i] == 'n' || v.p[i] == 'N') && ++i)
			board_line(b);
		else if (i < v.n)
			board_text(b, str_cut(v, i, i + 1)), i++;
	}
	board_line(b);
}

static void put_line(struct document *d, struct str line)
{
	bool bad;
	ptrdiff_t colon = find_colon(line);
	if (colon <= 0)
		return;
	struct str parameters = str_cut(line, 0, (size_t)colon), name;
	struct str value = str_cut(line, (size_t)colon + 1, line.n);
	str_split(&parameters, ';', &name);
	ptrdiff_t dot = str_chr(name, '.'); /* "item1.EMAIL" */
	if (dot >= 0)
		name = str_cut(name, (size_t)dot + 1, name.n);
	struct str encoding = parameter(parameters, STR("ENCODING"));
	if (is_hidden(name) || str_ieq(encoding, STR("b")) || str_ieq(encoding, STR("BASE64")) ||
	    str_istarts(value, STR("data:")))
		return;
	struct str person = parameter(parameters, STR("CN"));
	if (person.n) {
		board_text(d->board, person);
		board_cell(d->board);
	}
	if (str_ieq(encoding, STR("QUOTED-PRINTABLE")) ||
	    str_find(parameters, STR("QUOTED-PRINTABLE")) >= 0) {
		value = codec_decode(d->a, CODEC_QP, value, &bad);
		value = charset_decode(d->a, parameter(parameters, STR("CHARSET")), value, &bad);
	}
	if (str_istarts(value, STR("mailto:")))
		value = str_cut(value, 7, value.n);
	put_value(d->board, value);
}

void card_read(struct document *d)
{
	struct str rest = plain_decode(d->a, STR(""), d->doc.bytes), line;
	while (next(d->a, &rest, &line))
		put_line(d, line);
}
