/* qnode: the tree every dialect is parsed into.
 *
 * Source: RFC 9051 6.4.4 for the keys; docs/search.md for what each means.
 * Shape: plain structs in an arena. Needles are kept as typed and as mapped (casemap.h).
 */
#ifndef QNODE_H
#define QNODE_H

#include "arena.h"
#include "err.h"

struct wild_phrase;

enum qnode_kind {
	QNODE_ALL, QNODE_NOT, QNODE_AND, QNODE_OR,
	QNODE_FROM, QNODE_TO, QNODE_CC, QNODE_BCC, QNODE_SUBJECT, /* needle */
	QNODE_HEADER,                                             /* name, needle */
	QNODE_BODY, QNODE_TEXT,                                   /* needle */
	QNODE_BEFORE, QNODE_ON, QNODE_SINCE,                      /* day */
	QNODE_SENTBEFORE, QNODE_SENTON, QNODE_SENTSINCE,          /* day */
	QNODE_SAVEDBEFORE, QNODE_SAVEDON, QNODE_SAVEDSINCE,       /* day */
	QNODE_OLDER, QNODE_YOUNGER, QNODE_LARGER, QNODE_SMALLER, QNODE_MODSEQ, /* number */
	QNODE_FLAG,                                               /* number: enum archive_flag */
	QNODE_KEYWORD,                                            /* needle */
	QNODE_RECENT,
	QNODE_EMAILID, QNODE_THREADID,                            /* needle */
	QNODE_SAVED, /* is its SAVEDATE known? */
	QNODE_UID, QNODE_SEQ,                                     /* set */
	QNODE_ACCOUNT, QNODE_MAILBOX,                             /* needle: glob */
	QNODE_TAG,                                                /* needle: its name */
	QNODE_THREAD, QNODE_ID,                                   /* needle: its id */
	QNODE_HAS,                                                /* needle: partkind.h */
	/* Box dialect. name = field: "", from, to, cc, bcc, subject, body, attachment, filename,
	 * link (targets of links in HTML); "text": all but attachments. */
	QNODE_WILD, /* phrases: one; the words need not be told whole (wild.h) */
	QNODE_NEAR, /* phrases: two; number: within so many words of each other */
	QNODE_WORD  /* words: one after the other */
};

/* A set of UIDs or sequence numbers; '*' is no number and stands behind. */
#define QNODE_STAR 0
struct qnode_range {
	uint32_t lo, hi;
};

struct qnode {
	enum qnode_kind kind;
	const struct qnode *const *kids; /* NOT: 1; AND, OR: n */
	size_t n_kids;
	struct str needle, mapped;
	struct str name;                 /* HEADER field, WORD field */
	const struct str *words;         /* WORD: mapped tokens, one after the other */
	bool stem;                       /* WORD: one word, as stem; mapped: what tokens of
					  * that stem begin with (stem.h) */
	const char *lang;                /* of the stem (stem.h), NULL: that of FUZZY */
	size_t n_words;
	const struct wild_phrase *phrases; /* WILD, NEAR */
	size_t n_phrases;
	int32_t day;                     /* days since 1970-01-01 */
	uint64_t number;
	const uint32_t *numbers;         /* THREAD instead of an id: of messages, ascending */
	size_t n_numbers;
	const struct qnode_range *ranges;
	size_t n_ranges;
	int column;                      /* 1-based, where it stood in the query */
	unsigned leaf;                   /* its place among the leaves, from qnode_leaves */
};

/* What may be asked at all. */
#define QNODE_MAX_TEXT ((size_t)64 << 10)
#define QNODE_MAX_DEPTH 100
#define QNODE_MAX_LEAVES 10000

/* A new node of that kind in the arena. */
struct qnode *qnode_new(struct arena *a, enum qnode_kind kind, int column);
/* Joins n nodes with AND or OR; one node is itself, none is ALL. The array is borrowed. */
const struct qnode *qnode_join(struct arena *a, enum qnode_kind kind,
			       const struct qnode *const *kids, size_t n);
/* The messages of these numbers (ascending, each once; borrowed): a leaf THREAD. */
const struct qnode *qnode_numbers(struct arena *a, const uint32_t *numbers, size_t n);
/* The negation; NOT of NOT is the node itself. */
const struct qnode *qnode_not(struct arena *a, const struct qnode *q);
/* Is it a leaf (anything but ALL, NOT, AND, OR)? Does it judge copies rather than messages? */
bool qnode_is_leaf(const struct qnode *q);
bool qnode_is_copy(const struct qnode *q);
/* Numbers the leaves in reading order and lists them in the arena. Returns how many. */
size_t qnode_leaves(struct arena *a, const struct qnode *q, const struct qnode *const **out);
/* Days since 1970-01-01 of a calendar date. 1; 0: no such day. */
int qnode_day(unsigned year, unsigned month, unsigned day, int32_t *out);
/* Year and month (1..12) of a day. False: not of the years 0 to 9999. */
bool qnode_month_of(int32_t day, unsigned *year, unsigned *month);
/* May it be the id of a thread or message: hexadecimal digits, perhaps with a 't' before? */
bool qnode_thread_id(struct str id);
/* The month (1..12) with that English three-letter name, in any case; 0: none. */
unsigned qnode_month(struct str name);

/* The tree as one line of text that names every leaf: (and (from "smith") (not (seen))).
 * In the arena. */
struct str qnode_text(struct arena *a, const struct qnode *q);

#endif
