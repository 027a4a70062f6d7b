#include "weigh.h"

#include "casemap.h"
#include "quote.h"
#include "schema.h"
#include "stemterm.h"
#include "token.h"
#include "utf8.h"

#include <math.h>
#include <stdlib.h>

/* Places of a word, for the cheap score. */
enum place { SUBJECT, ADDRESS, TEXT, PLACES };

/* BM25: how soon more of a word adds little; how much length counts; a usual length. */
#define K1 1.2
#define B 0.4
#define USUAL_TEXT 1500.0
#define USUAL_SIZE 4000.0
/* What a word in a subject, an address, a quotation, an attachment is worth of one in the text. */
static const double worth[PLACES] = {[SUBJECT] = 5.0, [ADDRESS] = 1.5, [TEXT] = 1.0};
#define QUOTED 0.25
#define ATTACHED 0.5
/* Another word of the stem is worth so much of the one that was typed. */
#define STEMMED 0.6
/* So much age halves a score, when newer messages count for more. */
#define HALVES ((int64_t)730 * 86400)
#define UNIT 1000000.0
#define MOST_TEXT ((size_t)256 << 10)

/* ---- the words ---- */

static bool is_known(const struct weigh *w, const struct weigh_word *x)
{
	for (size_t i = 0; i < w->n; i++)
		if (str_eq(w->words[i].token, x->token) && str_eq(w->words[i].field, x->field) &&
		    str_eq(w->words[i].stem, x->stem))
			return true;
	return false;
}

static void add(struct weigh *w, struct weigh_word x)
{
	if (str_eq(x.field, STR("text"))) /* of FUZZY TEXT: all fields */
		x.field = STR("");
	if (w->n >= WEIGH_WORDS || x.token.n == 0 || x.token.n > SCHEMA_MAX_TOKEN ||
	    is_known(w, &x))
		return;
	x.plain = str_eq(casemap_bare(w->a, x.token), x.token);
	w->words = arena_grow(w->a, w->words, w->n, sizeof *w->words);
	w->words[w->n++] = x;
}

static void add_text(struct weigh *w, struct str field, struct str mapped)
{
	struct str token;
	bool gap;
	while (w->n < WEIGH_WORDS && token_next(&mapped, &token, &gap))
		add(w, (struct weigh_word){.token = token, .field = field});
}

static void add_leaf(struct weigh *w, const struct qnode *q)
{
	static const struct {
		enum qnode_kind kind;
		struct str field;
	} texts[] = {
		{QNODE_FROM, STR("from")}, {QNODE_TO, STR("to")}, {QNODE_CC, STR("cc")},
		{QNODE_BCC, STR("bcc")}, {QNODE_SUBJECT, STR("subject")},
		{QNODE_BODY, STR("body")}, {QNODE_TEXT, STR("")},
	};
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		if (q->kind == texts[i].kind)
			add_text(w, texts[i].field, q->mapped);
	if (q->kind == QNODE_WORD && q->stem) {
		add(w, (struct weigh_word){.token = casemap_str(w->a, q->needle),
					   .field = q->name, .stem = q->words[0],
					   .prefix = q->mapped});
		w->lang = q->lang;
	} else if (q->kind == QNODE_WORD) {
		for (size_t i = 0; i < q->n_words; i++)
			add(w, (struct weigh_word){.token = q->words[i], .field = q->name});
	}
}

static void collect(struct weigh *w, const struct qnode *q, bool negated)
{
	if (!negated)
		add_leaf(w, q);
	for (size_t i = 0; i < q->n_kids; i++)
		collect(w, q->kids[i], q->kind == QNODE_NOT ? !negated : negated);
}

void weigh_open(struct weigh *w, struct arena *a, const struct qnode *root, bool recent)
{
	*w = (struct weigh){.a = a, .recent = recent};
	collect(w, root, false);
	for (size_t i = 0; i < w->n && w->stemmer == NULL; i++)
		if (w->words[i].stem.n)
			stem_open(&w->stemmer, w->lang);
}

void weigh_close(struct weigh *w)
{
	stem_close(&w->stemmer);
	*w = (struct weigh){0};
}

/* ---- an index segment ---- */

/* The prefixes of a word's terms at a place; "" when its field is another. */
static const char *prefixes_of(const struct weigh_word *x, enum place place)
{
	static const char *const any[] = {[SUBJECT] = "S", [ADDRESS] = "FTCR", [TEXT] = "BV"};
	static const struct {
		struct str field;
		enum place place;
		const char *prefixes;
	} one[] = {
		{STR("subject"), SUBJECT, "SV"}, {STR("body"), TEXT, "BV"},
		{STR("from"), ADDRESS, "FV"}, {STR("to"), ADDRESS, "TV"},
		{STR("cc"), ADDRESS, "CV"}, {STR("bcc"), ADDRESS, "RV"},
	};
	if (x->field.n == 0)
		return any[place];
	for (size_t i = 0; i < sizeof one / sizeof *one; i++)
		if (str_eq(x->field, one[i].field) && place == one[i].place)
			return one[i].prefixes;
	return "";
}

/* The terms of the word as it is. */
static size_t whole_terms(struct arena *a, const struct weigh_word *x, const char *prefixes,
			  const struct str **out)
{
	size_t n = 0;
	struct str *terms = arena_alloc(a, strlen(prefixes) * sizeof *terms + 1);
	for (; *prefixes; prefixes++)
		terms[n++] = arena_fmt(a, "%c%.*s", *prefixes, STR_ARG(x->token));
	*out = terms;
	return n;
}

static int mark_stem(struct weigh *w, struct iseg *seg, const struct weigh_word *x,
		     const char *prefixes, struct bits *out, struct err *err)
{
	struct stemterm what = {w->stemmer, x->stem, x->prefix, '\0'};
	struct arena a = {0};
	const struct str *terms;
	size_t n;
	int r = 1;
	for (; *prefixes && r > 0; prefixes++) {
		what.kind = *prefixes;
		if (stemterm_find(seg, &a, &what, &terms, &n) && n > 0)
			r = xap_mark(seg->db, terms, n, out->w, out->n, err);
		arena_reset(&a);
	}
	arena_free(&a);
	return r;
}

static int mark(struct weigh *w, struct iseg *seg, const struct weigh_word *x,
		const char *prefixes, struct bits *out, struct err *err)
{
	const struct str *terms;
	struct arena a = {0};
	if (x->stem.n)
		return mark_stem(w, seg, x, prefixes, out, err);
	size_t n = whole_terms(&a, x, prefixes, &terms);
	int r = n == 0 ? 1 : xap_mark(seg->db, terms, n, out->w, out->n, err);
	arena_free(&a);
	return r;
}

/* Where one word stands. */
static int look_up(struct weigh *w, struct weigh_word *x, struct iseg *seg, const struct bits *in,
		   struct bits *sets, struct err *err)
{
	struct bits sum = bits_new(in->n);
	int r = 1;
	for (int p = 0; p < PLACES && r > 0; p++) {
		sets[p] = bits_new(in->n);
		r = mark(w, seg, x, prefixes_of(x, (enum place)p), &sets[p], err);
		bits_or(&sum, &sets[p]);
	}
	bits_and(&sum, in);
	x->df += bits_count(&sum);
	bits_free(&sum);
	return r;
}

int weigh_segment(struct weigh *w, struct iseg *seg, const struct bits *in,
		  struct weigh_sets *out, struct err *err)
{
	int r = 1;
	out->n = w->n * PLACES;
	out->sets = err_alloc(out->n * sizeof *out->sets + 1);
	for (size_t i = 0; i < w->n && r > 0; i++)
		r = look_up(w, &w->words[i], seg, in, out->sets + i * PLACES, err);
	w->docs += bits_count(in);
	return r;
}

void weigh_release(struct weigh_sets *s)
{
	for (size_t i = 0; i < s->n; i++)
		bits_free(&s->sets[i]);
	free(s->sets);
	*s = (struct weigh_sets){0};
}

void weigh_settle(struct weigh *w)
{
	for (size_t i = 0; i < w->n; i++) {
		struct weigh_word *x = &w->words[i];
		double docs = (double)w->docs, df = (double)x->df;
		x->idf = log(1 + (docs - df + .5) / (df + .5));
	}
}

/* ---- scores ---- */

static double saturated(double idf, double tf)
{
	return idf * tf * (K1 + 1) / (K1 + tf);
}

static double shorter(double length, double usual)
{
	return 1 / (1 - B + B * length / usual);
}

/* As an integer. Where newer messages count for more, a power of two for each time that halves:
 * then no day need be "today". */
static int64_t whole(const struct weigh *w, double score, int64_t date)
{
	if (!w->recent)
		return (int64_t)(score * UNIT + .5);
	return (int64_t)(log2(score + .001) * UNIT) +
	       (int64_t)((double)date / (double)HALVES * UNIT);
}

int64_t weigh_cheap(const struct weigh *w, const struct weigh_sets *s, const struct order *o,
		    size_t i)
{
	double sum = 0, norm = shorter((double)order_row(o, (uint32_t)i + 1).size, USUAL_SIZE);
	for (size_t k = 0; k < w->n; k++) {
		double tf = 0;
		for (size_t p = 0; p < PLACES; p++)
			if (bits_has(&s->sets[k * PLACES + p], i))
				tf += p == TEXT ? worth[p] * norm : worth[p];
		sum += tf > 0 ? saturated(w->words[k].idf, tf) : 0;
	}
	return whole(w, sum, w->recent ? order_date(o, (uint32_t)i + 1) : 0);
}

/* What a token is worth of the word: 1, a part, or nothing. */
static double likeness(const struct weigh *w, const struct weigh_word *x, struct str token,
		       struct arena *scratch)
{
	bool ascii = utf8_ascii(token) == token.n;
	if (str_eq(token, x->token))
		return 1;
	if (x->plain && !ascii && str_eq(casemap_bare(scratch, token), x->token))
		return 1;
	if (x->stem.n == 0 || (ascii && !str_starts(token, x->prefix)))
		return 0;
	return str_eq(stem_of(w->stemmer, scratch, token), x->stem) ? STEMMED : 0;
}

/* In ASCII text a word is found without cutting the text into words. */
static size_t count_ascii(struct str text, struct str token)
{
	size_t n = 0;
	for (size_t at = 0; at < text.n;) {
		ptrdiff_t found = str_find(str_cut(text, at, text.n), token);
		if (found < 0)
			break;
		size_t begin = at + (size_t)found, end = begin + token.n;
		n += (begin == 0 || !token_goes_on(text, begin)) &&
		     (end == text.n || !token_goes_on(text, end + 1));
		at = end;
	}
	return n;
}

static double count(const struct weigh *w, const struct weigh_word *x, struct str text,
		    bool ascii, struct arena *scratch)
{
	struct str token;
	bool gap;
	double n = 0;
	if (ascii && x->stem.n == 0)
		return (double)count_ascii(text, x->token);
	while (token_next(&text, &token, &gap))
		n += likeness(w, x, token, scratch);
	return n;
}

/* How often the words stand in a message, by place; text is weighed by where in it. */
struct tally {
	const struct weigh *w;
	struct arena *scratch;
	double tf[WEIGH_WORDS][PLACES];
	double length;
};

static void add_counts(struct tally *t, struct str mapped, struct str field, enum place place,
		       double weight)
{
	bool ascii = utf8_ascii(mapped) == mapped.n;
	for (size_t i = 0; i < t->w->n; i++) {
		const struct weigh_word *x = &t->w->words[i];
		if (x->field.n == 0 || str_eq(x->field, field))
			t->tf[i][place] += weight * count(t->w, x, mapped, ascii, t->scratch);
	}
}

/* Of a text longer than is looked at, no more is mapped. */
static struct str beginning(struct tally *t, struct str text)
{
	return casemap_str(t->scratch, str_cut(text, 0, MOST_TEXT));
}

static void add_part(struct tally *t, struct mtext *m, size_t i)
{
	const struct record_part *p = &m->record.parts[i];
	struct str piece, text = p->text.n > MOST_TEXT
				 ? beginning(t, mtext_visible(t->scratch, p)) : mtext_seen(m, i);
	struct quote q = quote_begin(str_cut(text, 0, MOST_TEXT));
	bool quoted;
	while (quote_next(&q, &piece, &quoted)) {
		double weight = (quoted ? QUOTED : 1) * (p->attachment ? ATTACHED : 1);
		add_counts(t, piece, STR("body"), TEXT, weight);
		t->length += weight * (double)piece.n;
	}
}

/* A field has a text for each form in which it is compared; what several say counts once. */
static void add_fields(struct tally *t, struct mtext *m)
{
	const struct record *r = &m->record;
	for (size_t i = 0; i < r->n_texts; i++) {
		enum mail_key key = r->texts[i].key;
		struct str text = r->texts[i].text.n > MOST_TEXT
				  ? beginning(t, r->texts[i].text) : mtext_text(m, i);
		add_counts(t, str_cut(text, 0, MOST_TEXT), str_of(mail_key_names[key]),
			   key == MAIL_SUBJECT ? SUBJECT : ADDRESS, 1);
	}
}

struct weigh_score weigh_record(const struct weigh *w, struct mtext *m, uint64_t size,
				int64_t date, struct arena *scratch)
{
	struct tally t = {.w = w, .scratch = scratch};
	double cheap = 0, full = 0, norm = shorter((double)size, USUAL_SIZE);
	arena_reset(scratch);
	add_fields(&t, m);
	for (size_t i = 0; i < m->record.n_parts; i++)
		if (m->record.parts[i].searched)
			add_part(&t, m, i);
	double here = shorter(t.length, USUAL_TEXT);
	for (size_t k = 0; k < w->n; k++) {
		double few = 0, all = 0;
		for (size_t p = 0; p < PLACES; p++) {
			/* Said once or more, a subject or an address says it. */
			double once = t.tf[k][p] > 1 ? 1 : t.tf[k][p];
			few += worth[p] * (t.tf[k][p] > 0) * (p == TEXT ? norm : 1);
			all += worth[p] * (p == TEXT ? t.tf[k][p] * here : once);
		}
		cheap += few > 0 ? saturated(w->words[k].idf, few) : 0;
		full += all > 0 ? saturated(w->words[k].idf, all) : 0;
	}
	return (struct weigh_score){whole(w, cheap, date), whole(w, full, date)};
}
