/* utf8: characters in and out of UTF-8 (RFC 3629).
 *
 * Shape: the reader is inline because casemap and token call it for every character.
 */
#ifndef UTF8_H
#define UTF8_H

#include "str.h"

#define UTF8_BAD 0xFFFDu /* REPLACEMENT CHARACTER */

/* Reads one character at p (left > 0 bytes are there). Returns its length 1..4 and sets *cp;
 * 0: no well-formed character begins here. */
static inline size_t utf8_get(const char *at, size_t left, uint32_t *cp)
{
	const unsigned char *p = (const unsigned char *)at;
	if (p[0] < 0x80) {
		*cp = p[0];
		return 1;
	}
	if (p[0] < 0xC2 || p[0] > 0xF4 || left < 2 || (p[1] & 0xC0) != 0x80)
		return 0;
	if (p[0] < 0xE0) {
		*cp = (uint32_t)(p[0] & 0x1F) << 6 | (p[1] & 0x3F);
		return 2;
	}
	if (left < 3 || (p[2] & 0xC0) != 0x80)
		return 0;
	if (p[0] < 0xF0) {
		*cp = (uint32_t)(p[0] & 0x0F) << 12 | (uint32_t)(p[1] & 0x3F) << 6 | (p[2] & 0x3F);
		return *cp < 0x800 || (*cp >= 0xD800 && *cp < 0xE000) ? 0 : 3;
	}
	if (left < 4 || (p[3] & 0xC0) != 0x80)
		return 0;
	*cp = (uint32_t)(p[0] & 0x07) << 18 | (uint32_t)(p[1] & 0x3F) << 12 |
	      (uint32_t)(p[2] & 0x3F) << 6 | (p[3] & 0x3F);
	return *cp < 0x10000 || *cp > 0x10FFFF ? 0 : 4;
}

/* Writes cp (a surrogate or a number beyond U+10FFFF as U+FFFD) to out, at most 4 bytes.
 * Returns the length. */
size_t utf8_put(char *out, uint32_t cp);
/* Length of the beginning of s that is ASCII. */
size_t utf8_ascii(struct str s);
/* Is all of s well-formed UTF-8? The same answer as str_utf8, faster on long ASCII. */
bool utf8_valid(struct str s);
/* s cut to at most n bytes without cutting a character in two. */
struct str utf8_cut(struct str s, size_t n);
/* The byte of s at which the character in that column (from 1) begins; s.n when there is none. What
 * is no UTF-8 counts as it does in columns: a character goes on while bytes go on with one. */
size_t utf8_place(struct str s, int column);
/* The column of the character that begins at that byte. */
int utf8_column(struct str s, size_t at);

#endif
