/* intake: the parent's side of a feed: records -> archive.
 *
 * What: checks what a child sends and puts it into the archive. One message is in progress at a
 *   time: a message is read to its end before anything else is looked at.
 * Errors: ERR_BROKEN with *archive_failed set: the archive; without: the child sent nonsense.
 */
#ifndef INTAKE_H
#define INTAKE_H

#include "feed.h"
#include "harvest.h"
#include "rebind.h"
#include "uidset.h"

struct intake {
	struct archive *ar;
	int64_t *run;               /* this harvest's number, 0 until mail comes; shared */
	struct harvest_result *result;
	const struct harvest_account *ac;
	struct feed feed;
	struct arena arena;         /* of the open epoch */
	struct archive_epoch epoch; /* id 0: none open */
	struct uidset failed;       /* UIDs of the open epoch that failed before */
	struct uidset refused;      /* and those that were refused */
	uint64_t waiting;           /* of the failed, those that are not tried this time */
	struct rebind rebind;       /* with older epochs, if there are any */
	bool done;                  /* the child said DONE */
	bool archive_failed;
	bool round, whole;          /* the child said ROUND, of all; the reader clears it */
	bool more;                  /* records may be left: do not wait for the child */
	uint64_t planned;           /* messages still to come in the open mailbox */
};

/* To be called once for the archive: a harvest shall do with little memory, even where a mailbox
 * has a million messages. 1 or -1. */
int intake_modest(struct archive *ar, struct err *err);
/* Reads from the child and takes in records that are whole. A child that sends without end must not
 * keep its reader from all else: after a moment it returns with in->more. 1; 0 the child closed;
 * -1. */
int intake_read(struct intake *in, struct err *err);
void intake_free(struct intake *in);

#endif
