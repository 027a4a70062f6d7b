#include "ppt97.h"

#include "charset.h"

enum { HEAD = 8, CHARS = 0x0FA0, BYTES = 0x0FA8, ENCRYPTION = 0x2F14, LOCKED = 0xF3D1C4DF };

static void put(struct board *b, struct str utf8)
{
	for (size_t i = 0; i < utf8.n;) {
		size_t from = i;
		while (i < utf8.n && (unsigned char)utf8.p[i] >= ' ')
			i++;
		board_text(b, str_cut(utf8, from, i));
		if (i < utf8.n && utf8.p[i++] == '\t')
			board_cell(b);
		else
			board_line(b);
	}
	board_line(b);
}

void ppt97_read(struct document *d, const struct ole *o)
{
	struct str s = ole_stream(o, ole_find(o, OLE_ROOT, "PowerPoint Document"));
	struct str user = ole_stream(o, ole_find(o, OLE_ROOT, "Current User"));
	bool bad, locked = ole_u32(user, 12) == (uint32_t)LOCKED;
	for (size_t at = 0; !locked && s.n >= HEAD && at <= s.n - HEAD;) {
		uint32_t version = ole_u16(s, at) & 0xF, type = ole_u16(s, at + 2);
		size_t n = ole_u32(s, at + 4);
		struct str body = str_cut(s, at + HEAD, at + HEAD + n);
		at += HEAD;
		locked = type == ENCRYPTION;
		if (version == 0xF) /* a container: what is in it comes next */
			continue;
		if (type == CHARS)
			put(d->board, ole_utf16(d->a, body));
		else if (type == BYTES)
			put(d->board, charset_decode(d->a, STR("iso-8859-1"), body, &bad));
		at += n;
	}
	if (locked)
		board_fault(d->board, EXTRACT_ENCRYPTED, "it has a password");
	else if (s.n < HEAD)
		board_fault(d->board, EXTRACT_FAILED, "PowerPoint: it has no document");
}
