#include "token.h"

#include "utf8.h"

#include <glib.h>

enum { GAP, WORD, WIDE };

#define ROW16(x) x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x
#define ROW7(x) x, x, x, x, x, x, x
#define ROW5(x) x, x, x, x, x
#define ROW26(x) ROW16(x), ROW5(x), ROW5(x)

/* What an octet begins. */
static const unsigned char class[256] = {
	ROW16(GAP), ROW16(GAP), ROW16(GAP), /* 00-2F */
	ROW5(WORD), ROW5(WORD), ROW7(GAP),  /* digits */
	ROW26(WORD), ROW5(GAP), GAP,        /* A-Z */
	ROW26(WORD), ROW5(GAP),             /* a-z */
	ROW16(WIDE), ROW16(WIDE), ROW16(WIDE), ROW16(WIDE), /* 80-BF */
	ROW16(WIDE), ROW16(WIDE), ROW16(WIDE), ROW16(WIDE), /* C0-FF */
};

/* Letters, marks and digits beyond ASCII. *n: octets of the character, 1 when malformed. */
static bool wide_in_word(const char *p, size_t left, size_t *n)
{
	uint32_t cp;
	*n = utf8_get(p, left, &cp);
	if (*n == 0) {
		*n = 1;
		return false;
	}
	switch (g_unichar_type(cp)) {
	case G_UNICODE_LOWERCASE_LETTER:
	case G_UNICODE_MODIFIER_LETTER:
	case G_UNICODE_OTHER_LETTER:
	case G_UNICODE_TITLECASE_LETTER:
	case G_UNICODE_UPPERCASE_LETTER:
	case G_UNICODE_SPACING_MARK:
	case G_UNICODE_ENCLOSING_MARK:
	case G_UNICODE_NON_SPACING_MARK:
	case G_UNICODE_DECIMAL_NUMBER:
	case G_UNICODE_LETTER_NUMBER:
	case G_UNICODE_OTHER_NUMBER:
		return true;
	default:
		return false;
	}
}

/* Where the run at s[i..] of characters in words (or not in words) ends. */
static size_t run(struct str s, size_t i, bool in_word)
{
	while (i < s.n) {
		unsigned char c = class[(unsigned char)s.p[i]];
		size_t n = 1;
		bool word = c == WIDE ? wide_in_word(s.p + i, s.n - i, &n) : c == WORD;
		if (word != in_word)
			break;
		i += n;
	}
	return i;
}

int token_next(struct str *rest, struct str *tok, bool *gap_before)
{
	size_t start = run(*rest, 0, false);
	size_t end = run(*rest, start, true);
	*gap_before = start > 0;
	*tok = str_cut(*rest, start, end);
	*rest = str_cut(*rest, end, rest->n);
	return end > start;
}

bool token_goes_on(struct str s, size_t at)
{
	size_t start = at - 1, n = 0;
	while (start > 0 && ((unsigned char)s.p[start] & 0xC0) == 0x80)
		start--;
	unsigned char c = class[(unsigned char)s.p[start]];
	return c == WIDE ? wide_in_word(s.p + start, at - start, &n) : c == WORD;
}
