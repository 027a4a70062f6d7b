/* gmlabel: labels of Gmail as IMAP keywords.
 *
 * Source: docs/protocol.md, "Gmail".
 * Shape: a pure function: the harvester writes with it, a query looks up with it.
 */
#ifndef GMLABEL_H
#define GMLABEL_H

#include "arena.h"

/* "label:" and the label; bytes that cannot stand in an IMAP atom as %XX, the backslash of a
 * label of Gmail's own as '^'. In the arena. */
struct str gmlabel_keyword(struct arena *a, struct str label);

#endif
