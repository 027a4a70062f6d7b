#include "boxq.h"
#include "imapq.h"
#include "match.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static bool judge(struct arena *a, const struct qnode *q, struct str raw)
{
	struct scope scope = {.a = a};
	struct archive_msg msg = {.number = 1, .rfc822_size = raw.n};
	struct match_tree tree;
	struct match *m;
	struct err err = {0};
	if (match_tree(&tree, q, &scope, 1000000, &err) < 0)
		abort();
	match_open(&m, NULL, &tree);
	mtext_begin_raw(match_texts(m), &msg, raw);
	int r = match_copy(m, NULL, &err);
	match_close(&m);
	if (r < 0)
		abort();
	return r > 0;
}

/* A query, NUL, a message. What a query does not select, its negation does. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	const struct boxq_warning *w;
	const struct qnode *q;
	struct imapq imap;
	struct arena a = {0};
	struct err err = {0};
	struct str rest = {(const char *)data, n}, text;
	mail_init();
	if (!str_split(&rest, '\0', &text))
		return 0;
	if (imapq_parse(&a, text, &imap, &err) > 0)
		q = imap.root;
	else if (boxq_parse(&a, text, &q, &w, &n, &err) <= 0)
		q = NULL;
	if (q && judge(&a, q, rest) == judge(&a, qnode_not(&a, q), rest))
		abort();
	arena_free(&a);
	return 0;
}
