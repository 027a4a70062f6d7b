#include "match.h"

#include "casemap.h"
#include "tagged.h"

#include <stdlib.h>

enum answer { NO, YES, UNKNOWN };
enum level { FACTS, RECORD, LINES, MAIL, INSIDE };

struct match {
	const struct match_tree *tree;
	struct mtext t;
	enum level level;
	bool sure, lost;
	struct stem *fuzzy, *stem; /* of FUZZY, of lang:; NULL: no leaf needs it */
	uint64_t unjudged, last_unjudged; /* how many, and which */
	unsigned char *memo; /* by leaf about the message: enum answer */
	bool *no_header, *no_body; /* by leaf: a text is in no header, in no body */
};

static const bool *plain_words(struct arena *a, const struct qnode *q)
{
	bool *plain = arena_alloc(a, q->n_words * sizeof *plain + 1);
	for (size_t i = 0; i < q->n_words; i++)
		plain[i] = str_eq(casemap_bare(a, q->words[i]), q->words[i]);
	return plain;
}

static void find_negated(struct match_tree *tree, const struct qnode *q, bool negated)
{
	if (qnode_is_leaf(q))
		tree->leaves[q->leaf].negated = negated;
	for (size_t i = 0; i < q->n_kids; i++)
		find_negated(tree, q->kids[i], q->kind == QNODE_NOT ? !negated : negated);
}

int match_tree(struct match_tree *out, const struct qnode *root, const struct scope *scope,
	       int64_t now, struct err *err)
{
	const struct qnode *const *list;
	*out = (struct match_tree){.root = root, .scope = scope, .now = now};
	out->n = qnode_leaves(scope->a, root, &list);
	out->leaves = arena_alloc(scope->a, out->n * sizeof *out->leaves + 1);
	for (size_t i = 0; i < out->n; i++) {
		struct match_leaf *l = &out->leaves[i];
		l->q = list[i];
		out->copies |= qnode_is_copy(l->q);
		out->stems |= l->q->stem;
		out->lang = l->q->lang ? l->q->lang : out->lang;
		if (l->q->kind == QNODE_HEADER)
			l->field = casemap_str(scope->a, l->q->name);
		if (l->q->kind == QNODE_WORD)
			l->plain = plain_words(scope->a, l->q);
		if (l->q->kind != QNODE_UID && l->q->kind != QNODE_SEQ)
			continue;
		if (scope_sets(scope, l->q, &l->sets, &l->n_sets, err) < 0)
			return -1;
	}
	find_negated(out, root, false);
	return 1;
}

void match_open(struct match **out, struct archive *ar, const struct match_tree *tree)
{
	struct match *m = err_alloc(sizeof *m);
	m->tree = tree;
	m->memo = err_alloc(tree->n);
	memset(m->memo, UNKNOWN, tree->n);
	m->no_header = err_alloc(tree->n);
	m->no_body = err_alloc(tree->n);
	mtext_init(&m->t, ar);
	if (tree->stems)
		stem_open(&m->fuzzy, NULL);
	if (tree->lang)
		stem_open(&m->stem, tree->lang);
	*out = m;
}

void match_halt(struct match *m, struct halt *halt)
{
	m->t.halt = halt;
}

void match_inside(struct match *m, struct inside *inside)
{
	m->t.inside = inside;
}

void match_close(struct match **m)
{
	if (*m == NULL)
		return;
	mtext_free(&(*m)->t);
	stem_close(&(*m)->fuzzy);
	stem_close(&(*m)->stem);
	free((*m)->memo);
	free((*m)->no_header);
	free((*m)->no_body);
	free(*m);
	*m = NULL;
}

void match_begin(struct match *m, uint64_t number, struct iseg *seg)
{
	mtext_begin(&m->t, number, seg);
	m->level = FACTS;
	m->sure = m->lost = false;
	memset(m->memo, UNKNOWN, m->tree->n);
	memset(m->no_header, 0, m->tree->n);
	memset(m->no_body, 0, m->tree->n);
}

struct mtext *match_texts(struct match *m)
{
	return &m->t;
}

void match_known(struct match *m, size_t leaf, bool yes)
{
	m->memo[leaf] = yes ? YES : NO;
}

void match_sure(struct match *m)
{
	m->sure = true;
}

void match_no_header(struct match *m, size_t leaf)
{
	m->no_header[leaf] = true;
}

void match_no_body(struct match *m, size_t leaf)
{
	m->no_body[leaf] = true;
}

void match_lost(struct match *m)
{
	m->lost = true;
}

/* ---- leaves about copies ---- */

static bool in_sets(const struct match_leaf *l, const struct archive_copy *c)
{
	for (size_t i = 0; i < l->n_sets; i++) {
		if (l->sets[i].epoch != c->epoch)
			continue;
		for (size_t j = 0; j < l->sets[i].n; j++)
			if (l->sets[i].ranges[j].lo <= c->uid && c->uid <= l->sets[i].ranges[j].hi)
				return true;
	}
	return false;
}

/* Keywords are separated by spaces; letters in either case. */
static bool has_keyword(struct str keywords, struct str needle)
{
	struct str word;
	while (str_split(&keywords, ' ', &word))
		if (str_ieq(word, needle))
			return true;
	return false;
}

/* The calendar date of INTERNALDATE (SAVEDATE where known) as the server wrote it against the
 * leaf's. */
static int against_day(const struct archive_copy *c, const struct qnode *q)
{
	int64_t local = c->internaldate + (int64_t)c->zone * 60, start = (int64_t)q->day * 86400;
	bool saved = q->kind == QNODE_SAVEDBEFORE || q->kind == QNODE_SAVEDON ||
		     q->kind == QNODE_SAVEDSINCE;
	if (saved && c->savedate != 0)
		local = c->savedate + (int64_t)c->savezone * 60;
	return local < start ? -1 : local >= start + 86400;
}

static bool by_epoch(const struct match_tree *tree, const struct qnode *q,
		     const struct archive_copy *c)
{
	ptrdiff_t i = scope_find(tree->scope, c->epoch);
	if (i < 0)
		return false;
	switch (q->kind) {
	case QNODE_RECENT:
		return c->run == tree->scope->newest_run[i];
	case QNODE_ACCOUNT:
		return scope_fits(q->needle, tree->scope->epochs[i].account);
	default:
		return scope_fits_mailbox(tree->scope, (size_t)i, q->needle);
	}
}

static bool copy_leaf(const struct match_tree *tree, const struct qnode *q,
		      const struct archive_copy *c)
{
	switch (q->kind) {
	case QNODE_BEFORE: case QNODE_SAVEDBEFORE:
		return against_day(c, q) < 0;
	case QNODE_ON: case QNODE_SAVEDON:
		return against_day(c, q) == 0;
	case QNODE_SINCE: case QNODE_SAVEDSINCE:
		return against_day(c, q) >= 0;
	case QNODE_OLDER:
		return c->internaldate <= tree->now - (int64_t)q->number;
	case QNODE_YOUNGER:
		return c->internaldate >= tree->now - (int64_t)q->number;
	case QNODE_MODSEQ:
		return c->modseq > 0 && c->modseq >= q->number;
	case QNODE_FLAG:
		return (c->flags & q->number) != 0;
	case QNODE_KEYWORD:
		return has_keyword(c->keywords, q->needle);
	case QNODE_EMAILID:
		return str_eq(c->emailid, q->needle);
	case QNODE_THREADID:
		return str_eq(c->threadid, q->needle);
	case QNODE_SAVED:
		return c->savedate != 0;
	case QNODE_UID:
		return in_sets(&tree->leaves[q->leaf], c);
	case QNODE_SEQ:
		return c->vanished == 0 && in_sets(&tree->leaves[q->leaf], c);
	default:
		return by_epoch(tree, q, c);
	}
}

/* ---- leaves about messages ---- */

static enum answer yes_no(bool b)
{
	return b ? YES : NO;
}

static enum answer sent(const struct match *m, const struct qnode *q)
{
	const struct mail_date *d = &m->t.record.date;
	switch (q->kind) {
	case QNODE_SENTBEFORE:
		return yes_no(d->usable && d->day < q->day);
	case QNODE_SENTON:
		return yes_no(d->usable && d->day == q->day);
	default:
		return yes_no(d->usable && d->day >= q->day);
	}
}

struct mtext_words match_words(const struct match *m, const struct qnode *q)
{
	struct stem *stem = q->lang ? m->stem : m->fuzzy;
	return (struct mtext_words){q->words, m->tree->leaves[q->leaf].plain, q->n_words,
				    q->stem ? stem : NULL, q->mapped,
				    q->n_phrases > 0 ? q : NULL};
}

/* Words that are in no other text may still stand inside an attachment. */
static enum answer by_words(struct match *m, const struct qnode *q)
{
	struct mtext_words w = match_words(m, q);
	if (mtext_has_words(&m->t, q->name, &w))
		return YES;
	bool more = m->level < INSIDE && !m->t.has_inside && m->t.inside != NULL;
	return more && mtext_wants_inside(q->name) ? UNKNOWN : NO;
}

/* Do header lines decide the leaf? A needle with a line end is in none of them, and may begin in
 * a header and end in a text. */
static bool is_of_lines(const struct qnode *q)
{
	return (q->kind == QNODE_TEXT || q->kind == QNODE_HEADER) && str_chr(q->mapped, '\n') < 0;
}

/* In a body, in a header, or anywhere. */
static enum answer by_text(struct match *m, const struct qnode *q)
{
	bool no_body = m->no_body[q->leaf], no_header = m->no_header[q->leaf];
	if (m->level >= MAIL && m->t.has_mail)
		return yes_no(mtext_in_whole(&m->t, q->mapped));
	if (!no_body && m->t.has_record) {
		if (mtext_in_body(&m->t, q->mapped))
			return YES;
		no_body = true;
	}
	if (!no_header && m->t.has_lines && is_of_lines(q)) {
		if (headtext_has(&m->t.lines, q->mapped))
			return YES;
		no_header = true;
	}
	return no_body && no_header ? NO : UNKNOWN;
}

static enum answer by_header(struct match *m, const struct qnode *q)
{
	int key = q->mapped.n == 0 ? mtext_key_of(q->name) : -1;
	if (m->level >= MAIL && m->t.has_mail)
		return yes_no(mtext_in_header(&m->t, q->name, q->mapped));
	if (m->t.has_record && key >= 0)
		return yes_no(mtext_in_key(&m->t, (enum mail_key)key, STR("")));
	if (!m->t.has_lines || !is_of_lines(q))
		return UNKNOWN;
	return yes_no(headtext_has_field(&m->t.lines, m->tree->leaves[q->leaf].field, q->mapped));
}

/* What the record says. */
static enum answer by_record(struct match *m, const struct qnode *q)
{
	switch (q->kind) {
	case QNODE_FROM:
		return yes_no(mtext_in_key(&m->t, MAIL_FROM, q->mapped));
	case QNODE_TO:
		return yes_no(mtext_in_key(&m->t, MAIL_TO, q->mapped));
	case QNODE_CC:
		return yes_no(mtext_in_key(&m->t, MAIL_CC, q->mapped));
	case QNODE_BCC:
		return yes_no(mtext_in_key(&m->t, MAIL_BCC, q->mapped));
	case QNODE_SUBJECT:
		return yes_no(mtext_in_key(&m->t, MAIL_SUBJECT, q->mapped));
	case QNODE_BODY:
		return yes_no(mtext_in_body(&m->t, q->mapped));
	case QNODE_WORD: case QNODE_WILD: case QNODE_NEAR:
		return by_words(m, q);
	case QNODE_HAS:
		return yes_no(mtext_has_kind(&m->t, q->needle));
	case QNODE_SENTBEFORE: case QNODE_SENTON: case QNODE_SENTSINCE:
		return sent(m, q);
	default:
		return UNKNOWN;
	}
}

static enum answer message_leaf(struct match *m, const struct qnode *q)
{
	/* Without a header of any kind there may be no text at all; the empty string is there. */
	if ((q->kind == QNODE_TEXT || q->kind == QNODE_BODY) && q->mapped.n == 0)
		return YES;
	if (q->kind == QNODE_HEADER && q->name.n == 0)
		return NO;
	if (q->kind == QNODE_TAG || q->kind == QNODE_THREAD || q->kind == QNODE_ID)
		return yes_no(tagged_has(&m->tree->leaves[q->leaf], m->t.number));
	if (m->t.has_msg && q->kind == QNODE_LARGER)
		return yes_no(m->t.msg.rfc822_size > q->number);
	if (m->t.has_msg && q->kind == QNODE_SMALLER)
		return yes_no(m->t.msg.rfc822_size < q->number);
	if (q->kind == QNODE_TEXT)
		return by_text(m, q);
	if (q->kind == QNODE_HEADER)
		return by_header(m, q);
	return m->level >= RECORD && m->t.has_record ? by_record(m, q) : UNKNOWN;
}

/* ---- the tree ---- */

static enum answer leaf(struct match *m, const struct qnode *q, const struct archive_copy *c,
			bool with_copy)
{
	if (qnode_is_copy(q)) {
		if (!with_copy)
			return UNKNOWN;
		return yes_no(c != NULL && copy_leaf(m->tree, q, c));
	}
	if (m->memo[q->leaf] == UNKNOWN) {
		enum answer r = halt_step(m->t.halt, HALT_SMALL) ? UNKNOWN : message_leaf(m, q);
		if (!halt_is(m->t.halt))
			m->memo[q->leaf] = (unsigned char)r;
	}
	return m->memo[q->leaf];
}

static enum answer eval(struct match *m, const struct qnode *q, const struct archive_copy *c,
			bool with_copy)
{
	enum answer stop = q->kind == QNODE_AND ? NO : YES, r = q->kind == QNODE_AND ? YES : NO;
	switch (q->kind) {
	case QNODE_ALL:
		return YES;
	case QNODE_NOT:
		r = eval(m, q->kids[0], c, with_copy);
		return r == UNKNOWN ? UNKNOWN : yes_no(r == NO);
	case QNODE_AND:
	case QNODE_OR:
		for (size_t i = 0; i < q->n_kids; i++) {
			enum answer x = eval(m, q->kids[i], c, with_copy);
			if (x == stop)
				return stop;
			if (x == UNKNOWN)
				r = UNKNOWN;
		}
		return r;
	default:
		return leaf(m, q, c, with_copy);
	}
}

/* Is something about the message not known yet? */
static bool is_open(const struct match *m, size_t leaf)
{
	return m->memo[leaf] == UNKNOWN && !qnode_is_copy(m->tree->leaves[leaf].q);
}

static bool has_open(const struct match *m)
{
	for (size_t i = 0; i < m->tree->n; i++)
		if (is_open(m, i))
			return true;
	return false;
}

/* Do header lines decide a leaf that is open? */
static bool wants_lines(const struct match *m)
{
	for (size_t i = 0; i < m->tree->n; i++)
		if (is_open(m, i) && is_of_lines(m->tree->leaves[i].q))
			return true;
	return false;
}

/* Do they decide all of them? Then the record is not needed. What is lost has no lines to tell. */
static bool is_about_headers(const struct match *m)
{
	for (size_t i = 0; i < m->tree->n; i++) {
		const struct qnode *q = m->tree->leaves[i].q;
		if (is_open(m, i) &&
		    !(is_of_lines(q) && (q->kind == QNODE_HEADER || m->no_body[i])))
			return false;
	}
	return !m->lost && m->t.seg != NULL && !m->tree->stems;
}

/* Takes up the next level of evidence. 1; 0: there is none above; -1. */
static int raise_level(struct match *m, struct err *err)
{
	int r = 1;
	switch (m->level) {
	case FACTS:
		m->t.bare = is_about_headers(m);
		/* The index knows sizes; without one the catalog tells them. */
		if (m->t.seg == NULL && mtext_find(&m->t, err) < 0)
			return -1;
		r = m->t.bare ? mtext_load_lines(&m->t, err) : mtext_load(&m->t, err);
		m->level = m->t.bare ? LINES : RECORD;
		return r < 0 ? -1 : 1;
	case RECORD:
		if (wants_lines(m))
			r = mtext_load_lines(&m->t, err);
		m->level = LINES;
		return r < 0 ? -1 : 1;
	case LINES:
		r = mtext_parse(&m->t, err);
		m->level = MAIL;
		return r;
	case MAIL:
		m->level = INSIDE;
		return mtext_look_inside(&m->t, err);
	default:
		return 0;
	}
}

uint64_t match_unjudged(const struct match *m)
{
	return m->unjudged;
}

/* Counts the message once, whatever the number of its copies. */
static int give_up(struct match *m)
{
	m->unjudged += m->last_unjudged != m->t.number;
	m->last_unjudged = m->t.number;
	return 0;
}

int match_copy(struct match *m, const struct archive_copy *c, struct err *err)
{
	for (;;) {
		enum answer r = m->sure ? YES : eval(m, m->tree->root, c, true);
		if (halt_is(m->t.halt))
			return halt_error(m->t.halt, err);
		if (r != UNKNOWN)
			return r == YES;
		int up = raise_level(m, err);
		if (up < 0)
			return -1;
		if (up == 0 && m->t.unreadable)
			return give_up(m);
		if (up == 0)
			err_die("match: a leaf nothing decides");
	}
}

/* The message before its copies are known: NO is final. */
static int first_look(struct match *m, struct err *err)
{
	enum answer r = m->sure ? YES : eval(m, m->tree->root, NULL, false);
	/* What the index has; where nothing is open only the copies can tell. */
	while (r == UNKNOWN && m->level < LINES && has_open(m)) {
		if (raise_level(m, err) < 0)
			return -1;
		r = eval(m, m->tree->root, NULL, false);
	}
	return r != NO;
}

int match_copies(struct match *m, const struct archive_copy **out, size_t *n_out, struct err *err)
{
	const struct archive_copy *all;
	const struct scope *scope = m->tree->scope;
	size_t n_all, n = 0;
	int r = first_look(m, err);
	if (r <= 0)
		return r;
	if (archive_copies(m->t.ar, &m->t.a, m->t.number, &all, &n_all, err) < 0)
		return -1;
	struct archive_copy *hits = arena_alloc(&m->t.a, n_all * sizeof *hits + 1);
	for (size_t i = 0; i < n_all; i++) {
		ptrdiff_t e = scope_find(scope, all[i].epoch);
		if (e < 0 || !scope->in[e] || (scope->present && all[i].vanished != 0))
			continue;
		r = match_copy(m, &all[i], err);
		if (r < 0)
			return -1;
		if (r > 0)
			hits[n++] = all[i];
	}
	*out = hits;
	*n_out = n;
	if (n_all == 0 && scope_is_all(scope))
		return match_copy(m, NULL, err);
	return n > 0;
}

int match_message(struct match *m, struct err *err)
{
	const struct archive_copy *copies;
	size_t n;
	if (!m->tree->copies && scope_is_all(m->tree->scope))
		return match_copy(m, NULL, err);
	return match_copies(m, &copies, &n, err);
}

/* ---- relevance ---- */

/* Each word counts the same; found once it gives 50 of 100, twice 67, three times 75. */
int match_relevance(struct match *m, unsigned *out, struct err *err)
{
	double sum = 0, words = 0;
	while (!m->t.has_record) {
		int up = raise_level(m, err);
		if (up < 0)
			return -1;
		if (up == 0)
			err_die("match: a message without texts");
	}
	for (size_t i = 0; i < m->tree->n; i++) {
		const struct match_leaf *l = &m->tree->leaves[i];
		if (!l->q->stem || l->negated)
			continue;
		struct mtext_words w = match_words(m, l->q);
		double n = (double)mtext_count_stem(&m->t, l->q->name, &w);
		sum += n / (n + 1);
		words++;
	}
	*out = words > 0 ? (unsigned)(100 * sum / words + .5) : 100;
	if (*out == 0)
		*out = 1;
	return 1;
}
