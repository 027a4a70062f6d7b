#include "headtext.h"

#include "casemap.h"
#include "pack.h"
#include "utf8.h"

enum { WHOLE = 1 };

/* Cuts a line into name and value where its first colon is; nameless: false. One blank belongs to
 * the separator, as in header.c. */
static bool cut_line(struct str line, struct str *name, struct str *value)
{
	ptrdiff_t colon = str_chr(line, ':');
	if (colon < 0)
		return false;
	size_t n = (size_t)colon, from = n + 1;
	from += from < line.n && (line.p[from] == ' ' || line.p[from] == '\t');
	while (n > 0 && (line.p[n - 1] == ' ' || line.p[n - 1] == '\t'))
		n--;
	*name = str_cut(line, 0, n);
	*value = str_cut(line, from, line.n);
	return true;
}

static bool is_ascii(struct str s)
{
	return utf8_ascii(s) == s.n;
}

/* Does the mapped line tell what its field is? ASCII keeps its length. A CR at its end is none
 * where a text goes on with LF. */
static bool is_told(struct str mapped, const struct mail_field *f)
{
	struct str name, value;
	struct arena a = {0};
	bool named = cut_line(mapped, &name, &value), good;
	if (str_chr(mapped, '\n') >= 0 || str_ends(mapped, STR("\r")) ||
	    named != (f->name.n > 0) || !is_ascii(f->name))
		return false;
	if (!named)
		return true;
	if (is_ascii(f->value))
		return name.n == f->name.n && value.n == f->value.n;
	good = name.n == f->name.n && str_eq(value, casemap_str(&a, f->value));
	arena_free(&a);
	return good;
}

/* The lines of a part, mapped, behind each other. false: not all of them can be told. */
static bool add_part(struct buf *b, const struct mail_part *p)
{
	const char *at = p->header.p;
	for (size_t i = 0; i < p->n_fields; i++) {
		const struct mail_field *f = &p->fields[i];
		const char *end = f->value.p + f->value.n;
		size_t from = b->n;
		casemap_add(b, (struct str){at, (size_t)(end - at)});
		if (!is_told(str_cut(buf_all(b), from, b->n), f))
			return false;
		buf_chr(b, '\n');
		at = end + 1;
	}
	return !b->full;
}

void headtext_pack(const struct mail *m, struct buf *out)
{
	struct buf lines;
	bool whole = m != NULL;
	size_t top = 0;
	buf_init(&lines, HEADTEXT_MAX);
	for (size_t i = 0; whole && i < m->n_parts; i++) {
		whole = add_part(&lines, &m->parts[i]);
		top = i == 0 ? lines.n : top;
	}
	struct str all = whole ? buf_all(&lines) : STR("");
	top = whole ? top : 0;
	pack_u64(out, whole ? WHOLE : 0);
	pack_str(out, str_cut(all, 0, top));
	pack_str(out, str_cut(all, top, all.n));
	buf_free(&lines);
}

bool headtext_unpack(struct str packed, struct headtext *out)
{
	uint64_t flags;
	*out = (struct headtext){0};
	if (!pack_get_u64(&packed, &flags) || !pack_get_str(&packed, &out->top) ||
	    !pack_get_str(&packed, &out->rest) || packed.n > 0)
		return false;
	out->whole = flags & WHOLE;
	return true;
}

bool headtext_has(const struct headtext *h, struct str needle)
{
	return casemap_has(h->top, needle) || casemap_has(h->rest, needle);
}

bool headtext_has_field(const struct headtext *h, struct str name, struct str needle)
{
	struct str rest = h->top, line, at, value;
	while (str_split(&rest, '\n', &line))
		if (cut_line(line, &at, &value) && str_eq(at, name) && casemap_has(value, needle))
			return true;
	return false;
}
