#include "pgp.h"

#include "codec.h"

#include <zlib.h>

enum { /* kinds of packets */
	KEY_SESSION = 1, SIGNATURE = 2, PASS_SESSION = 3, ONE_PASS = 4, COMPRESSED = 8,
	LOCKED = 9, MARKER = 10, LITERAL = 11, LOCKED_SUM = 18, LOCKED_AEAD = 20
};
enum { DEPTH = 4, PIECE = 64 * 1024 };

void pgp_nothing(struct document *d)
{
	(void)d;
}

/* What stands behind the armour's own header: behind an empty line. */
static void skip_header(struct str *rest)
{
	struct str line;
	while (str_line(rest, &line) && str_trim(line).n)
		;
}

void pgp_clear(struct document *d)
{
	struct str rest = d->doc.bytes, line;
	struct buf text;
	buf_init(&text, EXTRACT_BYTES);
	skip_header(&rest);
	while (str_line(&rest, &line) && !str_starts(line, STR("-----BEGIN PGP SIGNATURE"))) {
		if (str_starts(line, STR("- ")))
			line = str_cut(line, 2, line.n);
		buf_str(&text, line);
		buf_chr(&text, '\n');
	}
	while (str_line(&rest, &line) && !str_starts(line, STR("-----END PGP SIGNATURE")))
		;
	buf_str(&text, rest); /* what somebody wrote below, a list's footer */
	struct extract_document in = {.bytes = buf_all(&text)};
	if (document_may_open(d))
		document_nested(d, &in);
	buf_free(&text);
}

/* ---- packets ---- */

static unsigned byte(struct str s, size_t i)
{
	return i < s.n ? (unsigned char)s.p[i] : 0;
}

static size_t number(struct str s, size_t at, size_t bytes)
{
	size_t n = 0;
	for (size_t i = 0; i < bytes; i++)
		n = n << 8 | byte(s, at + i);
	return n;
}

/* A length of the new form at *at; *partial: another piece follows. */
static size_t length(struct str s, size_t *at, bool *partial)
{
	unsigned first = byte(s, *at);
	size_t n = first;
	*partial = first >= 224 && first < 255;
	if (first < 192) {
		*at += 1;
	} else if (first < 224) {
		n = ((first - 192) << 8) + byte(s, *at + 1) + 192;
		*at += 2;
	} else if (first == 255) {
		n = number(s, *at + 1, 4);
		*at += 5;
	} else {
		n = (size_t)1 << (first & 31);
		*at += 1;
	}
	return n;
}

/* Cuts the next packet off; its pieces are put together in *body. Its kind, or -1. */
static int packet(struct str *s, struct buf *body)
{
	unsigned head = byte(*s, 0);
	size_t at = 1, n;
	bool partial = false;
	buf_clear(body);
	if (s->n < 2 || !(head & 0x80))
		return -1;
	if (!(head & 0x40)) {
		size_t bytes = (size_t)1 << (head & 3);
		n = bytes == 8 ? s->n : number(*s, 1, bytes);
		at += bytes == 8 ? 0 : bytes;
		buf_str(body, str_cut(*s, at, n > s->n ? s->n : at + n));
		*s = str_cut(*s, n > s->n ? s->n : at + n, s->n);
		return head >> 2 & 15;
	}
	do {
		n = length(*s, &at, &partial);
		buf_str(body, str_cut(*s, at, at + n));
		at += n;
	} while (partial && at < s->n);
	*s = str_cut(*s, at, s->n);
	return head & 63;
}

/* Deflate, with zlib's head or without. 1; 0 damaged or too much, and the board says so. */
static int inflate_all(struct document *d, struct str s, int window, struct buf *out)
{
	z_stream z = {.next_in = (Bytef *)(uintptr_t)s.p, .avail_in = (uInt)s.n};
	int r = inflateInit2(&z, window);
	while (r == Z_OK) {
		char *room = buf_room(out, PIECE);
		if (room == NULL)
			board_fault(d->board, EXTRACT_TOO_BIG, "OpenPGP: too large");
		if (room == NULL || !document_may_expand(d, PIECE))
			break;
		z.next_out = (Bytef *)room;
		z.avail_out = PIECE;
		r = inflate(&z, Z_NO_FLUSH);
		buf_take(out, PIECE - z.avail_out);
		if (r == Z_OK && z.avail_in == 0 && z.avail_out)
			r = Z_BUF_ERROR;
	}
	inflateEnd(&z);
	if (r != Z_STREAM_END && r != Z_OK)
		board_fault(d->board, EXTRACT_FAILED, "OpenPGP: damaged");
	return r == Z_STREAM_END;
}

static void read_packets(struct document *d, struct str s, unsigned depth);

static void unpack(struct document *d, struct str body, unsigned depth)
{
	struct buf out;
	unsigned how = byte(body, 0);
	buf_init(&out, EXTRACT_BYTES);
	body = str_cut(body, 1, body.n);
	if (depth + 1 == DEPTH)
		board_fault(d->board, EXTRACT_TOO_BIG, "OpenPGP: packed more than %d times",
			    DEPTH - 1);
	else if (how == 0)
		read_packets(d, body, depth + 1);
	else if (how != 1 && how != 2)
		board_fault(d->board, EXTRACT_UNKNOWN, "OpenPGP: a compression not known here");
	else if (inflate_all(d, body, how == 1 ? -15 : 15, &out))
		read_packets(d, buf_all(&out), depth + 1);
	buf_free(&out);
}

/* Format, name, date, and then what was signed. */
static void put_literal(struct document *d, struct str body)
{
	size_t n = byte(body, 1);
	struct extract_document in = {.name = str_cut(body, 2, 2 + n),
				      .bytes = str_cut(body, 6 + n, body.n)};
	if (document_may_open(d))
		document_nested(d, &in);
}

static void read_packets(struct document *d, struct str s, unsigned depth)
{
	struct buf body;
	int kind = 0;
	bool locked = false;
	buf_init(&body, EXTRACT_BYTES);
	while (s.n && kind >= 0 && !locked) {
		kind = packet(&s, &body);
		locked = kind == KEY_SESSION || kind == PASS_SESSION || kind == LOCKED ||
			 kind == LOCKED_SUM || kind == LOCKED_AEAD;
		if (kind == LITERAL)
			put_literal(d, buf_all(&body));
		else if (kind == COMPRESSED)
			unpack(d, buf_all(&body), depth);
		else if (locked)
			board_fault(d->board, EXTRACT_ENCRYPTED, "OpenPGP, encrypted");
		else if (kind != SIGNATURE && kind != ONE_PASS && kind != MARKER)
			board_fault(d->board, EXTRACT_FAILED, "OpenPGP: damaged");
	}
	buf_free(&body);
}

void pgp_message(struct document *d)
{
	struct str s = d->doc.bytes;
	bool broken;
	if (str_starts(s, STR("-----BEGIN"))) {
		skip_header(&s);
		ptrdiff_t end = str_find(s, STR("\n-----END"));
		ptrdiff_t sum = str_find(s, STR("\n="));
		if (sum >= 0 && (end < 0 || sum < end))
			end = sum;
		s = codec_decode(d->a, CODEC_BASE64, str_cut(s, 0, end < 0 ? s.n : (size_t)end),
				 &broken);
	}
	read_packets(d, s, 0);
}
