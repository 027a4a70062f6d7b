#include "kind.h"

#include "utf8.h"

#include <magic.h>

static magic_t magic;

void kind_load(void)
{
	magic = magic_open(MAGIC_MIME_TYPE | MAGIC_NO_CHECK_COMPRESS);
	if (magic && magic_load(magic, NULL) < 0) {
		magic_close(magic);
		magic = NULL;
	}
}

struct start {
	struct str bytes;
	const char *type;
};

/* What is plain from the first bytes; libmagic takes longer. */
static const struct start starts[] = {
	{{"%PDF-", 5}, "application/pdf"},
	{{"{\\rtf", 5}, "text/rtf"},
	{{"\x78\x9f\x3e\x22", 4}, "application/vnd.ms-tnef"},
	{{"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", 8}, "application/x-ole-storage"},
	{{"PK\x03\x04", 4}, "application/zip"},
	{{"PK\x05\x06", 4}, "application/zip"},
	{{"7z\xBC\xAF\x27\x1C", 6}, "application/x-7z-compressed"},
	{{"\x1F\x8B", 2}, "application/gzip"},
	{{"-----BEGIN PGP MESSAGE", 22}, "application/pgp-encrypted"},
	{{"-----BEGIN PGP SIGNED", 21}, "text/x-pgp-signed"},
	{{"-----BEGIN PGP SIGNATURE", 24}, "application/pgp-signature"},
	{{"-----BEGIN PGP PUBLIC", 21}, "application/pgp-keys"},
	{{"-----BEGIN PKCS7", 16}, "application/pkcs7-mime"},
	{{"-----BEGIN CMS", 14}, "application/pkcs7-mime"},
	{{"\x89PNG\r\n", 6}, "image/png"},
	{{"\xFF\xD8\xFF", 3}, "image/jpeg"},
	{{"GIF8", 4}, "image/gif"},
	{{"BEGIN:VCARD", 11}, "text/vcard"},
	{{"BEGIN:VCALENDAR", 15}, "text/calendar"},
};

static const char *by_start(struct str s)
{
	for (size_t i = 0; i < sizeof starts / sizeof *starts; i++)
		if (str_starts(s, starts[i].bytes))
			return starts[i].type;
	return NULL;
}

/* SEQUENCE, OBJECT IDENTIFIER 1.2.840.113549.1.7.x, or 1.9.16.1.x: what PKCS #7 and CMS begin with
 * (RFC 5652, 5083). */
static bool is_pkcs7(struct str s)
{
	static const struct str oids[] = {
		{"\x06\x09\x2A\x86\x48\x86\xF7\x0D\x01\x07", 10},
		{"\x06\x0B\x2A\x86\x48\x86\xF7\x0D\x01\x09\x10\x01", 12}};
	struct str head = str_cut(s, 0, 20);
	return s.n > 20 && s.p[0] == 0x30 &&
	       (str_find(head, oids[0]) > 0 || str_find(head, oids[1]) > 0);
}

/* Binary OpenPGP has no mark of its own: a session key's packet tells, or else the name. */
static bool is_pgp(const struct extract_document *d)
{
	struct str s = d->bytes;
	if (s.n < 4 || !(s.p[0] & 0x80))
		return false;
	if ((s.p[0] == '\x85' || s.p[0] == '\x84') && s.p[s.p[0] == '\x85' ? 3 : 2] == 3)
		return true;
	return str_ieq(d->type, STR("application/pgp-encrypted")) ||
	       str_ends(d->name, STR(".gpg")) || str_ends(d->name, STR(".pgp"));
}

static bool is_token(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] <= ' ' || s.p[i] == '\x7f')
			return false;
	return s.n > 0;
}

/* Does it begin with fields of a mail, two of them well known? One is enough if it says so. */
static bool is_mail(const struct extract_document *d)
{
	static const char *const known[] = {
		"from", "to", "cc", "date", "subject", "received", "return-path", "message-id",
		"mime-version", "content-type", "delivered-to", "sender", "reply-to"};
	struct str rest = str_cut(d->bytes, 0, 16384), line;
	unsigned want = str_ieq(d->type, STR("message/rfc822")) ? 1 : 2;
	for (size_t lines = 0; str_line(&rest, &line) && line.n && want; lines++) {
		ptrdiff_t colon = str_chr(line, ':');
		if (lines == 0 ? str_starts(line, STR("From "))
			       : line.p[0] == ' ' || line.p[0] == '\t')
			continue;
		if (colon <= 0 || !is_token(str_cut(line, 0, (size_t)colon)))
			return false;
		for (size_t i = 0; want && i < sizeof known / sizeof *known; i++)
			want -= str_ieq(str_cut(line, 0, (size_t)colon), str_of(known[i]));
	}
	return want == 0;
}

/* UTF-8 without control characters, as far as it is looked at: libmagic would take long. */
static bool is_text(struct str s)
{
	s = utf8_cut(s, 65536);
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		if (c < ' ' && c != '\n' && c != '\r' && c != '\t' && c != '\f')
			return false;
	}
	return utf8_valid(s);
}

/* Does it begin as a page does, behind blanks, a declaration and comments? */
static bool is_html(struct str s)
{
	static const char *const tags[] = {"<!doctype html", "<html", "<head", "<body", "<title",
					   "<meta", "<table", "<div", "<p>", "<style", "<font"};
	s = str_trim(str_cut(s, 0, 4096));
	for (;;) {
		bool other = str_starts(s, STR("<?xml")) || str_starts(s, STR("<!--"));
		ptrdiff_t end = other ? str_find(s, s.p[1] == '?' ? STR("?>") : STR("-->")) : -1;
		if (end < 0)
			break;
		s = str_trim(str_cut(s, (size_t)end + (s.p[1] == '?' ? 2 : 3), s.n));
	}
	for (size_t i = 0; i < sizeof tags / sizeof *tags; i++)
		if (str_istarts(s, str_of(tags[i])))
			return true;
	return false;
}

/* Kinds of text that look alike. */
static struct str of_text(const struct extract_document *d, struct str by_magic)
{
	static const struct {
		const char *type, *ending;
	} told[] = {{"text/csv", ".csv"}, {"text/tab-separated-values", ".tsv"},
		    {"text/markdown", ".md"}, {"text/html", ".html"}, {"text/html", ".htm"}};
	if (is_mail(d))
		return STR("message/rfc822");
	if (str_eq(by_magic, STR("text/html")))
		return by_magic;
	for (size_t i = 0; i < sizeof told / sizeof *told; i++)
		if (str_ieq(d->type, str_of(told[i].type)) ||
		    str_ends(d->name, str_of(told[i].ending)))
			return str_of(told[i].type);
	if (str_eq(by_magic, STR("message/rfc822")))
		return STR("text/plain");
	return by_magic;
}

struct str kind_of(const struct extract_document *d)
{
	struct str s = d->bytes;
	if (str_starts(s, STR("\xEF\xBB\xBF")))
		s = str_cut(s, 3, s.n);
	const char *type = by_start(s);
	if (type)
		return str_of(type);
	if (is_pkcs7(s))
		return STR("application/pkcs7-mime");
	if (s.n == 0)
		return STR("application/x-empty");
	if (is_pgp(d))
		return STR("application/pgp-encrypted");
	/* A line or two of a producer may stand before it. */
	if (str_find(str_cut(s, 0, 1024), STR("%PDF-")) >= 0)
		return STR("application/pdf");
	if (is_text(s))
		return of_text(d, is_html(s) ? STR("text/html") : STR("text/plain"));
	type = magic ? magic_buffer(magic, s.p, s.n < 1 << 20 ? s.n : 1 << 20) : NULL;
	struct str found = type ? str_of(type) : STR("application/octet-stream");
	return str_starts(found, STR("text/")) || str_eq(found, STR("message/rfc822"))
		       ? of_text(d, found)
		       : found;
}
