#include "outlook.h"

#include "charset.h"

#include <stdio.h>

enum property {
	SUBJECT = 0x0037, HEADER = 0x007D, SENDER = 0x0C1A, SENDER_ADDRESS = 0x0C1F,
	TO = 0x0E04, CC = 0x0E03, BCC = 0x0E02, BODY = 0x1000, RTF = 0x1009, HTML = 0x1013,
	DATA = 0x3701, SHORT_NAME = 0x3704, MIME_TYPE = 0x370E, LONG_NAME = 0x3707
};
enum type { UNICODE = 0x1F, ANSI = 0x1E, BINARY = 0x102, OBJECT = 0x0D };
enum { DEPTH = 8 };

static uint32_t stream(const struct ole *o, uint32_t folder, enum property p, enum type t)
{
	char name[40];
	snprintf(name, sizeof name, "__substg1.0_%04X%04X", (unsigned)p, (unsigned)t);
	return ole_find(o, folder, name);
}

/* A property that is text, as UTF-8. */
static struct str text(struct document *d, const struct ole *o, uint32_t folder, enum property p)
{
	bool bad;
	uint32_t at = stream(o, folder, p, UNICODE);
	if (at != UINT32_MAX)
		return ole_utf16(d->a, ole_stream(o, at));
	struct str bytes = ole_stream(o, stream(o, folder, p, ANSI));
	return charset_decode(d->a, STR(""), bytes, &bad);
}

static void put(struct board *b, struct str s)
{
	struct str line;
	while (str_line(&s, &line)) {
		board_text(b, line);
		board_text(b, STR("\n"));
	}
	board_line(b);
}

/* ---- compressed RTF ---- */

#define LZFU 0x75465A4Cu
#define STORED 0x414C454Du
enum { WINDOW = 4096, HEAD = 16, MOST = 16 << 20 };

/* What stands in the window before the first byte, so that short texts shrink. */
static const char beginning[] =
	"{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern "
	"\\fscript \\fdecor MS Sans SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0"
	"\\green0\\blue0\r\n\\par \\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx";

struct lz {
	struct str packed;
	size_t at; /* in it */
	char *out, *window;
	size_t n, most, w; /* of out; w: where the window is written next */
};

static void lz_put(struct lz *z, char c)
{
	z->out[z->n++] = z->window[z->w] = c;
	z->w = (z->w + 1) % WINDOW;
}

/* Copies from the window. false: the end. */
static bool lz_copy(struct lz *z)
{
	if (z->at + 2 > z->packed.n)
		return false;
	const unsigned char *p = (const unsigned char *)z->packed.p + z->at;
	size_t from = (size_t)p[0] << 4 | p[1] >> 4;
	z->at += 2;
	if (from == z->w)
		return false;
	for (unsigned length = (p[1] & 15) + 2; length && z->n < z->most; length--) {
		lz_put(z, z->window[from]);
		from = (from + 1) % WINDOW;
	}
	return true;
}

struct str outlook_rtf(struct arena *a, struct str packed)
{
	size_t raw = ole_u32(packed, 4);
	if (ole_u32(packed, 8) == STORED)
		return str_cut(packed, HEAD, HEAD + raw);
	if (ole_u32(packed, 8) != LZFU || raw > MOST || raw / 64 > packed.n)
		return STR("");
	struct lz z = {packed, HEAD, arena_alloc(a, raw + 1), arena_alloc(a, WINDOW), 0, raw,
		       sizeof beginning - 1};
	memcpy(z.window, beginning, z.w);
	while (z.at < packed.n && z.n < raw) {
		unsigned flags = (unsigned char)packed.p[z.at++];
		for (unsigned bit = 0; bit < 8 && z.at < packed.n && z.n < raw; bit++)
			if (!(flags >> bit & 1))
				lz_put(&z, packed.p[z.at++]);
			else if (!lz_copy(&z))
				return (struct str){z.out, z.n};
	}
	return (struct str){z.out, z.n};
}

/* ---- a message ---- */

static void body(struct document *d, const struct ole *o, uint32_t folder)
{
	struct str plain = text(d, o, folder, BODY);
	struct str html = ole_stream(o, stream(o, folder, HTML, BINARY));
	struct extract_document in = {.bytes = html, .type = STR("text/html")};
	if (plain.n) {
		put(d->board, plain);
		return;
	}
	if (html.n == 0)
		in.bytes = outlook_rtf(d->a, ole_stream(o, stream(o, folder, RTF, BINARY)));
	if (in.bytes.n && document_may_open(d))
		document_nested(d, &in);
}

static void message(struct document *d, const struct ole *o, uint32_t folder, unsigned depth);

static void attachment(struct document *d, const struct ole *o, uint32_t folder, unsigned depth)
{
	uint32_t mail = stream(o, folder, DATA, OBJECT);
	struct extract_document in = {.name = text(d, o, folder, LONG_NAME),
				      .type = text(d, o, folder, MIME_TYPE)};
	if (in.name.n == 0)
		in.name = text(d, o, folder, SHORT_NAME);
	if (mail != UINT32_MAX && !o->entries[mail].stream) {
		message(d, o, mail, depth + 1);
		return;
	}
	in.bytes = ole_stream(o, stream(o, folder, DATA, BINARY));
	if (document_may_open(d))
		document_nested(d, &in);
}

static void message(struct document *d, const struct ole *o, uint32_t folder, unsigned depth)
{
	static const enum property shown[] = {SENDER, SENDER_ADDRESS, TO, CC, BCC, SUBJECT};
	if (depth > DEPTH) {
		board_fault(d->board, EXTRACT_TOO_BIG, "more than %d mails in one another", DEPTH);
		return;
	}
	for (size_t i = 0; i < sizeof shown / sizeof *shown; i++)
		put(d->board, text(d, o, folder, shown[i]));
	body(d, o, folder);
	for (size_t i = 1; i < o->n && !board_full(d->board); i++)
		if (o->entries[i].parent == folder && !o->entries[i].stream &&
		    str_istarts(o->entries[i].name, STR("__attach_version1.0_")))
			attachment(d, o, (uint32_t)i, depth);
}

void outlook_read(struct document *d, const struct ole *o)
{
	message(d, o, OLE_ROOT, 0);
}
