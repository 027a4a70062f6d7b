#include "chips.h"

#include "form.h"
#include "words.h"

void chips_href(struct markup *m, struct str name)
{
	struct state s = {.q = arena_fmt(m->arena, "tag:\"%.*s\"", STR_ARG(name))};
	state_href(m, &s);
}

static void chip(struct markup *m, struct str name)
{
	MARKUP(m, "<a class=\"tag\" href=\"");
	chips_href(m, name);
	MARKUP(m, "\"><bdi>");
	markup_text(m, name);
	MARKUP(m, "</bdi></a>");
}

static void more(struct markup *m, size_t n, size_t shown)
{
	if (n <= shown)
		return;
	MARKUP(m, " <span class=\"label\">+");
	markup_number(m, n - shown);
	MARKUP(m, "</span>");
}

void chips_write(struct markup *m, const struct query_tags *tags)
{
	for (size_t i = 0; i < tags->n && i < CHIPS_ROW; i++) {
		MARKUP(m, " ");
		chip(m, tags->list[i]);
	}
	more(m, tags->n, CHIPS_ROW);
}

/* The tags of one message. */
struct chips {
	struct markup *m;
	const struct call *c;
	const struct state *s;
	char id[HASH_HEX + 1];
};

static void begin(const struct chips *x, struct str action)
{
	struct markup *m = x->m;
	struct str page = x->s->open.n ? STR("/") : arena_fmt(m->arena, "/message/%s", x->id);
	MARKUP(m, "<form method=\"post\" action=\"");
	markup_text(m, action);
	MARKUP(m, "\">");
	form_hidden(m, x->c->csrf);
	form_field(m, "id", str_of(x->id));
	state_back(m, x->s, page);
}

/* A tag, and the button that takes it off. */
static void one(const struct chips *x, struct str name)
{
	struct markup *m = x->m;
	MARKUP(m, "<li>");
	chip(m, name);
	if (person_may(x->c->who, PERSON_TAG)) {
		begin(x, STR("/tags/off"));
		form_field(m, "tag", name);
		MARKUP(m, "<button class=\"plain\" aria-label=\"" WORDS_UNTAG ": ");
		markup_text(m, name);
		MARKUP(m, "\">×</button></form>");
	}
	MARKUP(m, "</li>");
}

int chips_form(struct markup *m, const struct call *c, const struct state *s,
	       const struct archive_msg *msg, struct err *err)
{
	struct chips x = {.m = m, .c = c, .s = s};
	bool may = person_may(c->who, PERSON_TAG);
	struct query_tags tags;
	hash_hex(msg->hash, HASH_BYTES, x.id);
	if (query_tags(c->boxes.db, c->arena, msg->hash, &tags, err) < 0)
		return -1;
	if (!may && tags.n == 0)
		return 1;
	MARKUP(m, "<div class=\"tags\">");
	if (tags.n)
		MARKUP(m, "<ul aria-label=\"" WORDS_TAGS "\">");
	for (size_t i = 0; i < tags.n && i < CHIPS_MAX; i++)
		one(&x, tags.list[i]);
	if (tags.n)
		MARKUP(m, "</ul>");
	more(m, tags.n, CHIPS_MAX);
	if (may) {
		begin(&x, STR("/tags"));
		MARKUP(m, "<input name=\"tag\" required maxlength=\"100\" aria-label=\""
			  WORDS_TAG "\" placeholder=\"" WORDS_TAG "\" autocomplete=\"off\">"
			  "<button>" WORDS_ADD_TAG "</button></form>");
	}
	MARKUP(m, "</div>");
	return 1;
}
