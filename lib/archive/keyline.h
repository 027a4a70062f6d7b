/* keyline: lines of "key value", as seals and rewrite notes have them.
 *
 * Source: docs/formats/archive.md, "The seal".
 * Shape: reading takes what it can. Who reads writes what was read again and compares: the texts
 *   are the same only if every line was as it must be.
 */
#ifndef KEYLINE_H
#define KEYLINE_H

#include "buf.h"
#include "hash.h"

/* Appends a line. */
void keyline_number(struct buf *out, const char *key, uint64_t v);
void keyline_hash(struct buf *out, const char *key, const unsigned char hash[HASH_BYTES]);
/* "segment 000001.tar.zst" */
void keyline_segment(struct buf *out, uint32_t segment);
/* Takes the next line off *rest: its value when it begins with the key, else nothing (0, zeros). */
struct str keyline_take(struct str *rest, const char *key);
uint64_t keyline_take_number(struct str *rest, const char *key);
void keyline_take_hash(struct str *rest, const char *key, unsigned char out[HASH_BYTES]);
uint32_t keyline_take_segment(struct str *rest);

#endif
