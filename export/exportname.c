#include "exportname.h"

#define LEVEL_MOST 200  /* bytes; file systems take 255 */
#define FOLDER_MOST 1000

static const char base64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,";

/* The last resort for a name that is too long: its beginning and a part of its hash. */
static void shorten(struct buf *out, size_t from, struct str name)
{
	unsigned char hash[HASH_BYTES];
	char hex[HASH_HEX + 1];
	size_t n = from + LEVEL_MOST - 20;
	while (n > from && ((unsigned char)out->p[n] & 0xc0) == 0x80)
		n--;
	hash_of(name, hash);
	hash_hex(hash, HASH_BYTES, hex);
	out->n = n;
	buf_fmt(out, "%%%.16s", hex);
}

static void level(struct buf *out, struct str name)
{
	size_t from = out->n;
	bool utf8 = str_utf8(name), mbox = str_ends(name, STR(".mbox"));
	/* An account of that name must not stand in the place of our lists. */
	bool ours = str_eq(name, STR("SHA256SUMS")) ||
		    str_starts(name, STR("manifest.ndjson"));
	if (name.n == 0)
		buf_chr(out, '%');
	for (size_t i = 0; i < name.n; i++) {
		unsigned char c = (unsigned char)name.p[i];
		bool dot = c == '.' && (i == 0 || (mbox && i == name.n - 5));
		bool bad = c < 0x20 || c == 0x7f || c == '%' || c == '\\' || c == '/' ||
			   (c >= 0x80 && !utf8);
		if (bad || dot || (ours && i == 0))
			buf_fmt(out, "%%%02X", c);
		else
			buf_chr(out, (char)c);
	}
	if (out->n - from > LEVEL_MOST)
		shorten(out, from, name);
}

void exportname_folder(struct buf *out, struct str account, struct str mailbox)
{
	level(out, account);
	size_t from = out->n;
	struct str rest = mailbox;
	for (;;) {
		ptrdiff_t slash = str_chr(rest, '/');
		buf_chr(out, '/');
		level(out, str_cut(rest, 0, slash < 0 ? rest.n : (size_t)slash));
		if (slash < 0)
			break;
		rest = str_cut(rest, (size_t)slash + 1, rest.n);
	}
	if (out->n - from <= FOLDER_MOST)
		return;
	out->n = from;
	buf_chr(out, '/');
	level(out, mailbox);
}

/* One character of well-formed UTF-8; *i moves behind it. */
static uint32_t next_char(struct str s, size_t *i)
{
	unsigned char c = (unsigned char)s.p[(*i)++];
	if (c < 0x80)
		return c;
	uint32_t v = c & (c < 0xe0 ? 0x1f : c < 0xf0 ? 0x0f : 0x07);
	while (*i < s.n && ((unsigned char)s.p[*i] & 0xc0) == 0x80)
		v = v << 6 | ((unsigned char)s.p[(*i)++] & 0x3f);
	return v;
}

static bool direct(unsigned char c)
{
	return c >= 0x20 && c < 0x7f && c != '&' && c != '.' && c != '\\';
}

/* 16 bits more for the run between '&' and '-'; returns the bits that are left, under a marking 1
 * whose place tells how many. */
static uint32_t unit(struct buf *out, uint32_t bits, uint32_t u)
{
	uint64_t all = (uint64_t)bits << 16 | u;
	unsigned n = 16 + (bits == 1 ? 0 : bits < 8 ? 2 : 4);
	for (; n >= 6; n -= 6)
		buf_chr(out, base64[all >> (n - 6) & 63]);
	return (uint32_t)((1u << n) | (all & ((1u << n) - 1)));
}

/* Modified UTF-7 of what is not plain ASCII from s.p[i] on; returns where it goes on. */
static size_t shifted(struct buf *out, struct str s, size_t i)
{
	uint32_t bits = 1;
	buf_chr(out, '&');
	while (i < s.n && !direct((unsigned char)s.p[i]) && s.p[i] != '&') {
		uint32_t c = next_char(s, &i);
		if (c >= 0x10000) {
			bits = unit(out, bits, 0xd800 + ((c - 0x10000) >> 10));
			c = 0xdc00 + ((c - 0x10000) & 0x3ff);
		}
		bits = unit(out, bits, c);
	}
	/* Fill the last letter with zeros. */
	if (bits > 1)
		buf_chr(out, bits < 8 ? base64[(bits & 3) << 4] : base64[(bits & 15) << 2]);
	buf_chr(out, '-');
	return i;
}

static void maildir_level(struct buf *out, struct str name)
{
	for (size_t i = 0; i < name.n;) {
		unsigned char c = (unsigned char)name.p[i];
		if (c == '/' || direct(c)) {
			buf_chr(out, c == '/' ? '.' : (char)c);
			i++;
		} else if (c == '&') {
			buf_str(out, STR("&-"));
			i++;
		} else {
			i = shifted(out, name, i);
		}
	}
}

void exportname_maildir(struct buf *out, struct str account, struct str mailbox)
{
	level(out, account);
	if (str_eq(mailbox, STR("INBOX")))
		return;
	buf_str(out, STR("/."));
	size_t from = out->n;
	bool odd = mailbox.n == 0 || str_eq(mailbox, STR("/")) || !str_utf8(mailbox);
	if (!odd)
		maildir_level(out, mailbox);
	if (odd || out->n - from > LEVEL_MOST) {
		out->n = from;
		level(out, mailbox);
	}
}

void exportname_eml(struct buf *out, const struct archive_msg *m)
{
	char hex[HASH_HEX + 1];
	hash_hex(m->hash, HASH_BYTES, hex);
	buf_fmt(out, "%08llu-%.12s.eml", (unsigned long long)m->number, hex);
}

void exportname_copy(struct buf *out, const struct archive_msg *m, const struct archive_copy *c)
{
	static const struct {
		unsigned flag;
		char letter;
	} letters[] = {{ARCHIVE_DRAFT, 'D'}, {ARCHIVE_FLAGGED, 'F'},  {0, 'P'},
		       {ARCHIVE_ANSWERED, 'R'}, {ARCHIVE_SEEN, 'S'}, {ARCHIVE_DELETED, 'T'}};
	char hex[HASH_HEX + 1];
	struct str words = c->keywords, word;
	bool forwarded = false;
	while (str_split(&words, ' ', &word))
		forwarded |= str_ieq(word, STR("$Forwarded"));
	hash_hex(m->hash, HASH_BYTES, hex);
	buf_fmt(out, "%lld.%llu-%.12s-%u.sheaf:2,", (long long)c->internaldate,
		(unsigned long long)m->number, hex, c->uid);
	for (size_t i = 0; i < sizeof letters / sizeof letters[0]; i++)
		if (letters[i].flag ? c->flags & letters[i].flag : forwarded)
			buf_chr(out, letters[i].letter);
}
