/* query: the front door of lib/query. Dialects -> tree -> plan -> answers.
 *
 * What: one matcher decides yes or no from a message and a tree; the index only skips work.
 *   Newest first by (date, number); UNSORTED by number; RELEVANT by fit, RECENT by fit and age.
 * Source: docs/search.md; RFC 9051 6.4.4, RFC 3501 6.4.4.
 * Shape: struct qdb is a read handle on archive and index; struct query is a cursor.
 *   The IMAP dialect judges copies, the box dialect messages.
 * Limits: query text 64 KiB, nesting 100, 10,000 leaves.
 * Errors: ERR_INPUT malformed query (err.column says where); ERR_BROKEN archive or index.
 * Memory: trees and hits live in the arena the caller gives.
 * Threads: one handle per thread.
 */
#ifndef QUERY_H
#define QUERY_H

#include "archive.h"
#include "explain.h"
#include "imapret.h"
#include "html.h"
#include "qnode.h"
#include "record.h"
#include "rights.h"
#include "snippet.h"

struct qdb;
struct query;

/* Opens archive and index for reading. An archive without an index is fine (indexed_to 0). */
int query_db_open(struct qdb **out, const char *dir, struct err *err);
void query_db_close(struct qdb **db);
/* Takes up a newly published index; call before each query. While a query of this handle is
 * open nothing changes. 1 or -1. */
int query_db_refresh(struct qdb *db, struct err *err);
/* The archive behind it, borrowed. */
struct archive *query_db_archive(struct qdb *db);
/* The index segments it has open, borrowed until the next refresh. */
struct segments;
const struct segments *query_db_segments(struct qdb *db);
/* For thread.c: its table, and until the next refresh the index's generation, "": none. */
struct thread_table *query_db_threads(struct qdb *db);
struct str query_db_generation(const struct qdb *db);
/* How far the index reaches, and how far the archive. */
int query_db_reach(struct qdb *db, uint64_t *indexed_to, uint64_t *stored_to, struct err *err);

enum query_dialect { QUERY_IMAP, QUERY_BOX, QUERY_JSON };
enum query_sort { QUERY_NEWEST, QUERY_OLDEST, QUERY_UNSORTED, QUERY_RELEVANT, QUERY_RECENT };

/* The version of what queries mean in both dialects: one more whenever a query that was valid may
 * find something else. Saved searches remember it. */
enum { QUERY_GRAMMAR = 2 };

/* What the box dialect did not understand and how it was taken. */
struct query_warning {
	int column;
	struct str text;
};

struct query_options {
	enum query_dialect dialect;
	const struct qnode *root; /* a tree, to live as long as the query, in place of the text */
	enum query_sort sort;
	bool no_index;            /* show the matcher every stored message */
	bool bare;                /* hits without snippet, and of the record but sort_date */
	bool whole;               /* all that is not indexed yet is searched, however much */
	bool present;             /* only copies the server still had at the last harvest */
	struct str account, mailbox; /* restrict copies; "" for all; glob patterns */
	struct rights rights;        /* of who asks */
	struct str cursor;        /* "" or what query_cursor gave: go on behind that hit */
	uint64_t deadline_ms;     /* by log_now_ms, 0: none */
	bool (*gone)(void *arg);  /* asked now and then: does nobody want the answer any more? */
	void *gone_arg;
};

/* So many stored messages that are not in the index yet are searched all the same. */
#define QUERY_MAX_TAIL 10000

struct query_hit {
	uint64_t number;
	struct archive_msg msg;
	struct record record;
	const struct archive_copy *copies; /* those that matched */
	size_t n_copies;
	struct str snippet;       /* plain text around the first hit in the body, "" when none */
	const struct snippet_mark *marks; /* what was looked for, in the snippet */
	size_t n_marks;
	struct snippet_source snippet_from;
	struct where where;
};

/* Parses and plans. `a` must live as long as the query. 1 or -1. */
int query_open(struct query **out, struct qdb *db, struct arena *a, struct str text,
	       const struct query_options *o, struct err *err);
/* The next hit, its contents in `a` (which may be reset between hits). 1; 0 end; QUERY_PAUSED;
 * -1 (ERR_LATER: stopped before the end; query_progress says how far it got). */
int query_next(struct query *q, struct arena *a, struct query_hit *out, struct err *err);
/* Where to go on, for query_options.cursor: behind the last hit, or when the query was stopped
 * behind what was looked at. In `a`. */
struct str query_cursor(const struct query *q, struct arena *a);
/* Counts the hits that are left (without making them). *out is what was counted so far in any
 * case. 1 all; QUERY_PAUSED; -1 as query_next. */
int query_count(struct query *q, uint64_t *out, struct err *err);
/* When so much time has passed without a result, query_next and query_count return QUERY_PAUSED;
 * asked again they go on. Until the next call; 0: no pause. */
enum { QUERY_PAUSED = 2 };
void query_pause(struct query *q, uint64_t ms);
/* Gives up what only one query at a time may hold, before a long time between two calls. */
void query_rest(struct query *q);

/* How far a query got. */
struct query_progress {
	bool time_up, given_up;      /* why it was stopped, if it was */
	uint64_t passed, candidates; /* candidates gone through, of those known so far */
	uint64_t unplanned;          /* index segments whose candidates are not known yet */
	uint64_t searched_to;        /* the highest message number that was, or will be, searched */
	uint64_t not_searched;       /* stored messages behind that */
	uint64_t scanned;            /* messages without an index that were looked at */
	uint64_t hits, unjudged;     /* unjudged: messages that could not be judged */
	bool has_back;
	int64_t back;                /* all before this date, in the query's order, was searched */
};
void query_progress(const struct query *q, struct query_progress *out);
/* Bounds of the number of all hits, and a guess, by what the index says. Plans every segment. */
int query_estimate(struct query *q, struct query_estimate *out, struct err *err);
/* The tree as text: (and (from "smith") (since 2020-02-01)). */
struct str query_tree(const struct query *q);
/* What RETURN asks for (esearch.h answers it), NULL: the query has no RETURN. Is there a MODSEQ
 * key? */
const struct imapret *query_return(const struct query *q);
bool query_has_modseq(const struct query *q);
/* How well the last hit fits its FUZZY words, 1 to 100. 1 or -1. */
int query_relevance(struct query *q, unsigned *out, struct err *err);
/* The next hit as the copies that matched, good until the next call. 1; 0 end; -1. */
int query_next_copies(struct query *q, const struct archive_copy **out, size_t *n,
		      struct err *err);
/* The next hit for sums: where it stands, and its copies only when the query judges copies. Its
 * record and size, in `a`. For queries that are bare. 1; 0 end; -1 as query_next. */
struct iseg;
struct query_place {
	uint64_t number;
	int64_t date;     /* the sort date; not of QUERY_UNSORTED */
	struct iseg *seg; /* NULL: no index */
	const struct archive_copy *copies;
	size_t n_copies;
};
int query_walk(struct query *q, struct query_place *out, struct err *err);
int query_here(struct query *q, struct arena *a, struct record *out, uint64_t *size,
	       struct err *err);
/* Which mailboxes it looks into. Borrowed. */
const struct scope *query_scope(const struct query *q);
/* Warnings of the parser. */
size_t query_warnings(const struct query *q, const struct query_warning **out);
/* What it looks for in texts; in its arena. */
struct snippet_needles query_needles(const struct query *q);
/* Tree, plan, candidates and times so far. Everything in `a`. */
void query_account(const struct query *q, struct arena *a, struct query_account *out);
/* The same as text for people. In `a`. */
struct str query_explain(const struct query *q, struct arena *a);
/* Indexed messages that could not be searched fully (quarantined, or any mark). */
int query_not_fully(struct qdb *db, uint64_t *out, struct err *err);
/* Their numbers, ascending, in the arena. 1 or -1. */
int query_unread(struct qdb *db, struct arena *a, const uint64_t **out, size_t *n_out,
		 struct err *err);
/* What the index keeps of a message: nothing but the number of one behind it. 1 or -1. */
int query_record(struct qdb *db, struct arena *a, uint64_t number, struct record *out,
		 struct err *err);
void query_close(struct query **q);
/* What somebody is told of the whole: of their own messages the highest number, how far of these
 * the index reaches, and how many of them could not be searched fully. 1 or -1. */
struct query_view {
	uint64_t indexed_to, stored_to, not_fully;
};
int query_view(struct qdb *db, const struct rights *r, struct query_view *out, struct err *err);
/* The names of a message's tags, sorted, in `a`. 1 or -1. */
struct query_tags { const struct str *list; size_t n; };
int query_tags(struct qdb *db, struct arena *a, const unsigned char hash[HASH_BYTES],
	       struct query_tags *out, struct err *err);
/* For tagged.h: what it keeps. */
struct tagged **query_db_tags(struct qdb *db);
/* One message for showing: raw bytes, parse and record in `a`. 1; 0 no such id; -1. */
struct query_message {
	struct archive_msg msg;
	struct str raw;    /* at most the first 64 MiB */
	struct mail mail;
	struct record record;
	const struct archive_copy *copies;
	size_t n_copies;
};
int query_message(struct qdb *db, struct arena *a, struct str id, struct query_message *out,
		  struct err *err);
/* The same, once archive or rights_find found it; with the copies that `r` lets one know of. */
int query_load(struct qdb *db, struct arena *a, const struct rights *r,
	       const struct archive_msg *msg, struct query_message *out, struct err *err);
/* A message as a hit of a list, without snippet, its bytes unread where the index tells enough.
 * 1; 0 there is none, or it may not be seen; -1. */
int query_glance(struct qdb *db, struct arena *a, const struct rights *r, uint64_t number,
		 struct query_hit *out, struct err *err);
/* The text for reading: the first text part, HTML as text with what it hides. In `a`. */
struct html_seen query_reading(struct arena *a, const struct query_message *m);

#endif
