#include "xls97.h"

#include "cells.h"
#include "charset.h"
#include "err.h"

#include <stdlib.h>

enum record {
	FORMULA = 0x06, FILEPASS = 0x2F, CONTINUE = 0x3C, BOUNDSHEET = 0x85, MULRK = 0xBD,
	XF = 0xE0, SST = 0xFC, LABELSST = 0xFD, TXO = 0x1B6, NUMBER = 0x203, LABEL = 0x204,
	BOOLERR = 0x205, STRING = 0x207, RK = 0x27E, FORMAT = 0x41E, BOF = 0x809, RSTRING = 0xD6
};
enum { BIFF8 = 0x600, WIDE = 1, RICH = 8, EXTENDED = 4 };

struct book {
	struct document *d;
	struct str s;      /* the stream */
	size_t at;         /* of the record behind this one */
	bool old;          /* before BIFF8: strings are bytes */
	bool locked;
	uint32_t row;
	struct cells cells;
};

/* ---- records ---- */

static bool next(struct book *k, uint32_t *type, struct str *body)
{
	if (k->s.n < 4 || k->at > k->s.n - 4)
		return false;
	size_t n = ole_u16(k->s, k->at + 2);
	*type = ole_u16(k->s, k->at);
	*body = str_cut(k->s, k->at + 4, k->at + 4 + n);
	k->at += 4 + n;
	return true;
}

/* Goes on in the CONTINUE record that follows. */
static bool more(struct book *k, struct str *body)
{
	uint32_t type;
	if (ole_u16(k->s, k->at) != CONTINUE)
		return false;
	return next(k, &type, body);
}

/* n characters (bytes when !wide) as UTF-8. */
static struct str characters(struct book *k, struct str s, bool wide)
{
	bool bad;
	if (wide)
		return ole_utf16(k->d->a, s);
	return charset_decode(k->d->a, k->old ? STR("windows-1252") : STR("iso-8859-1"), s, &bad);
}

/* A string whose length has `size` bytes, all in one record. */
static struct str text(struct book *k, struct str s, size_t size)
{
	size_t n = size == 1 ? ole_u16(s, 0) & 0xFF : ole_u16(s, 0);
	s = str_cut(s, size, s.n);
	if (k->old)
		return characters(k, str_cut(s, 0, n), false);
	bool wide = s.n && (s.p[0] & WIDE);
	return characters(k, str_cut(s, 1, 1 + (wide ? 2 * n : n)), wide);
}

/* ---- the table of shared strings, which goes on over records ---- */

struct table {
	struct book *k;
	struct str s; /* what is left of this record */
};

static bool refill(struct table *t)
{
	while (t->s.n == 0)
		if (!more(t->k, &t->s))
			return false;
	return true;
}

static void skip(struct table *t, size_t n)
{
	while (n && refill(t)) {
		size_t step = n < t->s.n ? n : t->s.n;
		t->s = str_cut(t->s, step, t->s.n);
		n -= step;
	}
}

/* The characters of one string; in a new record a byte says anew how wide they are. */
static void one_string(struct table *t, size_t n, bool wide)
{
	while (n) {
		if (t->s.n < (wide ? 2u : 1u)) {
			t->s = STR("");
			if (!refill(t))
				return;
			wide = t->s.p[0] & WIDE;
			t->s = str_cut(t->s, 1, t->s.n);
			continue;
		}
		size_t there = wide ? t->s.n / 2 : t->s.n, some = n < there ? n : there;
		size_t bytes = wide ? 2 * some : some;
		buf_str(&t->k->cells.strings, characters(t->k, str_cut(t->s, 0, bytes), wide));
		t->s = str_cut(t->s, bytes, t->s.n);
		n -= some;
	}
}

static void read_strings(struct book *k, struct str body)
{
	uint32_t count = ole_u32(body, 4);
	struct table t = {k, str_cut(body, 8, body.n)};
	for (uint32_t i = 0; i < count && refill(&t); i++) {
		if (t.s.n < 3)
			break;
		size_t n = ole_u16(t.s, 0), behind = 0;
		unsigned flags = (unsigned char)t.s.p[2], head = 3;
		if (flags & RICH) {
			behind += 4 * (size_t)ole_u16(t.s, head);
			head += 2;
		}
		if (flags & EXTENDED) {
			behind += ole_u32(t.s, head);
			head += 4;
		}
		t.s = str_cut(t.s, head, t.s.n);
		cells_string(&k->cells);
		one_string(&t, n, flags & WIDE);
		skip(&t, behind);
	}
}

/* ---- cells ---- */

static double real(struct str s, size_t at)
{
	uint64_t bits = ole_u32(s, at) | (uint64_t)ole_u32(s, at + 4) << 32;
	double v;
	memcpy(&v, &bits, sizeof v);
	return v;
}

/* A number in 30 bits: an integer, or the upper part of a double; perhaps in hundredths. */
static double small(uint32_t rk)
{
	uint64_t bits = (uint64_t)(rk & ~3u) << 32;
	double v;
	memcpy(&v, &bits, sizeof v);
	if (rk & 2)
		v = (double)((int32_t)rk >> 2);
	return rk & 1 ? v / 100 : v;
}

/* A cell begins, perhaps in a new row. */
static void begin_cell(struct book *k, struct str body)
{
	uint32_t row = ole_u16(body, 0);
	if (row != k->row)
		board_line(k->d->board);
	k->row = row;
}

static void formula(struct book *k, struct str body)
{
	struct board *b = k->d->board;
	if (ole_u16(body, 12) != 0xFFFF)
		cells_number(&k->cells, b, real(body, 6), ole_u16(body, 4));
	else if ((ole_u16(body, 6) & 0xFF) == 1)
		board_text(b, ole_u16(body, 8) & 0xFF ? STR("TRUE") : STR("FALSE"));
	/* a string comes in the next record */
}

static void cell(struct book *k, uint32_t type, struct str body)
{
	struct board *b = k->d->board;
	uint32_t style = ole_u16(body, 4);
	begin_cell(k, body);
	switch (type) {
	case LABELSST:
		cells_put_string(&k->cells, b, ole_u32(body, 6));
		break;
	case LABEL:
	case RSTRING:
		board_text(b, text(k, str_cut(body, 6, body.n), 2));
		break;
	case NUMBER:
		cells_number(&k->cells, b, real(body, 6), style);
		break;
	case RK:
		cells_number(&k->cells, b, small(ole_u32(body, 6)), style);
		break;
	case BOOLERR:
		if (ole_u16(body, 7) == 0)
			board_text(b, ole_u16(body, 6) & 0xFF ? STR("TRUE") : STR("FALSE"));
		break;
	case FORMULA:
		formula(k, body);
		break;
	default: /* MULRK: style and number for each column */
		for (size_t i = 4; i + 8 <= body.n; i += 6) {
			cells_number(&k->cells, b, small(ole_u32(body, i + 2)), ole_u16(body, i));
			board_cell(b);
		}
	}
	board_cell(b);
}

/* The text of a shape or comment is in the record behind its description. */
static void shape(struct book *k, struct str body)
{
	size_t n = ole_u16(body, 10);
	if (n == 0 || !more(k, &body) || body.n == 0)
		return;
	bool wide = body.p[0] & WIDE;
	board_line(k->d->board);
	board_text(k->d->board, characters(k, str_cut(body, 1, 1 + (wide ? 2 * n : n)), wide));
	board_line(k->d->board);
}

static void other(struct book *k, uint32_t type, struct str body)
{
	struct board *b = k->d->board;
	switch (type) {
	case BOF:
		k->old = ole_u16(body, 0) < BIFF8;
		k->row = UINT32_MAX;
		board_line(b);
		break;
	case FILEPASS:
		k->locked = true;
		break;
	case BOUNDSHEET:
		board_text(b, text(k, str_cut(body, 6, body.n), 1));
		board_line(b);
		break;
	case XF:
		cells_style(&k->cells, ole_u16(body, 2));
		break;
	case FORMAT:
		cells_format(&k->cells, ole_u16(body, 0),
			     text(k, str_cut(body, 2, body.n), k->old ? 1 : 2));
		break;
	case SST:
		read_strings(k, body);
		break;
	case STRING:
		board_text(b, text(k, body, 2));
		board_cell(b);
		break;
	case TXO:
		shape(k, body);
		break;
	default:
		break;
	}
}

static bool is_cell(uint32_t type)
{
	return type == LABELSST || type == LABEL || type == RSTRING || type == NUMBER ||
	       type == RK || type == BOOLERR || type == FORMULA || type == MULRK;
}

void xls97_read(struct document *d, const struct ole *o)
{
	struct book k = {.d = d, .row = UINT32_MAX};
	struct str body;
	uint32_t type, entry = ole_find(o, OLE_ROOT, "Workbook");
	if (entry == UINT32_MAX)
		entry = ole_find(o, OLE_ROOT, "Book");
	k.s = ole_stream(o, entry);
	cells_init(&k.cells);
	if (ole_u16(k.s, 0) != BOF)
		board_fault(d->board, EXTRACT_FAILED, "Excel: it has no workbook");
	else
		while (!k.locked && next(&k, &type, &body))
			if (is_cell(type))
				cell(&k, type, body);
			else
				other(&k, type, body);
	if (k.locked)
		board_fault(d->board, EXTRACT_ENCRYPTED, "it has a password");
	cells_free(&k.cells);
}
