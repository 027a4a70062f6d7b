/* dynlib: functions of libraries that are loaded when they are needed, if they are there.
 *
 * Why: most commands read no document, and would start later for libraries they never use.
 */
#ifndef DYNLIB_H
#define DYNLIB_H

#include <stdbool.h>
#include <stddef.h>

/* One function: where its address goes, a pointer to a function. */
struct dynlib_function {
	const char *name;
	void *at;
};

/* Loads a library for the rest of the process, with those it needs in turn. NULL: it cannot be
 * had. */
void *dynlib_open(const char *name);
/* Takes n functions out of it, or out of those it needs. False: one of them is not there. */
bool dynlib_take(void *so, const struct dynlib_function *list, size_t n);

#endif
