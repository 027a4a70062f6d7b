/* dict: the compression dictionaries that the segments of one index generation share.
 *
 * What: some records together are a few KiB, too short for zstd to learn from; a dictionary
 *   trained on a sample of the mail makes them a quarter smaller at the same speed.
 * Source: docs/formats/index.md, "dictionary"; RFC 8878 section 5.
 * Shape: ARCHIVE/index/<generation>/dictionary, of records, and dictionary-headers, of header
 *   lines; made before most of what they serve and never changed. A group of records says by its
 *   frame's dictionary id whether it needs it.
 * Limits: DICT_BYTES; DICT_SAMPLES samples of at most DICT_SAMPLE_BYTES each.
 * Threads: a file that is open in the process is shared by whoever opens it again. Many may read
 *   with it; one writes.
 */
#ifndef DICT_H
#define DICT_H

#include "err.h"
#include "str.h"

#define DICT_BYTES 524288
#define DICT_LEVEL 6 /* of compression with it, and of what is compressed without */
#define DICT_SAMPLES 3000
#define DICT_SAMPLE_BYTES 8192

struct dict;

/* Trains one on n samples that lie one after the other, and writes it durably. 1; 0: too little,
 * or too much alike, to learn from, nothing is written; -1. */
int dict_train(const void *samples, const size_t *sizes, unsigned n, const char *path,
	       struct err *err);
/* 1; 0: no such file; -1 (ERR_BROKEN not a dictionary). */
int dict_open(struct dict **out, const char *path, struct err *err);
void dict_close(struct dict **d);

/* zstd's forms of it, borrowed: struct ZSTD_CDict_s, struct ZSTD_DDict_s. */
const void *dict_for_writing(struct dict *d);
const void *dict_for_reading(const struct dict *d);
/* The id that frames carry which need it. */
unsigned dict_id(const struct dict *d);

#endif
