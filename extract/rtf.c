#include "rtf.h"

#include "charset.h"
#include "utf8.h"

#include <stdio.h>

/* What is kept for each group. */
struct group {
	bool skip;       /* nothing in it is text */
	bool fonts;      /* the table of fonts */
	unsigned behind; /* characters that stand behind \u for old readers: \uc */
	unsigned page;   /* code page of its bytes; 0: the document's */
};

struct rtf {
	struct document *d;
	struct str s;
	size_t at;
	struct group stack[RTF_DEPTH];
	size_t depth, over; /* over: groups deeper than the stack */
	unsigned page;      /* of the document */
	uint16_t fonts[RTF_FONTS]; /* their code pages */
	unsigned font;      /* being defined */
	unsigned drop;      /* characters behind a \u, still to be passed over */
	unsigned high;      /* first half of a character from \u */
	char bytes[1024];   /* of a code page, not decoded yet */
	size_t n_bytes;
};

static struct group *top(struct rtf *r)
{
	return &r->stack[r->depth];
}

/* ---- text ---- */

static void flush(struct rtf *r)
{
	char name[16];
	struct arena a = {0};
	bool bad;
	unsigned page = top(r)->page ? top(r)->page : r->page;
	if (r->n_bytes == 0)
		return;
	snprintf(name, sizeof name, page == 10000 ? "macintosh" : page < 1000 || page == 932 ||
		 page == 936 || page == 949 || page == 950 ? "cp%u" : "windows-%u", page);
	board_text(r->d->board,
		   charset_decode(&a, str_of(name), (struct str){r->bytes, r->n_bytes}, &bad));
	r->n_bytes = 0;
	arena_free(&a);
}

static void put_byte(struct rtf *r, char c)
{
	if (r->drop) {
		r->drop--;
		return;
	}
	if (top(r)->skip)
		return;
	if (r->n_bytes == sizeof r->bytes)
		flush(r);
	r->bytes[r->n_bytes++] = c;
}

static void put_cp(struct rtf *r, uint32_t cp)
{
	char out[4];
	if (top(r)->skip)
		return;
	flush(r);
	board_text(r->d->board, (struct str){out, utf8_put(out, cp)});
}

static void put_unicode(struct rtf *r, int number)
{
	uint32_t cp = (uint32_t)(number < 0 ? number + 65536 : number);
	r->drop = top(r)->behind;
	if (cp >= 0xD800 && cp < 0xDC00) {
		r->high = cp;
		return;
	}
	if (r->high && cp >= 0xDC00 && cp < 0xE000)
		cp = 0x10000 + ((r->high - 0xD800) << 10) + (cp - 0xDC00);
	r->high = 0;
	put_cp(r, cp);
}

/* ---- control words ---- */

enum word { SKIP, LINE, CELL, CHARACTER, SKIP_BYTES, FONT, CHARSET, PAGE, BEHIND, UNICODE, FONTS,
	    PLAIN, STAR };

static const struct rtf_word {
	const char *name;
	enum word what;
	uint32_t value;
} words[] = {
	{"par", LINE, 0}, {"line", LINE, 0}, {"row", LINE, 0}, {"sect", LINE, 0},
	{"page", LINE, 0}, {"cell", CELL, 0}, {"nestcell", CELL, 0}, {"nestrow", LINE, 0},
	{"tab", CHARACTER, '\t'}, {"lquote", CHARACTER, 0x2018}, {"rquote", CHARACTER, 0x2019},
	{"ldblquote", CHARACTER, 0x201C}, {"rdblquote", CHARACTER, 0x201D},
	{"bullet", CHARACTER, 0x2022}, {"endash", CHARACTER, 0x2013},
	{"emdash", CHARACTER, 0x2014}, {"emspace", CHARACTER, ' '}, {"enspace", CHARACTER, ' '},
	{"u", UNICODE, 0}, {"uc", BEHIND, 0}, {"ansicpg", PAGE, 0}, {"mac", PAGE, 10000},
	{"pc", PAGE, 437}, {"pca", PAGE, 850}, {"f", FONT, 0}, {"fcharset", CHARSET, 0},
	{"fonttbl", FONTS, 0}, {"bin", SKIP_BYTES, 0},
	{"stylesheet", SKIP, 0}, {"colortbl", SKIP, 0}, {"pict", SKIP, 0}, {"object", STAR, 0},
	{"objdata", SKIP, 0}, {"fldinst", SKIP, 0}, {"listtable", SKIP, 0},
	{"listoverridetable", SKIP, 0}, {"themedata", SKIP, 0}, {"datastore", SKIP, 0},
	{"xmlnstbl", SKIP, 0}, {"rsidtbl", SKIP, 0}, {"generator", SKIP, 0}, {"filetbl", SKIP, 0},
	{"latentstyles", SKIP, 0}, {"colorschememapping", SKIP, 0}, {"panose", SKIP, 0},
	{"creatim", SKIP, 0}, {"revtim", SKIP, 0}, {"printim", SKIP, 0}, {"bkmkstart", SKIP, 0},
	{"bkmkend", SKIP, 0}, {"shpinst", STAR, 0}, {"sn", SKIP, 0}, {"sv", SKIP, 0},
	{"nonshppict", SKIP, 0}, {"falt", SKIP, 0}, {"pntext", STAR, 0}, {"shptxt", STAR, 0},
};

/* Windows' numbers of charsets and their code pages. */
static unsigned page_of(int charset)
{
	static const unsigned pages[][2] = {
		{77, 10000}, {128, 932}, {129, 949}, {134, 936}, {136, 950}, {161, 1253},
		{162, 1254}, {163, 1258}, {177, 1255}, {178, 1256}, {186, 1257}, {204, 1251},
		{222, 874}, {238, 1250}, {254, 437}, {255, 850}};
	for (size_t i = 0; i < sizeof pages / sizeof *pages; i++)
		if (pages[i][0] == (unsigned)charset)
			return pages[i][1];
	return 0;
}

static void set_font(struct rtf *r, int number)
{
	unsigned font = number >= 0 && number < RTF_FONTS ? (unsigned)number : 0;
	if (top(r)->fonts) {
		r->font = font;
		return;
	}
	flush(r);
	top(r)->page = r->fonts[font];
}

static void apply(struct rtf *r, const struct rtf_word *w, int number)
{
	switch (w->what) {
	case SKIP:
		flush(r);
		top(r)->skip = true;
		break;
	case LINE:
	case CELL:
		flush(r);
		if (!top(r)->skip && w->what == LINE)
			board_line(r->d->board);
		else if (!top(r)->skip)
			board_cell(r->d->board);
		break;
	case CHARACTER:
		put_cp(r, w->value);
		break;
	case SKIP_BYTES:
		r->at += number > 0 ? (size_t)number : 0;
		break;
	case FONT:
		set_font(r, number);
		break;
	case CHARSET:
		if (top(r)->fonts)
			r->fonts[r->font] = (uint16_t)page_of(number);
		break;
	case PAGE:
		r->page = w->value ? w->value : number > 0 ? (unsigned)number : 1252;
		break;
	case BEHIND:
		top(r)->behind = number >= 0 && number < 100 ? (unsigned)number : 1;
		break;
	case UNICODE:
		put_unicode(r, number);
		break;
	case FONTS:
		top(r)->fonts = top(r)->skip = true;
		break;
	default:
		break;
	}
}

static const struct rtf_word *find(struct str name)
{
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (name.n && words[i].name[0] == name.p[0] &&
		    str_eq(str_of(words[i].name), name))
			return &words[i];
	return NULL;
}

/* A control word; `star` stood before it: who does not know it passes its group over. */
static void word(struct rtf *r, bool star)
{
	size_t from = r->at;
	int number = 0;
	bool minus = false;
	while (r->at < r->s.n && ((r->s.p[r->at] | 32) >= 'a' && (r->s.p[r->at] | 32) <= 'z'))
		r->at++;
	const struct rtf_word *w = find(str_cut(r->s, from, r->at));
	if (r->at < r->s.n && r->s.p[r->at] == '-') {
		minus = true;
		r->at++;
	}
	for (; r->at < r->s.n && r->s.p[r->at] >= '0' && r->s.p[r->at] <= '9'; r->at++)
		if (number < 100000000)
			number = number * 10 + (r->s.p[r->at] - '0');
	if (r->at < r->s.n && r->s.p[r->at] == ' ')
		r->at++;
	if (star && (w == NULL || w->what != STAR)) {
		flush(r);
		top(r)->skip = true;
	}
	if (w)
		apply(r, w, minus ? -number : number);
}

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 32;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* What a backslash begins. */
static void control(struct rtf *r)
{
	if (r->at >= r->s.n)
		return;
	char c = r->s.p[r->at];
	if ((c | 32) >= 'a' && (c | 32) <= 'z') {
		word(r, false);
		return;
	}
	r->at++;
	if (c == '\'' && r->at + 2 <= r->s.n) {
		int high = hex(r->s.p[r->at]), low = hex(r->s.p[r->at + 1]);
		r->at += 2;
		if (high >= 0 && low >= 0)
			put_byte(r, (char)(high << 4 | low));
	} else if (c == '*' && r->at + 1 < r->s.n && r->s.p[r->at] == '\\') {
		r->at++;
		word(r, true);
	} else if (c == '~') {
		put_cp(r, ' ');
	} else if (c == '_') {
		put_cp(r, '-');
	} else if (c == '\r' || c == '\n') {
		flush(r);
		board_line(r->d->board);
	} else if (c == '{' || c == '}' || c == '\\') {
		put_byte(r, c);
	}
}

static void open_group(struct rtf *r)
{
	flush(r);
	r->drop = 0;
	if (r->depth + 1 == RTF_DEPTH) {
		r->over++;
		return;
	}
	r->stack[r->depth + 1] = r->stack[r->depth];
	r->depth++;
}

static void close_group(struct rtf *r)
{
	flush(r);
	r->drop = 0;
	if (r->over)
		r->over--;
	else if (r->depth)
		r->depth--;
}

void rtf_read(struct document *d)
{
	struct rtf *r = arena_alloc(d->a, sizeof *r);
	r->d = d;
	r->s = d->doc.bytes;
	r->page = 1252;
	r->stack[0].behind = 1;
	while (r->at < r->s.n) {
		char c = r->s.p[r->at++];
		if (c == '\\')
			control(r);
		else if (c == '{')
			open_group(r);
		else if (c == '}')
			close_group(r);
		else if (c != '\r' && c != '\n' && c != '\0')
			put_byte(r, c);
	}
	flush(r);
	if (r->depth || r->over)
		board_fault(d->board, EXTRACT_TRUNCATED, "RTF: it is cut off");
}
