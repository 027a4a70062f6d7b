#include "mime.h"

#include "codec.h"
#include "ctype.h"
#include "header.h"

#define NONE SIZE_MAX

struct open {
	struct str boundary;
	int part;
};

struct splitter {
	struct arena *a;
	const struct mail_limits *lim;
	struct str raw;
	size_t at;      /* always at the start of a line */
	int part;       /* the innermost open part */
	unsigned depth; /* of that part; the message has 0 */
	struct open *open;
	size_t n_open;
	struct mime *out;
};

/* A line that begins with "--boundary" of an open multipart. */
struct delimiter {
	size_t at, next; /* the line, and the line behind it */
	size_t open;     /* which boundary */
	bool closes;
};

bool mime_is_multipart(const struct mail_part *p)
{
	return str_starts(p->type, STR("multipart/"));
}

bool mime_is_message(const struct mail_part *p)
{
	return str_eq(p->type, STR("message/rfc822"));
}

/* Does a delimiter begin at `at`? Among open boundaries the longest match wins, the innermost
 * on ties. */
static bool is_delimiter(const struct splitter *s, size_t at, struct delimiter *d)
{
	struct str line = str_cut(s->raw, at, s->raw.n);
	size_t best = NONE;
	if (!str_starts(line, STR("--")))
		return false;
	line = str_cut(line, 2, line.n);
	for (size_t i = s->n_open; i-- > 0;) {
		struct str b = s->open[i].boundary;
		if (str_starts(line, b) && (best == NONE || b.n > s->open[best].boundary.n))
			best = i;
	}
	if (best == NONE)
		return false;
	line = str_cut(line, s->open[best].boundary.n, line.n);
	ptrdiff_t lf = str_chr(line, '\n');
	d->at = at;
	d->next = lf < 0 ? s->raw.n : (size_t)(line.p - s->raw.p) + (size_t)lf + 1;
	d->open = best;
	d->closes = str_starts(line, STR("--"));
	return true;
}

/* The first delimiter at or behind the line start `at`. */
static bool find_delimiter(const struct splitter *s, size_t at, struct delimiter *d)
{
	if (s->n_open == 0)
		return false;
	if (is_delimiter(s, at, d))
		return true;
	for (;;) {
		ptrdiff_t i = str_find(str_cut(s->raw, at, s->raw.n), STR("\n--"));
		if (i < 0)
			return false;
		at += (size_t)i + 1;
		if (is_delimiter(s, at, d))
			return true;
	}
}

/* Reads the header at s->at and leaves the cursor behind its empty line. Returns whether a
 * delimiter ended it instead (the cursor stands there). */
static bool read_header(struct splitter *s, struct header *h)
{
	size_t at = s->at, start = at;
	struct delimiter d;
	bool cut = false;
	while (at < s->raw.n) {
		const char *line = s->raw.p + at;
		if (line[0] == '\n' || (line[0] == '\r' && at + 1 < s->raw.n && line[1] == '\n'))
			break;
		if (line[0] == '-' && s->n_open && is_delimiter(s, at, &d)) {
			cut = true;
			break;
		}
		const char *lf = memchr(line, '\n', s->raw.n - at);
		at = lf ? (size_t)(lf - s->raw.p) + 1 : s->raw.n;
	}
	header_parse(s->a, str_cut(s->raw, start, at), h);
	if (!cut && at < s->raw.n)
		at += s->raw.p[at] == '\n' ? 1 : 2;
	s->at = at;
	return cut;
}

/* Is a leaf of this type text? */
static bool is_text(struct str type)
{
	return type.n == 0 || str_starts(type, STR("text/")) || str_starts(type, STR("message/"));
}

/* What the MIME fields say. Of several Content-Type fields the first gives type, charset and
 * boundary, the last says whether a leaf is text; of several encodings the last one counts
 * (as in Dovecot). Returns the boundary, "" when there is none. */
static struct str read_fields(struct splitter *s, struct mail_part *p, bool in_digest)
{
	struct ctype ct = {STR(""), STR(""), STR("")}, last = ct;
	bool typed = false;
	p->encoding = CODEC_NONE;
	for (size_t i = 0; i < p->n_fields; i++) {
		const struct mail_field *f = &p->fields[i];
		if (!str_istarts(f->name, STR("content-t")))
			continue;
		if (str_ieq(f->name, STR("content-type"))) {
			ctype_parse(s->a, f->raw, &last);
			if (!typed)
				ct = last;
			typed = true;
		} else if (str_ieq(f->name, STR("content-transfer-encoding"))) {
			p->encoding = (int)codec_of(ctype_encoding(f->raw));
		}
	}
	p->type = ct.type;
	if (p->type.n == 0)
		p->type = in_digest && !typed ? STR("message/rfc822") : STR("text/plain");
	p->charset = ct.charset;
	p->searched = is_text(last.type) && !mime_is_multipart(p) && !mime_is_message(p);
	return ct.boundary;
}

static void push(struct splitter *s, struct str boundary)
{
	s->open = arena_grow(s->a, s->open, s->n_open, sizeof *s->open);
	s->open[s->n_open++] = (struct open){boundary, s->part};
}

/* Opens the part that begins at the cursor, and the messages directly inside it. */
static void begin_part(struct splitter *s)
{
	for (;;) {
		struct mime *m = s->out;
		struct header h;
		m->parts = arena_grow(s->a, m->parts, m->n, sizeof *m->parts);
		struct mail_part *p = &m->parts[m->n];
		p->parent = s->part;
		bool in_digest = s->part >= 0 &&
				 str_eq(m->parts[s->part].type, STR("multipart/digest"));
		if (s->part >= 0)
			s->depth++;
		s->part = (int)m->n++;
		bool cut = read_header(s, &h);
		p->fields = h.fields;
		p->n_fields = h.n;
		p->header = h.text;
		p->body = str_cut(s->raw, s->at, s->raw.n);
		struct str boundary = read_fields(s, p, in_digest);
		bool message = mime_is_message(p);
		if (!message && !mime_is_multipart(p))
			return;
		if (!message && boundary.n == 0) {
			p->marks |= MAIL_MARK_NO_BODY;
			return;
		}
		if (s->depth + 1 >= s->lim->max_depth) {
			p->marks |= MAIL_MARK_DEPTH;
			return;
		}
		if (!message) {
			/* of a longer one the beginning counts, as in Dovecot */
			if (boundary.n > MIME_BOUNDARY_MAX)
				p->marks |= MAIL_MARK_DEPTH;
			push(s, str_cut(boundary, 0, MIME_BOUNDARY_MAX));
			return;
		}
		if (cut)
			return;
		if (m->n >= s->lim->max_parts) {
			p->marks |= MAIL_MARK_PARTS;
			return;
		}
	}
}

/* Ends the open parts inside `outer` (-1: all) at `end`. */
static void end_parts(struct splitter *s, int outer, size_t end)
{
	while (s->part != outer) {
		struct mail_part *p = &s->out->parts[s->part];
		size_t start = (size_t)(p->body.p - s->raw.p);
		p->body.n = end > start ? end - start : 0;
		if (outer < 0 && s->part == 0)
			return;
		s->part = p->parent;
		s->depth--;
	}
}

/* Where the text before a delimiter ends: the line end belongs to the delimiter. */
static size_t text_end(struct str raw, size_t at)
{
	if (at && raw.p[at - 1] == '\n')
		at--;
	if (at && raw.p[at - 1] == '\r')
		at--;
	return at;
}

void mime_split(struct arena *a, struct str raw, const struct mail_limits *lim, struct mime *out)
{
	struct splitter s = {.a = a, .lim = lim, .raw = raw, .part = -1, .out = out};
	struct delimiter d;
	*out = (struct mime){NULL, 0};
	begin_part(&s);
	while (find_delimiter(&s, s.at, &d)) {
		if (out->n >= lim->max_parts) {
			out->parts[s.part].marks |= MAIL_MARK_PARTS;
			break;
		}
		end_parts(&s, s.open[d.open].part, text_end(raw, d.at));
		s.n_open = d.closes ? d.open : d.open + 1;
		s.at = d.next;
		if (!d.closes)
			begin_part(&s);
	}
	end_parts(&s, -1, raw.n);
	for (size_t i = 0; i < out->n; i++) {
		struct mail_part *p = &out->parts[i];
		bool has_kids = i + 1 < out->n && out->parts[i + 1].parent == (int)i;
		if (mime_is_multipart(p) && !has_kids && !(p->marks & MAIL_MARK_DEPTH))
			p->marks |= MAIL_MARK_NO_BODY;
	}
}
