#define _GNU_SOURCE
#include "cells.h"

#include "err.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { EPOCH = 25569, LAST_DAY = 2958466, DAY = 86400 };

void cells_init(struct cells *c)
{
	memset(c, 0, sizeof *c);
	buf_init(&c->strings, EXTRACT_BYTES);
}

void cells_free(struct cells *c)
{
	buf_free(&c->strings);
	free(c->at);
}

void cells_string(struct cells *c)
{
	if (c->n == c->cap) {
		c->cap = c->cap ? c->cap * 2 : 1024;
		c->at = err_realloc(c->at, c->cap * sizeof *c->at);
	}
	c->at[c->n++] = c->strings.n;
}

void cells_put_string(const struct cells *c, struct board *b, uint32_t i)
{
	if (i < c->n)
		board_text(b, str_cut(buf_all(&c->strings), c->at[i],
				      i + 1 < c->n ? c->at[i + 1] : c->strings.n));
}

/* Does it show a day, a month, a year, an hour? Texts in quotes do not count. */
static bool shows_date(struct str code)
{
	bool quoted = false;
	for (size_t i = 0; i < code.n; i++) {
		char c = code.p[i];
		if (c == '"')
			quoted = !quoted;
		else if (c == '\\' || c == '_')
			i++;
		else if (c == '[') /* a colour, a currency */
			while (i + 1 < code.n && code.p[i + 1] != ']')
				i++;
		else if (!quoted && c && strchr("dmyhDMYH", c))
			return true;
	}
	return false;
}

void cells_format(struct cells *c, uint32_t number, struct str code)
{
	if (c->n_dated < CELLS_FORMATS && shows_date(code))
		c->dated[c->n_dated++] = number;
}

void cells_style(struct cells *c, uint32_t format)
{
	bool date = (format >= 14 && format <= 22) || (format >= 45 && format <= 47);
	for (size_t i = 0; !date && i < c->n_dated; i++)
		date = c->dated[i] == format;
	if (c->n_styles < CELLS_STYLES)
		c->date[c->n_styles++] = date;
}

bool cells_dated(const struct cells *c, uint32_t style)
{
	return style < c->n_styles && c->date[style];
}

/* Days since 1899-12-30, as people read them. */
static void put_date(struct board *b, double days)
{
	char out[64];
	struct tm tm;
	time_t at = (time_t)((days - EPOCH) * DAY + (days < EPOCH ? -0.5 : 0.5));
	size_t n = 0;
	if (gmtime_r(&at, &tm) == NULL)
		return;
	if (days >= 1)
		n = strftime(out, sizeof out, "%Y-%m-%d", &tm);
	if (at % DAY)
		n += strftime(out + n, sizeof out - n, n ? " %H:%M:%S" : "%H:%M:%S", &tm);
	board_text(b, (struct str){out, n});
}

void cells_number(const struct cells *c, struct board *b, double v, uint32_t style)
{
	char out[40];
	if (cells_dated(c, style) && v >= 0 && v < LAST_DAY) {
		put_date(b, v);
		return;
	}
	snprintf(out, sizeof out, "%.15g", v);
	board_text(b, str_of(out));
}
