#include "mutf7.h"

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,";

static int digit(char c)
{
	const char *p = c ? strchr(digits, c) : NULL;
	return p ? (int)(p - digits) : -1;
}

static size_t put_utf8(char *p, uint32_t c)
{
	if (c < 0x80) {
		p[0] = (char)c;
		return 1;
	}
	if (c < 0x800) {
		p[0] = (char)(0xC0 | c >> 6);
		p[1] = (char)(0x80 | (c & 63));
		return 2;
	}
	if (c < 0x10000) {
		p[0] = (char)(0xE0 | c >> 12);
		p[1] = (char)(0x80 | (c >> 6 & 63));
		p[2] = (char)(0x80 | (c & 63));
		return 3;
	}
	p[0] = (char)(0xF0 | c >> 18);
	p[1] = (char)(0x80 | (c >> 12 & 63));
	p[2] = (char)(0x80 | (c >> 6 & 63));
	p[3] = (char)(0x80 | (c & 63));
	return 4;
}

/* The base64 run of UTF-16 in `s`, as UTF-8 at p. Returns the bytes written; 0: malformed. */
static size_t decode_run(struct str s, char *p)
{
	uint32_t bits = 0, high = 0;
	unsigned have = 0;
	size_t n = 0;
	for (size_t i = 0; i < s.n; i++) {
		int d = digit(s.p[i]);
		if (d < 0)
			return 0;
		bits = bits << 6 | (uint32_t)d;
		have += 6;
		if (have < 16)
			continue;
		have -= 16;
		uint32_t unit = bits >> have & 0xFFFF;
		bool low = (unit & 0xFC00) == 0xDC00;
		if (low != (high != 0))
			return 0;
		if ((unit & 0xFC00) == 0xD800) {
			high = unit;
			continue;
		}
		if (low)
			unit = 0x10000 + ((high & 0x3FF) << 10) + (unit & 0x3FF);
		high = 0;
		n += put_utf8(p + n, unit);
	}
	return high ? 0 : n;
}

static int decode(struct arena *a, struct str raw, struct str *out)
{
	/* Three base64 digits at least make one character of three bytes at most. */
	char *p = arena_alloc(a, raw.n * 2 + 1);
	size_t n = 0;
	for (size_t i = 0; i < raw.n; i++) {
		if (raw.p[i] != '&') {
			p[n++] = raw.p[i];
			continue;
		}
		struct str rest = str_cut(raw, i + 1, raw.n);
		ptrdiff_t end = str_chr(rest, '-');
		if (end < 0)
			return 0;
		size_t add = 1;
		if (end == 0)
			p[n] = '&';
		else if ((add = decode_run(str_cut(rest, 0, (size_t)end), p + n)) == 0)
			return 0;
		n += add;
		i += (size_t)end + 1;
	}
	*out = (struct str){p, n};
	return 1;
}

int mutf7_decode(struct arena *a, struct str raw, struct str *out)
{
	struct str name, again;
	*out = raw;
	if (decode(a, raw, &name) == 0 || mutf7_encode(a, name, &again) == 0 || !str_eq(again, raw))
		return 0;
	*out = name;
	return 1;
}

int mutf7_read(struct arena *a, struct str raw, struct str *out)
{
	struct str name;
	*out = raw;
	if (decode(a, raw, &name) == 0 || !str_utf8(name) || str_chr(name, '\0') >= 0)
		return 0;
	*out = name;
	return 1;
}

/* One character of well-formed UTF-8; *i moves behind it. */
static uint32_t get_utf8(struct str s, size_t *i)
{
	unsigned char c = (unsigned char)s.p[(*i)++];
	int more = c < 0x80 ? 0 : c < 0xE0 ? 1 : c < 0xF0 ? 2 : 3;
	uint32_t v = more == 0 ? c : c & (0x3Fu >> more);
	while (more--)
		v = v << 6 | ((unsigned char)s.p[(*i)++] & 63);
	return v;
}

struct run {
	char *p;
	size_t n;
	uint32_t bits;
	unsigned have;
	bool open;
};

static void put_unit(struct run *r, uint32_t unit)
{
	if (!r->open)
		r->p[r->n++] = '&';
	r->open = true;
	r->bits = r->bits << 16 | unit;
	r->have += 16;
	while (r->have >= 6) {
		r->have -= 6;
		r->p[r->n++] = digits[r->bits >> r->have & 63];
	}
}

static void close_run(struct run *r)
{
	if (!r->open)
		return;
	if (r->have)
		r->p[r->n++] = digits[r->bits << (6 - r->have) & 63];
	r->p[r->n++] = '-';
	r->have = 0;
	r->open = false;
}

int mutf7_encode(struct arena *a, struct str name, struct str *out)
{
	return mutf7_write(a, name, "", out);
}

int mutf7_write(struct arena *a, struct str name, const char *also, struct str *out)
{
	*out = name;
	if (!str_utf8(name))
		return 0;
	struct run r = {.p = arena_alloc(a, name.n * 6 + 8)};
	for (size_t i = 0; i < name.n;) {
		uint32_t c = get_utf8(name, &i);
		if (c >= 0x20 && c <= 0x7E && strchr(also, (int)c) == NULL) {
			close_run(&r);
			r.p[r.n++] = (char)c;
			if (c == '&')
				r.p[r.n++] = '-';
		} else if (c >= 0x10000) {
			put_unit(&r, 0xD800 + ((c - 0x10000) >> 10));
			put_unit(&r, 0xDC00 + ((c - 0x10000) & 0x3FF));
		} else {
			put_unit(&r, c);
		}
	}
	close_run(&r);
	*out = (struct str){r.p, r.n};
	return 1;
}
