#include "vocab.h"

#include "casemap.h"
#include "log.h"
#include "mtext.h"
#include "segments.h"

#include <stdlib.h>

enum { LONGEST = 40, /* no longer word is looked for */
       LONG = 6,     /* words of so many letters may differ in two */
       LOOK_EVERY = 4096 };

struct gathering {
	struct arena *a;
	struct vocab_word *list;
	size_t n;
	struct str word;
	unsigned most; /* faults */
	uint64_t until_ms;
	bool weigh;
};

/* ---- faults ---- */

/* Letters left out, put in, changed or turned round; more than `most` is most + 1. */
static unsigned faults(struct str x, struct str y, unsigned most)
{
	unsigned row[3][LONGEST + 2];
	for (unsigned k = 0; k <= y.n; k++)
		row[0][k] = k;
	for (size_t i = 1; i <= x.n; i++) {
		unsigned *now = row[i % 3], *was = row[(i + 2) % 3], *before = row[(i + 1) % 3];
		unsigned least = now[0] = (unsigned)i;
		for (size_t k = 1; k <= y.n; k++) {
			unsigned d = was[k - 1] + (x.p[i - 1] != y.p[k - 1]);
			d = was[k] + 1 < d ? was[k] + 1 : d;
			d = now[k - 1] + 1 < d ? now[k - 1] + 1 : d;
			if (i > 1 && k > 1 && x.p[i - 1] == y.p[k - 2] &&
			    x.p[i - 2] == y.p[k - 1] && before[k - 2] + 1 < d)
				d = before[k - 2] + 1;
			now[k] = d;
			least = d < least ? d : least;
		}
		if (least > most)
			return most + 1;
	}
	unsigned d = row[x.n % 3][y.n];
	return d > most ? most + 1 : d;
}

/* ---- gathering ---- */

static int likelier(const void *x, const void *y)
{
	const struct vocab_word *a = x, *b = y;
	uint64_t p = a->documents, q = b->documents;
	if (a->distance != b->distance && p == 0 && q == 0)
		return a->distance < b->distance ? -1 : 1;
	/* A second fault is as unlikely as ten times fewer messages. */
	for (unsigned i = a->distance; i < 2; i++)
		p *= 10;
	for (unsigned i = b->distance; i < 2; i++)
		q *= 10;
	if (p != q)
		return p > q ? -1 : 1;
	return str_cmp(a->mapped, b->mapped);
}

/* Keeps the likeliest when there are too many. */
static void keep(struct gathering *g, struct str word, uint64_t documents, unsigned distance)
{
	for (size_t i = 0; i < g->n; i++)
		if (str_eq(g->list[i].mapped, word)) {
			g->list[i].documents += documents;
			return;
		}
	if (g->n == 2 * VOCAB_MAX) {
		qsort(g->list, g->n, sizeof *g->list, likelier);
		g->n = VOCAB_MAX;
	}
	g->list[g->n++] = (struct vocab_word){arena_str(g->a, word), documents, distance};
}

static int frequency(struct gathering *g, struct iseg *seg, char prefix, struct str word,
		     uint64_t *out, struct err *err)
{
	char term[LONGEST + 10];
	uint32_t n = 0;
	*out = 0;
	if (!g->weigh)
		return 1;
	term[0] = prefix;
	memcpy(term + 1, word.p, word.n);
	if (xap_freq(seg->db, (struct str){term, word.n + 1}, &n, err) < 0)
		return -1;
	*out = n;
	return 1;
}

static bool fits(const struct gathering *g, struct str word, unsigned *distance)
{
	size_t more = word.n > g->word.n ? word.n - g->word.n : g->word.n - word.n;
	*distance = 0;
	if (word.n < 2 || word.n > LONGEST)
		return false;
	if (g->most == 0)
		return true;
	if (more > g->most)
		return false;
	*distance = faults(g->word, word, g->most);
	return *distance > 0 && *distance <= g->most;
}

/* 1; 0: time is up; -1. */
static int gather(struct gathering *g, struct iseg *seg, char prefix, struct str head,
		  struct err *err)
{
	struct str rest = lexicon_section(seg->lexicon, prefix, head), word;
	uint64_t documents;
	unsigned distance;
	for (size_t i = 1; str_split(&rest, '\n', &word); i++) {
		if (i % LOOK_EVERY == 0 && log_now_ms() > g->until_ms)
			return 0;
		if (!fits(g, word, &distance))
			continue;
		if (frequency(g, seg, prefix, word, &documents, err) < 0)
			return -1;
		keep(g, word, documents, distance);
	}
	return 1;
}

/* The newest segments first: their words are likelier. */
static int gather_all(struct gathering *g, struct qdb *db, const char *prefixes, struct str head,
		      struct err *err)
{
	const struct segments *segs = query_db_segments(db);
	int r = 1;
	g->list = arena_alloc(g->a, 2 * VOCAB_MAX * sizeof *g->list);
	g->until_ms = log_now_ms() + VOCAB_MS;
	for (size_t i = segs->n; i > 0 && r > 0; i--)
		for (const char *p = prefixes; *p && r > 0; p++)
			r = gather(g, &segs->list[i - 1], *p, head, err);
	if (g->n > 1)
		qsort(g->list, g->n, sizeof *g->list, likelier);
	return r < 0 ? -1 : 1;
}

int vocab_begin(struct qdb *db, struct arena *a, struct str head, struct vocab_list *out,
		struct err *err)
{
	struct gathering g = {.a = a, .word = head, .weigh = true};
	*out = (struct vocab_list){0};
	if (head.n == 0 || head.n > LONGEST)
		return 1;
	if (gather_all(&g, db, "SFB", head, err) < 0)
		return -1;
	*out = (struct vocab_list){g.list, g.n < VOCAB_MAX ? g.n : VOCAB_MAX};
	return 1;
}

static const char *prefixes_of(struct str field)
{
	static const char *const keys[] = {[MAIL_FROM] = "F", [MAIL_TO] = "T", [MAIL_CC] = "C",
					   [MAIL_BCC] = "R", [MAIL_SUBJECT] = "S"};
	int key = mtext_key_of(field);
	if (key >= 0)
		return keys[key];
	/* A letter that this index does not have has no words. */
	if (str_eq(field, STR("attachment")) || str_eq(field, STR("filename")))
		return "D";
	return str_eq(field, STR("body")) ? "BV" : "SFTCBVD";
}

int vocab_near(struct qdb *db, struct arena *a, const struct vocab_ask *ask,
	       struct vocab_list *out, struct err *err)
{
	struct gathering g = {.a = a, .word = casemap_bare(a, ask->word), .weigh = ask->weigh,
			      .most = ask->word.n >= LONG ? 2 : 1};
	*out = (struct vocab_list){0};
	if (ask->word.n < 3 || ask->word.n > LONGEST)
		return 1;
	if (gather_all(&g, db, prefixes_of(ask->field), STR(""), err) < 0)
		return -1;
	*out = (struct vocab_list){g.list, g.n < VOCAB_MAX ? g.n : VOCAB_MAX};
	return 1;
}
