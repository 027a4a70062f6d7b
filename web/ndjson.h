/* ndjson: a search as a stream of JSON lines, and the members it shares with the single object.
 *
 * What: {"query":…,"warnings":…}, then {"message":…} for each hit, {"progress":…} where nothing
 *   came for a moment, {"counting":…} while a total is counted, at the end the sums.
 * Source: docs/api.md.
 * Shape: made piece by piece in the HTTP library's thread, as fast as the client reads.
 * Limits: NDJSON_MAX streams at a time; each has a read handle of its own.
 * Memory: one hit at a time.
 */
#ifndef NDJSON_H
#define NDJSON_H

#include "ask.h"

#include <jansson.h>

enum { NDJSON_MAX = 16, NDJSON_PIECE = 16 << 10 };

/* GET /api/v1/search as a stream. 1 or -1 (ERR_LATER: too many streams). */
int ndjson_search(struct call *c, struct http_response *resp, struct err *err);
/* Counts one more stream of lines; every success needs ndjson_leave at its end. 1 or -1
 * (ERR_LATER: too many). */
int ndjson_enter(struct err *err);
void ndjson_leave(void);
/* Appends an object as a line; takes it over. */
void ndjson_line(struct buf *out, json_t *o);
/* Adds what is known of a search before its first hit. */
void ndjson_head(json_t *o, struct ask *k);
/* Adds what is known behind its last. 1 or -1. */
int ndjson_sums(json_t *o, struct ask *k, struct err *err);

#endif
