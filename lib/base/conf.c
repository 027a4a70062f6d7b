#include "conf.h"

#include "file.h"

#include <stdio.h>

#define MAX_FILE ((size_t)1 << 20)
#define MAX_LINE 1000

struct reader {
	struct arena *arena;
	const struct conf_rule *rules;
	struct conf *out;
	int line;
	struct err *err;
};

static int bad(struct reader *r, const char *what, struct str subject)
{
	return err_set(r->err, ERR_DENIED, "%.*s:%d: %s '%.*s'", STR_ARG(r->out->path), r->line,
		       what, STR_ARG(subject));
}

static const struct conf_rule *rule_for(const struct conf_rule *rules, struct str kind)
{
	for (; rules->kind; rules++)
		if (str_eq(kind, str_of(rules->kind)))
			return rules;
	return NULL;
}

static struct str without_comment(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] == '#' && (i == 0 || s.p[i - 1] == ' ' || s.p[i - 1] == '\t'))
			return str_cut(s, 0, i);
	return s;
}

static int add_section(struct reader *r, struct str kind, struct str name)
{
	struct conf *c = r->out;
	if (rule_for(r->rules, kind) == NULL)
		return bad(r, "unknown section", kind);
	if (c->n && conf_find(c, arena_str(r->arena, kind).p, name))
		return bad(r, "section given twice", name);
	c->sections = arena_grow(r->arena, c->sections, c->n, sizeof *c->sections);
	c->sections[c->n++] = (struct conf_section){.kind = kind, .name = name, .line = r->line};
	return 1;
}

static int header(struct reader *r, struct str line)
{
	if (line.p[line.n - 1] != ']')
		return bad(r, "expected ']' at the end of", line);
	struct str inside = str_trim(str_cut(line, 1, line.n - 1));
	ptrdiff_t gap = str_chr(inside, ' ');
	struct str kind = gap < 0 ? inside : str_cut(inside, 0, (size_t)gap);
	struct str name = gap < 0 ? STR("") : str_trim(str_cut(inside, (size_t)gap, inside.n));
	return add_section(r, kind, name);
}

static int entry(struct reader *r, struct str line)
{
	struct conf_section *s = &r->out->sections[r->out->n - 1];
	ptrdiff_t eq = str_chr(line, '=');
	if (eq < 0) /* the line is not shown: it may be a password in the wrong file */
		return err_set(r->err, ERR_DENIED, "%.*s:%d: expected 'key = value'",
			       STR_ARG(r->out->path), r->line);
	struct str key = str_trim(str_cut(line, 0, (size_t)eq));
	struct str value = str_trim(str_cut(line, (size_t)eq + 1, line.n));
	const char *const *known = rule_for(r->rules, s->kind)->keys;
	while (*known && !str_eq(key, str_of(*known)))
		known++;
	if (*known == NULL)
		return bad(r, "unknown key", key);
	for (size_t i = 0; i < s->n; i++)
		if (str_eq(s->entries[i].key, key))
			return bad(r, "key given twice", key);
	s->entries = arena_grow(r->arena, s->entries, s->n, sizeof *s->entries);
	s->entries[s->n++] = (struct conf_entry){key, value, r->line};
	return 1;
}

static int read_lines(struct reader *r, struct str text)
{
	struct str line;
	int ok = add_section(r, STR(""), STR(""));
	while (ok == 1 && str_line(&text, &line)) {
		r->line++;
		if (line.n > MAX_LINE || str_chr(line, '\0') >= 0)
			return bad(r, "bad line", STR("too long, or with a NUL byte"));
		line = str_trim(without_comment(line));
		if (line.n)
			ok = line.p[0] == '[' ? header(r, line) : entry(r, line);
	}
	return ok;
}

int conf_text(struct arena *a, struct str name, const struct conf_rule *rules, struct str text,
	      struct conf *out, struct err *err)
{
	*out = (struct conf){.path = arena_str(a, name)};
	struct reader rd = {.arena = a, .rules = rules, .out = out, .err = err};
	return read_lines(&rd, arena_str(a, text));
}

int conf_load(struct arena *a, const char *path, const struct conf_rule *rules, struct conf *out,
	      struct err *err)
{
	struct buf text;
	buf_init(&text, MAX_FILE);
	int r = file_load(path, &text, err);
	if (r == 1)
		r = conf_text(a, str_of(path), rules, buf_all(&text), out, err);
	buf_free(&text);
	return r;
}

const struct conf_section *conf_find(const struct conf *c, const char *kind, struct str name)
{
	for (size_t i = 0; i < c->n; i++)
		if (str_eq(c->sections[i].kind, str_of(kind)) && str_eq(c->sections[i].name, name))
			return &c->sections[i];
	return NULL;
}

struct str conf_get(const struct conf_section *s, const char *key, struct str otherwise)
{
	for (size_t i = 0; i < s->n; i++)
		if (str_eq(s->entries[i].key, str_of(key)))
			return s->entries[i].value;
	return otherwise;
}

int conf_bad(const struct conf *c, const struct conf_section *s, const char *key, const char *text,
	     struct err *err)
{
	int line = s->line;
	for (size_t i = 0; i < s->n; i++)
		if (str_eq(s->entries[i].key, str_of(key)))
			line = s->entries[i].line;
	return err_set(err, ERR_DENIED, "%.*s:%d: %s: %s", STR_ARG(c->path), line, key, text);
}
