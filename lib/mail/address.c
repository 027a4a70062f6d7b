#include "address.h"

#include "buf.h"
#include "lex.h"

#define LITERAL_MAX 1000 /* keeps "a@[,a@[,..." linear */

struct writer {
	struct lex l;
	struct buf quoted, bare;
	struct buf name, route, local, domain; /* the address at hand */
	bool malformed;
};

static void put(struct writer *w, const char *z)
{
	buf_str(&w->quoted, str_of(z));
	buf_str(&w->bare, str_of(z));
}

static void put_str(struct writer *w, struct str s)
{
	buf_str(&w->quoted, s);
	buf_str(&w->bare, s);
}

/* A name or local part: in the quoted form it stands in quotes unless it is atext (and dots). */
static void put_word(struct writer *w, struct str s, bool dots)
{
	bool plain = true;
	buf_str(&w->bare, s);
	for (size_t i = 0; i < s.n && plain; i++)
		plain = lex_is_atext((unsigned char)s.p[i]) || (dots && s.p[i] == '.');
	if (plain) {
		buf_str(&w->quoted, s);
		return;
	}
	buf_chr(&w->quoted, '"');
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '"' || s.p[i] == '\\' || s.p[i] == '\'')
			buf_chr(&w->quoted, '\\');
		buf_chr(&w->quoted, s.p[i]);
	}
	buf_chr(&w->quoted, '"');
}

/* A display name; with an encoded word it is never quoted. */
static void put_name(struct writer *w, struct str s)
{
	if (str_find(s, STR("=?")) >= 0)
		put_str(w, s);
	else
		put_word(w, s, false);
}

static void put_address(struct writer *w)
{
	struct str local = buf_all(&w->local);
	if (w->name.n) {
		put_name(w, buf_all(&w->name));
		put(w, " ");
	}
	put(w, "<");
	if (w->route.n) {
		put_str(w, buf_all(&w->route));
		put(w, ":");
	}
	if (local.n == 0)
		buf_str(&w->quoted, STR("\"\""));
	put_word(w, local, true);
	put(w, "@");
	put_str(w, buf_all(&w->domain));
	put(w, ">");
}

/* Words of a phrase, one space between them. false: something that is no phrase; no words are
 * fine. */
static bool read_phrase(struct writer *w)
{
	buf_clear(&w->name);
	if (lex_peek(&w->l) == '.')
		return false;
	for (bool first = true;; first = false) {
		int c = lex_peek(&w->l);
		if (c != '"' && c != '.' && !lex_is_atext(c))
			return true;
		if (!first)
			buf_chr(&w->name, ' ');
		if (c != '"')
			buf_str(&w->name, lex_atom_dots(&w->l));
		else if (!lex_quoted(&w->l, &w->name))
			return false;
	}
}

/* Atoms and dots; white space round the dots is dropped. */
static bool read_dot_atom(struct lex *l, struct buf *out)
{
	for (;;) {
		struct str atom = lex_atom(l);
		buf_str(out, atom);
		if (!lex_take(l, '.'))
			return out->n > 0;
		buf_chr(out, '.');
		lex_skip(l);
	}
}

static bool read_local(struct writer *w)
{
	buf_clear(&w->local);
	if (lex_peek(&w->l) == '"')
		return lex_quoted(&w->l, &w->local);
	return read_dot_atom(&w->l, &w->local);
}

/* Behind '@'. A domain literal is kept as it stands. */
static bool read_domain(struct lex *l, struct buf *out)
{
	lex_skip(l);
	if (lex_peek(l) != '[') {
		int c = lex_peek(l);
		return lex_is_atext(c) && read_dot_atom(l, out);
	}
	struct str rest = str_cut(l->s, l->at, l->at + LITERAL_MAX);
	ptrdiff_t end = str_chr(rest, ']');
	if (end < 0)
		return false;
	buf_str(out, str_cut(rest, 0, (size_t)end + 1));
	l->at += (size_t)end + 1;
	lex_skip(l);
	return true;
}

/* "@a,@b:" before the local part. */
static bool read_route(struct writer *w)
{
	while (lex_take(&w->l, '@')) {
		if (w->route.n)
			buf_chr(&w->route, ',');
		buf_chr(&w->route, '@');
		if (!read_domain(&w->l, &w->route))
			return false;
		while (lex_take(&w->l, ','))
			lex_skip(&w->l);
	}
	if (!lex_take(&w->l, ':'))
		return false;
	lex_skip(&w->l);
	return true;
}

/* "<[route:]local@domain>", the cursor behind '<'. */
static bool read_angle(struct writer *w)
{
	lex_skip(&w->l);
	if (lex_peek(&w->l) == '@' && !read_route(w))
		return false;
	if (!read_local(w) || !lex_take(&w->l, '@') || !read_domain(&w->l, &w->domain))
		return false;
	if (!lex_take(&w->l, '>'))
		return false;
	lex_skip(&w->l);
	return true;
}

/* "local@domain (name)": the last comment is the name. */
static bool read_spec(struct writer *w)
{
	w->l.comment = STR("");
	buf_clear(&w->name);
	if (!read_local(w) || !lex_take(&w->l, '@') || !read_domain(&w->l, &w->domain))
		return false;
	lex_unquote(w->l.comment, &w->name);
	return true;
}

static bool at_end(struct writer *w, bool in_group)
{
	int c = lex_peek(&w->l);
	return c < 0 || c == ',' || (in_group && c == ';');
}

/* Goes on at the next ',' behind something malformed. */
static void resync(struct writer *w, bool in_group)
{
	w->malformed = true;
	while (!at_end(w, in_group))
		w->l.at++;
}

/* Mailbox at the cursor, behind its phrase if it has one; `start` is before the phrase. */
static bool read_mailbox(struct writer *w, size_t start, bool phrase)
{
	buf_clear(&w->route);
	buf_clear(&w->domain);
	if (phrase && lex_take(&w->l, '<'))
		return read_angle(w);
	w->l.at = start;
	return read_spec(w);
}

/* A list up to its end, or up to ';' in a group. */
static void read_list(struct writer *w, bool in_group);

/* "name: a, b;", the cursor behind ':'. */
static void read_group(struct writer *w)
{
	put_name(w, buf_all(&w->name));
	put(w, ":");
	lex_skip(&w->l);
	read_list(w, true);
	if (!lex_take(&w->l, ';'))
		w->malformed = true;
	put(w, ";");
	lex_skip(&w->l);
}

/* One address or group at the cursor; `before` is what stands between it and the one before.
 * Returns whether it was written. */
static bool read_address(struct writer *w, bool in_group, const char *before)
{
	size_t start = w->l.at, quoted = w->quoted.n, bare = w->bare.n;
	bool phrase = read_phrase(w);
	bool named = phrase && w->l.at > start;
	bool group = named && !in_group && lex_take(&w->l, ':');
	put(w, before);
	if (group) {
		read_group(w);
		return true;
	}
	if (read_mailbox(w, start, phrase)) {
		put_address(w);
		return true;
	}
	w->malformed = true;
	w->quoted.n = quoted;
	w->bare.n = bare;
	return false;
}

static void read_list(struct writer *w, bool in_group)
{
	const char *before = in_group ? " " : "";
	while (lex_peek(&w->l) >= 0 && !(in_group && lex_peek(&w->l) == ';')) {
		if (read_address(w, in_group, before))
			before = ", ";
		if (!at_end(w, in_group))
			resync(w, in_group);
		if (!lex_take(&w->l, ','))
			continue;
		lex_skip(&w->l);
		if (in_group && lex_peek(&w->l) == ';')
			w->malformed = true;
	}
}

void address_write(struct arena *a, struct str value, struct address_forms *out)
{
	struct writer w = {.l = {.s = value}};
	struct buf *all[] = {&w.quoted, &w.bare, &w.name, &w.route, &w.local, &w.domain};
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		buf_init(all[i], SIZE_MAX / 2);
	lex_skip(&w.l);
	read_list(&w, false);
	out->quoted = arena_str(a, buf_all(&w.quoted));
	out->bare = arena_str(a, buf_all(&w.bare));
	out->malformed = w.malformed || w.l.broken;
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		buf_free(all[i]);
}
