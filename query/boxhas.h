/* boxhas: what stands behind has: in the search box. */
#ifndef BOXHAS_H
#define BOXHAS_H

#include "str.h"

/* The kind of part that is meant, for QNODE_HAS; NULL: none. */
const char *boxhas_part(struct str name);
/* The header field that is meant; NULL: none. */
const char *boxhas_header(struct str name);

#endif
