/* repair: what can be mended in an archive, and mending it.
 *
 * What: segments and seals from another copy of the same log, seals from the catalog, the public
 *   key from the private one, the catalog from sound segments. What a file must be is said by
 *   signatures and SHA-256, never by the copy it comes from.
 * Shape: a plan is made from verify's findings, and has an id, a hash over all it rests on. Mending
 *   makes the plan anew, with the writer's lock held, and goes on only if its id is the one given.
 *   Nothing is deleted (see mend.h). Interrupted: make another plan. Some damage is
 *   seen only when other is mended: plan again until nothing is left to do.
 * Errors: ERR_LATER a writer is at work; ERR_INPUT the archive is not as it was planned for.
 */
#ifndef REPAIR_H
#define REPAIR_H

#include "err.h"
#include "findings.h"
#include "hash.h"

struct repair_of {
	const char *dir;
	const char *from; /* directory of a copy, NULL: none */
	bool progress;
};

enum repair_kind { REPAIR_KEY, REPAIR_SEAL, REPAIR_SEGMENT, REPAIR_CATALOG };

struct repair_step {
	enum repair_kind kind;
	uint32_t segment;
	struct str text;  /* what will be done, for people */
	struct str bytes; /* KEY, SEAL: the file's */
	unsigned char sha256[HASH_BYTES]; /* SEGMENT: of the good file */
};

struct repair_plan {
	struct arena a;
	struct repair_step *steps;
	size_t n;
	struct findings all;  /* as verify --deep has them */
	struct findings left; /* those that these steps do not mend */
	char id[HASH_HEX + 1];
};

/* Makes a plan; writes nothing. Free it with repair_free, also after -1. 1: there is nothing wrong;
 * 0: there is; -1 it could not be found out. */
int repair_look(const struct repair_of *of, struct repair_plan *out, struct err *err);
/* Makes the plan anew and does what it says if it has that id. 1; -1. */
int repair_run(const struct repair_of *of, const char *id, struct repair_plan *out,
	       struct err *err);
/* Empties it and gives the memory back. */
void repair_free(struct repair_plan *p);

#endif
