#include "lang.h"

#include "stem.h"
#include "utf8.h"

static bool ends_word(struct str s, size_t at)
{
	return at >= s.n || str_find(STR(" \t\r\n()"), str_cut(s, at, at + 1)) >= 0;
}

/* The length of "lang:xx" at a place where a word begins, 0: it is not there. */
static size_t length_at(struct str s, size_t at, const char **language)
{
	struct str rest = str_cut(s, at, s.n);
	size_t n = sizeof "lang:" - 1;
	if (!str_istarts(rest, STR("lang:")))
		return 0;
	while (!ends_word(rest, n))
		n++;
	*language = stem_language(str_cut(rest, 5, n));
	return *language ? n : 0;
}

const char *lang_take(struct arena *a, struct str *text)
{
	const char *language;
	bool quoted = false;
	for (size_t i = 0; i < text->n; i++) {
		bool begins = i == 0 || ends_word(*text, i - 1);
		size_t n = begins && !quoted ? length_at(*text, i, &language) : 0;
		quoted = quoted != (text->p[i] == '"');
		if (n == 0)
			continue;
		char *copy = arena_alloc(a, text->n);
		memcpy(copy, text->p, text->n);
		memset(copy + i, ' ', n);
		text->p = copy;
		return language;
	}
	return NULL;
}

/* Does the word at that column have a quote in it? */
static bool is_quoted(struct str text, int column)
{
	for (size_t at = utf8_place(text, column); !ends_word(text, at); at++)
		if (text.p[at] == '"')
			return true;
	return false;
}

struct pass {
	struct arena *a;
	struct str text;
	const char *language;
	struct stem *stem;
};

static void to_stem(struct pass *p, struct qnode *q)
{
	struct str *word = arena_alloc(p->a, sizeof *word);
	*word = stem_of(p->stem, p->a, q->words[0]);
	q->words = word;
	q->mapped = stem_prefix(p->a, *word, p->language);
	q->stem = true;
	q->lang = p->language;
}

static const struct qnode *copy(struct pass *p, const struct qnode *from)
{
	struct qnode *q = arena_alloc(p->a, sizeof *q);
	*q = *from;
	const struct qnode **kids = arena_alloc(p->a, q->n_kids * sizeof *kids + 1);
	for (size_t i = 0; i < q->n_kids; i++)
		kids[i] = copy(p, q->kids[i]);
	q->kids = kids;
	if (q->kind == QNODE_WORD && q->n_words == 1 && !q->stem && !is_quoted(p->text, q->column))
		to_stem(p, q);
	return q;
}

const struct qnode *lang_apply(struct arena *a, const struct qnode *root, struct str text,
			       const char *language)
{
	struct pass p = {.a = a, .text = text, .language = language};
	stem_open(&p.stem, language);
	root = copy(&p, root);
	stem_close(&p.stem);
	return root;
}
