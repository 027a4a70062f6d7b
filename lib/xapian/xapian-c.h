/* xapian-c: Xapian 1.4 for C.
 *
 * Prefix: xap_
 * What: a small binding without policy. Terms mean what the caller wants; documents have nothing
 *   else, neither values nor data.
 * Shape: opaque handles; every call is one exception barrier; batch calls (one for a document
 *   with all its terms).
 * Errors: ERR_BROKEN corrupt or unreadable database; ERR_LATER locked or modified meanwhile;
 *   ERR_INPUT invalid argument; ERR_NET remote backend. Text is Xapian's own message.
 * Limits: terms up to 245 bytes; docids are 32 bits.
 * Memory: handles are freed with their own close/free, which accept NULL and null the pointer;
 *   slices given out live until the next call on the same handle.
 * Threads: a handle belongs to one thread at a time.
 */
#ifndef XAPIAN_C_H
#define XAPIAN_C_H

#include "arena.h"
#include "buf.h"
#include "err.h"

#ifdef __cplusplus
extern "C" {
#endif

struct xap_db;     /* one or several databases to read */
struct xap_writer; /* one database to write */
struct xap_query;
struct xap_results;
struct xap_terms;

#define XAP_MAX_TERM 245

/* ---- writing ---- */

struct xap_term {
	struct str term;
	uint32_t wdf; /* 0: a boolean term */
};
/* A whole document for one call. Terms need not be sorted. */
struct xap_doc {
	const struct xap_term *terms;
	size_t n_terms;
};

enum { XAP_NO_TERMLIST = 1, XAP_NO_SYNC = 2 };
/* Makes a new database (the directory must not hold one). flush: documents between flushes,
 * 0: Xapian's own. 1 or -1. */
int xap_create(struct xap_writer **out, const char *path, int flags, uint32_t flush,
	       struct err *err);
/* Opens one for writing. */
int xap_open_writer(struct xap_writer **out, const char *path, struct err *err);
/* Adds under the next docid, or replaces a given one. */
int xap_add(struct xap_writer *w, const struct xap_doc *doc, uint32_t *docid_out, struct err *err);
int xap_replace(struct xap_writer *w, uint32_t docid, const struct xap_doc *doc, struct err *err);
int xap_delete(struct xap_writer *w, uint32_t docid, struct err *err);
int xap_set_metadata(struct xap_writer *w, struct str key, struct str value, struct err *err);
int xap_commit(struct xap_writer *w, struct err *err);
/* Closes; what was not committed is dropped. */
void xap_close_writer(struct xap_writer **w);
/* Compacts n databases, whose docids are disjoint and ascending after the given offsets are
 * applied by order (renumbered: first database keeps its docids, the next follow), into one new
 * one at `to`. */
int xap_compact(const char *const *from, size_t n, const char *to, struct err *err);

/* ---- reading ---- */

/* Opens a database; xap_add_db adds another behind it (queried as one, docids interleaved the
 * way Xapian does: (docid - 1) * n + index + 1). */
int xap_open(struct xap_db **out, const char *path, struct err *err);
int xap_add_db(struct xap_db *db, const char *path, struct err *err);
/* The same over TCP (xapian-tcpsrv), timeout in milliseconds. */
int xap_open_remote(struct xap_db **out, const char *host, unsigned port, unsigned timeout,
		    struct err *err);
int xap_add_remote(struct xap_db *db, const char *host, unsigned port, unsigned timeout,
		   struct err *err);
void xap_close(struct xap_db **db);
/* Documents; the highest docid. */
int xap_counts(struct xap_db *db, uint32_t *docs_out, uint32_t *last_out, struct err *err);
/* What was set under the key, appended to *out. 1; 0 nothing; -1. */
int xap_metadata(struct xap_db *db, struct str key, struct buf *out, struct err *err);
/* How many documents have the term. */
int xap_freq(struct xap_db *db, struct str term, uint32_t *out, struct err *err);
/* Sets bit (docid - 1) of `bits` (n_bits long) for every document that has any of the terms. One
 * call for a whole expansion. */
int xap_mark(struct xap_db *db, const struct str *terms, size_t n, uint64_t *bits, size_t n_bits,
	     struct err *err);
/* Which of n ascending docids have the term? has[i] answers for docids[i]. 1 or -1. */
int xap_has(struct xap_db *db, struct str term, const uint32_t *docids, size_t n, bool *has,
	    struct err *err);

/* All terms with a prefix, in byte order; of one document with docid > 0. */
int xap_terms_open(struct xap_terms **out, struct xap_db *db, uint32_t docid, struct str prefix,
		   struct err *err);
/* 1: *term (and, unless NULL, its number of documents or wdf); 0: end; -1. */
int xap_terms_next(struct xap_terms *t, struct str *term, uint32_t *freq, struct err *err);
void xap_terms_close(struct xap_terms **t);

/* ---- queries ---- */

enum xap_op { XAP_AND, XAP_OR, XAP_AND_NOT, XAP_XOR, XAP_FILTER, XAP_SYNONYM, XAP_MAX };
/* Leaves: a term, every document, none. Never NULL. */
struct xap_query *xap_q_term(struct str term, uint32_t wqf);
struct xap_query *xap_q_all(void);
struct xap_query *xap_q_none(void);
/* Joins n queries, which it takes over and nulls. */
struct xap_query *xap_q_join(enum xap_op op, struct xap_query **qs, size_t n);
/* Multiplies its weights. Takes q over. */
struct xap_query *xap_q_scale(struct xap_query *q, double factor);
/* Xapian's own description, in the arena. */
struct str xap_q_text(struct arena *a, const struct xap_query *q);
void xap_q_free(struct xap_query **q);

struct xap_search {
	uint32_t first, most; /* which results */
	bool weighted;        /* BM25 by relevance; else by docid */
	bool ascending;       /* without weights: lowest docid first */
};
/* Runs it. The results are a cursor. */
int xap_search(struct xap_results **out, struct xap_db *db, const struct xap_query *q,
	       const struct xap_search *s, struct err *err);
/* 1: a docid and its weight; 0: end; -1. */
int xap_results_next(struct xap_results *r, uint32_t *docid, double *weight, struct err *err);
/* Xapian's estimate of how many match. */
uint32_t xap_results_estimate(const struct xap_results *r);
void xap_results_close(struct xap_results **r);

/* ---- words ---- */

struct xap_stemmer;
/* A stemmer for English (Porter 2). */
void xap_stem_open(struct xap_stemmer **out);
void xap_stem_close(struct xap_stemmer **s);
/* The stem of a word in lower case into out, cut after max bytes; its length. */
size_t xap_stem(struct xap_stemmer *s, struct str word, char *out, size_t max);

#ifdef __cplusplus
}
#endif
#endif
