#include "exportname.h"

#include "mutf7.h"

#define LEVEL_MOST 200  /* bytes; file systems take 255 */
#define FOLDER_MOST 1000

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

/* Maildir++: '.' between levels, and so not in them. */
static void maildir_level(struct buf *out, struct str name)
{
	struct arena a = {0};
	struct str raw;
	mutf7_write(&a, name, ".\\", &raw);
	for (size_t i = 0; i < raw.n; i++)
		buf_chr(out, raw.p[i] == '/' ? '.' : raw.p[i]);
	arena_free(&a);
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
