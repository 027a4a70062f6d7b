/* iseg: one published index segment, open for reading. */
#ifndef ISEG_H
#define ISEG_H

#include "filter.h"
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
	struct records *records;
	struct dict *dict; /* of the generation, or NULL */
};

/* Opens DIR/<first>-<last>. 1; 0: no such directory; -1. */
int iseg_open(struct iseg *s, const char *dir, uint64_t first, uint64_t last, struct err *err);
void iseg_close(struct iseg *s);
/* The record of a message of this segment. */
int iseg_record(struct iseg *s, struct arena *a, uint64_t number, struct record *out,
		struct err *err);

#endif
