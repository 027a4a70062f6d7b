/* ask: a search as HTTP requests it, for JSON and pages alike.
 *
 * Shape: begin, next …, finish, end. Hits come one at a time; the page ends when `limit` hits
 *   or ASK_PAGE_BYTES of them are out, and then `next` says where to go on.
 * Limits: ASK_MAX_LIMIT, ASK_PAGE_BYTES (not for streams); the time, by ask_times.
 * Errors: ERR_INPUT unknown or bad parameters and queries; those of query.h.
 */
#ifndef ASK_H
#define ASK_H

#include "call.h"
#include "hash.h"

enum { ASK_LIMIT = 50, ASK_MAX_LIMIT = 500, ASK_PAGE_BYTES = 16 << 20,
       ASK_SLICE_MS = 100 /* a stream says something after that */ };

enum ask_total { ASK_AT_LEAST, ASK_EXACT, ASK_ESTIMATE, ASK_NONE };

struct ask {
	struct call *call;
	struct qdb *db;
	struct query_options options;
	struct str text;        /* q */
	uint64_t limit;
	enum ask_total total;
	bool stream;            /* NDJSON is wanted: no page has an end but by limit (0: none) */
	bool explain, certificate;
	uint64_t timeout_ms;
	bool blank;             /* no q at all */
	struct query_view view; /* when the search began */
	struct query *query;
	struct arena hit;
	uint64_t seen;          /* hits on the pages before this one */
	uint64_t n;             /* hits on this page so far */
	size_t bytes;
	bool ended;             /* there is nothing behind the last hit */
	struct str next;        /* "" when there is no further page */
	bool stopped;           /* time was up before the page was full */
	struct query *counter;  /* counts all hits */
	uint64_t counted;
	bool counted_all, count_stopped, count_whole; /* whole: nothing was left out */
	uint64_t started_us;
	struct hash_ctx *digest; /* of the ids of the hits so far, each with LF */
};

struct ask_summary {
	uint64_t total;
	bool exact, estimate;   /* neither: there are at least `total` */
	struct query_estimate bounds; /* with estimate */
	bool count_stopped;     /* time was up while counting */
	uint64_t unjudged;      /* messages that could not be judged */
	uint64_t searched_to;   /* the highest message number that was searched */
	uint64_t not_fully;     /* messages that could not be searched fully */
	uint64_t indexed_to, stored_to;
	double took_ms;
};

/* How long a search may take when nothing is said, and at most. */
void ask_times(uint64_t usual_ms, uint64_t most_ms);
/* The server stops: searches go on until then, by log_now_ms, and no longer. */
void ask_end_at(uint64_t by_ms);
/* The word for a dialect. */
const char *ask_dialect(enum query_dialect d);
/* Reads the parameters q dialect account mailbox limit cursor sort total timeout explain format
 * copies certificate. 1 or -1. */
int ask_read(struct ask *k, struct call *c, struct err *err);
/* Opens the query, over k->db or else the thread's handle. 1 or -1; ask_end in any case. */
int ask_begin(struct ask *k, struct err *err);
/* The next hit of the page, good until the next call. 1; 0 the page is full, or
 * time is up (k->stopped); QUERY_PAUSED; -1. */
int ask_next(struct ask *k, struct query_hit *out, struct err *err);
/* Counts all hits of all pages. 1 done, or time was up (k->count_stopped); QUERY_PAUSED; -1. */
int ask_count(struct ask *k, struct err *err);
/* Sums up, when ask_next has returned 0. 1 or -1. */
int ask_finish(struct ask *k, struct ask_summary *out, struct err *err);
void ask_end(struct ask *k);

#endif
