/* exportrun: the hits of a query go into an export, for the command and for jobs of the server. */
#ifndef EXPORTRUN_H
#define EXPORTRUN_H

#include "export.h"
#include "query.h"

struct exportrun {
	struct query *query;
	struct archive *ar;
	const struct export_options *o;
	/* Called after each message. 1 go on; -1 with *err: give up. */
	int (*step)(void *arg, uint64_t messages, uint64_t bytes, struct err *err);
	void *arg;
	struct export *x; /* NULL: nothing was found. Close it with export_close */
};

/* Takes all hits; export_end is left to the caller. 0 at the end; -1. */
int exportrun_hits(struct exportrun *r, struct err *err);

#endif
