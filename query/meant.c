#include "meant.h"

#include "boxleaf.h"
#include "casemap.h"
#include "lang.h"
#include "log.h"
#include "token.h"
#include "utf8.h"
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
	uint64_t until_ms;
};

static struct search begin(struct qdb *db, struct arena *a, struct str text,
			   const struct query_options *o)
{
	struct search s = {.db = db, .a = a, .o = *o, .text = text};
	s.o.dialect = QUERY_BOX;
	s.o.sort = QUERY_UNSORTED;
	s.o.bare = true;
	s.o.cursor = STR("");
	s.until_ms = log_now_ms() + MEANT_MS;
	if (o->deadline_ms > 0 && o->deadline_ms < s.until_ms)
		s.until_ms = o->deadline_ms;
	return s;
}

static bool has_time(const struct search *s)
{
	return log_now_ms() < s->until_ms;
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

/* The word as typed, at or behind the leaf's column, but not its field. p NULL: it is not there, or
 * stands for an operator. */
static struct str typed(const struct search *s, const struct qnode *q, struct str word)
{
	const struct str begin = str_cut(s->text, utf8_place(s->text, q->column), s->text.n);
	struct str rest = begin, token;
	bool gap;
	while (token_next(&rest, &token, &gap)) {
		bool field = token.p == begin.p && str_starts(rest, STR(":")) &&
			     boxleaf_is_field(token);
		if (!field && str_eq(casemap_str(s->a, token), word))
			return boxq_is_operator(token) ? (struct str){NULL, 0} : token;
	}
	return (struct str){NULL, 0};
}

static int look_at(struct search *s, const struct qnode *q, struct str word, struct err *err)
{
	struct vocab_ask ask = {q->name, word, !s->o.rights.some};
	struct vocab_list near;
	struct str at = typed(s, q, word);
	if (at.p == NULL || (s->n > 0 && at.p <= s->list[s->n - 1].word.p))
		return 1;
	int r = is_there(s, q->name, word, err);
	if (r != 0)
		return r < 0 ? -1 : 1;
	if (vocab_near(s->db, s->a, &ask, &near, err) < 0)
		return -1;
	for (size_t i = 0; i < near.n && i < TRIED && has_time(s); i++) {
		r = is_there(s, q->name, near.v[i].mapped, err);
		if (r < 0)
			return -1;
		if (r > 0) {
			s->list[s->n++] = (struct meant){
				at, casemap_small(s->a, near.v[i].mapped), STR(""),
				utf8_column(s->text, (size_t)(at.p - s->text.p))};
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
		if (s->looked_at++ < MEANT_WORDS && has_time(s))
			r = look_at(s, q, q->words[i], err);
	return r;
}

/* The query with all of them in place. */
static struct str mended(struct search *s)
{
	struct str out = STR("");
	const char *at = s->text.p;
	for (size_t i = 0; i < s->n; i++) {
		struct str word = s->list[i].word, instead = s->list[i].instead;
		out = arena_fmt(s->a, "%.*s%.*s%.*s", STR_ARG(out), (int)(word.p - at), at,
				STR_ARG(instead));
		at = word.p + word.n;
	}
	return arena_fmt(s->a, "%.*s%.*s", STR_ARG(out), (int)(s->text.p + s->text.n - at), at);
}

int meant_find(struct qdb *db, struct arena *a, struct str text, const struct query_options *o,
	       struct meant_list *out, struct err *err)
{
	struct search s = begin(db, a, arena_str(a, text), o);
	struct str rest = s.text;
	const struct boxq_warning *w;
	const struct qnode *root;
	size_t n_w;
	*out = (struct meant_list){0};
	if (o->dialect != QUERY_BOX || o->cursor.n > 0 || o->no_index)
		return 1;
	s.list = arena_alloc(a, MEANT_MAX * sizeof *s.list);
	lang_take(a, &rest);
	if (boxq_parse(a, rest, &root, &w, &n_w, err) < 0 || walk(&s, root, err) < 0)
		return -1;
	for (size_t i = 0; i < s.n; i++)
		s.list[i].query = i ? s.list[0].query : mended(&s);
	*out = (struct meant_list){s.list, s.n};
	return 1;
}

int meant_begin(struct qdb *db, struct arena *a, struct str piece, const struct query_options *o,
		struct meant_words *out, struct err *err)
{
	struct search s = begin(db, a, piece, o);
	struct str rest = casemap_str(a, piece), head, *list = NULL;
	struct vocab_list words;
	size_t kept = 0, max = out->max;
	bool gap;
	*out = (struct meant_words){.max = max};
	/* Who reads some accounts only is not told what is frequent in others. */
	if (o->rights.some || !token_next(&rest, &head, &gap) || gap || rest.n > 0 ||
	    head.n < LEAST_TO_COMPLETE)
		return 1;
	if (vocab_begin(db, a, head, &words, err) < 0)
		return -1;
	for (size_t i = 0; i < words.n && i < 2 * max && kept < max && has_time(&s); i++) {
		int r = is_there(&s, STR(""), words.v[i].mapped, err);
		if (r < 0)
			return -1;
		if (r == 0)
			continue;
		list = arena_grow(a, list, kept, sizeof *list);
		list[kept++] = casemap_small(a, words.v[i].mapped);
	}
	out->v = list;
	out->n = kept;
	return 1;
}
