/* ledger: what became of every UID that was ever met.
 *
 * What: a cursor over copies and outcomes, and the schedule by which failed UIDs are tried again.
 * Source: docs/formats/archive.md, sections 2 and 3.
 * Shape: pull. Entries come ordered by account, mailbox, UIDVALIDITY, UID; nothing is gathered, so
 *   there is no limit to their number. Of a message's copies one is the first, for which its bytes
 *   were stored: that with the lowest run, first_seen, epoch, UID (within a second of a run the
 *   catalog does not know better). A UID comes more than once
 *   only when it stood for other bytes before, or vanished and was met again: at most one of
 *   its entries is of now, the others are copies that vanished.
 * Memory: what an entry points to lives until the next call; the epochs are held until close.
 * Errors: as db.h.
 */
#ifndef LEDGER_H
#define LEDGER_H

#include "archive.h"

struct ledger;

enum ledger_outcome {
	LEDGER_STORED,    /* the first copy of its message */
	LEDGER_DUPLICATE, /* its bytes were stored before it came */
	LEDGER_REFUSED,
	LEDGER_FAILED,
	LEDGER_GONE,      /* vanished before it was fetched */
	LEDGER_OUTCOMES
};

struct ledger_filter {
	struct str account, mailbox; /* patterns (star, question mark), "": all */
	int64_t epoch;               /* 0: all */
	unsigned outcomes;           /* bits 1 << enum ledger_outcome, 0: all */
	bool vanished;               /* only copies that vanished */
	int64_t from_epoch;          /* 0: from the first on; else from this one, and in it */
	uint32_t from_uid;           /* from this UID on */
};

struct ledger_entry {
	const struct archive_epoch *epoch;
	uint32_t uid;
	enum ledger_outcome outcome;
	int64_t first_seen, last_seen;
	/* stored, duplicate */
	uint64_t message;
	unsigned char hash[HASH_BYTES]; /* zeros: destroyed */
	int64_t disposal; /* that masks or destroyed the message, 0: none */
	bool destroyed;
	int64_t vanished; /* when it was first found missing, 0: it is there */
	struct str basis; /* its bytes were not read: what it rests on; "": they were;
	                   * "header+text": they were, in two parts */
	/* refused, failed, gone */
	struct str reason;
	uint64_t tries;   /* how often it failed */
	int64_t next_try; /* failed */
};

/* Starts. Close it before the archive. 1 or -1. */
int ledger_open(struct ledger **out, struct archive *ar, const struct ledger_filter *f,
		struct err *err);
/* 1: *out; 0 the end; -1. */
int ledger_next(struct ledger *l, struct ledger_entry *out, struct err *err);
/* Accepts NULL. */
void ledger_close(struct ledger **l);

/* A UID whose fetch failed. */
struct ledger_retry {
	uint32_t uid;
	int64_t last_try, next_try;
};
/* The failed UIDs of an epoch, ascending, in the arena. 1 or -1. */
int ledger_failed(struct archive *ar, struct arena *a, int64_t epoch,
		  const struct ledger_retry **out, size_t *n_out, struct err *err);
/* The refused UIDs of an epoch, ascending, in the arena. 1 or -1. */
int ledger_refused(struct archive *ar, struct arena *a, int64_t epoch, const uint32_t **out,
		   size_t *n_out, struct err *err);
/* Those that were gone before they were fetched. */
int ledger_gone(struct archive *ar, struct arena *a, int64_t epoch, const uint32_t **out,
		size_t *n_out, struct err *err);
/* Is it time to try again? A clock that went back behind the last try says yes. */
bool ledger_due(const struct ledger_retry *r, int64_t now);

/* What became of an epoch's UIDs, in numbers. */
struct ledger_sums {
	uint64_t stored, duplicates; /* copies, also those that vanished */
	uint64_t vanished, refused, failed, gone;
	int64_t next_try;            /* the earliest of the failed, 0: none failed */
};
int ledger_count(struct archive *ar, int64_t epoch, struct ledger_sums *out, struct err *err);

#endif
