/* certificate: what a search found, signed, so that it can be run again and compared.
 *
 * What: a signed note (C2SP) with the archive's key whose text is JSON: the query, how it was
 *   understood, in which accounts, up to which message, how many hits, the digest of their ids.
 * Source: docs/formats/certificate.md.
 * Limits: NOTE_MOST bytes: a query of some thousand characters.
 * Errors: ERR_INPUT: too long, no key yet, not sound; those of query.h.
 */
#ifndef CERTIFICATE_H
#define CERTIFICATE_H

#include "note.h"
#include "query.h"

struct certificate {
	struct str archive;     /* name of the key */
	struct str text, tree, at, generation;
	struct query_options options; /* dialect, account, mailbox, present, rights */
	uint64_t number;        /* the highest message that was searched */
	uint64_t count, unjudged;
	unsigned char digest[HASH_BYTES]; /* of the ids by number, each as hex and LF */
	uint32_t segment;       /* of the newest seal, 0: none */
	unsigned char seal[HASH_BYTES];
};

/* How a search that ran again compares. */
struct certificate_again {
	uint64_t count;
	unsigned char digest[HASH_BYTES];
	bool same;              /* count and digest */
	bool tree_same;         /* the query is understood as it was */
	bool seal_there;        /* the seal is still one of the archive's, or there was none */
};

/* Runs the query over all messages, hits unsorted, and signs what it found. Of *o are read what
 * struct certificate keeps, deadline and gone. *note lives in the arena. 1 or -1. */
int certificate_make(struct arena *a, struct qdb *db, struct str text,
		     const struct query_options *o, struct str *note, struct err *err);
/* Checks the signature and reads a certificate; *out borrows from the arena. 1 or -1. */
int certificate_read(struct arena *a, struct str note, const struct note_key *key,
		     struct certificate *out, struct err *err);
/* Runs the search again, over the messages up to c->number. 1 or -1. */
int certificate_check(struct arena *a, struct qdb *db, const struct certificate *c,
		      struct certificate_again *out, struct err *err);

#endif
