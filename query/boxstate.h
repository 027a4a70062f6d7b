/* boxstate: what stands behind is: in the search box. */
#ifndef BOXSTATE_H
#define BOXSTATE_H

#include "str.h"

struct boxstate {
	const char *name;
	unsigned flag;       /* enum archive_flag; 0: a keyword, or recent */
	bool set;
	const char *keyword;
};

/* The state of that name, in any case; NULL: none. */
const struct boxstate *boxstate_find(struct str name);
/* The i-th name; NULL: there are no more. */
const char *boxstate_name(size_t i);

#endif
