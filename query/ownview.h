/* ownview: what somebody with rights in some accounts is told of the whole archive. The body of
 * query_view.
 */
#ifndef OWNVIEW_H
#define OWNVIEW_H

#include "query.h"
#include "segments.h"

/* Fills in *out from the messages with a copy in these accounts, and no others. 1 or -1. */
int ownview_make(struct archive *ar, const struct segments *segs, const struct rights *r,
		 struct query_view *out, struct err *err);

#endif
