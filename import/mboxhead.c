#include "mboxhead.h"

#include "archive.h"

/* The value when `line` is a field of that name. */
static bool field(struct str line, struct str name, struct str *value)
{
	if (line.n <= name.n || line.p[name.n] != ':' || !str_istarts(line, name))
		return false;
	*value = str_trim(str_cut(line, name.n + 1, line.n));
	return true;
}

static unsigned letters(struct str s)
{
	static const struct {
		char letter;
		unsigned flag;
	} known[] = {{'R', ARCHIVE_SEEN},
		     {'A', ARCHIVE_ANSWERED},
		     {'F', ARCHIVE_FLAGGED},
		     {'D', ARCHIVE_DELETED},
		     {'T', ARCHIVE_DRAFT}};
	unsigned flags = 0;
	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
		if (str_chr(s, known[i].letter) >= 0)
			flags |= known[i].flag;
	return flags;
}

/* Puts a word in its place among the keywords. */
static void keyword(struct mboxhead *h, struct str word)
{
	struct str rest = {h->n_keywords ? h->keywords : NULL, h->n_keywords}, known;
	size_t at = 0;
	for (size_t i = 0; i < word.n; i++)
		if (word.p[i] <= 32 || word.p[i] >= 127)
			return;
	if (word.n == 0 || h->n_keywords + word.n + 1 > sizeof h->keywords)
		return;
	while (str_split(&rest, ' ', &known)) {
		int order = str_cmp(known, word);
		if (order == 0)
			return;
		if (order > 0)
			break;
		at += known.n + 1;
	}
	if (at > h->n_keywords) { /* behind the last */
		h->keywords[h->n_keywords++] = ' ';
		memcpy(h->keywords + h->n_keywords, word.p, word.n);
		h->n_keywords += word.n;
		return;
	}
	size_t more = word.n + (h->n_keywords > 0);
	memmove(h->keywords + at + more, h->keywords + at, h->n_keywords - at);
	memcpy(h->keywords + at, word.p, word.n);
	if (h->n_keywords > 0)
		h->keywords[at + word.n] = ' ';
	h->n_keywords += more;
}

/* Thunderbird's four hex digits. */
static void mozilla(struct mboxhead *h, struct str s)
{
	static const struct {
		unsigned bit, flag;
	} known[] = {{1, ARCHIVE_SEEN},
		     {2, ARCHIVE_ANSWERED},
		     {4, ARCHIVE_FLAGGED},
		     {8, ARCHIVE_DELETED}};
	static const char digits[] = "0123456789abcdef0123456789ABCDEF";
	unsigned bits = 0;
	for (size_t i = 0; i < s.n; i++) {
		const char *d = s.n == 4 && s.p[i] ? strchr(digits, s.p[i]) : NULL;
		if (d == NULL)
			return;
		bits = bits * 16 + (unsigned)(d - digits) % 16;
	}
	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
		if (bits & known[i].bit)
			h->flags |= known[i].flag;
	if (bits & 0x1000)
		keyword(h, STR("$Forwarded"));
}

static void one_field(struct str line, struct mboxhead *h)
{
	struct str value, word;
	if (field(line, STR("Content-Length"), &value)) {
		if (!h->counted)
			h->counted = str_u64(value, &h->length) == 1;
	} else if (field(line, STR("Status"), &value) || field(line, STR("X-Status"), &value)) {
		h->flags |= letters(value);
	} else if (field(line, STR("X-Mozilla-Status"), &value)) {
		mozilla(h, value);
	} else if (field(line, STR("X-Keywords"), &value)) {
		while (str_split(&value, ' ', &word))
			keyword(h, word);
	}
}

void mboxhead_read(struct str text, struct mboxhead *out)
{
	size_t at = 0;
	out->body = out->n_keywords = 0;
	out->counted = false;
	out->length = 0;
	out->flags = 0;
	while (at < text.n) {
		const char *p = text.p + at, *lf = memchr(p, '\n', text.n - at);
		if (lf == NULL)
			return;
		size_t n = (size_t)(lf - p);
		at += n + 1;
		if (n == 0 || (n == 1 && *p == '\r')) {
			out->body = at;
			return;
		}
		if (*p == 'S' || *p == 's' || *p == 'X' || *p == 'x' || *p == 'C' || *p == 'c')
			one_field((struct str){p, n}, out);
	}
}

/* The line at `at`, with its LF. 1; 0 it is not all there. */
static int line_at(struct str text, size_t at, bool whole, struct str *line)
{
	struct str rest = str_cut(text, at, text.n);
	ptrdiff_t lf = str_chr(str_cut(rest, 0, MBOX_LINE), '\n');
	*line = str_cut(rest, 0, lf < 0 ? MBOX_LINE : (size_t)lf + 1);
	return lf >= 0 || rest.n >= MBOX_LINE || whole;
}

int mboxhead_ends(struct str text, uint64_t at, bool whole)
{
	struct str line;
	struct mbox_date date;
	if (at > text.n)
		return whole ? 0 : -1;
	size_t i = (size_t)at;
	bool bol = text.p[i - 1] == '\n';
	if (!line_at(text, i, whole, &line))
		return -1;
	if (line.n == 0)
		return 1;
	if (str_eq(line, STR("\n")) || str_eq(line, STR("\r\n"))) {
		i += line.n;
		bol = true;
		if (!line_at(text, i, whole, &line))
			return -1;
		if (line.n == 0)
			return 1;
	}
	return bol && line.p[line.n - 1] == '\n' && mbox_from(line, &date);
}

/* Where the next separator begins, behind an empty line; 0: none is there. */
static size_t next_separator(struct str text, size_t at)
{
	struct mbox_date date;
	for (;;) {
		ptrdiff_t got = str_find(str_cut(text, at, text.n), STR("\nFrom "));
		if (got < 0)
			return 0;
		at += (size_t)got + 1;
		struct str rest = str_cut(text, at, text.n), line;
		struct str before = str_cut(text, 0, at);
		bool blank = str_ends(before, STR("\n\n")) || str_ends(before, STR("\n\r\n"));
		if (blank && str_line(&rest, &line) && mbox_from(line, &date))
			return at;
	}
}

/* Has this body a line that begins with "From "? */
static bool unquoted(struct str body)
{
	return str_starts(body, STR("From ")) || str_find(body, STR("\nFrom ")) >= 0;
}

/* Where the separator begins behind a body that ends at `end`. */
static size_t behind(struct str text, size_t end)
{
	struct str rest = str_cut(text, end, text.n);
	if (str_starts(rest, STR("\r\n")))
		return end + 2;
	return end + str_starts(rest, STR("\n"));
}

enum mbox_format mboxhead_guess(struct str text, bool whole)
{
	static const unsigned enough = 50;
	struct mboxhead h;
	size_t at = 0;
	unsigned good = 0, bad = 0;
	bool counted = false, plain = false;
	while (at < text.n && good + bad < enough) {
		ptrdiff_t lf = str_chr(str_cut(text, at, text.n), '\n');
		if (lf < 0)
			break;
		at += (size_t)lf + 1;
		mboxhead_read(str_cut(text, at, text.n), &h);
		counted |= h.counted;
		if (!counted)
			return MBOX_RD;
		if (h.body == 0)
			break;
		at += h.body;
		uint64_t end = h.length < text.n + 1 ? at + h.length : text.n + 1;
		int ends = h.counted ? mboxhead_ends(text, end, whole) : 0;
		if (ends < 0)
			break;
		good += ends == 1;
		bad += ends == 0;
		if (ends == 1)
			plain |= unquoted(str_cut(text, at, (size_t)end));
		at = ends == 1 ? behind(text, (size_t)end) : next_separator(text, at);
		if (at == 0)
			break;
	}
	if (!counted || good < bad)
		return MBOX_RD;
	return plain ? MBOX_CL2 : MBOX_CL;
}
