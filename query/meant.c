#include "meant.h"

#include "boxq.h"
#include "casemap.h"
#include "log.h"
#include "token.h"
#include "vocab.h"

enum { TRIED = 8, /* words are searched for, at most */
       PROBE_MS = 300, LEAST_TO_COMPLETE = 3 };

struct search {
	struct qdb *db;
	struct arena *a;
	struct query_options o;
	struct str text;
	struct meant *list;
	size_t n, looked_at;
};

static struct search begin(struct qdb *db, struct arena *a, struct str text,
			   const struct query_options *o)
{
	struct search s = {.db = db, .a = a, .o = *o, .text = text};
	s.o.dialect = QUERY_BOX;
	s.o.sort = QUERY_UNSORTED;
	s.o.bare = true;
	s.o.cursor = STR("");
	return s;
}

/* Is the word in a message that whoever asks may see? 1, 0, -1. */
static int is_there(struct search *s, struct str field, struct str word, struct err *err)
{
	struct query *q = NULL;
	struct query_hit hit;
	struct str text = arena_fmt(s->a, "%.*s%s\"%.*s\"", STR_ARG(field), field.n ? ":" : "",
				    STR_ARG(word));
	s->o.deadline_ms = log_now_ms() + PROBE_MS;
	int r = query_open(&q, s->db, s->a, text, &s->o, err);
	if (r > 0)
		r = query_next(q, s->a, &hit, err);
	query_close(&q);
	if (r < 0 && err->kind == ERR_LATER)
		return 0;
	return r;
}

/* The query with the word that stands at or behind `column` replaced. */
static bool replace(struct search *s, const struct qnode *q, struct str word, struct str instead,
		    struct meant *out)
{
	struct str rest = s->text, token;
	bool gap;
	int column = 1;
	size_t at = 0;
	for (; at < rest.n && column < q->column; at++)
		column += at + 1 < rest.n && ((unsigned char)rest.p[at + 1] & 0xC0) != 0x80;
	rest = str_cut(rest, at, rest.n);
	while (token_next(&rest, &token, &gap)) {
		if (!str_eq(casemap_str(s->a, token), word))
			continue;
		size_t from = (size_t)(token.p - s->text.p);
		struct str behind = str_cut(s->text, from + token.n, s->text.n);
		*out = (struct meant){token, instead,
				      arena_fmt(s->a, "%.*s%.*s%.*s", (int)from, s->text.p,
						STR_ARG(instead), STR_ARG(behind)),
				      q->column};
		return true;
	}
	return false;
}

static int look_at(struct search *s, const struct qnode *q, struct str word, struct err *err)
{
	const struct vocab_word *near;
	size_t n, tried = 0;
	int r = is_there(s, q->name, word, err);
	if (r != 0)
		return r < 0 ? -1 : 1;
	if (vocab_near(s->db, s->a, q->name, word, !s->o.rights.some, &near, &n, err) < 0)
		return -1;
	for (size_t i = 0; i < n && tried < TRIED; i++, tried++) {
		r = is_there(s, q->name, near[i].mapped, err);
		if (r < 0)
			return -1;
		if (r > 0) {
			s->n += replace(s, q, word, casemap_small(s->a, near[i].mapped),
					&s->list[s->n]);
			return 1;
		}
	}
	return 1;
}

/* Words that are asked for, not such as are excluded. */
static int walk(struct search *s, const struct qnode *q, struct err *err)
{
	int r = 1;
	if (q->kind == QNODE_NOT)
		return 1;
	for (size_t i = 0; r > 0 && i < q->n_kids; i++)
		r = walk(s, q->kids[i], err);
	if (q->kind != QNODE_WORD || q->stem)
		return r;
	for (size_t i = 0; r > 0 && i < q->n_words && s->n < MEANT_MAX; i++)
		if (s->looked_at++ < MEANT_WORDS)
			r = look_at(s, q, q->words[i], err);
	return r;
}

int meant_find(struct qdb *db, struct arena *a, struct str text, const struct query_options *o,
	       const struct meant **out, size_t *n, struct err *err)
{
	struct search s = begin(db, a, arena_str(a, text), o);
	const struct boxq_warning *w;
	const struct qnode *root;
	size_t n_w;
	*n = 0;
	if (o->dialect != QUERY_BOX || o->cursor.n > 0 || o->no_index)
		return 1;
	s.list = arena_alloc(a, MEANT_MAX * sizeof *s.list);
	if (boxq_parse(a, s.text, &root, &w, &n_w, err) < 0 || walk(&s, root, err) < 0)
		return -1;
	*out = s.list;
	*n = s.n;
	return 1;
}

int meant_begin(struct qdb *db, struct arena *a, struct str piece, const struct query_options *o,
		size_t max, const struct str **out, size_t *n, struct err *err)
{
	struct search s = begin(db, a, piece, o);
	struct str rest = casemap_str(a, piece), head, *list = NULL;
	const struct vocab_word *words;
	size_t n_words, kept = 0;
	bool gap;
	*n = 0;
	/* Who reads some accounts only is not told what is frequent in others. */
	if (o->rights.some || !token_next(&rest, &head, &gap) || gap || rest.n > 0 ||
	    head.n < LEAST_TO_COMPLETE)
		return 1;
	if (vocab_begin(db, a, head, &words, &n_words, err) < 0)
		return -1;
	for (size_t i = 0; i < n_words && i < 2 * max && kept < max; i++) {
		int r = is_there(&s, STR(""), words[i].mapped, err);
		if (r < 0)
			return -1;
		if (r == 0)
			continue;
		list = arena_grow(a, list, kept, sizeof *list);
		list[kept++] = casemap_small(a, words[i].mapped);
	}
	*out = list;
	*n = kept;
	return 1;
}
