#include "tagcount.h"

#include "tagged.h"

int tagcount_fill(struct qdb *db, const struct tagcount *t, struct err *err)
{
	struct archive *ar = query_db_archive(db);
	struct bits may = {0};
	struct tagged_tally tally = {t->tags, t->n, &may, t->counts};
	int r = rights_visible(t->rights, ar, &may, err);
	if (r > 0)
		r = tagged_count(query_db_tags(db), ar, &tally, err);
	bits_free(&may);
	return r;
}
