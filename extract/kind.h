/* kind: what a document is, by its content.
 *
 * What: our own look at the first bytes for what is common, libmagic for the rest. What was
 *   declared, and the name's ending, decide only between kinds that look alike.
 * Source: libmagic's own database.
 */
#ifndef KIND_H
#define KIND_H

#include "extract.h"

/* Reads libmagic's database: once, before the files are given up. */
void kind_load(void);
/* The type, lower case; "application/octet-stream" when nobody knows. A string that lives for
 * ever, or until the next call. */
struct str kind_of(const struct extract_document *d);

#endif
