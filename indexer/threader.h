/* threader: brings the table of threads up to what is indexed.
 *
 * What: workers leave what messages say of their relatives in a file beside their segment
 *   (".kin-<first>-<last>"); here it is taken up. What no file tells is read from the archive:
 *   a table that is missing is so made anew. Runs in a child of the indexer, beside the merging.
 * Errors: as db.h and archive.h.
 */
#ifndef THREADER_H
#define THREADER_H

#include "current.h"
#include "kin.h"

/* One worker's file: begin; one record after the other; end (NULL is accepted). -1: *err. */
struct threader_out;
int threader_begin(struct threader_out **out, const char *dir, struct current_run run,
		   struct err *err);
int threader_put(struct threader_out *o, const struct kin *k, struct err *err);
int threader_end(struct threader_out **o, struct err *err);

/* Up to message `last`, in the generation's directory `dir`. 1 or -1. */
int threader_run(const char *archive_dir, const char *dir, uint64_t last, struct err *err);

#endif
