#define _GNU_SOURCE
#include "office.h"

#include "workbook.h"
#include "xmlread.h"

/* ---- which element is what ---- */

static const struct xmlread_rule word_rules[] = {
	{"t", XMLREAD_TEXT}, {"delText", XMLREAD_TEXT}, {"p", XMLREAD_END}, {"tc", XMLREAD_CELL},
	{"tr", XMLREAD_ROW}, {"tab", XMLREAD_TAB}, {"br", XMLREAD_BREAK}, {"cr", XMLREAD_BREAK},
	{"noBreakHyphen", XMLREAD_SPACE}, {"Fallback", XMLREAD_SKIP}, {"pPr", XMLREAD_SKIP},
	{"rPr", XMLREAD_SKIP}, {"sectPr", XMLREAD_SKIP}, {"tblPr", XMLREAD_SKIP},
	{"v", XMLREAD_TEXT}, {"pt", XMLREAD_END},
};
static const struct xmlread_rule facts_rules[] = {
	{"title", XMLREAD_LINE}, {"subject", XMLREAD_LINE}, {"creator", XMLREAD_LINE},
	{"keywords", XMLREAD_LINE}, {"keyword", XMLREAD_LINE}, {"description", XMLREAD_LINE},
	{"category", XMLREAD_LINE}, {"user-defined", XMLREAD_LINE},
};
static const struct xmlread_rule open_rules[] = {
	{"p", XMLREAD_LINE}, {"h", XMLREAD_LINE}, {"table-cell", XMLREAD_CELL},
	{"table-row", XMLREAD_ROW}, {"tab", XMLREAD_TAB}, {"line-break", XMLREAD_BREAK},
	{"s", XMLREAD_SPACE}, {"covered-table-cell", XMLREAD_CELL},
};
#define RULES(r) {(r), sizeof(r) / sizeof *(r)}
static const struct xmlread_rules word = RULES(word_rules), facts = RULES(facts_rules),
				  open = RULES(open_rules);

/* ---- which member holds text ---- */

struct part {
	const char *pattern;
	const struct xmlread_rules *rules; /* NULL: a document of its own */
};
static const struct part parts[] = {
	{"docProps/core.xml", &facts}, {"meta.xml", &facts},
	{"word/document*.xml", &word}, {"word/header*.xml", &word}, {"word/footer*.xml", &word},
	{"word/footnotes.xml", &word}, {"word/endnotes.xml", &word},
	{"word/comments.xml", &word}, {"word/charts/chart*.xml", &word},
	{"word/diagrams/data*.xml", &word}, {"word/glossary/document.xml", &word},
	{"ppt/slides/slide*.xml", &word}, {"ppt/notesSlides/notesSlide*.xml", &word},
	{"ppt/comments/*.xml", &word}, {"ppt/charts/chart*.xml", &word},
	{"ppt/diagrams/data*.xml", &word}, {"xl/comments*.xml", &word},
	{"xl/drawings/drawing*.xml", &word}, {"xl/charts/chart*.xml", &word},
	{"content.xml", &open}, {"styles.xml", &open}, {"Object */content.xml", &open},
	{"word/embeddings/*", NULL}, {"ppt/embeddings/*", NULL}, {"xl/embeddings/*", NULL},
};

static const struct part *find(struct str name)
{
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
		if (str_glob(str_of(parts[i].pattern), name))
			return &parts[i];
	return NULL;
}

/* ---- what it is ---- */

#define OOXML "application/vnd.openxmlformats-officedocument."

struct folder {
	const char *pattern, *type;
};
static const struct folder folders[] = {
	{"word/*", OOXML "wordprocessingml.document"},
	{"xl/*", OOXML "spreadsheetml.sheet"},
	{"ppt/*", OOXML "presentationml.presentation"},
};

/* The type of an OpenDocument file stands in its first member, for everyone to see. */
static void mimetype(struct document *d, struct members *m)
{
	struct buf type;
	buf_init(&type, 200);
	if (members_all(m, &type) && str_starts(buf_all(&type), STR("application/vnd.")))
		d->type = arena_str(d->a, buf_all(&type));
	buf_free(&type);
}

static bool names_a_key(struct members *m)
{
	struct buf list;
	buf_init(&list, 1 << 20);
	bool named = members_all(m, &list) &&
		     str_find(buf_all(&list), STR("encryption-data")) >= 0;
	buf_free(&list);
	return named;
}

int office_is(struct document *d)
{
	struct members *m = members_open(d);
	struct str name, was = d->type;
	bool types = false, locked = false;
	const char *kind = NULL;
	while (m && members_next(m, &name)) {
		if (str_eq(name, STR("mimetype")))
			mimetype(d, m);
		else if (str_eq(name, STR("META-INF/manifest.xml")))
			locked |= names_a_key(m);
		else if (str_eq(name, STR("[Content_Types].xml")))
			types = true;
		for (size_t i = 0; kind == NULL && i < sizeof folders / sizeof *folders; i++)
			if (str_glob(str_of(folders[i].pattern), name))
				kind = folders[i].type;
	}
	members_close(&m);
	if (types && kind)
		d->type = str_of(kind);
	if (d->type.p == was.p)
		return 0;
	if (locked)
		board_fault(d->board, EXTRACT_ENCRYPTED, "it has a password");
	return locked ? -1 : 1;
}

/* ---- reading it ---- */

static void nested(struct document *d, struct members *m, struct str name)
{
	struct buf bytes;
	buf_init(&bytes, EXTRACT_BYTES);
	struct extract_document in = {.name = arena_str(d->a, name)};
	if (document_may_open(d) && members_all(m, &bytes)) {
		in.bytes = buf_all(&bytes);
		document_nested(d, &in);
	}
	buf_free(&bytes);
}

void office_read(struct document *d)
{
	struct str name;
	if (str_find(d->type, STR("spreadsheetml")) >= 0)
		workbook_read(d);
	struct members *m = members_open(d);
	while (m && members_next(m, &name)) {
		const struct part *p = find(name);
		if (p && p->rules)
			xmlread_text(m, d, p->rules);
		else if (p)
			nested(d, m, name);
	}
	members_close(&m);
}
