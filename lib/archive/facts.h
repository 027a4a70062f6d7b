/* facts: what happened to messages later, as lines of JSON for the segments.
 *
 * What: the catalog's changes that no message member tells, so that the catalog can be rebuilt
 *   from the segments alone. One member "facts/<n>.ndjson" per commit; its last line is the
 *   commit itself.
 * Source: docs/formats/archive.md.
 * Limits: a member is closed when it has FACTS_FULL bytes.
 */
#ifndef FACTS_H
#define FACTS_H

#include "disposal.h"

#define FACTS_FULL ((size_t)192 << 10)
#define FACTS_DATE 80

struct facts {
	struct buf lines;
	int64_t change; /* number of the change that is told, set by the caller */
	int64_t at;     /* seconds UTC */
};

/* Starts empty; facts_free gives the memory back. */
void facts_init(struct facts *f);
/* Frees the lines. */
void facts_free(struct facts *f);
/* One line each. */
void facts_run(struct facts *f, int64_t run);
void facts_epoch(struct facts *f, const struct archive_epoch *e);
void facts_seen(struct facts *f, const struct archive_epoch *e);
/* What an account's mailboxes are for (uses.h). */
void facts_uses(struct facts *f, struct str account, struct str uses);
/* A copy whose message has no member of its own for it. */
void facts_copy(struct facts *f, const struct archive_copy *c,
		const unsigned char hash[HASH_BYTES]);
void facts_flags(struct facts *f, const struct archive_copy *c);
/* UIDs, sorted. */
void facts_vanished(struct facts *f, int64_t epoch, const uint32_t *uids, size_t n);
void facts_outcome(struct facts *f, const struct archive_copy *where, enum archive_outcome outcome,
		   struct str reason);
/* Numbers of messages, in one or more lines. */
void facts_disposed(struct facts *f, const struct disposal *d, const uint32_t *numbers, size_t n);
/* The next step of a disposal: "restored", "destroyed" or "erased", as its state says. */
void facts_disposal_end(struct facts *f, const struct disposal *d);
void facts_commit(struct facts *f, int64_t commit, int64_t last);
/* "\Seen \Answered" of flag bits, appended; archive_flag order. */
void facts_flag_names(struct buf *out, unsigned flags);
/* "+02:00", "" for UTC: minutes east. */
void facts_zone(char out[FACTS_DATE], int zone);
/* "2003-04-01T12:00:00+02:00". 1; 0 a year that is not 0..9999. */
int facts_date(char out[FACTS_DATE], int64_t internaldate, int zone);

#endif
