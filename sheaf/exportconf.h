/* exportconf: the section [exports] of sheaf.conf.
 *
 * Source: docs/export.md.
 */
#ifndef EXPORTCONF_H
#define EXPORTCONF_H

#include "cmd.h"
#include "job.h"

/* The keys it may have, ended by NULL. */
extern const char *const exportconf_keys[];
/* What the operator allows; without the section, the defaults. 1 or -1 (ERR_DENIED). */
int exportconf_read(const struct cmd_env *env, const struct conf *c, struct job_limits *out,
		    struct err *err);

#endif
