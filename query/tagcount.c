#include "tagcount.h"

#include "tagged.h"

int tagcount_fill(struct qdb *db, const struct tagcount *t, struct err *err)
{
	const struct tagged_tally tally = {t->tags, t->n, t->may, t->counts};
	return tagged_count(query_db_tags(db), query_db_archive(db), &tally, err);
}
