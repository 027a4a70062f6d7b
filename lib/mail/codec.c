#include "codec.h"

enum { PAD = 64, SPACE = 65 };

/* 1 + base64 digit, 1 + PAD, 1 + SPACE; 0 for anything else. */
static const unsigned char digit64[256] = {
	['='] = 1 + PAD, [' '] = 1 + SPACE, ['\t'] = 1 + SPACE, ['\r'] = 1 + SPACE,
	['\n'] = 1 + SPACE, ['A'] = 1, ['B'] = 2, ['C'] = 3, ['D'] = 4, ['E'] = 5, ['F'] = 6,
	['G'] = 7, ['H'] = 8, ['I'] = 9, ['J'] = 10, ['K'] = 11, ['L'] = 12, ['M'] = 13,
	['N'] = 14, ['O'] = 15, ['P'] = 16, ['Q'] = 17, ['R'] = 18, ['S'] = 19, ['T'] = 20,
	['U'] = 21, ['V'] = 22, ['W'] = 23, ['X'] = 24, ['Y'] = 25, ['Z'] = 26, ['a'] = 27,
	['b'] = 28, ['c'] = 29, ['d'] = 30, ['e'] = 31, ['f'] = 32, ['g'] = 33, ['h'] = 34,
	['i'] = 35, ['j'] = 36, ['k'] = 37, ['l'] = 38, ['m'] = 39, ['n'] = 40, ['o'] = 41,
	['p'] = 42, ['q'] = 43, ['r'] = 44, ['s'] = 45, ['t'] = 46, ['u'] = 47, ['v'] = 48,
	['w'] = 49, ['x'] = 50, ['y'] = 51, ['z'] = 52, ['0'] = 53, ['1'] = 54, ['2'] = 55,
	['3'] = 56, ['4'] = 57, ['5'] = 58, ['6'] = 59, ['7'] = 60, ['8'] = 61, ['9'] = 62,
	['+'] = 63, ['/'] = 64,
};

/* The digit of c, PAD, SPACE, or UINT_MAX. */
static unsigned digit(char c)
{
	return (unsigned)digit64[(unsigned char)c] - 1;
}

enum codec_kind codec_of(struct str token)
{
	static const struct {
		const char *name;
		enum codec_kind kind;
	} row[] = {{"7bit", CODEC_NONE},
		   {"8bit", CODEC_NONE},
		   {"binary", CODEC_NONE},
		   {"base64", CODEC_BASE64},
		   {"quoted-printable", CODEC_QP}};
	for (size_t i = 0; i < sizeof row / sizeof *row; i++)
		if (str_ieq(token, str_of(row[i].name)))
			return row[i].kind;
	return CODEC_UNKNOWN;
}

/* Where the white space at s[i..] ends. */
static size_t skip_space(struct str s, size_t i)
{
	while (i < s.n && digit(s.p[i]) == SPACE)
		i++;
	return i;
}

/* After the first '=' at s[i], with `have` digits of the group before it: is the padding
 * whole, and nothing behind it? */
static bool padding_is_end(struct str s, size_t i, unsigned have)
{
	if (have < 2)
		return false;
	for (unsigned pads = 4 - have; pads; pads--) {
		i = skip_space(s, i);
		if (i == s.n || s.p[i] != '=')
			return false;
		i++;
	}
	return skip_space(s, i) == s.n;
}

/* Whole groups of four digits from s[i] on, as long as there are no others between. */
static size_t base64_run(struct str s, size_t i, char **out)
{
	char *o = *out;
	while (s.n - i >= 4) {
		unsigned a = digit(s.p[i]), b = digit(s.p[i + 1]);
		unsigned c = digit(s.p[i + 2]), d = digit(s.p[i + 3]);
		if ((a | b | c | d) >= 64)
			break;
		o[0] = (char)(a << 2 | b >> 4);
		o[1] = (char)(b << 4 | c >> 2);
		o[2] = (char)(c << 6 | d);
		o += 3;
		i += 4;
	}
	*out = o;
	return i;
}

static struct str base64(struct arena *a, struct str s, bool *broken)
{
	char *start = arena_alloc(a, s.n / 4 * 3 + 3), *out = start;
	uint32_t bits = 0;
	unsigned have = 0;
	size_t i = 0;
	while (i < s.n) {
		if (have == 0)
			i = base64_run(s, i, &out);
		if (i == s.n)
			break;
		unsigned d = digit(s.p[i]);
		if (d == SPACE) {
			i++;
			continue;
		}
		if (d >= 64) {
			if (d != PAD || !padding_is_end(s, i, have))
				*broken = true;
			return (struct str){start, (size_t)(out - start)};
		}
		bits = bits << 6 | d;
		if (have)
			*out++ = (char)(bits >> (6 - 2 * have));
		have = (have + 1) % 4;
		i++;
	}
	if (have == 1)
		*broken = true;
	return (struct str){start, (size_t)(out - start)};
}

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The octet of "=XX" at s[i], or -1. */
static int octet(struct str s, size_t i)
{
	if (s.n - i < 3)
		return -1;
	int hi = hex(s.p[i + 1]), lo = hex(s.p[i + 2]);
	return hi < 0 || lo < 0 ? -1 : hi * 16 + lo;
}

/* One line of quoted-printable without its line end. Returns whether a line end follows in
 * the text (no soft break). */
static bool qp_line(struct str line, char **out)
{
	while (line.n && (line.p[line.n - 1] == ' ' || line.p[line.n - 1] == '\t'))
		line.n--;
	bool soft = line.n && line.p[line.n - 1] == '=';
	if (soft)
		line.n--;
	char *o = *out;
	for (size_t i = 0; i < line.n;) {
		const char *eq = memchr(line.p + i, '=', line.n - i);
		size_t plain = eq ? (size_t)(eq - line.p) - i : line.n - i;
		memcpy(o, line.p + i, plain);
		o += plain;
		i += plain;
		if (i == line.n)
			break;
		int c = octet(line, i);
		*o++ = c < 0 ? '=' : (char)c;
		i += c < 0 ? 1 : 3;
	}
	*out = o;
	return !soft;
}

static struct str qp(struct arena *a, struct str s)
{
	char *start = arena_alloc(a, s.n), *out = start;
	struct str rest = s, line;
	while (rest.n) {
		struct str before = rest;
		str_line(&rest, &line);
		bool ended = before.p[before.n - rest.n - 1] == '\n';
		bool crlf = ended && line.n + 2 == before.n - rest.n;
		if (qp_line(line, &out) && ended) {
			if (crlf)
				*out++ = '\r';
			*out++ = '\n';
		}
	}
	return (struct str){start, (size_t)(out - start)};
}

struct str codec_decode(struct arena *a, enum codec_kind kind, struct str s, bool *broken)
{
	switch (kind) {
	case CODEC_BASE64:
		return base64(a, s, broken);
	case CODEC_QP:
		return qp(a, s);
	case CODEC_UNKNOWN:
		*broken = true;
		return s;
	case CODEC_NONE:
		break;
	}
	return s;
}

struct str codec_q(struct arena *a, struct str s)
{
	char *out = arena_alloc(a, s.n);
	size_t n = 0;
	for (size_t i = 0; i < s.n; i++) {
		int c = s.p[i] == '=' ? octet(s, i) : -1;
		if (c >= 0)
			i += 2;
		else
			c = s.p[i] == '_' ? ' ' : s.p[i];
		out[n++] = (char)c;
	}
	return (struct str){out, n};
}
