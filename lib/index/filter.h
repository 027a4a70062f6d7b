/* filter: n-gram bitmaps over the header text that has no postings.
 *
 * What: for each block of messages, which of 2^15 bits are set: each 4-byte gram of its mapped
 *   header text sets one. A needle can only be in a message of a block that has all its bits. A
 *   block ends with the archive's frame, or when it has enough text. The text is every header
 *   line of every part that has no terms (indexer/terms.h).
 * Source: docs/formats/index.md, "filter".
 * Limits: needles under 4 bytes cannot be judged. A gram never crosses the end of a field, so a
 *   needle with line ends must be asked for line by line.
 */
#ifndef FILTER_H
#define FILTER_H

#include "buf.h"
#include "err.h"

#define FILTER_MAP_BYTES ((size_t)1 << 12) /* one bitmap */

struct filter;
struct filter_maker;

/* Makes a filter in memory; filter_maker_write writes it to a file
 * (synced). */
struct filter_maker *filter_maker_new(void);
/* Adds mapped text of the message with that docid, which stands in archive frame (segment,
 * offset). Docids ascend; the frame changes only forward. Call it for every docid, also with
 * empty text; several times for one docid is fine. */
void filter_add(struct filter_maker *mk, uint32_t docid, uint32_t segment, uint64_t frame,
		struct str mapped);
int filter_maker_write(struct filter_maker *mk, const char *path, struct err *err);
void filter_maker_free(struct filter_maker **mk);

/* Maps a filter. 1 or -1 (ERR_BROKEN missing or damaged). */
int filter_open(struct filter **out, const char *path, struct err *err);
/* Accepts NULL. */
void filter_close(struct filter **f);
/* Sets the bits (docid - 1) of all messages in frames that may contain the mapped needle. 1; 0:
 * cannot judge (needle too short), nothing set. */
int filter_mark(const struct filter *f, struct str needle, uint64_t *bits, size_t n_bits);
/* For checking: the bits of the blocks of n ascending docids, FILTER_MAP_BYTES each, in *maps
 * (malloc'ed, the caller's). 1 or -1 (ERR_BROKEN: malformed, or a docid in no block). */
int filter_maps(const struct filter *f, const uint32_t *docids, size_t n, unsigned char **maps,
		struct err *err);
/* May the mapped line be in a block with that map? */
bool filter_map_has(const unsigned char *map, struct str line);
/* Joins the filters of neighbouring segments (docids follow on; counts[i] documents each). */
int filter_merge(const char *const *from, const uint32_t *counts, size_t n, const char *to,
		 struct err *err);

#endif
