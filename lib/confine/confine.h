/* confine: what a process gives up before it answers strangers or reads what they sent.
 *
 * What: another user than root; no writing but below some folders, or no files at all (Landlock);
 *   no system calls but those it needs (seccomp): no programs are started, nobody is traced,
 *   nothing is mounted.
 * Shape: in this order, before there are threads; children inherit it.
 * Errors: ERR_DENIED: it could not be done, do not go on.
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
/* No file is opened, read, made or removed by its name, none is started. 1; 0 no Landlock; -1. */
int confine_no_files(struct err *err);
/* All other system calls than those a server needs (a list in confine.c) fail with EPERM. 1 or
 * -1. */
int confine_calls(struct err *err);

/* A list of system calls made ready, for a process that confines many children alike. */
struct confine_filter;
/* Makes it of n names; those that this machine does not have are left out. mmap gives no memory
 * that a limit does not count. It is the caller's to free(). 1 or -1. */
int confine_filter(struct confine_filter **out, const char *const *names, size_t n,
		   struct err *err);
/* From now on all other system calls fail with EPERM, for ever. Needs nothing but prctl. 1 or -1
 * (errno is set). */
int confine_enter(const struct confine_filter *f);

#endif
