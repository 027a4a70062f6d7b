#include "eml.h"

#include "html.h"
#include "mail.h"
#include "mime.h"

static void put_head(struct board *b, const struct mail_part *p)
{
	static const char *const shown[] = {"From", "To", "Cc", "Date", "Subject"};
	for (size_t i = 0; i < sizeof shown / sizeof *shown; i++)
		for (size_t f = 0; f < p->n_fields; f++)
			if (str_ieq(p->fields[f].name, str_of(shown[i]))) {
				board_text(b, p->fields[f].value);
				board_line(b);
			}
}

/* A message, and not one of its parts: the outermost, or the child of a message/rfc822. */
static bool is_message(const struct mail *m, size_t i)
{
	int parent = m->parts[i].parent;
	return parent < 0 || mime_is_message(&m->parts[parent]);
}

static bool holds_parts(const struct mail_part *p)
{
	return mime_is_multipart(p) || mime_is_message(p);
}

static void put_part(struct document *d, const struct mail_part *p)
{
	struct arena a = {0};
	struct extract_document in = {.type = p->type, .name = p->filename};
	if (str_eq(p->type, STR("text/plain"))) {
		board_text(d->board, p->text);
	} else if (str_eq(p->type, STR("text/html"))) {
		board_text(d->board, html_text(&a, p->text));
	} else if (document_may_open(d)) {
		in.bytes = mail_part_bytes(&a, p);
		if (document_may_expand(d, in.bytes.n))
			document_nested(d, &in);
	}
	board_line(d->board);
	arena_free(&a);
}

void eml_read(struct document *d)
{
	struct mail m;
	mail_parse(d->a, d->doc.bytes, &mail_default_limits, &m);
	for (size_t i = 0; i < m.n_parts && !board_full(d->board); i++) {
		if (is_message(&m, i))
			put_head(d->board, &m.parts[i]);
		if (!holds_parts(&m.parts[i]) || m.parts[i].marks & MAIL_MARK_NO_BODY)
			put_part(d, &m.parts[i]);
	}
	if (m.marks & (MAIL_MARK_DEPTH | MAIL_MARK_PARTS | MAIL_MARK_TRUNCATED))
		board_fault(d->board, EXTRACT_TRUNCATED, "a mail with too many parts or too deep");
}
