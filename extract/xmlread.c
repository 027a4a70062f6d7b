#include "xmlread.h"

#include "err.h"

#include <expat.h>

struct parse {
	const struct xmlread *x;
	XML_Parser parser;
	unsigned depth;
	bool entities, deep;
};

static struct str local(const char *name)
{
	const char *colon = strrchr(name, ':');
	return str_of(colon ? colon + 1 : name);
}

static void XMLCALL on_start(void *arg, const char *name, const char **attributes)
{
	struct parse *p = arg;
	if (++p->depth > XMLREAD_DEPTH) {
		p->deep = true;
		XML_StopParser(p->parser, XML_FALSE);
		return;
	}
	if (p->x->start)
		p->x->start(p->x->arg, local(name), attributes);
}

static void XMLCALL on_end(void *arg, const char *name)
{
	struct parse *p = arg;
	p->depth--;
	if (p->x->end)
		p->x->end(p->x->arg, local(name));
}

static void XMLCALL on_text(void *arg, const char *s, int n)
{
	struct parse *p = arg;
	if (p->x->text)
		p->x->text(p->x->arg, (struct str){s, (size_t)n});
}

static void XMLCALL on_doctype(void *arg, const char *name, const char *system,
			       const char *public, int has_subset)
{
	struct parse *p = arg;
	(void)name, (void)system, (void)public;
	if (!has_subset)
		return;
	p->entities = true;
	XML_StopParser(p->parser, XML_FALSE);
}

static void broken(const struct parse *p, struct document *d)
{
	if (p->entities)
		board_fault(d->board, EXTRACT_FAILED, "its XML declares entities: refused");
	else if (p->deep)
		board_fault(d->board, EXTRACT_TOO_BIG, "its XML is nested more than %d deep",
			    XMLREAD_DEPTH);
	else
		board_fault(d->board, EXTRACT_FAILED, "its XML is broken in line %lu: %s",
			    (unsigned long)XML_GetCurrentLineNumber(p->parser),
			    XML_ErrorString(XML_GetErrorCode(p->parser)));
}

void xmlread_member(struct members *m, struct document *d, const struct xmlread *x)
{
	struct parse p = {.x = x, .parser = XML_ParserCreate(NULL)};
	const char *bytes;
	size_t n;
	int more;
	if (p.parser == NULL)
		err_die("xmlread: out of memory");
	XML_SetUserData(p.parser, &p);
	XML_SetElementHandler(p.parser, on_start, on_end);
	XML_SetCharacterDataHandler(p.parser, on_text);
	XML_SetStartDoctypeDeclHandler(p.parser, on_doctype);
	/* At its end there is nothing to add but that it is the end. */
	while ((more = members_read(m, &bytes, &n)) >= 0) {
		if (XML_Parse(p.parser, bytes, (int)n, more == 0) != XML_STATUS_OK)
			broken(&p, d);
		else if (more)
			continue;
		break;
	}
	XML_ParserFree(p.parser);
}

struct str xmlread_attribute(const char **attributes, const char *name)
{
	for (; attributes && attributes[0]; attributes += 2)
		if (str_eq(local(attributes[0]), str_of(name)))
			return str_of(attributes[1]);
	return STR("");
}

/* ---- by rules ---- */

struct rendering {
	struct board *b;
	const struct xmlread_rules *rules;
	unsigned text, cell, skip;
};

static int find(const struct xmlread_rules *rules, struct str name)
{
	for (size_t i = 0; i < rules->n; i++) {
		const char *known = rules->rule[i].name;
		if (name.n && known[0] == name.p[0] && str_eq(str_of(known), name))
			return (int)rules->rule[i].what;
	}
	return -1;
}

static void opened(void *arg, struct str name, const char **attributes)
{
	struct rendering *r = arg;
	(void)attributes;
	switch (find(r->rules, name)) {
	case XMLREAD_TEXT:
		r->text++;
		break;
	case XMLREAD_LINE:
		r->text++;
		if (r->cell == 0)
			board_line(r->b);
		break;
	case XMLREAD_CELL:
		r->cell++;
		break;
	case XMLREAD_TAB:
		if (r->skip == 0)
			board_cell(r->b);
		break;
	case XMLREAD_BREAK:
		if (r->skip == 0)
			board_line(r->b);
		break;
	case XMLREAD_SPACE:
		if (r->skip == 0)
			board_text(r->b, STR(" "));
		break;
	case XMLREAD_SKIP:
		r->skip++;
		break;
	default:
		break;
	}
}

static void paragraph_ends(struct rendering *r)
{
	if (r->cell)
		board_text(r->b, STR(" "));
	else
		board_line(r->b);
}

static void closed(void *arg, struct str name)
{
	struct rendering *r = arg;
	switch (find(r->rules, name)) {
	case XMLREAD_TEXT:
		r->text--;
		break;
	case XMLREAD_LINE:
		r->text--;
		paragraph_ends(r);
		break;
	case XMLREAD_END:
		paragraph_ends(r);
		break;
	case XMLREAD_CELL:
		r->cell--;
		board_cell(r->b);
		break;
	case XMLREAD_ROW:
		if (r->cell == 0)
			board_line(r->b);
		break;
	case XMLREAD_SKIP:
		r->skip--;
		break;
	default:
		break;
	}
}

static void words(void *arg, struct str s)
{
	struct rendering *r = arg;
	if (r->text && r->skip == 0)
		board_text(r->b, s);
}

void xmlread_text(struct members *m, struct document *d, const struct xmlread_rules *rules)
{
	struct rendering r = {.b = d->board, .rules = rules};
	struct xmlread x = {opened, closed, words, &r};
	xmlread_member(m, d, &x);
	board_line(d->board);
}
