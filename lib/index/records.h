/* records: what a segment keeps of each document, in one memory-mapped file.
 *
 * What: packed records (record.h), or header lines (headtext.h), in the order of their documents,
 *   some successive ones compressed together: one alone is too short to compress well.
 * Source: docs/formats/index.md, "records"; RFC 8878.
 * Shape: a maker writes front to back; a reader keeps the group it read last, so that neighbours
 *   cost little.
 * Limits: a group ends with the record that brings it to so many bytes as its maker is told.
 * Errors: ERR_BROKEN: the file is missing or damaged, or its dictionary is.
 * Threads: one reader per thread.
 */
#ifndef RECORDS_H
#define RECORDS_H

#include "record.h"

/* Bytes of a group: of records, which are read for each hit; of headers. */
#define RECORDS_GROUP ((size_t)2 << 10)
#define RECORDS_HEADERS ((size_t)32 << 10)

struct records_maker;
struct records;

/* Makes the file, of groups of `group` bytes, RECORDS_HEADERS at most. The dictionary (or NULL) is
 * borrowed until the end. 1 or -1; records_abandon in any case. */
int records_begin(struct records_maker **out, const char *path, size_t group, struct dict *dict,
		  struct err *err);
/* The next record, packed. */
void records_add(struct records_maker *m, struct str packed);
/* Writes what is left, durably. 1 or -1. */
int records_end(struct records_maker *m, struct err *err);
/* Frees; accepts NULL. */
void records_abandon(struct records_maker **m);
/* Joins the files of successive segments into one that records_begin made; groups that are too
 * small become larger ones. 1 or -1; records_end and records_abandon are the caller's. */
int records_merge(struct records_maker *m, const char *const *from, size_t n, struct err *err);

/* Maps a file. The dictionary (or NULL) is borrowed. 1 or -1. records_close accepts NULL. */
int records_open(struct records **out, const char *path, const struct dict *dict,
		 struct err *err);
void records_close(struct records **r);
/* How many there are. */
uint32_t records_count(const struct records *r);
/* The packed record of a document, in the arena. 1 or -1. */
int records_get(struct records *r, struct arena *a, uint32_t docid, struct str *out,
		struct err *err);

#endif
