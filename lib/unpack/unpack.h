/* unpack: tar, zip, gzip and zstd as a row of members, read once from front to back.
 *
 * What: tells packed files by their first bytes, whatever their names, and gives out what is in
 *   them. Nothing is written to disk, so names may say what they like.
 * Source: libarchive (tar with its dialects, zip), which is seen nowhere else; expand.h for gzip
 *   and zstd, whose checksums libarchive does not all check.
 * Shape: open, then next for each member and read for its bytes. A gzip or zstd file that holds
 *   no tar or zip is one member without a name.
 * Limits: see struct unpack_limits; what passes one is ERR_INPUT, and nothing more comes.
 * Memory: about 1 MiB, and the window of the zstd frame (8 MiB up to level 19; the most that is
 *   accepted is 128 MiB).
 * Errors: ERR_INPUT damaged or cut off; the text names the place in the packed file. Behind
 *   damage that cannot be passed, next gives 0.
 */
#ifndef UNPACK_H
#define UNPACK_H

#include "source.h"

struct unpack;

/* How much may come out. A file of n bytes may give `slack` + `ratio` * n bytes. */
struct unpack_limits {
	uint64_t ratio, slack;
	uint64_t member;  /* bytes of one member */
	uint64_t members;
};
extern const struct unpack_limits unpack_usual;

enum unpack_type {
	UNPACK_FILE,
	UNPACK_SINGLE, /* all of a compressed file; it has no name */
	UNPACK_LINK,   /* a second name of an earlier member, which has the bytes */
	UNPACK_DIR,
	UNPACK_OTHER   /* symbolic links, devices, … */
};

struct unpack_member {
	enum unpack_type type;
	struct str name; /* borrowed until the next call */
	int64_t mtime;   /* seconds UTC, 0: not known */
};

/* Do these first bytes of a file (SOURCE_HEAD, or all there are) begin something packed? */
bool unpack_packed(struct str head);
/* Begins a packed file. Borrows what the source needs, and *limits. Close with unpack_close
 * (accepts NULL). 1 or -1. */
int unpack_open(struct unpack **out, struct source from, const struct unpack_limits *limits,
		struct err *err);
void unpack_close(struct unpack **u);
/* The next member; what is left unread of the one before is passed over. 1; 0 the end; -1. */
int unpack_next(struct unpack *u, struct unpack_member *out, struct err *err);
/* The bytes of the member. Borrows u. */
struct source unpack_source(struct unpack *u);

#endif
