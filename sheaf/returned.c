#include "returned.h"

#include "cmd.h"
#include "esearch.h"
#include "tally.h"
#include "term.h"

#include <stdio.h>

static void show_lines(struct arena *a, const struct esearch *s)
{
	if (s->n == 0)
		printf("%.*s\n", STR_ARG(esearch_line(a, s->ret, NULL)));
	for (size_t i = 0; i < s->n; i++) {
		struct str line = esearch_line(a, s->ret, &s->list[i]);
		printf("%.*s\n", STR_ARG(term_clean(a, line, false)));
	}
}

static void show_ndjson(struct arena *a, const struct esearch *s)
{
	json_t *list = tally_json(a, s), *one;
	size_t i;
	json_array_foreach(list, i, one) {
		json_dumpf(one, stdout, JSON_COMPACT);
		putchar('\n');
	}
	json_decref(list);
}

static int show_json(struct arena *a, struct query *q, struct qdb *db, const struct esearch *s,
		     struct err *err)
{
	json_t *o = json_pack("{s:{s:s, s:o}, s:o, s:o}", "query", "dialect", "imap", "tree",
			      cmd_string(query_tree(q)), "esearch", tally_json(a, s), "warnings",
			      shape_warnings(a, q));
	const struct rights all = {0};
	if (tally_reach(o, q, db, &all, err) < 0) {
		json_decref(o);
		return -1;
	}
	cmd_json(o);
	return 1;
}

int returned_show(struct query *q, struct qdb *db, struct arena *a, enum returned_format format,
		  uint64_t *n_out, struct err *err)
{
	struct esearch s;
	if (esearch_run(&s, q, db, a, err) < 0)
		return -1;
	if (format == RETURNED_TEXT)
		show_lines(a, &s);
	else if (format == RETURNED_NDJSON)
		show_ndjson(a, &s);
	*n_out = s.n;
	return format == RETURNED_JSON ? show_json(a, q, db, &s, err) : 1;
}
