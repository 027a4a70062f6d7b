#define _GNU_SOURCE
#include "sheet.h"

#include "err.h"
#include "xmlread.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { STYLES = 4096, FORMATS = 1024, CELL = 1 << 20 };

struct sheet {
	struct document *d;
	struct buf strings; /* all shared strings, one behind the other */
	size_t *at;         /* where string i begins; at[n] is the end of the last */
	size_t n, cap;
	unsigned dated[FORMATS]; /* numbers of formats that are dates */
	size_t n_dated, n_styles;
	bool date[STYLES]; /* by the index of a cell's style */
	bool in_styles, in_text, in_value, in_inline;
	char kind;  /* 's' shared string, 'b' truth, 0 other */
	bool dating; /* this cell's style is a date's */
	struct buf value;
};

/* ---- shared strings ---- */

static void mark(struct sheet *s)
{
	if (s->n == s->cap) {
		s->cap = s->cap ? s->cap * 2 : 1024;
		s->at = err_realloc(s->at, s->cap * sizeof *s->at);
	}
	s->at[s->n++] = s->strings.n;
}

static void strings_start(void *arg, struct str name, const char **attributes)
{
	struct sheet *s = arg;
	(void)attributes;
	if (str_eq(name, STR("si")))
		mark(s);
	s->in_text = str_eq(name, STR("t"));
}

static void strings_end(void *arg, struct str name)
{
	(void)name;
	((struct sheet *)arg)->in_text = false;
}

static void strings_text(void *arg, struct str text)
{
	struct sheet *s = arg;
	if (s->in_text && s->n)
		buf_str(&s->strings, text);
}

static struct str string(const struct sheet *s, struct str number)
{
	uint32_t i;
	if (!str_u32(number, &i) || i >= s->n)
		return STR("");
	return str_cut(buf_all(&s->strings), s->at[i], i + 1 < s->n ? s->at[i + 1] : s->strings.n);
}

/* ---- which styles are dates ---- */

/* Does a format's code show a day, a month, a year, an hour? Texts in quotes do not count. */
static bool shows_date(struct str code)
{
	bool quoted = false;
	for (size_t i = 0; i < code.n; i++) {
		char c = code.p[i];
		if (c == '"')
			quoted = !quoted;
		else if (c == '\\')
			i++;
		else if (c == '[') /* a colour, a currency */
			while (i + 1 < code.n && code.p[i + 1] != ']')
				i++;
		else if (!quoted && strchr("dmyhDMYH", c))
			return true;
	}
	return false;
}

static bool is_date(const struct sheet *s, uint32_t format)
{
	if ((format >= 14 && format <= 22) || (format >= 45 && format <= 47))
		return true;
	for (size_t i = 0; i < s->n_dated; i++)
		if (s->dated[i] == format)
			return true;
	return false;
}

static void styles_start(void *arg, struct str name, const char **attributes)
{
	struct sheet *s = arg;
	uint32_t id = 0;
	if (str_eq(name, STR("cellXfs")))
		s->in_styles = true;
	if (!str_u32(xmlread_attribute(attributes, "numFmtId"), &id))
		return;
	if (str_eq(name, STR("numFmt"))) {
		if (s->n_dated < FORMATS && shows_date(xmlread_attribute(attributes, "formatCode")))
			s->dated[s->n_dated++] = id;
	} else if (s->in_styles && str_eq(name, STR("xf")) && s->n_styles < STYLES) {
		s->date[s->n_styles++] = is_date(s, id);
	}
}

static void styles_end(void *arg, struct str name)
{
	if (str_eq(name, STR("cellXfs")))
		((struct sheet *)arg)->in_styles = false;
}

/* ---- cells ---- */

static void cell_start(void *arg, struct str name, const char **attributes)
{
	struct sheet *s = arg;
	uint32_t style;
	if (str_eq(name, STR("c"))) {
		struct str kind = xmlread_attribute(attributes, "t");
		s->kind = str_eq(kind, STR("s")) || str_eq(kind, STR("b")) ? kind.p[0] : 0;
		s->dating = kind.n == 0 || str_eq(kind, STR("n"));
		s->dating = s->dating &&
			    str_u32(xmlread_attribute(attributes, "s"), &style) &&
			    style < s->n_styles && s->date[style];
		buf_clear(&s->value);
	}
	s->in_inline |= str_eq(name, STR("is"));
	s->in_value = str_eq(name, STR("v")) || (s->in_inline && str_eq(name, STR("t")));
	/* Headers and footers of the printed page. */
	s->in_text = str_eq(name, STR("oddHeader")) || str_eq(name, STR("oddFooter"));
	if (str_eq(name, STR("sheet"))) { /* of workbook.xml */
		board_text(s->d->board, xmlread_attribute(attributes, "name"));
		board_line(s->d->board);
	}
}

/* Days since 1899-12-30, as people read them. */
static void put_date(struct board *b, double days)
{
	char out[40];
	time_t at = (time_t)((days - 25569) * 86400 + 0.5);
	struct tm tm;
	if (gmtime_r(&at, &tm) == NULL)
		return;
	size_t n = strftime(out, sizeof out, days >= 1 ? "%Y-%m-%d" : "", &tm);
	if (at % 86400)
		n += strftime(out + n, sizeof out - n, n ? " %H:%M:%S" : "%H:%M:%S", &tm);
	board_text(b, (struct str){out, n});
}

static void put_cell(struct sheet *s)
{
	struct board *b = s->d->board;
	struct str v = buf_all(&s->value);
	char *end;
	double days = s->dating ? strtod(buf_cstr(&s->value), &end) : 0;
	if (s->kind == 's')
		board_text(b, string(s, v));
	else if (s->kind == 'b')
		board_text(b, str_eq(v, STR("1")) ? STR("TRUE") : STR("FALSE"));
	else if (s->dating && days >= 0 && days < 2958466 && v.n)
		put_date(b, days);
	else
		board_text(b, v);
	board_cell(b);
}

static void cell_end(void *arg, struct str name)
{
	struct sheet *s = arg;
	s->in_value = false;
	if (str_eq(name, STR("is")))
		s->in_inline = false;
	if (str_eq(name, STR("c")))
		put_cell(s);
	else if (str_eq(name, STR("row")) || s->in_text)
		board_line(s->d->board);
	s->in_text = false;
}

static void cell_text(void *arg, struct str text)
{
	struct sheet *s = arg;
	if (s->in_value)
		buf_str(&s->value, text);
	else if (s->in_text)
		board_text(s->d->board, text);
}

/* ---- the whole ---- */

static void prepare(struct sheet *s, const struct xmlread *strings, const struct xmlread *styles)
{
	struct members *m = members_open(s->d);
	struct str name;
	while (m && members_next(m, &name))
		if (str_eq(name, STR("xl/sharedStrings.xml")))
			xmlread_member(m, s->d, strings);
		else if (str_eq(name, STR("xl/styles.xml")))
			xmlread_member(m, s->d, styles);
	members_close(&m);
	if (s->strings.full)
		board_fault(s->d->board, EXTRACT_TRUNCATED, "more than %zu MiB of strings",
			    EXTRACT_BYTES >> 20);
}

void sheet_read(struct document *d)
{
	struct sheet *s = err_alloc(sizeof *s);
	struct xmlread strings = {strings_start, strings_end, strings_text, s};
	struct xmlread styles = {styles_start, styles_end, NULL, s};
	struct xmlread cells = {cell_start, cell_end, cell_text, s};
	struct str name;
	s->d = d;
	buf_init(&s->strings, EXTRACT_BYTES);
	buf_init(&s->value, CELL);
	prepare(s, &strings, &styles);
	s->in_text = false;
	struct members *m = members_open(d);
	while (m && members_next(m, &name))
		if (str_eq(name, STR("xl/workbook.xml")) ||
		    str_glob(STR("xl/worksheets/sheet*.xml"), name))
			xmlread_member(m, d, &cells);
	members_close(&m);
	buf_free(&s->value);
	buf_free(&s->strings);
	free(s->at);
	free(s);
}
