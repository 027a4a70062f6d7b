/* entity: character references of HTML.
 *
 * Source: HTML 4.01 section 24 (names), WHATWG HTML 13.2.5.80 (numbers).
 */
#ifndef ENTITY_H
#define ENTITY_H

#include "str.h"

#define ENTITY_NAME_MAX 8

/* Reads a reference at s, which begins with '&'. Returns its length and sets *cp; 0: it is
 * none. The ';' may be missing. */
size_t entity_read(struct str s, uint32_t *cp);

#endif
