/* exporting: exports by HTTP, as jobs.
 *
 * Source: docs/api.md, docs/export.md.
 * Shape: who asks gets a job's address at once; spooler.h sees to it. Only the asker (and the
 *   owner of the process) sees a job, and gets its file only while they may still read everywhere
 *   they could when they asked.
 */
#ifndef EXPORTING_H
#define EXPORTING_H

#include "call.h"
#include "job.h"

#include <jansson.h>

/* What the operator allows; borrowed. Before the first request. */
void exporting_limits(const struct job_limits *limits);

/* Keeps a new one for who asks: of *j the query with its dialect, account and mailbox, the
 * format and the tag. What was not understood goes to *warnings, to be let go of. 1 or -1. */
int exporting_ask(struct call *c, struct job *j, json_t **warnings, struct err *err);
/* Those that who asks may see, the newest first. 1 or -1. */
int exporting_list(struct call *c, struct job_rows *out, struct err *err);
/* Cancels the one a path names (its first "{}"), or removes its file. 1; 0 there is none; -1. */
int exporting_end(struct call *c, struct err *err);

/* GET, POST /api/v1/export; GET, DELETE /api/v1/export/{id}; GET …/file, …/manifest */
route_handler exporting_all;
route_handler exporting_new;
route_handler exporting_one;
route_handler exporting_cancel;
route_handler exporting_file;
route_handler exporting_manifest;

#endif
