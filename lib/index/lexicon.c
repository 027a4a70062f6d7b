#define _GNU_SOURCE
#include "lexicon.h"

#include "file.h"
#include "ifile.h"
#include "schema.h"

#include <stdlib.h>

#define MAGIC "sheaf-lexicon 4\n"
#define N_PREFIXES (sizeof SCHEMA_TEXT_PREFIXES - 1)
#define HEADER (sizeof MAGIC - 1 + N_PREFIXES * 16)

struct lexicon {
	struct str map;
	struct str section[N_PREFIXES]; /* LF, then each term followed by LF; or empty */
	bool wanted[N_PREFIXES];
};

static int build_section(struct xap_db *db, struct ifile *w, char prefix, struct err *err)
{
	struct xap_terms *terms;
	struct str term;
	int r;
	if (xap_terms_open(&terms, db, 0, (struct str){&prefix, 1}, err) < 0)
		return -1;
	ifile_add(w, "\n", 1);
	while ((r = xap_terms_next(terms, &term, NULL, err)) == 1) {
		if (str_chr(term, '\n') >= 0) {
			r = err_set(err, ERR_BROKEN, "a term of the index holds a line end");
			break;
		}
		ifile_add(w, term.p + 1, term.n - 1);
		ifile_add(w, "\n", 1);
	}
	xap_terms_close(&terms);
	return r;
}

static void put64(unsigned char *p, uint64_t v)
{
	for (int i = 0; i < 8; i++)
		p[i] = (unsigned char)(v >> (8 * i));
}

int lexicon_build(struct xap_db *db, const char *path, struct err *err)
{
	unsigned char table[N_PREFIXES * 16] = {0};
	struct ifile w;
	if (ifile_begin(&w, path, err) < 0)
		return -1;
	ifile_add(&w, MAGIC, sizeof MAGIC - 1);
	ifile_add(&w, table, sizeof table);
	for (size_t i = 0; i < N_PREFIXES; i++) {
		uint64_t start = w.size;
		if (build_section(db, &w, SCHEMA_TEXT_PREFIXES[i], err) < 0) {
			ifile_abandon(&w);
			return -1;
		}
		put64(table + 16 * i, start);
		put64(table + 16 * i + 8, w.size - start);
	}
	ifile_patch(&w, sizeof MAGIC - 1, table, sizeof table);
	return ifile_end(&w, path, err);
}

static bool take_section(struct lexicon *lx, size_t i)
{
	const char *entry = lx->map.p + sizeof MAGIC - 1 + 16 * i;
	uint64_t at = ifile_get64(entry), n = ifile_get64(entry + 8);
	if (at > lx->map.n || n > lx->map.n - at || n == 0)
		return false;
	lx->section[i] = str_cut(lx->map, (size_t)at, (size_t)(at + n));
	return true;
}

/* The section of a prefix: one without terms when there is none; "" when it is damaged. It is read
 * from the disk when it is first asked for: all of them would be most of what a first query
 * reads. */
static struct str section_of(struct lexicon *lx, char prefix)
{
	const char *known = prefix ? strchr(SCHEMA_TEXT_PREFIXES, prefix) : NULL;
	if (known == NULL)
		return STR("\n");
	size_t i = (size_t)(known - SCHEMA_TEXT_PREFIXES);
	struct str s = lx->section[i];
	if (!lx->wanted[i])
		file_scattered(lx->map, (size_t)(s.p - lx->map.p), s.n);
	lx->wanted[i] = true;
	return s.p[0] == '\n' && s.p[s.n - 1] == '\n' ? s : STR("");
}

int lexicon_open(struct lexicon **out, const char *path, struct err *err)
{
	struct lexicon *lx = err_alloc(sizeof *lx);
	int r = file_map(path, &lx->map, err);
	file_scattered(lx->map, 0, HEADER);
	bool good = r == 1 && lx->map.n >= HEADER && str_starts(lx->map, STR(MAGIC));
	for (size_t i = 0; good && i < N_PREFIXES; i++)
		good = take_section(lx, i);
	if (good) {
		*out = lx;
		return 1;
	}
	lexicon_close(&lx);
	if (r < 0)
		return -1;
	return err_set(err, ERR_BROKEN, "'%s' is %s", path, r == 0 ? "missing" : "damaged");
}

void lexicon_close(struct lexicon **lx)
{
	if (*lx == NULL)
		return;
	file_unmap(&(*lx)->map);
	free(*lx);
	*lx = NULL;
}

/* ---- looking up ---- */

struct expansion {
	struct arena *a;
	char prefix;
	struct str *terms;
	size_t n, max;
};

/* 1, or 0 when there is no room for another. */
static int add_term(struct expansion *x, const char *p, size_t n)
{
	if (x->n == x->max)
		return 0;
	char *copy = arena_alloc(x->a, n + 1);
	copy[0] = x->prefix;
	memcpy(copy + 1, p, n);
	x->terms = arena_grow(x->a, x->terms, x->n, sizeof *x->terms);
	x->terms[x->n++] = (struct str){copy, n + 1};
	return 1;
}

static const char *line_end(const char *p, const char *end)
{
	const char *q = memchr(p, '\n', (size_t)(end - p));
	return q ? q : end;
}

/* The first term that is not below key, or the section's end. */
static const char *lower_bound(struct str s, struct str key)
{
	const char *lo = s.p + 1, *hi = s.p + s.n, *end = hi;
	while (lo < hi) {
		const char *mid = lo + (hi - lo) / 2;
		while (mid > lo && mid[-1] != '\n')
			mid--;
		const char *stop = line_end(mid, end);
		if (str_cmp((struct str){mid, (size_t)(stop - mid)}, key) < 0)
			lo = stop + 1;
		else
			hi = mid;
	}
	return lo;
}

static int expand_prefix(struct expansion *x, struct str s, struct str needle, bool whole)
{
	const char *end = s.p + s.n;
	const char *p = lower_bound(s, needle);
	while (p < end) {
		const char *stop = line_end(p, end);
		struct str term = {p, (size_t)(stop - p)};
		if (whole ? !str_eq(term, needle) : !str_starts(term, needle))
			break;
		if (!add_term(x, term.p, term.n))
			return 0;
		p = stop + 1;
	}
	return 1;
}

/* The terms that begin with head: of the section, what lies from the first to behind the last. */
static struct str terms_below(struct str s, struct str head)
{
	const char *end = s.p + s.n, *from = lower_bound(s, head), *to = end;
	char after[256];
	if (head.n == 0)
		return s;
	if (head.n > sizeof after) /* no term is so long */
		return str_cut(s, 0, 1);
	memcpy(after, head.p, head.n);
	after[head.n - 1]++; /* no head ends with the byte 255: that is no UTF-8 */
	to = lower_bound(s, (struct str){after, head.n});
	/* With the LF before them. */
	return (struct str){from - 1, (size_t)(to - from) + 1};
}

/* s: LF, then lines. Of each line the first `skip` bytes do not count. */
static int expand_infix(struct expansion *x, struct str s, struct str pattern, size_t skip)
{
	const char *end = s.p + s.n;
	const char *p = s.p + 1;
	while (p < end) {
		ptrdiff_t at = str_find((struct str){p, (size_t)(end - p)}, pattern);
		if (at < 0)
			break;
		const char *hit = p + at;
		const char *start = memrchr(s.p, '\n', (size_t)(hit - s.p));
		const char *stop = line_end(hit, end);
		start = start ? start + 1 : s.p;
		if ((size_t)(hit - start) < skip) {
			p = hit + 1;
			continue;
		}
		if (!add_term(x, start, (size_t)(stop - start)))
			return 0;
		p = stop + 1;
	}
	return 1;
}

static struct str line_of(struct arena *a, struct str s)
{
	char *p = arena_alloc(a, s.n + 1);
	if (s.n)
		memcpy(p, s.p, s.n);
	p[s.n] = '\n';
	return (struct str){p, s.n + 1};
}

int lexicon_expand(struct lexicon *lx, struct arena *a, const struct lexicon_ask *ask,
		   const struct str **out, size_t *n_out)
{
	struct expansion x = {a, ask->prefix, NULL, 0, ask->max};
	struct str needle = ask->needle, s = section_of(lx, ask->prefix);
	int r = s.n > 0; /* of what is damaged nothing is known */
	if (r && str_chr(needle, '\n') < 0) {
		if (ask->place == LEXICON_WHOLE || ask->place == LEXICON_PREFIX)
			r = expand_prefix(&x, s, needle, ask->place == LEXICON_WHOLE);
		else if (ask->place == LEXICON_SUFFIX)
			r = expand_infix(&x, s, line_of(a, needle), 0);
		else
			r = expand_infix(&x, terms_below(s, ask->head), needle, ask->head.n);
	}
	*out = x.terms;
	*n_out = x.n;
	return r;
}

struct str lexicon_section(struct lexicon *lx, char prefix, struct str head)
{
	struct str s = section_of(lx, prefix);
	if (s.n == 0)
		return s;
	s = terms_below(s, head);
	return str_cut(s, 1, s.n); /* an LF stands before the first */
}
