/* iseg: one published index segment, open for reading. */
#ifndef ISEG_H
#define ISEG_H

#include "column.h"
#include "filter.h"
#include "headtext.h"
#include "lexicon.h"
#include "order.h"
#include "records.h"
#include "xapian-c.h"

struct iseg {
	uint64_t first, last; /* message numbers */
	struct xap_db *db;
	struct lexicon *lexicon;
	struct filter *filter;
	struct order order;
	struct column *columns; /* or NULL: made before there were any */
	struct records *records, *headers;
	struct dict *dict, *header_dict; /* of the generation, or NULL */
};

/* Opens DIR/<first>-<last>. 1; 0: no such directory; -1. */
int iseg_open(struct iseg *s, const char *dir, uint64_t first, uint64_t last, struct err *err);
void iseg_close(struct iseg *s);
/* The record of a message of this segment. */
int iseg_record(struct iseg *s, struct arena *a, uint64_t number, struct record *out,
		struct err *err);
/* The same of its header lines. */
int iseg_headers(struct iseg *s, struct arena *a, uint64_t number, struct headtext *out,
		 struct err *err);

#endif
