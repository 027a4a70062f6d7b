/* secret: passwords, and processes that must not spill them.
 *
 * Shape: a secret comes from a file or a command, never from sheaf.conf; it lives in a buffer
 *   whose owner wipes it.
 * Errors: ERR_DENIED; their text names the file or says "command", never what was in it.
 */
#ifndef SECRET_H
#define SECRET_H

#include "err.h"
#include "str.h"

/* The first line of the file, or, when its name is empty, of the command's output, into out (at
 * most n-1 bytes, and a NUL). `what` stands in errors. Warns when others can read the file.
 * 1 or -1. */
int secret_load(const char *what, struct str file, struct str command, char *out, size_t n,
		struct err *err);
/* Warns when others can read a file that holds a secret. */
void secret_check_file(const char *path);
/* From now on this process leaves no core dump and cannot be traced by others of its user. */
void secret_protect(void);
/* Overwrites. */
void secret_wipe(void *p, size_t n);

#endif
