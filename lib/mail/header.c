#include "header.h"

#include "charset.h"
#include "rfc2047.h"
#include "utf8.h"

/* Behind the colon exactly one SP or TAB belongs to the separator. */
static size_t separator(struct str raw)
{
	return raw.n && (raw.p[0] == ' ' || raw.p[0] == '\t');
}

/* Writes s without its line ends to out (room for s.n). Returns the length. */
static size_t unfold_to(struct str s, char *out)
{
	size_t n = 0;
	for (;;) {
		const char *lf = s.n ? memchr(s.p, '\n', s.n) : NULL;
		size_t len = lf ? (size_t)(lf - s.p) : s.n;
		size_t next = lf ? len + 1 : len;
		if (lf && len && s.p[len - 1] == '\r')
			len--;
		if (len)
			memcpy(out + n, s.p, len);
		n += len;
		s = str_cut(s, next, s.n);
		if (s.n == 0)
			return n;
		if (s.p[0] == '\t') {
			out[n++] = ' ';
			s = str_cut(s, 1, s.n);
		}
	}
}

static struct str unfold(struct arena *a, struct str s)
{
	if (str_chr(s, '\n') < 0)
		return s;
	char *p = arena_alloc(a, s.n + 1);
	return (struct str){p, unfold_to(s, p)};
}

struct str header_unfold(struct arena *a, struct str raw)
{
	return unfold(a, str_cut(raw, separator(raw), raw.n));
}

/* Where the field that begins at s[at] ends: behind its last line. */
static size_t field_end(struct str s, size_t at)
{
	do {
		const char *lf = memchr(s.p + at, '\n', s.n - at);
		if (lf == NULL)
			return s.n;
		at = (size_t)(lf - s.p) + 1;
	} while (at < s.n && (s.p[at] == ' ' || s.p[at] == '\t'));
	return at;
}

/* One field without its last line end. A line without a colon, and a stray mbox line first
 * in the file, has no name. */
static void split_field(struct str line, bool first, struct mail_field *f)
{
	size_t n = line.n;
	if (n && line.p[n - 1] == '\n')
		n--;
	if (n && n < line.n && line.p[n - 1] == '\r')
		n--;
	line.n = n;
	const char *lf = memchr(line.p, '\n', n);
	struct str top = str_cut(line, 0, lf ? (size_t)(lf - line.p) : n);
	ptrdiff_t colon = str_chr(top, ':');
	if (first && (str_starts(top, STR("From ")) || str_starts(top, STR(">From "))))
		colon = -1;
	if (colon < 0) {
		f->name = (struct str){line.p, 0};
		f->raw = line;
		return;
	}
	f->raw = str_cut(line, (size_t)colon + 1, n);
	f->name = str_cut(line, 0, (size_t)colon);
	while (f->name.n && (f->name.p[f->name.n - 1] == ' ' || f->name.p[f->name.n - 1] == '\t'))
		f->name.n--;
}

/* A field as it goes into the decoded block. */
struct piece {
	struct str head;  /* the name and what stands up to the value */
	struct str value; /* decoded, or still folded */
};

static struct piece piece_of(const struct mail_field *f)
{
	bool nameless = f->name.p == f->raw.p;
	size_t skip = nameless ? 0 : separator(f->raw);
	struct str value = str_cut(f->raw, skip, f->raw.n);
	return (struct piece){{f->name.p, (size_t)(value.p - f->name.p)}, value};
}

static void copy(char *out, size_t *n, struct str s)
{
	if (s.n)
		memcpy(out + *n, s.p, s.n);
	*n += s.n;
}

/* The block of plain ASCII fields without encoded words: unfolding is all there is to do. */
static void write_plain(struct arena *a, struct header *h, size_t max)
{
	char *out = arena_alloc(a, max);
	size_t n = 0;
	for (size_t i = 0; i < h->n; i++) {
		struct piece p = piece_of(&h->fields[i]);
		copy(out, &n, p.head);
		h->fields[i].value = (struct str){out + n, unfold_to(p.value, out + n)};
		n += h->fields[i].value.n;
		out[n++] = '\n';
	}
	h->text = (struct str){out, n};
}

static void write_decoded(struct arena *a, struct header *h)
{
	struct piece *pieces = arena_alloc(a, h->n * sizeof *pieces);
	size_t size = 0, n = 0;
	for (size_t i = 0; i < h->n; i++) {
		struct piece p = piece_of(&h->fields[i]);
		pieces[i].head = charset_guess(a, p.head);
		pieces[i].value = rfc2047_decode(a, unfold(a, p.value));
		size += pieces[i].head.n + pieces[i].value.n + 1;
	}
	char *out = arena_alloc(a, size);
	for (size_t i = 0; i < h->n; i++) {
		copy(out, &n, pieces[i].head);
		h->fields[i].value = (struct str){out + n, pieces[i].value.n};
		copy(out, &n, pieces[i].value);
		out[n++] = '\n';
	}
	h->text = (struct str){out, n};
}

void header_parse(struct arena *a, struct str block, struct header *out)
{
	*out = (struct header){.text = STR("")};
	for (size_t at = 0; at < block.n;) {
		size_t end = field_end(block, at);
		out->fields = arena_grow(a, out->fields, out->n, sizeof *out->fields);
		split_field(str_cut(block, at, end), at == 0, &out->fields[out->n++]);
		at = end;
	}
	if (utf8_ascii(block) < block.n || str_find(block, STR("=?")) >= 0)
		write_decoded(a, out);
	else
		write_plain(a, out, block.n + 1);
}

const struct mail_field *header_find(const struct mail_field *f, size_t n, struct str name)
{
	for (size_t i = 0; i < n; i++)
		if (str_ieq(f[i].name, name))
			return &f[i];
	return NULL;
}
