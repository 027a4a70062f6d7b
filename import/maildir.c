#include "maildir.h"

#include "archive.h"

/* Where ":2," begins; file systems without ':' in names see ';' or '!' used instead. */
static size_t info(struct str name)
{
	for (size_t i = name.n; i-- > 0;)
		if ((name.p[i] == ':' || name.p[i] == ';' || name.p[i] == '!') &&
		    str_starts(str_cut(name, i + 1, name.n), STR("2,")))
			return i;
	return name.n;
}

unsigned maildir_flags(struct str name, bool *forwarded)
{
	static const struct {
		char letter;
		unsigned flag;
	} known[] = {{'S', ARCHIVE_SEEN},
		     {'R', ARCHIVE_ANSWERED},
		     {'F', ARCHIVE_FLAGGED},
		     {'T', ARCHIVE_DELETED},
		     {'D', ARCHIVE_DRAFT}};
	struct str letters = str_cut(name, info(name) + 3, name.n);
	unsigned flags = 0;
	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
		if (str_chr(letters, known[i].letter) >= 0)
			flags |= known[i].flag;
	*forwarded = str_chr(letters, 'P') >= 0;
	return flags;
}

struct str maildir_base(struct str name)
{
	return str_cut(name, 0, info(name));
}

static int digit64(char c)
{
	static const char set[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,";
	const char *p = c ? strchr(set, c) : NULL;
	return p ? (int)(p - set) : -1;
}

static size_t put_utf8(uint32_t c, char *out)
{
	if (c < 0x80) {
		out[0] = (char)c;
		return 1;
	}
	size_t n = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
	for (size_t i = n; i-- > 1; c >>= 6)
		out[i] = (char)(0x80 | (c & 0x3f));
	out[0] = (char)(c | (n == 2 ? 0xc0 : n == 3 ? 0xe0 : 0xf0));
	return n;
}

/* The letters between '&' and '-' as UTF-8; to holds 2 * s.n + 4. 0 when malformed. */
static size_t shifted(struct str s, char *to)
{
	uint32_t bits = 0, high = 0;
	unsigned have = 0;
	size_t n = 0;
	for (size_t i = 0; i < s.n; i++) {
		int d = digit64(s.p[i]);
		if (d < 0)
			return 0;
		bits = (bits << 6 | (uint32_t)d) & 0x3fffff;
		have += 6;
		if (have < 16)
			continue;
		have -= 16;
		uint32_t unit = bits >> have & 0xffff;
		bool low = unit >= 0xdc00 && unit < 0xe000;
		if (unit == 0 || low != (high != 0))
			return 0;
		if (unit >= 0xd800 && unit < 0xdc00) {
			high = unit;
			continue;
		}
		n += put_utf8(high ? 0x10000 + ((high - 0xd800) << 10) + unit - 0xdc00 : unit,
			      to + n);
		high = 0;
	}
	return high ? 0 : n;
}

/* Modified UTF-7 to UTF-8; a name that is not well-formed stays as it is. */
static struct str decode(struct arena *a, struct str s)
{
	char *to = arena_alloc(a, 2 * s.n + 8);
	size_t n = 0;
	for (size_t i = 0; i < s.n; i++) {
		to[n++] = s.p[i];
		if (s.p[i] != '&')
			continue;
		struct str rest = str_cut(s, i + 1, s.n);
		ptrdiff_t end = str_chr(rest, '-');
		if (end < 0)
			return s;
		if (end > 0) {
			size_t got = shifted(str_cut(rest, 0, (size_t)end), to + n - 1);
			if (got == 0)
				return s;
			n += got - 1;
		}
		i += (size_t)end + 1;
	}
	struct str got = {to, n};
	return str_utf8(got) ? got : s;
}

struct str maildir_folder(struct arena *a, struct str name)
{
	struct str s = arena_str(a, str_cut(name, 1, name.n));
	char *p = arena_alloc(a, s.n + 1);
	for (size_t i = 0; i < s.n; i++)
		p[i] = s.p[i] == '.' ? '/' : s.p[i];
	return decode(a, (struct str){p, s.n});
}
