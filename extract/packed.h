/* packed: zip, tar, 7z and compressed files: the documents in them.
 *
 * What: each member under its name; a zip that is an office file is read as that.
 */
#ifndef PACKED_H
#define PACKED_H

#include "document.h"

/* A zip; anything else packed. They read it onto the board. */
void packed_zip(struct document *d);
void packed_read(struct document *d);

#endif
