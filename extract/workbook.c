#define _GNU_SOURCE
#include "workbook.h"

#include "cells.h"
#include "err.h"
#include "xmlread.h"

#include <stdlib.h>

enum { CELL = 1 << 20 };

struct workbook {
	struct document *d;
	struct cells cells;
	bool in_styles, in_text, in_value, in_inline;
	char kind;      /* 's' shared string, 'b' truth, 'n' number, 0 other */
	uint32_t style; /* of this cell */
	struct buf value;
};

/* ---- shared strings ---- */

static void strings_start(void *arg, struct str name, const char **attributes)
{
	struct workbook *s = arg;
	(void)attributes;
	if (str_eq(name, STR("si")))
		cells_string(&s->cells);
	s->in_text = str_eq(name, STR("t"));
}

static void strings_end(void *arg, struct str name)
{
	(void)name;
	((struct workbook *)arg)->in_text = false;
}

static void strings_text(void *arg, struct str text)
{
	struct workbook *s = arg;
	if (s->in_text)
		buf_str(&s->cells.strings, text);
}

/* ---- styles ---- */

static void styles_start(void *arg, struct str name, const char **attributes)
{
	struct workbook *s = arg;
	uint32_t id = 0;
	if (str_eq(name, STR("cellXfs")))
		s->in_styles = true;
	if (!str_u32(xmlread_attribute(attributes, "numFmtId"), &id))
		id = 0;
	if (str_eq(name, STR("numFmt")))
		cells_format(&s->cells, id, xmlread_attribute(attributes, "formatCode"));
	else if (s->in_styles && str_eq(name, STR("xf")))
		cells_style(&s->cells, id);
}

static void styles_end(void *arg, struct str name)
{
	if (str_eq(name, STR("cellXfs")))
		((struct workbook *)arg)->in_styles = false;
}

/* ---- cells ---- */

static void cell_start(void *arg, struct str name, const char **attributes)
{
	struct workbook *s = arg;
	if (str_eq(name, STR("c"))) {
		struct str kind = xmlread_attribute(attributes, "t");
		s->kind = kind.n == 1 ? kind.p[0] : kind.n ? 0 : 'n';
		if (!str_u32(xmlread_attribute(attributes, "s"), &s->style))
			s->style = 0;
		buf_clear(&s->value);
	}
	s->in_inline |= str_eq(name, STR("is"));
	s->in_value = str_eq(name, STR("v")) || (s->in_inline && str_eq(name, STR("t")));
	/* Headers and footers of the printed page. */
	s->in_text = str_eq(name, STR("oddHeader")) || str_eq(name, STR("oddFooter"));
	if (s->in_text)
		buf_clear(&s->value);
	if (str_eq(name, STR("sheet"))) { /* of workbook.xml */
		board_text(s->d->board, xmlread_attribute(attributes, "name"));
		board_line(s->d->board);
	}
}

static void put_cell(struct workbook *s)
{
	struct board *b = s->d->board;
	struct str v = buf_all(&s->value);
	uint32_t i;
	if (s->kind == 's' && str_u32(v, &i))
		cells_put_string(&s->cells, b, i);
	else if (s->kind == 'b')
		board_text(b, str_eq(v, STR("1")) ? STR("TRUE") : STR("FALSE"));
	else if (s->kind == 'n' && v.n && cells_dated(&s->cells, s->style))
		cells_number(&s->cells, b, strtod(buf_cstr(&s->value), NULL), s->style);
	else
		board_text(b, v);
	board_cell(b);
}

/* A header or footer of the printed page without its codes: &C &12 &"Font,Bold". */
static void put_printed(struct board *b, struct str s)
{
	for (size_t i = 0; i < s.n;) {
		size_t from = i;
		while (i < s.n && s.p[i] != '&')
			i++;
		board_text(b, str_cut(s, from, i));
		if (++i >= s.n)
			return;
		char stop = s.p[i++];
		while (stop == '"' && i < s.n && s.p[i++] != '"')
			;
		while (stop >= '0' && stop <= '9' && i < s.n && s.p[i] >= '0' && s.p[i] <= '9')
			i++;
	}
}

static void cell_end(void *arg, struct str name)
{
	struct workbook *s = arg;
	s->in_value = false;
	if (str_eq(name, STR("is")))
		s->in_inline = false;
	if (s->in_text)
		put_printed(s->d->board, buf_all(&s->value));
	if (str_eq(name, STR("c")))
		put_cell(s);
	else if (str_eq(name, STR("row")) || s->in_text)
		board_line(s->d->board);
	s->in_text = false;
}

static void cell_text(void *arg, struct str text)
{
	struct workbook *s = arg;
	if (s->in_value || s->in_text)
		buf_str(&s->value, text);
}

/* ---- the whole ---- */

static void prepare(struct workbook *s, const struct xmlread *strings, const struct xmlread *styles)
{
	struct members *m = members_open(s->d);
	struct str name;
	while (m && members_next(m, &name))
		if (str_eq(name, STR("xl/sharedStrings.xml")))
			xmlread_member(m, s->d, strings);
		else if (str_eq(name, STR("xl/styles.xml")))
			xmlread_member(m, s->d, styles);
	members_close(&m);
	if (s->cells.strings.full)
		board_fault(s->d->board, EXTRACT_TRUNCATED, "more than %zu MiB of strings",
			    EXTRACT_BYTES >> 20);
}

void workbook_read(struct document *d)
{
	struct workbook *s = err_alloc(sizeof *s);
	struct xmlread strings = {strings_start, strings_end, strings_text, s};
	struct xmlread styles = {styles_start, styles_end, NULL, s};
	struct xmlread cells = {cell_start, cell_end, cell_text, s};
	struct str name;
	s->d = d;
	cells_init(&s->cells);
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
	cells_free(&s->cells);
	free(s);
}
