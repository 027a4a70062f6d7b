/* guard: the work that callgrind counts, over messages on standard input.
 *
 * guard terms|match   reads messages, each as a line with its length in bytes, then the bytes.
 *   Parses each outside of the counted function; `terms` cuts it into terms, `match` judges it by
 *   each query below. Prints a sum over the answers, the same on every machine.
 * guard compiler      says what made this program: "gcc-14 x86_64".
 */
#include "imapq.h"
#include "match.h"
#include "terms.h"

#include <stdio.h>
#include <stdlib.h>

#define MAX_MESSAGE ((size_t)1 << 20)

static const char *const queries[] = {
	"TEXT \"invoice number\"", "TEXT zymurgy", "NOT TEXT e", "BODY \" the \"",
	"BODY \"clock at half past seven\"", "BODY \"ÜBER\"", "SUBJECT contract", "FROM example.org",
	"OR (TO bob CC ann) (HEADER X-Mailer heron)", "HEADER Received esmtps", "LARGER 4000",
	"OR SENTSINCE 1-Jan-2010 SUBJECT report",
	"OR BODY qqa OR BODY qqb OR BODY qqc OR BODY qqd OR BODY qqe OR BODY qqf BODY qqg",
};
#define N_QUERIES (sizeof queries / sizeof *queries)

struct message {
	struct archive_msg msg;
	struct str raw;
};

/* What callgrind counts: named on its command line, so never inlined. */
__attribute__((noinline)) void guard_terms(struct terms *t, struct arena *a,
					   const struct terms_message *in, size_t *n);
__attribute__((noinline)) int guard_match(struct match *m, struct err *err);

void guard_terms(struct terms *t, struct arena *a, const struct terms_message *in, size_t *n)
{
	const struct xap_term *list;
	terms_collect(t, a, in, &list, n);
}

int guard_match(struct match *m, struct err *err)
{
	return match_copy(m, NULL, err);
}

static int next(struct arena *a, struct message *out)
{
	char line[32];
	if (fgets(line, sizeof line, stdin) == NULL)
		return 0;
	size_t n = (size_t)strtoull(line, NULL, 10);
	if (n > MAX_MESSAGE)
		err_die("guard: too long");
	char *p = arena_alloc(a, n + 1);
	if (fread(p, 1, n, stdin) != n)
		err_die("guard: cut off");
	out->raw = (struct str){p, n};
	out->msg = (struct archive_msg){.number = out->msg.number + 1, .rfc822_size = n};
	return 1;
}

static unsigned long long terms_of_all(void)
{
	struct arena a = {0};
	struct message x = {0};
	struct filter_maker *filter = filter_maker_new();
	struct terms *t = terms_new(filter);
	unsigned long long sum = 0;
	for (; next(&a, &x); arena_reset(&a)) {
		struct mail m;
		struct record r;
		size_t n = 0;
		mail_parse(&a, x.raw, &mail_default_limits, &m);
		record_make(&a, &m, 0, &r);
		const struct terms_message in = {&m, &r, &x.msg, (uint32_t)x.msg.number};
		guard_terms(t, &a, &in, &n);
		sum += n;
	}
	terms_free(&t);
	filter_maker_free(&filter);
	arena_free(&a);
	return sum;
}

struct judge {
	struct scope scope;
	struct match_tree tree;
	struct match *m;
};

static void prepare(struct judge *j, struct arena *a, const char *query)
{
	struct err err = {0};
	struct imapq q;
	j->scope = (struct scope){.a = a};
	if (imapq_parse(a, str_of(query), &q, &err) < 0 ||
	    match_tree(&j->tree, q.root, &j->scope, 1000000, &err) < 0)
		err_die("%s", err.text);
	match_open(&j->m, NULL, &j->tree);
}

static unsigned long long match_all(void)
{
	static struct judge j[N_QUERIES];
	struct arena trees = {0}, a = {0};
	struct message x = {0};
	struct err err = {0};
	unsigned long long sum = 0;
	for (size_t i = 0; i < N_QUERIES; i++)
		prepare(&j[i], &trees, queries[i]);
	for (; next(&a, &x); arena_reset(&a)) {
		for (size_t i = 0; i < N_QUERIES; i++) {
			match_begin(j[i].m, x.msg.number, NULL);
			struct mtext *t = match_texts(j[i].m);
			mtext_begin_raw(t, &x.msg, x.raw);
			t->ar = NULL;
			if (mtext_parse(t, &err) < 0)
				err_die("%s", err.text);
			sum += (i + 1) * (unsigned)guard_match(j[i].m, &err);
		}
	}
	for (size_t i = 0; i < N_QUERIES; i++)
		match_close(&j[i].m);
	arena_free(&trees);
	arena_free(&a);
	return sum;
}

static void compiler(void)
{
#ifdef __clang__
	printf("clang-%d", __clang_major__);
#else
	printf("gcc-%d", __GNUC__);
#endif
#if defined __x86_64__
	puts(" x86_64");
#elif defined __aarch64__
	puts(" aarch64");
#else
	puts(" other");
#endif
}

int main(int argc, char **argv)
{
	struct str what = argc == 2 ? str_of(argv[1]) : STR("");
	mail_init();
	if (str_eq(what, STR("terms")))
		printf("%llu\n", terms_of_all());
	else if (str_eq(what, STR("match")))
		printf("%llu\n", match_all());
	else if (str_eq(what, STR("compiler")))
		compiler();
	else
		err_die("usage: guard terms|match|compiler");
	return 0;
}
