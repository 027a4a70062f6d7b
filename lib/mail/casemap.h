/* casemap: i;unicode-casemap, the comparison of every search.
 *
 * Source: RFC 5051 (titlecase, then decomposition, recursively, compatibility forms included),
 *   Unicode data from GLib.
 * Shape: text is mapped once; equal and substring are then byte comparisons.
 * Limits: the mapped text is at most 18 times as long (U+FDFA); ASCII text keeps its length.
 */
#ifndef CASEMAP_H
#define CASEMAP_H

#include "arena.h"
#include "buf.h"

/* Appends the mapped form of s to *out (full is set when it does not fit). Malformed UTF-8
 * octets are mapped as U+FFFD. CRLF becomes LF. */
void casemap_add(struct buf *out, struct str s);
/* The mapped form in the arena. */
struct str casemap_str(struct arena *a, struct str s);
/* The mapped form without combining marks (diacritics folded), from a mapped string. */
struct str casemap_bare(struct arena *a, struct str mapped);
/* A mapped text (UTF-8) as people write it: small letters, composed. In the arena. */
struct str casemap_small(struct arena *a, struct str mapped);
/* Does mapped text `hay` contain mapped `needle`? The empty needle is in every text. */
bool casemap_has(struct str hay, struct str needle);

#endif
