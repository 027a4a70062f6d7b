#include "hitmarks.h"

#include "words.h"

/* Those that are looked for in bodies. */
static struct snippet_needles of_bodies(struct arena *a, struct snippet_needles all)
{
	struct snippet_needle *list = arena_alloc(a, all.n * sizeof *list + 1);
	size_t n = 0;
	for (size_t i = 0; i < all.n; i++)
		if (all.list[i].in_bodies)
			list[n++] = all.list[i];
	return (struct snippet_needles){list, n};
}

struct hitmarks hitmarks_find(struct call *c, const struct state *s, struct str text)
{
	struct query_options o = {.sort = QUERY_UNSORTED, .bare = true, .rights = call_rights(c)};
	struct hitmarks h = {.text = text};
	struct query *q = NULL;
	struct qdb *db;
	struct err err = {0};
	o.dialect = str_eq(s->dialect, STR("imap")) ? QUERY_IMAP : QUERY_BOX;
	if (s->q.n == 0 || call_db(c, &db, &err) < 0)
		return h;
	if (query_open(&q, db, c->arena, s->q, &o, &err) > 0) {
		struct snippet_needles needles = of_bodies(c->arena, query_needles(q));
		h.n = snippet_marks(c->arena, text, &needles, &h.list);
	}
	query_close(&q);
	return h;
}

bool hitmarks_in(const struct hitmarks *h, size_t from, size_t to)
{
	for (size_t i = h->next; i < h->n && h->list[i].at < to; i++)
		if (h->list[i].at >= from)
			return true;
	return false;
}

void hitmarks_write(struct markup *m, struct hitmarks *h, size_t from, size_t to)
{
	while (h->next < h->n && h->list[h->next].at < to) {
		const struct snippet_mark *k = &h->list[h->next];
		size_t begin = k->at > from ? k->at : from, end = k->at + k->n;
		size_t cut = end < to ? end : to;
		markup_text(m, str_cut(h->text, from, begin));
		if (cut > begin) {
			markup_literal(m, h->next == 0 && begin == k->at ? STR("<mark id=\"hit\">")
									 : STR("<mark>"));
			markup_text(m, str_cut(h->text, begin, cut));
			MARKUP(m, "</mark>");
			from = cut;
		}
		if (end > to)
			break;
		h->next++;
	}
	markup_text(m, str_cut(h->text, from, to));
}

void hitmarks_count(struct markup *m, const struct hitmarks *h)
{
	if (h->n == 0)
		return;
	MARKUP(m, "<p class=\"fine\"><a href=\"#hit\">" WORDS_HITS);
	markup_number(m, h->n);
	MARKUP(m, "</a></p>");
}
