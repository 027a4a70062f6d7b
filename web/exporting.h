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

/* What the operator allows; borrowed. Before the first request. */
void exporting_limits(const struct job_limits *limits);

/* GET, POST /api/v1/export; GET, DELETE /api/v1/export/{id}; GET …/file, …/manifest */
route_handler exporting_all;
route_handler exporting_new;
route_handler exporting_one;
route_handler exporting_cancel;
route_handler exporting_file;
route_handler exporting_manifest;

#endif
