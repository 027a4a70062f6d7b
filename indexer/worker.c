#define _GNU_SOURCE
#include "worker.h"

#include "archive.h"
#include "column.h"
#include "file.h"
#include "headtext.h"
#include "inside.h"
#include "lexicon.h"
#include "order.h"
#include "records.h"
#include "schema.h"
#include "segdir.h"
#include "terms.h"
#include "threader.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/time.h>

/* Xapian writes what it holds in memory every so many postings. It keeps them in trees, one for
 * each term, which soon outgrow the processor's caches: measured over 7.5 million postings, 13 s
 * with this figure, 21 s with a million, 26 s with all of them at once. */
#define POSTINGS_PER_FLUSH 60000

struct worker {
	const struct worker_job *job;
	struct archive *ar;
	struct segdir dir;
	struct xap_writer *xapian;
	struct filter_maker *filter;
	struct records_maker *records, *headers;
	struct terms *terms;
	struct arena a;       /* one message */
	struct buf raw, data;
	struct dict *dict, *header_dict; /* of the generation, or NULL */
	struct threader_out *kin;
	struct inside *inside; /* or NULL */
	struct order_row *rows; /* by docid */
	struct column_maker *columns;
	size_t postings;      /* since the last flush */
};

static void limit_time(int seconds)
{
	struct itimerval t = {.it_value.tv_sec = seconds};
	setitimer(ITIMER_PROF, &t, NULL);
}

static int arrival_of(struct worker *w, uint64_t number, int64_t *out, struct err *err)
{
	const struct archive_copy *copies;
	size_t n;
	if (archive_copies(w->ar, &w->a, number, &copies, &n, err) < 0)
		return -1;
	*out = n ? copies[0].internaldate : 0;
	return 1;
}

/* ---- the database ---- */

/* Not synced by Xapian: the finished one is synced once, before it gets its name. */
static int begin_database(struct worker *w, struct err *err)
{
	char path[3200];
	snprintf(path, sizeof path, "%s/build", w->dir.tmp);
	return xap_create(&w->xapian, path, XAP_NO_SYNC | XAP_NO_TERMLIST, UINT32_MAX, err);
}

/* A database that grew piece by piece has slack; the copy is a third smaller in its postings. */
static int end_database(struct worker *w, struct err *err)
{
	char from[3200], to[3200];
	const char *name = from;
	if (xap_commit(w->xapian, err) < 0)
		return -1;
	xap_close_writer(&w->xapian);
	snprintf(from, sizeof from, "%s/build", w->dir.tmp);
	snprintf(to, sizeof to, "%s/xapian", w->dir.tmp);
	if (xap_compact(&name, 1, to, err) < 0)
		return -1;
	return file_remove_tree(from, err);
}

/* ---- messages ---- */

/* m: NULL, it was not read. */
static int add_document(struct worker *w, const struct archive_msg *msg, const struct mail *m,
			const struct record *r, const struct xap_doc *doc, struct err *err)
{
	struct column_doc columns;
	buf_clear(&w->data);
	record_pack(r, &w->data);
	records_add(w->records, buf_all(&w->data));
	buf_clear(&w->data);
	headtext_pack(m, &w->data);
	records_add(w->headers, buf_all(&w->data));
	if (xap_add(w->xapian, doc, NULL, err) < 0)
		return -1;
	w->rows[msg->number - w->job->run.first] = (struct order_row){
		r->sort_date, msg->rfc822_size, r->date.usable ? r->date.day : ORDER_NO_DAY};
	column_of(&w->a, r, msg->rfc822_size, &columns);
	column_add(w->columns, &columns);
	w->postings += doc->n_terms;
	if (w->postings < POSTINGS_PER_FLUSH)
		return 1;
	w->postings = 0;
	return xap_commit(w->xapian, err);
}

/* What it says of its thread; m: NULL, it was not read. */
static int put_kin(struct worker *w, const struct archive_msg *msg, const struct mail *m,
		   struct err *err)
{
	static const struct mail nothing;
	struct kin k;
	kin_make(&w->a, m ? m : &nothing, msg->hash, &k);
	k.number = msg->number;
	return threader_put(w->kin, &k, err);
}

static int quarantine(struct worker *w, const struct archive_msg *msg, int64_t arrival,
		      struct err *err)
{
	const struct xap_term *terms;
	struct record r;
	size_t n;
	record_quarantined(arrival, &r);
	if (put_kin(w, msg, NULL, err) < 0)
		return -1;
	terms_quarantined(w->terms, &terms, &n);
	filter_add(w->filter, (uint32_t)(msg->number - w->job->run.first + 1), msg->segment,
		   msg->frame, STR(""));
	return add_document(w, msg, NULL, &r, &(struct xap_doc){.terms = terms, .n_terms = n},
			    err);
}

static int parse_and_add(struct worker *w, const struct archive_msg *msg, int64_t arrival,
			 struct err *err)
{
	const struct xap_term *terms;
	struct record r;
	struct mail m;
	size_t n;
	uint32_t docid = (uint32_t)(msg->number - w->job->run.first + 1);
	buf_clear(&w->raw); /* a destroyed message is an empty one, which no query shows */
	if (!msg->destroyed &&
	    archive_read(w->ar, msg, RECORD_MAX_MESSAGE, &w->raw, err) < 0)
		return -1;
	mail_parse(&w->a, buf_all(&w->raw), &mail_default_limits, &m);
	if (msg->size > RECORD_MAX_MESSAGE)
		m.marks |= MAIL_MARK_TRUNCATED;
	if (put_kin(w, msg, &m, err) < 0)
		return -1;
	record_make(&w->a, &m, arrival, &r);
	if (w->inside && inside_fill(w->inside, &w->a, &m, &r, err) < 0)
		return -1;
	const struct terms_message in = {&m, &r, msg, docid};
	terms_collect(w->terms, &w->a, &in, &terms, &n);
	return add_document(w, msg, &m, &r, &(struct xap_doc){.terms = terms, .n_terms = n},
			    err);
}

static int add_message(struct worker *w, uint64_t number, struct err *err)
{
	struct archive_msg msg;
	int64_t arrival;
	w->job->report->at = number;
	limit_time(WORKER_CPU_SECONDS);
	arena_reset(&w->a);
	int r = archive_find(w->ar, number, &msg, err);
	if (r == 0)
		return err_set(err, ERR_BROKEN, "message %llu is missing in the archive",
			       (unsigned long long)number);
	if (r < 0 || arrival_of(w, number, &arrival, err) < 0)
		return -1;
	if (w->job->quarantine)
		return quarantine(w, &msg, arrival, err);
	return parse_and_add(w, &msg, arrival, err);
}

static void open_inside(struct worker *w)
{
	char older[3200];
	struct inside_options o = {.dir = w->dir.parent, .write = true, .retry = w->job->retry,
				   .ocr = w->job->ocr};
	if (w->job->closed || w->job->quarantine)
		return;
	snprintf(older, sizeof older, "%s/index/%.*s", w->job->archive_dir,
		 STR_ARG(w->job->older));
	if (w->job->older.n)
		o.older = older;
	inside_open(&w->inside, &o);
}

static int begin_headers(struct worker *w, struct err *err)
{
	char path[3200];
	snprintf(path, sizeof path, "%s/dictionary-headers", w->dir.parent);
	if (dict_open(&w->header_dict, path, err) < 0)
		return -1;
	snprintf(path, sizeof path, "%s/headers", w->dir.tmp);
	return records_begin(&w->headers, path, RECORDS_HEADERS, w->header_dict, err);
}

static int open_all(struct worker *w, struct err *err)
{
	uint64_t n = w->job->run.last - w->job->run.first + 1;
	open_inside(w);
	if (archive_open(&w->ar, w->job->archive_dir, ARCHIVE_READ, err) < 0)
		return -1;
	if (threader_begin(&w->kin, w->dir.parent, w->job->run, err) < 0)
		return -1;
	w->filter = filter_maker_new();
	w->columns = column_maker_new();
	w->terms = terms_new(w->filter);
	w->rows = err_alloc(n * sizeof *w->rows);
	buf_init(&w->raw, RECORD_MAX_MESSAGE);
	buf_init(&w->data, RECORD_MAX_PACKED);
	char path[3200];
	snprintf(path, sizeof path, "%s/dictionary", w->dir.parent);
	if (dict_open(&w->dict, path, err) < 0)
		return -1;
	snprintf(path, sizeof path, "%s/records", w->dir.tmp);
	if (records_begin(&w->records, path, RECORDS_GROUP, w->dict, err) < 0)
		return -1;
	return begin_headers(w, err) < 0 ? -1 : begin_database(w, err);
}

static void close_all(struct worker *w)
{
	struct err ignored;
	threader_end(&w->kin, &ignored);
	inside_close(&w->inside);
	inside_stop();
	archive_close(&w->ar);
	xap_close_writer(&w->xapian);
	filter_maker_free(&w->filter);
	column_maker_free(&w->columns);
	records_abandon(&w->records);
	records_abandon(&w->headers);
	terms_free(&w->terms);
	arena_free(&w->a);
	buf_free(&w->raw);
	buf_free(&w->data);
	dict_close(&w->dict);
	dict_close(&w->header_dict);
	free(w->rows);
}

int worker_lexicon(const char *segment_path, struct err *err)
{
	char path[3200];
	struct xap_db *db;
	snprintf(path, sizeof path, "%s/xapian", segment_path);
	if (xap_open(&db, path, err) < 0)
		return -1;
	snprintf(path, sizeof path, "%s/lexicon", segment_path);
	int r = lexicon_build(db, path, err);
	xap_close(&db);
	return r;
}

static int finish(struct worker *w, struct err *err)
{
	char path[3200];
	uint32_t n = (uint32_t)(w->job->run.last - w->job->run.first + 1);
	limit_time(0);
	if (threader_end(&w->kin, err) < 0 || records_end(w->records, err) < 0 ||
	    records_end(w->headers, err) < 0 || end_database(w, err) < 0)
		return -1;
	snprintf(path, sizeof path, "%s/filter", w->dir.tmp);
	if (filter_maker_write(w->filter, path, err) < 0)
		return -1;
	snprintf(path, sizeof path, "%s/columns", w->dir.tmp);
	if (column_write(w->columns, path, err) < 0)
		return -1;
	snprintf(path, sizeof path, "%s/order", w->dir.tmp);
	if (order_write(path, w->rows, n, err) < 0 || worker_lexicon(w->dir.tmp, err) < 0)
		return -1;
	return segdir_finish(&w->dir, err) < 0 ? -1 : segdir_enter(&w->dir, err);
}

int worker_build(const struct worker_job *job, struct err *err)
{
	struct worker w = {.job = job};
	mail_init();
	if (segdir_name(&w.dir, job->archive_dir, job->generation, job->run, err) < 0 ||
	    segdir_begin(&w.dir, err) < 0)
		return -1;
	int r = open_all(&w, err);
	for (uint64_t i = job->run.first; r == 1 && i <= job->run.last; i++)
		r = add_message(&w, i, err);
	if (r == 1) {
		job->report->at = job->run.last + 1;
		r = finish(&w, err);
	}
	close_all(&w);
	return r;
}
