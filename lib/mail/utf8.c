#include "utf8.h"

size_t utf8_put(char *out, uint32_t cp)
{
	if (cp > 0x10FFFF || (cp >= 0xD800 && cp < 0xE000))
		cp = UTF8_BAD;
	if (cp < 0x80) {
		out[0] = (char)cp;
		return 1;
	}
	if (cp < 0x800) {
		out[0] = (char)(0xC0 | cp >> 6);
		out[1] = (char)(0x80 | (cp & 0x3F));
		return 2;
	}
	if (cp < 0x10000) {
		out[0] = (char)(0xE0 | cp >> 12);
		out[1] = (char)(0x80 | (cp >> 6 & 0x3F));
		out[2] = (char)(0x80 | (cp & 0x3F));
		return 3;
	}
	out[0] = (char)(0xF0 | cp >> 18);
	out[1] = (char)(0x80 | (cp >> 12 & 0x3F));
	out[2] = (char)(0x80 | (cp >> 6 & 0x3F));
	out[3] = (char)(0x80 | (cp & 0x3F));
	return 4;
}

size_t utf8_ascii(struct str s)
{
	size_t i = 0;
	for (; s.n - i >= 32; i += 32) {
		uint64_t w[4];
		memcpy(w, s.p + i, sizeof w);
		if ((w[0] | w[1] | w[2] | w[3]) & 0x8080808080808080u)
			break;
	}
	while (i < s.n && (unsigned char)s.p[i] < 0x80)
		i++;
	return i;
}

bool utf8_valid(struct str s)
{
	for (;;) {
		s = str_cut(s, utf8_ascii(s), s.n);
		while (s.n && (unsigned char)s.p[0] >= 0x80) {
			uint32_t cp;
			size_t n = utf8_get(s.p, s.n, &cp);
			if (n == 0)
				return false;
			s = str_cut(s, n, s.n);
		}
		if (s.n == 0)
			return true;
	}
}

struct str utf8_cut(struct str s, size_t n)
{
	if (s.n <= n)
		return s;
	for (unsigned back = 0; back < 3 && n && ((unsigned char)s.p[n] & 0xC0) == 0x80; back++)
		n--;
	return str_cut(s, 0, n);
}

size_t utf8_place(struct str s, int column)
{
	size_t at = 0;
	for (int i = 1; i < column && at < s.n; i++)
		do
			at++;
		while (at < s.n && ((unsigned char)s.p[at] & 0xC0) == 0x80);
	return at;
}

int utf8_column(struct str s, size_t at)
{
	int column = 1;
	for (size_t i = 0; i < at && i < s.n; i++)
		column += ((unsigned char)s.p[i] & 0xC0) != 0x80;
	return column;
}
