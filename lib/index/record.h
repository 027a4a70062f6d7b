/* record: what the index keeps of a message beside its terms, and what the matcher reads.
 *
 * Shape: made from a parsed message, packed (pack.h) into the segment's records (records.h).
 *   record_make and record_unpack(record_pack()) give the same record.
 * Limits: texts above RECORD_MAX_TEXT bytes in sum are left out of the packed form (`big`);
 *   the reader then makes the record from the message itself.
 * Memory: everything in the arena; slices of texts may borrow from the mail or the input.
 */
#ifndef RECORD_H
#define RECORD_H

#include "buf.h"
#include "dict.h"
#include "mail.h"

/* As much of a message as is read for indexing, searching and showing. */
#define RECORD_MAX_MESSAGE ((size_t)64 << 20)
#define RECORD_MAX_TEXT ((size_t)4 << 20)
#define RECORD_MAX_PACKED (RECORD_MAX_TEXT + ((size_t)4 << 20))

/* What came of looking for text inside a part that is no text itself. The numbers are on disk. */
enum record_outcome {
	RECORD_NOT_ASKED, /* it is text, or is taken apart, or attachments are switched off */
	RECORD_SEARCHED,
	RECORD_EMPTY,
	RECORD_ENCRYPTED,
	RECORD_TRUNCATED, /* there was more text than is read */
	RECORD_TOO_BIG,
	RECORD_FAILED,
	RECORD_UNKNOWN,   /* of no type that holds text for us: pictures, programs */
	RECORD_OUTCOMES
};

struct record_part {
	struct str number, type, filename;
	bool attachment, searched;
	struct str text;  /* decoded, not mapped; "" when not searched */
	uint64_t size;    /* decoded bytes are not counted: raw body bytes */
	unsigned marks;   /* enum mail_mark */
	enum record_outcome outcome;
	unsigned version; /* of the extractor whose outcome it is */
	struct str why;   /* of an outcome that is no success, for people; may be "" */
	struct str inside; /* the text, UTF-8 with LF; for the search box, never for IMAP's keys */
	size_t at;        /* its place in the mail it was made of; not kept */
};

struct record {
	unsigned marks;          /* enum mail_mark of the whole message */
	bool big, quarantined;
	struct mail_date date;   /* the Date field as written */
	int64_t sort_date;       /* date.epoch when usable, else the first copy's INTERNALDATE */
	struct str subject;      /* for lists: decoded, unfolded; "" when none */
	struct str message_id;   /* without blanks, with <>; "" when none */
	const struct mail_address *from, *to, *cc;
	size_t n_from, n_to, n_cc;
	const struct mail_text *texts;
	size_t n_texts;
	const struct record_part *parts; /* the leaves and messages, in order; [0] the message */
	size_t n_parts;
};

/* From a parsed message; arrival: INTERNALDATE of its first copy. What stands inside attachments
 * is put in by inside.h; who adds to a record weighs it again. */
void record_make(struct arena *a, const struct mail *m, int64_t arrival, struct record *out);
void record_weigh(struct record *r);
/* Is a part not searched, or not all of it? */
bool record_is_short(enum record_outcome outcome);
/* The next part of the record from *at on when that is this part of its mail, else NULL: to go
 * through both side by side. */
const struct record_part *record_beside(const struct record *r, const struct mail_part *p,
					size_t *at);
/* Could something of the message not be searched? */
bool record_is_partial(const struct record *r);
/* The name of an outcome for programs and the index: "too-big"; "" of RECORD_NOT_ASKED. */
const char *record_outcome_name(enum record_outcome outcome);
/* The packed form, appended (at most RECORD_MAX_PACKED bytes), and back: *out borrows it. 1 or -1
 * (ERR_BROKEN). */
void record_pack(const struct record *r, struct buf *out);
int record_unpack(struct arena *a, struct str plain, struct record *out, struct err *err);
/* A record for a message that must not be parsed. */
void record_quarantined(int64_t arrival, struct record *out);

#endif
