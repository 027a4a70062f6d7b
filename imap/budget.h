/* budget: how many bytes an account may take in a day, and until when it is left alone.
 *
 * What: the bytes of the last 24 hours, hour by hour, in budget/NAME.json of the archive,
 *   replaced whole, so that a restart forgets nothing; and the time before which a server, or
 *   the budget, wants no visit.
 * Shape: kept by the account's process. What came since the file was written last (BUDGET_STEP)
 *   may be forgotten in a crash. No fact of the archive: it may be deleted.
 * Errors: trouble with the file is warned of, no more.
 */
#ifndef BUDGET_H
#define BUDGET_H

#include "arena.h"
#include "str.h"

#define BUDGET_HOURS 24
#define BUDGET_STEP ((uint64_t)8 << 20)
#define BUDGET_NONE UINT64_MAX

struct budget {
	struct arena arena;
	const char *path;
	uint64_t limit;          /* bytes in 24 hours, BUDGET_NONE: any number */
	int64_t hour[BUDGET_HOURS + 1];   /* since 1970, 0: the entry is free */
	uint64_t bytes[BUDGET_HOURS + 1]; /* that came in that hour */
	uint64_t counted;        /* of the session's bytes */
	uint64_t unsaved;
	int64_t until;           /* no visit before, seconds UTC, 0: now */
	bool own;                /* because the budget is spent; else the server asked for it */
	char why[200];
};

/* Reads what is known of an account. Free with budget_close, which writes it down. */
void budget_open(struct budget *b, const char *dir, struct str account);
void budget_close(struct budget *b);
/* A new session begins: its bytes are counted from 0. */
void budget_session(struct budget *b, uint64_t limit);
/* So many bytes came in this session until now. */
void budget_note(struct budget *b, uint64_t received, int64_t now);
/* What may still come. */
uint64_t budget_left(const struct budget *b, int64_t now);
/* It is spent: no visit until a tenth of it is free again. */
void budget_spent(struct budget *b, int64_t now);
/* The server wants no visit for so long. */
void budget_hold(struct budget *b, uint64_t ms, const char *why, int64_t now);

#endif
