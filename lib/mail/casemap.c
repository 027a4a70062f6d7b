#include "casemap.h"

#include "err.h"
#include "utf8.h"

#include <glib.h>
#include <stdatomic.h>
#include <stdlib.h>

#define PAGE 256
#define PAGES (0x110000 / PAGE)
#define LONGEST G_UNICHAR_MAX_DECOMPOSITION_LENGTH

/* The mapped forms of 256 neighbours, one after the other. */
struct page {
	uint16_t at[PAGE + 1];
	char text[];
};

static _Atomic(struct page *) pages[PAGES];

/* Simple titlecase of UnicodeData.txt. GLib differs from it in these only. */
static uint32_t titlecase(uint32_t cp)
{
	if (cp >= 0x2170 && cp <= 0x217F) /* small roman numerals */
		return cp - 0x10;
	if (cp >= 0x24D0 && cp <= 0x24E9) /* circled small letters */
		return cp - 26;
	if (cp == 0x345) /* COMBINING GREEK YPOGEGRAMMENI */
		return 0x399;
	if (cp >= 0x10D0 && cp <= 0x10FF) /* Georgian has capitals, but no titlecase */
		return cp;
	return g_unichar_totitle(cp);
}

static size_t map_one(uint32_t cp, char *out)
{
	gunichar full[LONGEST];
	size_t n = 0;
	gsize len = g_unichar_fully_decompose(titlecase(cp), TRUE, full, LONGEST);
	for (gsize i = 0; i < len && i < LONGEST; i++)
		n += utf8_put(out + n, full[i]);
	return n;
}

static struct page *make_page(uint32_t number)
{
	char text[PAGE * LONGEST * 4];
	uint16_t at[PAGE + 1];
	size_t n = 0;
	for (uint32_t i = 0; i < PAGE; i++) {
		at[i] = (uint16_t)n;
		n += map_one(number * PAGE + i, text + n);
	}
	at[PAGE] = (uint16_t)n;
	struct page *p = err_alloc(sizeof *p + n);
	memcpy(p->at, at, sizeof at);
	memcpy(p->text, text, n);
	return p;
}

/* Pages are made when first needed and then kept. Two threads may both make one: one is kept. */
static const struct page *page_of(uint32_t cp)
{
	_Atomic(struct page *) *place = &pages[cp / PAGE];
	struct page *p = atomic_load_explicit(place, memory_order_acquire);
	if (p)
		return p;
	struct page *fresh = make_page(cp / PAGE);
	if (atomic_compare_exchange_strong(place, &p, fresh))
		return fresh;
	free(fresh);
	return p;
}

static void add_wide(struct buf *out, struct str *s)
{
	uint32_t cp;
	size_t n = utf8_get(s->p, s->n, &cp);
	if (n == 0) {
		buf_add(out, "\xEF\xBF\xBD", 3);
		*s = str_cut(*s, 1, s->n);
		return;
	}
	const struct page *p = page_of(cp);
	unsigned i = cp % PAGE;
	buf_add(out, p->text + p->at[i], (size_t)(p->at[i + 1] - p->at[i]));
	*s = str_cut(*s, n, s->n);
}

typedef unsigned char v16 __attribute__((vector_size(16)));

/* Maps plain ASCII without CR from s to out, in steps of 16. Returns how much it was. */
static size_t map_ascii16(struct str s, char *out)
{
	size_t i = 0;
	for (; s.n - i >= 16; i += 16) {
		v16 c;
		uint64_t half[2];
		memcpy(&c, s.p + i, 16);
		v16 odd = (v16)(c >= 0x80) | (v16)(c == '\r');
		memcpy(half, &odd, 16);
		if (half[0] | half[1])
			break;
		c -= ((v16)(c >= 'a') & (v16)(c <= 'z')) & 0x20;
		memcpy(out + i, &c, 16);
	}
	return i;
}

/* Maps ASCII up to the next other character. CRLF becomes LF. false: it does not fit. */
static bool add_ascii(struct buf *out, struct str *s)
{
	while (s->n && (unsigned char)s->p[0] < 0x80) {
		size_t n = utf8_ascii(*s), i = 0, o = 0;
		char *p = buf_room(out, n);
		if (p == NULL)
			return false;
		while (i < n) {
			size_t fast = map_ascii16(str_cut(*s, i, n), p + o);
			i += fast;
			o += fast;
			for (size_t end = i + 16 < n ? i + 16 : n; i < end; i++) {
				char c = s->p[i];
				if (c == '\r' && i + 1 < s->n && s->p[i + 1] == '\n')
					continue;
				p[o++] = c >= 'a' && c <= 'z' ? (char)(c - 32) : c;
			}
		}
		buf_take(out, o);
		*s = str_cut(*s, n, s->n);
	}
	return true;
}

void casemap_add(struct buf *out, struct str s)
{
	while (s.n && !out->full) {
		if (!add_ascii(out, &s))
			return;
		while (s.n && (unsigned char)s.p[0] >= 0x80 && !out->full)
			add_wide(out, &s);
	}
}

struct str casemap_str(struct arena *a, struct str s)
{
	struct buf b;
	buf_init(&b, SIZE_MAX / 2);
	casemap_add(&b, s);
	struct str out = arena_str(a, buf_all(&b));
	buf_free(&b);
	return out;
}

/* Accents and points: not the marks that make another letter (nukta, kana voicing, virama,
 * vowel signs), which have other combining classes. */
static bool is_diacritic(uint32_t cp)
{
	int class = g_unichar_combining_class(cp);
	return (class >= 10 && class <= 36) || class >= 200;
}

struct str casemap_bare(struct arena *a, struct str mapped)
{
	if (utf8_ascii(mapped) == mapped.n)
		return mapped;
	char *out = arena_alloc(a, mapped.n);
	size_t n = 0;
	for (size_t i = 0; i < mapped.n;) {
		uint32_t cp = 0;
		size_t len = utf8_get(mapped.p + i, mapped.n - i, &cp);
		if (len < 2 || !is_diacritic(cp)) {
			len = len ? len : 1;
			memcpy(out + n, mapped.p + i, len);
			n += len;
		}
		i += len;
	}
	return (struct str){out, n};
}

struct str casemap_small(struct arena *a, struct str mapped)
{
	char *small = g_utf8_strdown(mapped.n ? mapped.p : "", (gssize)mapped.n);
	char *composed = g_utf8_normalize(small, -1, G_NORMALIZE_NFC);
	struct str s = arena_str(a, str_of(composed ? composed : small));
	g_free(composed);
	g_free(small);
	return s;
}

bool casemap_has(struct str hay, struct str needle)
{
	return str_find(hay, needle) >= 0;
}
