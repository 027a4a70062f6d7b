#include "charset.h"

#include "err.h"
#include "utf8.h"

#include <errno.h>
#include <iconv.h>
#include <stdio.h>

#define NAME_MAX_BYTES 40
#define OPEN_MAX 6 /* converters a thread keeps open */

struct converter {
	char name[NAME_MAX_BYTES + 1]; /* lower case; "" for a free place */
	iconv_t cd;                    /* (iconv_t)-1: the C library does not know it */
};

static _Thread_local struct converter converters[OPEN_MAX];
static _Thread_local unsigned next_place;

/* windows-1252, 0x80..0x9F; the five holes are the C1 controls of the same number. */
static const uint16_t cp1252[32] = {
	0x20AC, 0x81,	0x201A, 0x192,	0x201E, 0x2026, 0x2020, 0x2021, 0x2C6, 0x2030, 0x160,
	0x2039, 0x152,	0x8D,	0x17D,	0x8F,	0x90,	0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
	0x2013, 0x2014, 0x2DC,	0x2122, 0x161,	0x203A, 0x153,	0x9D,	0x17E,	0x178,
};

struct str charset_guess(struct arena *a, struct str s)
{
	if (utf8_valid(s))
		return s;
	char *out = arena_alloc(a, 3 * s.n);
	size_t n = 0;
	for (size_t i = 0; i < s.n;) {
		uint32_t cp;
		size_t len = utf8_get(s.p + i, s.n - i, &cp);
		if (len == 0) {
			unsigned char c = (unsigned char)s.p[i];
			cp = c < 0xA0 ? cp1252[c - 0x80] : c;
			len = 1;
		}
		n += utf8_put(out + n, cp);
		i += len;
	}
	return (struct str){out, n};
}

/* The name in lower case, NUL-terminated, when it can be the name of a charset: iconv_open
 * takes '/' and ',' as options, which a mail has no business to give. */
static bool clean_name(struct str name, char out[NAME_MAX_BYTES + 1])
{
	if (name.n == 0 || name.n > NAME_MAX_BYTES)
		return false;
	for (size_t i = 0; i < name.n; i++) {
		char c = name.p[i];
		if (c >= 'A' && c <= 'Z')
			c = (char)(c + 32);
		bool ok = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
			  (c != '\0' && strchr("-_.:+()", c));
		if (!ok)
			return false;
		out[i] = c;
	}
	out[name.n] = '\0';
	return true;
}

static bool is_utf8_name(const char *name)
{
	return strcmp(name, "us-ascii") == 0 || strcmp(name, "ascii") == 0 ||
	       strcmp(name, "utf-8") == 0 || strcmp(name, "utf8") == 0;
}

/* The open converter of a clean name; (iconv_t)-1 when there is none. */
static iconv_t converter(const char *name)
{
	for (unsigned i = 0; i < OPEN_MAX; i++)
		if (strcmp(converters[i].name, name) == 0)
			return converters[i].cd;
	struct converter *c = &converters[next_place];
	next_place = (next_place + 1) % OPEN_MAX;
	if (c->name[0] && c->cd != (iconv_t)-1)
		iconv_close(c->cd);
	snprintf(c->name, sizeof c->name, "%s", name);
	c->cd = iconv_open("UTF-8", name);
	return c->cd;
}

bool charset_known(struct str name)
{
	char clean[NAME_MAX_BYTES + 1];
	if (!clean_name(name, clean))
		return false;
	return is_utf8_name(clean) || converter(clean) != (iconv_t)-1;
}

/* Charsets in which the octets below 0x80 are ASCII, always. */
static bool has_ascii(const char *name)
{
	static const char *const begins[] = {"iso-8859-", "iso8859-", "windows-125", "cp125",
					     "koi8-",	  "gb2312",   "gbk",	     "gb18030",
					     "big5",	  "euc-",     "latin",	     "iso_8859-"};
	for (size_t i = 0; i < sizeof begins / sizeof *begins; i++)
		if (strncmp(name, begins[i], strlen(begins[i])) == 0)
			return true;
	return false;
}

struct sink {
	struct arena *a;
	char *p;
	size_t n, cap;
	size_t bad_at; /* where the last U+FFFD ends: a run of bad octets gives one */
};

static void sink_grow(struct sink *o)
{
	char *more = arena_alloc(o->a, o->cap * 2);
	memcpy(more, o->p, o->n);
	o->p = more;
	o->cap *= 2;
}

static void sink_bad(struct sink *o)
{
	if (o->n == o->bad_at && o->n)
		return;
	if (o->cap - o->n < 4)
		sink_grow(o);
	o->n += utf8_put(o->p + o->n, UTF8_BAD);
	o->bad_at = o->n;
}

/* One step of iconv into the sink; in NULL flushes. Returns 0 or errno. */
static int step(iconv_t cd, char **in, size_t *left, struct sink *o)
{
	char *out = o->p + o->n;
	size_t room = o->cap - o->n;
	size_t r = iconv(cd, in, left, &out, &room);
	int e = r == (size_t)-1 ? errno : 0;
	o->n = (size_t)(out - o->p);
	return e;
}

static struct str convert(struct arena *a, iconv_t cd, struct str s, bool *bad)
{
	struct sink o = {.a = a, .cap = 2 * s.n + 16};
	o.p = arena_alloc(a, o.cap);
	char *in = (char *)(uintptr_t)s.p;
	size_t left = s.n;
	iconv(cd, NULL, NULL, NULL, NULL);
	while (left) {
		int e = step(cd, &in, &left, &o);
		if (e == 0)
			break;
		if (e == E2BIG) {
			sink_grow(&o);
			continue;
		}
		*bad = true;
		sink_bad(&o);
		if (e == EINVAL) /* the last character is not whole */
			break;
		in++;
		left--;
	}
	while (step(cd, NULL, NULL, &o) == E2BIG)
		sink_grow(&o);
	return (struct str){o.p, o.n};
}

struct str charset_decode(struct arena *a, struct str name, struct str s, bool *bad)
{
	char clean[NAME_MAX_BYTES + 1];
	if (!clean_name(str_trim(name), clean) || is_utf8_name(clean))
		return charset_guess(a, s);
	if (has_ascii(clean) && utf8_ascii(s) == s.n)
		return s;
	iconv_t cd = converter(clean);
	if (cd == (iconv_t)-1)
		return charset_guess(a, s);
	return convert(a, cd, s, bad);
}
