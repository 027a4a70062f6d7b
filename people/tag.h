/* tag: names that people put on messages.
 *
 * What: each message may have any number of them, whoever put them there; they are the archive's,
 *   and the same for everybody. A message is known by its hash, so that a rebuilt catalog changes
 *   nothing; its number is kept beside and used where it is still right.
 * Source: docs/tags.md, docs/formats/people.md.
 * Shape: messages are picked one by one (which locks nothing), then one transaction puts the tag
 *   on all of them or takes it off. A tag is there as long as a message has it.
 * Limits: TAG_MAX_NAME bytes, TAG_MAX tags. Picked messages wait in a temporary table.
 * Errors: ERR_INPUT a bad name, too many tags; those of peopledb.h.
 */
#ifndef TAG_H
#define TAG_H

#include "archive.h"
#include "peopledb.h"

enum { TAG_MAX_NAME = 100, TAG_MAX = 10000 };

/* The tables, for peopledb.c. */
extern const char tag_schema[];

struct tag {
	int64_t id, serial; /* serial: another one after each change; ids are never used again */
	struct str name, by; /* by: who made it, "" the owner */
	int64_t at;
};

/* May something be called that? UTF-8 of 1 to TAG_MAX_NAME bytes without controls, '"' and
 * invisible characters, no blank at either end, and not "." or "..". 1 or -1. */
int tag_check_name(struct str name, struct err *err);
/* Forgets what was picked; picks one more. 1 or -1. */
int tag_pick_none(struct people *p, struct err *err);
int tag_pick(struct people *p, uint64_t number, const unsigned char hash[HASH_BYTES],
	     struct err *err);
/* A tag to be put on the picked messages, or taken off; how many of them it changed. */
struct tag_change {
	struct str name;
	bool off;
	uint64_t changed;
};
/* Does so, in one transaction, and forgets what was picked. 1 or -1 (then nothing is changed). */
int tag_apply(struct people *p, struct tag_change *list, size_t n, struct str who,
	      struct err *err);
/* Takes it off every message there is. 1; 0 there is no such tag; -1. */
int tag_drop(struct people *p, struct str name, uint64_t *changed, struct err *err);
/* All tags by name, in the arena. 1 or -1. */
int tag_list(struct people *p, struct arena *a, const struct tag **out, size_t *n_out,
	     struct err *err);
/* One by name (ASCII letters in either case), in the arena. 1; 0 none; -1. */
int tag_find(struct people *p, struct arena *a, struct str name, struct tag *out,
	     struct err *err);
/* Numbers of the messages that have each of n tags, ascending, each once, in the arena; `tag` of
 * each, its id, is set by the caller. Messages that the archive does not have (any more) are left
 * out. 1 or -1. */
struct tag_numbers {
	int64_t tag;
	uint32_t *list;
	size_t n;
};
int tag_numbers(struct people *p, struct archive *ar, struct tag_numbers *list, size_t n,
		struct arena *a, struct err *err);
/* The names of a message's tags, sorted, in the arena. 1 or -1. */
struct tag_names {
	const struct str *list;
	size_t n;
};
int tag_of(struct people *p, struct arena *a, const unsigned char hash[HASH_BYTES],
	   struct tag_names *out, struct err *err);
/* How many tags there are, and how many messages have one. 1 or -1. */
struct tag_sums {
	uint64_t tags, messages;
};
int tag_sums(struct people *p, struct tag_sums *out, struct err *err);
/* Forgets the messages that were destroyed in the archive, so that the file does not hold their
 * hashes either. 1 or -1. */
int tag_forget_destroyed(struct people *p, struct archive *ar, struct err *err);

#endif
