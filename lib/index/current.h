/* current: ARCHIVE/index/CURRENT, the list of live index segments, switched by one rename.
 *
 * Shape: text. "sheaf-index 6", "generation <name>", perhaps "attachments no" or
 *   "ocr <languages>", then a line
 *   "<first>-<last>" for each segment, ascending and without gaps from 1.
 * Source: docs/formats/index.md, "CURRENT".
 */
#ifndef CURRENT_H
#define CURRENT_H

#include "arena.h"
#include "err.h"

#define CURRENT_VERSION 6

struct current_run {
	uint64_t first, last;
};
struct current {
	struct str generation; /* directory name below ARCHIVE/index */
	struct current_run *runs;
	size_t n;
	bool closed; /* attachments are not looked into in this generation */
	struct str ocr; /* languages of the words in pictures, "": pictures are not read in it */
};

/* Reads it. 1; 0: no index yet, or one of an older version, which counts as none: the indexer
 * builds a new one; -1 (ERR_BROKEN malformed, or of a newer version). */
int current_load(struct arena *a, const char *archive_dir, struct current *out, struct err *err);
/* The same from the file's bytes, which *out borrows. 1, 0 or -1. */
int current_parse(struct arena *a, struct str text, struct current *out, struct err *err);
/* Writes it in one durable step. 1 or -1 (ERR_BROKEN). */
int current_publish(const char *archive_dir, const struct current *c, struct err *err);
/* The highest message number covered, 0: none. */
uint64_t current_last(const struct current *c);

#endif
