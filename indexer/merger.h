/* merger: joins segments, each join in a child process of its own, and publishes the result.
 *
 * Shape: what is published while a child works stays, if it is not one of the inputs. The child is
 *   ended when the process is asked to stop, or another generation is published. A join that
 *   fails costs speed, never answers: it is logged, and tried again another time.
 * Limits: `memory` for the child.
 */
#ifndef MERGER_H
#define MERGER_H

#include "merge.h"

/* Joins until nothing of that part is left to join. The caller has LIVE_UPDATE for the tail,
 * LIVE_MERGE for the body. 1; 0 nothing was joined; -1 (ERR_BROKEN). */
int merger_run(const char *archive_dir, enum merge_part part, size_t memory, struct err *err);

#endif
