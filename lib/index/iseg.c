#include "iseg.h"

#include "sums.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

static int open_files(struct iseg *s, const char *path, struct err *err)
{
	char name[4096];
	uint32_t docs, last;
	snprintf(name, sizeof name, "%s/xapian", path);
	if (xap_open(&s->db, name, err) < 0 || xap_counts(s->db, &docs, &last, err) < 0)
		return -1;
	snprintf(name, sizeof name, "%s/lexicon", path);
	if (lexicon_open(&s->lexicon, name, err) < 0)
		return -1;
	snprintf(name, sizeof name, "%s/filter", path);
	if (filter_open(&s->filter, name, err) < 0)
		return -1;
	snprintf(name, sizeof name, "%s/order", path);
	if (order_open(&s->order, name, err) < 0)
		return -1;
	snprintf(name, sizeof name, "%s/records", path);
	if (records_open(&s->records, name, s->dict, err) < 0)
		return -1;
	snprintf(name, sizeof name, "%s/headers", path);
	if (records_open(&s->headers, name, s->header_dict, err) < 0)
		return -1;
	snprintf(name, sizeof name, "%s/columns", path);
	if (column_open(&s->columns, name, err) < 0)
		return -1;
	uint64_t n = s->last - s->first + 1;
	if (docs != n || last != n || s->order.n != n || records_count(s->records) != n ||
	    records_count(s->headers) != n ||
	    (s->columns && column_docs(s->columns) != n))
		return err_set(err, ERR_BROKEN,
			       "index segment '%s' does not hold the %" PRIu64
			       " messages of its name", path, n);
	return 1;
}

static int open_dictionaries(struct iseg *s, const char *dir, struct err *err)
{
	char name[4096];
	snprintf(name, sizeof name, "%s/dictionary", dir);
	if (dict_open(&s->dict, name, err) < 0)
		return -1;
	snprintf(name, sizeof name, "%s/dictionary-headers", dir);
	return dict_open(&s->header_dict, name, err) < 0 ? -1 : 1;
}

int iseg_open(struct iseg *s, const char *dir, uint64_t first, uint64_t last, struct err *err)
{
	char path[4000];
	*s = (struct iseg){.first = first, .last = last};
	int n = snprintf(path, sizeof path, "%s/%" PRIu64 "-%" PRIu64, dir, first, last);
	if (n < 0 || (size_t)n >= sizeof path)
		return err_set(err, ERR_INPUT, "path too long");
	if (access(path, F_OK) != 0)
		return 0;
	/* Xapian trusts what it reads. */
	if (sums_trust(path, err) < 0)
		return -1;
	if (open_dictionaries(s, dir, err) == 1 && open_files(s, path, err) == 1)
		return 1;
	iseg_close(s);
	return -1;
}

void iseg_close(struct iseg *s)
{
	xap_close(&s->db);
	lexicon_close(&s->lexicon);
	filter_close(&s->filter);
	order_close(&s->order);
	column_close(&s->columns);
	records_close(&s->records);
	records_close(&s->headers);
	dict_close(&s->dict);
	dict_close(&s->header_dict);
}

int iseg_record(struct iseg *s, struct arena *a, uint64_t number, struct record *out,
		struct err *err)
{
	struct str packed;
	*out = (struct record){0};
	if (records_get(s->records, a, (uint32_t)(number - s->first + 1), &packed, err) < 0)
		return -1;
	return record_unpack(a, packed, out, err);
}

int iseg_headers(struct iseg *s, struct arena *a, uint64_t number, struct headtext *out,
		 struct err *err)
{
	struct str packed;
	*out = (struct headtext){0};
	if (records_get(s->headers, a, (uint32_t)(number - s->first + 1), &packed, err) < 0)
		return -1;
	if (headtext_unpack(packed, out))
		return 1;
	return err_set(err, ERR_BROKEN, "the header lines of message %" PRIu64 " are damaged",
		       number);
}
