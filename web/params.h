/* params: parameters of requests, strictly: what is not known is an error.
 *
 * Errors: ERR_INPUT, with the parameter's name.
 */
#ifndef PARAMS_H
#define PARAMS_H

#include "call.h"

/* Are all parameters among the names (ended by NULL), each once? 1 or -1. */
int params_only(const struct call *c, const char *const *names, struct err *err);
/* A number from least to most; `otherwise` where the parameter is missing. 1 or -1. */
struct params_bounds {
	uint64_t otherwise, least, most;
};
int params_number(const struct call *c, const char *name, struct params_bounds b, uint64_t *out,
		  struct err *err);
/* Is the parameter 1? 1 or -1 (it is neither 0 nor 1). */
int params_flag(const struct call *c, const char *name, bool *out, struct err *err);

/* The number in the path (its first "{}"), of a request without parameters. 1; 0 it is none; -1. */
int params_id(const struct call *c, int64_t *out, struct err *err);

/* Takes a parameter out of c->url, for a reader that does not know it. */
void params_drop(struct call *c, const char *name);

#endif
