/* metrics: what a monitor wants to know, in the text format of Prometheus.
 *
 * Source: Prometheus exposition format 0.0.4; docs/operate.md, "Metrics".
 * Shape: counters of this process, by route and status; the rest is looked up when asked for.
 */
#ifndef METRICS_H
#define METRICS_H

#include "call.h"

#include <jansson.h>

/* Adds "accounts", a list of objects with name and state, and "watching" to o (fares.h). */
typedef void metrics_fares(const char *archive_dir, json_t *o);

/* Before the first request. The table must stay; fares NULL: nothing is said of accounts. */
void metrics_begin(const struct route *routes, size_t n, metrics_fares *fares);
/* Counts a request; route NULL: none was found. */
void metrics_count(const struct route *route, int status, uint64_t us);
/* GET /metrics. */
route_handler metrics_get;

#endif
