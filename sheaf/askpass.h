/* askpass: a new password from whoever sits at the terminal.
 *
 * Shape: asked twice, without echo; where standard input is no terminal its first line is taken.
 */
#ifndef ASKPASS_H
#define ASKPASS_H

#include "err.h"

/* At most n-1 bytes and a NUL; the caller wipes it. 1 or -1 (ERR_INPUT: none, or too long, or
 * the two differ). */
int askpass_new(const char *prompt, char *out, size_t n, struct err *err);

#endif
