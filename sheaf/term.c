#define _GNU_SOURCE
#include "term.h"

#include <locale.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>

unsigned term_columns(void)
{
	struct winsize w;
	uint32_t n;
	const char *env = getenv("COLUMNS");
	if (env && str_u32(str_of(env), &n))
		return n;
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) == 0)
		return w.ws_col;
	return 0;
}

/* The character at the start of s: its length, 0 when malformed. */
static size_t character(struct str s, uint32_t *c)
{
	static const unsigned char lead[] = {0, 0xff, 0x1f, 0x0f, 0x07};
	unsigned char b = (unsigned char)s.p[0];
	size_t n = b < 0x80 ? 1 : b < 0xe0 ? 2 : b < 0xf0 ? 3 : 4;
	if (n > s.n || !str_utf8(str_cut(s, 0, n)))
		return 0;
	*c = n == 1 ? b : b & lead[n];
	for (size_t i = 1; i < n; i++)
		*c = *c << 6 | ((unsigned char)s.p[i] & 0x3f);
	return n;
}

static bool obeyed(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x61c || c == 0x200e || c == 0x200f ||
	       (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) || c == 0xfeff;
}

struct str term_clean(struct arena *a, struct str s, bool lines)
{
	char *p = arena_alloc(a, s.n + 1);
	size_t out = 0;
	for (size_t i = 0; i < s.n;) {
		uint32_t c = 0;
		size_t n = character(str_cut(s, i, s.n), &c);
		bool blank = c == '\t' || c == '\n' || c == '\r';
		if (n && (!obeyed(c) || (lines && blank && c != '\r'))) {
			memcpy(p + out, s.p + i, n);
			out += n;
		} else if (!(lines && n && c == '\r')) {
			p[out++] = n && blank ? ' ' : '?';
		}
		i += n ? n : 1;
	}
	return (struct str){p, out};
}

static unsigned columns_of(uint32_t c)
{
	static locale_t utf8;
	if (c < 0x300)
		return 1;
	if (utf8 == (locale_t)0)
		utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
	if (utf8 == (locale_t)0)
		return 1;
	locale_t old = uselocale(utf8);
	int w = wcwidth((wchar_t)c);
	uselocale(old);
	return w < 0 ? 1 : (unsigned)w;
}

/* The longest start of s that takes at most n columns; *width is what it takes. */
static struct str head(struct str s, unsigned most, unsigned *width)
{
	size_t i = 0;
	*width = 0;
	while (i < s.n) {
		uint32_t c = 0;
		size_t n = character(str_cut(s, i, s.n), &c);
		unsigned w = n ? columns_of(c) : 1;
		if (*width + w > most)
			break;
		*width += w;
		i += n ? n : 1;
	}
	return str_cut(s, 0, i);
}

unsigned term_width(struct str s)
{
	unsigned w;
	head(s, UINT32_MAX, &w);
	return w;
}

struct str term_fit(struct arena *a, struct str s, unsigned n)
{
	unsigned w;
	/* No character that is shown takes fewer than 1/64 of its bytes in columns in practice. */
	struct str clean = term_clean(a, n ? str_cut(s, 0, (size_t)n * 64) : s, false);
	if (n == 0)
		return clean;
	struct str fit = head(clean, n, &w);
	const char *more = "";
	if (fit.n < clean.n) {
		fit = head(clean, n - 1, &w);
		more = "…";
		w++;
	}
	return arena_fmt(a, "%.*s%s%*s", STR_ARG(fit), more, (int)(n - w), "");
}
