/* memo: answers of the catalog that are asked for again and again.
 *
 * What: the newest answers by a key, until the catalog changes (SQLite's data_version).
 * Shape: for handles that only read; a writer sees its own changes and must not use it.
 * Limits: MEMO_ENTRIES answers, of MEMO_BYTES in all.
 * Memory: owns copies.
 */
#ifndef MEMO_H
#define MEMO_H

#include "archive.h"
#include "db.h"

enum { MEMO_ENTRIES = 32, MEMO_BYTES = 16 << 20 };

struct memo_entry {
	struct str key, value; /* one allocation, at key.p */
	uint64_t used;
};

struct memo {
	struct db *db; /* borrowed; set by whoever makes it */
	struct memo_entry entry[MEMO_ENTRIES];
	size_t bytes;
	int64_t version;
	uint64_t clock;
};

/* As copies_epochs and copies_select. */
int memo_epochs(struct memo *m, struct arena *a, const struct archive_epoch **out,
		size_t *n_out, struct err *err);
int memo_select(struct memo *m, struct arena *a, const struct archive_select *s,
		const uint32_t **out, size_t *n_out, struct err *err);
/* Of one opened for reading. Borrowed. */
struct memo *archive_memo(struct archive *ar);
/* An answer that others made, by a key of theirs; in the arena. 1; 0 there is none; -1. */
int memo_kept(struct memo *m, struct arena *a, struct str key, struct str *value, struct err *err);
/* Keeps one, which was made since memo_kept said that there is none. */
void memo_keep(struct memo *m, struct str key, struct str value);
void memo_clear(struct memo *m);

#endif
