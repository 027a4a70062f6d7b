/* confine: what the server gives up before it answers strangers.
 *
 * What: another user than root; no writing but below some folders (Landlock); no system calls but
 *   those it needs (seccomp): no programs are started, nobody is traced, nothing is mounted.
 * Shape: in this order, before there are threads; children inherit it.
 * Errors: ERR_DENIED: it could not be done, do not serve.
 */
#ifndef CONFINE_H
#define CONFINE_H

#include "err.h"

#include <stddef.h>

/* Becomes that user, with its groups, for ever. 1 or -1. */
int confine_user(const char *name, struct err *err);
/* Nothing is written, made or removed but below these folders and files. 1; 0 the kernel has no
 * Landlock; -1. Those that are not there are left out. */
int confine_files(const char *const *writable, size_t n, struct err *err);
/* All other system calls than those in the list in confine.c fail with EPERM. 1 or -1. */
int confine_calls(struct err *err);

#endif
