#include "doc97.h"

#include "charset.h"

enum {
	MAGIC = 0xA5EC, OLD_MAGIC = 0xA5DC, WORD97 = 0xC1, /* version of Word 97 */
	ENCRYPTED = 0x100, OTHER_TABLE = 0x200,
	AT_FIRST = 0x18, AT_LAST = 0x1C, AT_CLX = 0x1A2,
	PROPERTIES = 1, PIECES = 2, COMPRESSED = 0x40000000
};

struct run {
	struct board *b;
	unsigned fields; /* instructions of fields, which are not seen, around us */
	bool cell;       /* the last character ended a cell */
};

/* A character that is not text. */
static void control(struct run *r, unsigned char c)
{
	switch (c) {
	case 0x07: /* a cell ends; a second one: the row */
		if (r->cell)
			board_line(r->b);
		else
			board_cell(r->b);
		r->cell = !r->cell;
		return;
	case 0x13:
		r->fields++;
		break;
	case 0x14: /* what it shows comes now */
	case 0x15:
		r->fields -= r->fields > 0;
		break;
	case 0x0B:
	case 0x0C:
	case 0x0D:
	case 0x0E:
		board_line(r->b);
		break;
	case 0x1E:
		board_text(r->b, STR("-"));
		break;
	case '\t':
		board_text(r->b, STR("\t"));
		break;
	default:
		break;
	}
	r->cell = false;
}

static void put(struct run *r, struct str utf8)
{
	for (size_t i = 0; i < utf8.n;) {
		size_t from = i;
		while (i < utf8.n && (unsigned char)utf8.p[i] >= ' ')
			i++;
		if (i > from) {
			r->cell = false;
			if (r->fields == 0)
				board_text(r->b, str_cut(utf8, from, i));
		}
		if (i < utf8.n)
			control(r, (unsigned char)utf8.p[i++]);
	}
}

static void put_bytes(struct document *d, struct run *r, struct str s)
{
	bool bad;
	put(r, charset_decode(d->a, STR("windows-1252"), s, &bad));
}

/* PlcPcd: n + 1 positions in the text, then n pieces of 8 bytes. */
static void read_pieces(struct document *d, struct str stream, struct str table)
{
	struct run r = {.b = d->board};
	size_t n = table.n < 4 ? 0 : (table.n - 4) / 12;
	for (size_t i = 0; i < n && !board_full(d->board); i++) {
		size_t from = ole_u32(table, 4 * i), to = ole_u32(table, 4 * (i + 1));
		uint32_t at = ole_u32(table, 4 * (n + 1) + 8 * i + 2);
		if (to <= from)
			continue;
		size_t length = to - from;
		if (at & COMPRESSED) {
			at = (at & ~(uint32_t)COMPRESSED) / 2;
			put_bytes(d, &r, str_cut(stream, at, at + length));
		} else {
			put(&r, ole_utf16(d->a, str_cut(stream, at, at + 2 * length)));
		}
	}
}

/* The part of the Clx that holds the pieces, behind properties. */
static struct str find_pieces(struct str clx)
{
	size_t at = 0;
	while (at + 3 < clx.n && clx.p[at] == PROPERTIES)
		at += 3 + ole_u16(clx, at + 1);
	if (at + 5 >= clx.n || clx.p[at] != PIECES)
		return STR("");
	size_t n = ole_u32(clx, at + 1);
	return str_cut(clx, at + 5, at + 5 + n);
}

void doc97_read(struct document *d, const struct ole *o)
{
	struct str s = ole_stream(o, ole_find(o, OLE_ROOT, "WordDocument"));
	uint32_t magic = ole_u16(s, 0), version = ole_u16(s, 2), flags = ole_u16(s, 10);
	if (magic != MAGIC && magic != OLD_MAGIC) {
		board_fault(d->board, EXTRACT_FAILED, "Word: no such document");
	} else if (flags & ENCRYPTED) {
		board_fault(d->board, EXTRACT_ENCRYPTED, "it has a password");
	} else if (version < WORD97) {
		struct run r = {.b = d->board};
		put_bytes(d, &r, str_cut(s, ole_u32(s, AT_FIRST), ole_u32(s, AT_LAST)));
	} else {
		const char *name = flags & OTHER_TABLE ? "1Table" : "0Table";
		struct str table = ole_stream(o, ole_find(o, OLE_ROOT, name));
		size_t at = ole_u32(s, AT_CLX), n = ole_u32(s, AT_CLX + 4);
		struct str pieces = find_pieces(str_cut(table, at, at + n));
		if (pieces.n == 0)
			board_fault(d->board, EXTRACT_FAILED, "Word: it has no table of its text");
		read_pieces(d, s, pieces);
	}
}
