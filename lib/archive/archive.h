/* archive: the front door of lib/archive. The truth on disk: segments and catalog.
 *
 * What: append messages and facts, read them back. Nothing here knows MIME, IMAP or an index.
 * Source: docs/formats/archive.md; segments are POSIX.1-2001 pax tar in zstd frames (RFC 8878).
 * Shape: one writer per archive (a lock file), any number of readers, which never wait.
 *   Order of durability: segment bytes -> fsync -> catalog transaction. What archive_commit
 *   has not returned from may be lost in a crash, and then is lost whole.
 * Units: bytes; times are seconds UTC; numbers are 1, 2, 3 … in order of arrival.
 * Limits: messages up to 4 GiB - 1 (they stream; none is held whole); names up to 4,000 bytes.
 * Memory: opaque handle; strings returned live in the arena given.
 * Errors: ERR_LATER second writer, or the catalog is busy (try again); ERR_BROKEN damaged or
 *   full disk; ERR_INPUT bad arguments of a caller's foreign data.
 * After ERR_BROKEN from a writing function the transaction at hand is rolled back, what was
 *   committed stays, and the handle refuses every further change with the same error: close it.
 * Processes: a handle belongs to the process that opened it; a forked child opens its own, and
 *   archive_close in it leaves the parent's alone. Commit before a fork whose child will open the
 *   archive. A reader needs no write permission; where nobody may write the directory and
 *   there is no catalog.db-wal, it takes the catalog for unchanging.
 */
#ifndef ARCHIVE_H
#define ARCHIVE_H

#include "arena.h"
#include "buf.h"
#include "err.h"
#include "hash.h"

struct archive;

enum archive_mode { ARCHIVE_READ, ARCHIVE_WRITE };

/* Makes an empty archive in dir (made if missing; an archive there already: 0). 1, 0 or -1. */
int archive_create(const char *dir, struct err *err);
/* Opens it. ARCHIVE_WRITE takes the writer's lock and cuts off what an interrupted writer left
 * behind the last commit. 1 or -1 (ERR_INPUT: no archive there). Close with archive_close. */
int archive_open(struct archive **out, const char *dir, enum archive_mode mode, struct err *err);
/* Commits nothing; an open message is dropped. Accepts NULL. */
void archive_close(struct archive **ar);
/* The directory it was opened with. Borrowed until close. */
const char *archive_dir(const struct archive *ar);
/* The catalog, for the other files of this room (ledger.h). Borrowed until close. */
struct db;
struct db *archive_db(struct archive *ar);

/* ---- writing: where ---- */

/* A mailbox epoch: one (account, mailbox, UIDVALIDITY). */
struct archive_epoch {
	int64_t id;
	struct str account, mailbox; /* UTF-8; a name that is not valid stays as its raw octets */
	uint32_t uidvalidity;
	uint32_t uidnext;       /* 0: not known */
	uint64_t highestmodseq; /* 0: not known */
	int64_t run;            /* newest harvest run that brought mail, 0: none */
	uint64_t messages;      /* how many there were at the last whole visit */
	int64_t listed;         /* when all UIDs were listed last, seconds UTC, 0: never */
	struct str mailboxid;   /* RFC 8474, "" not known */
};
/* Finds or makes the account, mailbox and epoch named in *e, and fills in the rest of it; its
 * names then live in the arena. ERR_INPUT: a name is too long. */
int archive_epoch(struct archive *ar, struct arena *a, struct archive_epoch *e, struct err *err);
/* Records what the server said last of an epoch: its numbers, `listed` and mailboxid. */
int archive_epoch_seen(struct archive *ar, const struct archive_epoch *e, struct err *err);
/* A new harvest or import run; its number goes into copies. */
int archive_run(struct archive *ar, int64_t *run_out, struct err *err);

/* ---- writing: messages ---- */

/* System flags of a copy as bits; keywords apart. */
enum archive_flag {
	ARCHIVE_SEEN = 1,
	ARCHIVE_ANSWERED = 2,
	ARCHIVE_FLAGGED = 4,
	ARCHIVE_DELETED = 8,
	ARCHIVE_DRAFT = 16
};

/* One message in one mailbox. */
struct archive_copy {
	int64_t epoch;
	uint32_t uid;         /* 0 when adding: the next free one of the epoch (imports) */
	uint64_t message;     /* number; set by archive_end */
	int64_t internaldate; /* seconds UTC */
	int16_t zone;         /* minutes east, as the server wrote it */
	unsigned flags;
	struct str keywords;  /* separated by SP, sorted, each once */
	uint64_t modseq;
	int64_t run;          /* the run that first saw it */
	int64_t first_seen, last_seen, vanished; /* 0: not vanished. Set by the archive */
	struct str source;    /* path an import found it at, "" otherwise */
	struct str found;     /* hex SHA-256 of the file as found, where that differs */
	struct str emailid;   /* the server's own name for these bytes (EMAILID, X-GM-MSGID), "" */
	struct str threadid;  /* of its thread: THREADID (RFC 8474), X-GM-THRID, "" */
	int64_t savedate;     /* SAVEDATE (RFC 8514), seconds UTC, 0: not known */
	int16_t savezone;     /* minutes east, as the server wrote it */
	struct str basis;     /* archive_link: what it rests on; "": its bytes were read.
	                       * archive_end: "header+text": they were, in two parts */
};
/* Starts a message. Its bytes come by archive_write, in any pieces; up to 1 MiB is kept in
 * memory, larger ones in an unlinked temporary file. Writing more than 4 GiB - 1: ERR_INPUT.
 * After an error of archive_write only archive_abandon may follow. */
int archive_begin(struct archive *ar, struct err *err);
int archive_write(struct archive *ar, const void *p, size_t n, struct err *err);
/* Ends it: stores the bytes if no message has them yet, and the copy. c->message is set.
 * 1: a new message; 0: its bytes were stored before, only the copy is new (or both were; then
 * its flags are taken and it counts as present). A UID that held other bytes: that copy counts
 * as vanished, both stay. ERR_INPUT (no such epoch, date out of range): this one is dropped. */
int archive_end(struct archive *ar, struct archive_copy *c, struct err *err);
/* Drops a started message. */
void archive_abandon(struct archive *ar);
/* Records a copy of the stored message c->message whose bytes were not read: c->basis says what
 * tells that it is the same ("emailid", "headers", "renamed"). Else as archive_end. 1 recorded;
 * 0 known already; -1 (ERR_INPUT: no such message or epoch, no basis). */
int archive_link(struct archive *ar, struct archive_copy *c, struct err *err);

/* Flags of a known copy as the server has them now; also counts as seen. Of *c are read: epoch,
 * uid, flags, keywords, modseq. 1 changed, 0 same or no such copy, -1. */
int archive_flags(struct archive *ar, const struct archive_copy *c, struct err *err);
/* The server no longer has these UIDs (sorted): recorded, nothing is deleted. */
int archive_vanished(struct archive *ar, int64_t epoch, const uint32_t *uids, size_t n,
		     struct err *err);

/* What became of a UID that is not stored. */
enum archive_outcome { ARCHIVE_FAILED, ARCHIVE_REFUSED, ARCHIVE_GONE };
/* Records an outcome with its reason; a later archive_end for the UID replaces it. FAILED counts
 * the tries. */
int archive_outcome(struct archive *ar, int64_t epoch, uint32_t uid, enum archive_outcome outcome,
		    struct str reason, struct err *err);

/* Makes everything so far durable. archive_tick does so when changes have gathered for `ms`, or
 * 32 MB; without any, archive_begin does at 64 MB. */
int archive_commit(struct archive *ar, struct err *err);
int archive_tick(struct archive *ar, unsigned ms, struct err *err);

/* ---- reading ---- */

/* A stored message. */
struct archive_msg {
	uint64_t number;
	unsigned char hash[HASH_BYTES];
	uint64_t size;         /* bytes */
	uint64_t rfc822_size;  /* bytes, counting one more for every LF without CR before it */
	uint32_t segment;
	uint64_t frame, frame_end; /* file offsets of its zstd frame */
	uint64_t offset;       /* of its bytes in the decompressed frame */
	int64_t disposal;      /* that masks it, 0: none. Masked messages are shown to nobody */
	bool destroyed;        /* its bytes are gone, and hash is all zeros */
};
/* The highest message number committed, 0: none. */
int archive_last(struct archive *ar, uint64_t *out, struct err *err);
/* By number; by hex prefix of the hash (6 digits at least). 1; 0 no such message; -1 (ERR_INPUT:
 * several messages begin so; ERR_GONE, by hash only: it was disposed of). */
int archive_find(struct archive *ar, uint64_t number, struct archive_msg *out, struct err *err);
int archive_find_id(struct archive *ar, struct str hex, struct archive_msg *out, struct err *err);
/* The first max bytes of the message, appended to *out (which must have room for them); the
 * frame read last is cached, so reading in order of numbers is cheap. 1 or -1. */
int archive_read(struct archive *ar, const struct archive_msg *m, size_t max, struct buf *out,
		 struct err *err);
/* Messages will be read out of their order: more of what was read last is kept (frames.h). */
void archive_scattered(struct archive *ar);
/* Streams the whole message to fd, whatever its size. */
int archive_copy_out(struct archive *ar, const struct archive_msg *m, int fd, struct err *err);
/* An epoch by its id. 1; 0 there is none; -1. */
int archive_epoch_find(struct archive *ar, struct arena *a, int64_t id,
		       struct archive_epoch *out, struct err *err);
/* The copies of a message, ordered by epoch and UID, in the arena; *n_out may be 0. */
int archive_copies(struct archive *ar, struct arena *a, uint64_t number,
		   const struct archive_copy **out, size_t *n_out, struct err *err);
/* All epochs, ordered by account, mailbox, UIDVALIDITY. */
int archive_epochs(struct archive *ar, struct arena *a, const struct archive_epoch **out,
		   size_t *n_out, struct err *err);
/* UIDs of an epoch that need no fetch (stored and not vanished, refused, gone), ascending. One that
 * vanished and is there again is fetched: only its bytes tell that it is the same. */
int archive_uids(struct archive *ar, struct arena *a, int64_t epoch, const uint32_t **out,
		 size_t *n_out, struct err *err);
/* UIDs of an epoch that are stored and have not vanished, ascending. */
int archive_present(struct archive *ar, struct arena *a, int64_t epoch, const uint32_t **out,
		    size_t *n_out, struct err *err);
/* Does the epoch hold a copy imported from that path? 1, 0 or -1. */
int archive_has_source(struct archive *ar, int64_t epoch, struct str source, struct err *err);
/* Message numbers (ascending, each once) of the copies an SQL condition over the catalog's
 * `copies` columns selects; bound integers stand for ?1 to ?4. Columns: those of archive_copy, and
 * `day` (of internaldate in its own zone, days since 1970-01-01). Quick by index: epoch with uid,
 * message, day; keywords when `keywords <> ''` stands beside. flags and vanished are scanned. */
struct archive_select {
	const char *where; /* e.g. "epoch = ?1 AND uid BETWEEN ?2 AND ?3" */
	int64_t arg[4];
	const char *text;  /* bound to ?5 when not NULL */
};
int archive_select(struct archive *ar, struct arena *a, const struct archive_select *s,
		   const uint32_t **out, size_t *n_out, struct err *err);
/* Sums for `sheaf status`, of what is committed; epoch 0: of all. */
struct archive_totals {
	uint64_t messages, bytes, stored_bytes, copies, present, failed, refused, gone, segments;
	uint64_t disposed, destroyed; /* of the messages: masked and still there; gone for good */
	uint64_t destroying; /* disposals whose destruction was begun and not finished */
};
int archive_totals(struct archive *ar, int64_t epoch, struct archive_totals *out, struct err *err);

#endif
