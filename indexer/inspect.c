#include "inspect.h"

#include "archive.h"
#include "current.h"
#include "inside.h"
#include "iseg.h"
#include "schema.h"
#include "segdir.h"
#include "sums.h"
#include "terms.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define MAX_SAMPLE 1000000

/* A message of the sample: what it must and may have. */
struct expected {
	uint64_t number;
	struct str *terms; /* ascending */
	bool *seen;
	size_t n;
	const struct terms_line *lines;
	size_t n_lines;
	unsigned missing, extra;
};

struct inspection {
	struct arena *out; /* for faults */
	struct arena a;    /* a batch */
	struct arena msg;  /* a message */
	struct archive *ar;
	struct terms *terms;
	struct filter_maker *unused; /* the collector wants one */
	struct iseg seg;
	struct inside *inside; /* or NULL: attachments are not looked into */
	struct buf raw, mine, theirs, differing;
	struct inspect_result *r;
	struct expected batch[INSPECT_BATCH];
	uint32_t docids[INSPECT_BATCH];
	size_t n;
};

static void fault(struct inspection *x, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
static void fault(struct inspection *x, const char *fmt, ...)
{
	char text[4096];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	if (x->r->faults < INSPECT_FAULTS)
		x->r->fault[x->r->faults] = arena_str(x->out, str_of(text));
	x->r->faults++;
}

/* ---- what is expected ---- */

static int compare_terms(const void *a, const void *b)
{
	return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

static void keep_terms(struct inspection *x, struct expected *e, const struct xap_term *terms,
		       size_t n)
{
	e->terms = arena_alloc(&x->a, n * sizeof *e->terms + 1);
	e->seen = arena_alloc(&x->a, n * sizeof *e->seen + 1);
	e->n = n;
	for (size_t i = 0; i < n; i++) {
		e->terms[i] = arena_str(&x->a, terms[i].term);
		e->seen[i] = false;
	}
	qsort(e->terms, n, sizeof *e->terms, compare_terms);
	const struct terms_line *lines = terms_lines(x->terms, &e->n_lines);
	struct terms_line *copy = arena_alloc(&x->a, e->n_lines * sizeof *copy + 1);
	for (size_t i = 0; i < e->n_lines; i++) {
		copy[i] = lines[i];
		copy[i].mapped = arena_str(&x->a, lines[i].mapped);
		copy[i].name = arena_str(&x->a, lines[i].name);
	}
	e->lines = copy;
}

static bool same_names(struct inspection *x, const uint32_t *ids, size_t n, const struct str *want,
		       size_t n_want)
{
	uint32_t docs;
	bool same = n == n_want;
	for (size_t i = 0; i < n && same; i++)
		same = str_eq(column_name(x->seg.columns, ids[i], &docs), want[i]);
	return same;
}

/* One thing about the message at hand is not as it should be. */
static void differs(struct inspection *x, const char *what)
{
	buf_fmt(&x->differing, "%s%s differ%s", x->differing.n ? ", " : "", what,
		what[strlen(what) - 1] == 's' ? "" : "s");
}

static void compare_columns(struct inspection *x, const struct archive_msg *msg,
			    const struct record *mine, uint32_t docid)
{
	struct column_doc want;
	struct column_row row;
	struct err err;
	if (x->seg.columns == NULL)
		return;
	column_of(&x->msg, mine, msg->rfc822_size, &want);
	if (column_row(x->seg.columns, docid, &row, &err) < 0 || row.size != want.size ||
	    row.day != want.day || !same_names(x, row.from, row.n_from, want.from, want.n_from) ||
	    !same_names(x, row.to, row.n_to, want.to, want.n_to) ||
	    !same_names(x, row.types, row.n_types, want.types, want.n_types))
		differs(x, "its columns");
}

static void compare_headers(struct inspection *x, const struct archive_msg *msg,
			    const struct mail *m)
{
	struct str theirs;
	struct err err;
	buf_clear(&x->mine);
	headtext_pack(m, &x->mine);
	if (records_get(x->seg.headers, &x->msg, (uint32_t)(msg->number - x->seg.first + 1),
			&theirs, &err) < 0)
		fault(x, "message %" PRIu64 ": %s", msg->number, err.text);
	else if (!str_eq(buf_all(&x->mine), theirs))
		differs(x, "its header lines");
}

static void compare_record(struct inspection *x, const struct archive_msg *msg,
			   const struct record *mine, const struct record *theirs)
{
	uint32_t docid = (uint32_t)(msg->number - x->seg.first + 1);
	struct order_row row = order_row(&x->seg.order, docid);
	buf_clear(&x->mine);
	buf_clear(&x->theirs);
	record_pack(mine, &x->mine);
	record_pack(theirs, &x->theirs);
	if (!str_eq(buf_all(&x->mine), buf_all(&x->theirs)))
		differs(x, "its record");
	if (row.date != theirs->sort_date)
		differs(x, "its sort date");
	if (row.size != msg->rfc822_size ||
	    row.day != (mine->date.usable ? mine->date.day : ORDER_NO_DAY))
		differs(x, "its size or day");
	compare_columns(x, msg, mine, docid);
}

/* Derives a message anew, as the worker does. 1; 0: it is not compared; -1. */
static int derive(struct inspection *x, uint64_t number, struct expected *e, struct err *err)
{
	struct archive_msg msg;
	struct record mine, theirs;
	struct mail m;
	const struct xap_term *terms;
	size_t n;
	arena_reset(&x->msg);
	buf_clear(&x->raw);
	if (archive_find(x->ar, number, &msg, err) != 1)
		return err->kind ? -1 : err_set(err, ERR_BROKEN, "a message is missing");
	if (iseg_record(&x->seg, &x->msg, number, &theirs, err) < 0) {
		fault(x, "message %" PRIu64 ": %s", number, err->text);
		return 0;
	}
	x->r->destroyed += msg.destroyed;
	x->r->quarantined += theirs.quarantined;
	if (msg.destroyed || theirs.quarantined)
		return 0;
	if (archive_read(x->ar, &msg, RECORD_MAX_MESSAGE, &x->raw, err) < 0)
		return -1;
	mail_parse(&x->msg, buf_all(&x->raw), &mail_default_limits, &m);
	if (msg.size > RECORD_MAX_MESSAGE)
		m.marks |= MAIL_MARK_TRUNCATED;
	/* Copies that came later do not move a message without a date. */
	record_make(&x->msg, &m, theirs.sort_date, &mine);
	if (x->inside && inside_fill(x->inside, &x->msg, &m, &mine, err) < 0)
		return -1;
	const struct terms_message in = {&m, &mine, &msg, 0};
	terms_expect(x->terms, &x->msg, &in, &terms, &n);
	*e = (struct expected){.number = number};
	keep_terms(x, e, terms, n);
	buf_clear(&x->differing);
	compare_record(x, &msg, &mine, &theirs);
	compare_headers(x, &msg, &m);
	if (x->differing.n > 0)
		fault(x, "message %" PRIu64 ": %s", number, buf_cstr(&x->differing));
	return 1;
}

/* ---- what is there ---- */

static bool *find(const struct expected *e, struct str term)
{
	struct str *hit = bsearch(&term, e->terms, e->n, sizeof term, compare_terms);
	return hit ? &e->seen[hit - e->terms] : NULL;
}

static bool has(const struct expected *e, char prefix, struct str s)
{
	char term[SCHEMA_MAX_TOKEN + 2];
	if (s.n > SCHEMA_MAX_TOKEN)
		s.n = SCHEMA_MAX_TOKEN;
	term[0] = prefix;
	if (s.n > 0)
		memcpy(term + 1, s.p, s.n);
	bool *seen = find(e, (struct str){term, s.n + 1});
	return seen && *seen;
}

/* Goes through all terms of the segment once, for the whole batch. */
static int look_up(struct inspection *x, struct err *err)
{
	bool there[INSPECT_BATCH];
	struct xap_terms *all;
	struct str term;
	int r;
	if (xap_terms_open(&all, x->seg.db, 0, STR(""), err) < 0)
		return -1;
	while ((r = xap_terms_next(all, &term, NULL, err)) == 1) {
		if (xap_has(x->seg.db, term, x->docids, x->n, there, err) < 0) {
			r = -1;
			break;
		}
		for (size_t i = 0; i < x->n; i++) {
			bool *seen = there[i] ? find(&x->batch[i], term) : NULL;
			if (seen)
				*seen = true;
			x->batch[i].extra += there[i] && seen == NULL;
			x->r->terms += there[i];
		}
	}
	xap_terms_close(&all);
	return r;
}

/* What is not certain by the format, because it depends on what other messages have. */
static bool is_optional(struct str term)
{
	return memchr("LNUW", term.p[0], 4) != NULL;
}

/* Each line is a term, or the filter knows it. */
static void check_lines(struct expected *e, const unsigned char *map)
{
	for (size_t i = 0; i < e->n_lines; i++) {
		const struct terms_line *l = &e->lines[i];
		struct str rest = l->mapped, piece;
		bool good = true;
		if (l->prefix && has(e, l->prefix, l->mapped))
			continue;
		while (str_split(&rest, '\n', &piece))
			good = good && filter_map_has(map, piece);
		if (l->top && l->name.n > 0)
			good = good && has(e, 'U', l->name);
		e->missing += !good;
	}
}

static int check_batch(struct inspection *x, struct err *err)
{
	unsigned char *maps = NULL;
	bool good = x->n == 0 ||
		    (look_up(x, err) >= 0 &&
		     filter_maps(x->seg.filter, x->docids, x->n, &maps, err) > 0);
	if (!good)
		fault(x, "%" PRIu64 "-%" PRIu64 ": %s", x->seg.first, x->seg.last, err->text);
	for (size_t i = 0; good && i < x->n; i++) {
		struct expected *e = &x->batch[i];
		for (size_t k = 0; k < e->n; k++)
			e->missing += !e->seen[k] && !is_optional(e->terms[k]);
		check_lines(e, maps + i * FILTER_MAP_BYTES);
		if (e->missing || e->extra)
			fault(x, "message %" PRIu64 ": %u terms or lines are missing, %u terms too "
			      "many", e->number, e->missing, e->extra);
	}
	free(maps);
	arena_reset(&x->a);
	x->n = 0;
	return 1;
}

/* ---- segments ---- */

static int check_sample(struct inspection *x, const uint64_t *sample, size_t n, struct err *err)
{
	int r = 1;
	for (size_t i = 0; i < n && r >= 0; i++) {
		if (sample[i] < x->seg.first || sample[i] > x->seg.last)
			continue;
		err->kind = ERR_NONE;
		r = derive(x, sample[i], &x->batch[x->n], err);
		x->r->sampled += r == 1;
		if (r == 1)
			x->docids[x->n++] = (uint32_t)(sample[i] - x->seg.first + 1);
		if (x->n == INSPECT_BATCH)
			r = check_batch(x, err);
	}
	return r < 0 ? -1 : check_batch(x, err);
}

/* A segment whose bytes are not what was written is not looked into: Xapian trusts them. */
static int check_segment(struct inspection *x, const struct segdir *d, struct current_run run,
			 struct err *err)
{
	int sound = sums_check(d->path, err);
	if (access(d->path, F_OK) != 0)
		return err_set(err, ERR_LATER, "the index changed meanwhile");
	int r = sound < 0 ? -1 : iseg_open(&x->seg, d->parent, run.first, run.last, err);
	if (r <= 0)
		fault(x, "%s", err->text);
	return r > 0; /* the numbers of documents and dates were compared */
}

static int compare_numbers(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
	return x < y ? -1 : x > y;
}

/* splitmix64 */
static uint64_t roll(uint64_t *state)
{
	uint64_t z = *state += UINT64_C(0x9E3779B97F4A7C15);
	z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
	z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
	return z ^ z >> 31;
}

/* Different numbers from 1 to `last`, ascending. */
static size_t choose(const struct inspect_options *o, uint64_t last, uint64_t *out)
{
	uint64_t state = o->seed;
	size_t n = 0, kept = 0, want = o->sample < last ? o->sample : last;
	for (; n < want; n++)
		out[n] = want == last ? n + 1 : 1 + roll(&state) % last;
	qsort(out, n, sizeof *out, compare_numbers);
	for (size_t i = 0; i < n; i++)
		if (i == 0 || out[i] != out[i - 1])
			out[kept++] = out[i];
	return kept;
}

static int check_all(struct inspection *x, const char *dir, const struct current *c,
		     const struct inspect_options *o, struct err *err)
{
	uint64_t last = current_last(c);
	uint64_t *sample = err_alloc((o->sample + 1) * sizeof *sample);
	size_t n = choose(o, last, sample);
	int r = 1;
	for (size_t i = 0; i < c->n && r >= 0; i++) {
		struct segdir d;
		r = segdir_name(&d, dir, c->generation, c->runs[i], err);
		if (r > 0)
			r = check_segment(x, &d, c->runs[i], err);
		if (r > 0)
			r = check_sample(x, sample, n, err);
		iseg_close(&x->seg);
	}
	free(sample);
	return r;
}

static void close_all(struct inspection *x)
{
	archive_close(&x->ar);
	inside_close(&x->inside);
	inside_stop();
	filter_maker_free(&x->unused);
	terms_free(&x->terms);
	buf_free(&x->raw);
	buf_free(&x->mine);
	buf_free(&x->theirs);
	buf_free(&x->differing);
	arena_free(&x->a);
	arena_free(&x->msg);
}

int inspect_index(struct arena *a, const char *archive_dir, const struct inspect_options *o,
		  struct inspect_result *r, struct err *err)
{
	struct inspection x = {.out = a, .r = r};
	struct current c;
	*r = (struct inspect_result){0};
	if (o->sample > MAX_SAMPLE)
		return err_set(err, ERR_USAGE, "a sample is at most %d messages", MAX_SAMPLE);
	int got = archive_open(&x.ar, archive_dir, ARCHIVE_READ, err);
	if (got >= 0)
		got = archive_last(x.ar, &r->archived, err);
	if (got >= 0 && current_load(a, archive_dir, &c, err) < 0)
		fault(&x, "%s", err->text);
	x.unused = filter_maker_new();
	x.terms = terms_new(x.unused);
	buf_init(&x.raw, RECORD_MAX_MESSAGE);
	buf_init(&x.mine, RECORD_MAX_PACKED);
	buf_init(&x.theirs, RECORD_MAX_PACKED);
	buf_init(&x.differing, 1024);
	if (got >= 0) {
		r->generation = c.generation;
		r->segments = c.n;
		r->messages = current_last(&c);
		struct str dir = arena_fmt(a, "%s/index/%.*s", archive_dir, STR_ARG(c.generation));
		if (!c.closed && c.n)
			inside_open(&x.inside, &(struct inside_options){.dir = dir.p,
									.ocr = c.ocr});
		got = check_all(&x, archive_dir, &c, o, err);
	}
	if (r->messages > r->archived)
		fault(&x, "the index covers more messages than the archive holds");
	close_all(&x);
	return got < 0 ? -1 : r->faults == 0;
}
