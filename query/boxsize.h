/* boxsize: sizes as people type them: "100", "100k", "1.5 MB", "2GiB"; a k is 1024 octets.
 */
#ifndef BOXSIZE_H
#define BOXSIZE_H

#include "str.h"

/* The octets that are meant. 1; 0: not a size, or more than 2^50. */
int boxsize_parse(struct str s, uint64_t *out);

#endif
