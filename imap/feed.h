/* feed: what a harvesting child tells its parent, and the other way.
 *
 * What: records over a stream socket. One shape for all records; a MESSAGE is followed by its
 *   `size` bytes as they are. A child sends a message only when it has all of it.
 * Shape: 4 bytes length (little endian), then the fields of struct feed_record in order, as
 *   lib/base/pack writes them. Both ends are the same program: no versions.
 * Limits: FEED_MAX bytes a record. Fields the receiver cannot trust are checked by it.
 * Errors: ERR_BROKEN: the other end is gone, or sent something else than records.
 */
#ifndef FEED_H
#define FEED_H

#include "buf.h"
#include "err.h"

#define FEED_MAX ((size_t)64 << 20)

enum feed_type {
	FEED_EPOCH = 1, /* a mailbox is open: text = name, uid = UIDVALIDITY. Answered by KNOWN */
	FEED_KNOWN,     /* parent to child: list = UIDs that need no fetch, more = those whose end
	                 * the child tells: present ones, and those that failed before;
	                 * text = of the first, those that counted as gone */
	FEED_PLAN,      /* size = how many messages will come */
	FEED_MESSAGE,   /* uid, date, zone, flags, text = keywords, modseq, size, list = ids_pack
	                 * and the basis, packed; then the bytes */
	FEED_FLAGS,     /* list = feed_flag_put entries */
	FEED_VANISHED,  /* list = UIDs */
	FEED_OUTCOME,   /* uid, kind = enum archive_outcome, text = reason, list = the message's
	                 * name where UIDs are our own */
	FEED_SEEN,      /* mailbox done: uid = UIDNEXT, modseq = HIGHESTMODSEQ, size = messages,
	                 * kind = 1 all UIDs were listed, text = MAILBOXID */
	FEED_FAILED,    /* mailbox failed: text = reason */
	FEED_DONE,      /* the account is done: kind = enum err_kind, text; modseq = no visit
	                 * before that time, or 0 */
	FEED_ACCOUNT,   /* what is known of the account's mailboxes? Answered by STATEs */
	FEED_STATE,     /* parent to child: an epoch as known.h packs it into list; text = mailbox,
	                 * "" ends them */
	FEED_SEEK,      /* the open mailbox may go on with another one: kind = enum rebind_how,
	                 * text = its name, uid = its UIDVALIDITY or 0 */
	FEED_OFFER,     /* as MESSAGE, but without bytes; size = RFC822.SIZE, list = ids_pack,
	                 * whether there is a headsum, headsum */
	FEED_MATCH,     /* that was a window of them. Answered by MATCHED */
	FEED_MATCHED,   /* parent to child: list = UIDs for which a message is proposed */
	FEED_BIND,      /* list = those of them that were fetched whole. Answered by BOUND */
	FEED_BOUND,     /* parent to child: list = UIDs that are recorded now */
	FEED_WOULD,     /* dry: size = messages that would be fetched, modseq = their bytes */
	FEED_SAME,      /* uid = how many mailboxes were not opened, as nothing changed;
	                 * size = failed messages in them that wait */
	FEED_ROUND,     /* watching: kind = 1 all mailboxes were looked into; 0 one was. What came
	                 * shall be committed at once */
	FEED_NAMES,     /* what are the names of the open mailbox's UIDs? Answered by NAMEDs */
	FEED_NAMED,     /* parent to child: list = UIDs and names, packed; the last one has none,
	                 * and uid = the next UID that was never used */
	FEED_USES,      /* text = what its mailboxes are for, as archive/uses.h has it */
	FEED_TYPES
};

struct feed_record {
	enum feed_type type;
	uint32_t uid;
	unsigned kind, flags;
	int64_t date;
	int16_t zone;
	uint64_t modseq, size;
	struct str text, list, more;
};

struct feed {
	int fd;
	unsigned timeout_ms; /* to wait for the other end; 0: for ever */
	struct buf out, in;
	size_t at;           /* in.p[at..] was not taken yet */
};

/* An end of the socket, whose descriptor the caller keeps. Free with feed_free. */
void feed_init(struct feed *f, int fd, unsigned timeout_ms);
void feed_free(struct feed *f);

/* Queues a record; bytes that belong to one. What is queued goes out in large pieces. 1 or -1. */
int feed_put(struct feed *f, const struct feed_record *r, struct err *err);
int feed_bytes(struct feed *f, const void *p, size_t n, struct err *err);
/* Sends everything queued. 1 or -1. */
int feed_flush(struct feed *f, struct err *err);

/* Reads once what is there, waiting if nothing is. 1; 0 the other end closed; -1. */
int feed_fill(struct feed *f, struct err *err);
/* The next record that has arrived. 1 (slices until the next feed_fill); 0 not yet; -1. */
int feed_next(struct feed *f, struct feed_record *r, struct err *err);
/* Sends what is queued and waits for the next record. 1 or -1. */
int feed_answer(struct feed *f, struct feed_record *r, struct err *err);
/* Up to `most` bytes that belong to the record, as far as they have arrived. */
struct str feed_take(struct feed *f, uint64_t most);

/* One entry of a FLAGS list: appended, and cut off its front (1; 0 malformed). */
struct feed_flag {
	uint32_t uid;
	unsigned flags;
	uint64_t modseq;
	struct str keywords;
};
void feed_flag_put(struct buf *list, const struct feed_flag *e);
int feed_flag_get(struct str *list, struct feed_flag *e);

#endif
