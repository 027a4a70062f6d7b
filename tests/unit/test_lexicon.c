#include "t.h"

#include "file.h"
#include "lexicon.h"
#include "schema.h"

#define N 3000

static char dir[4000];
static char word[N][12]; /* prefix and up to ten letters of a small alphabet */

static uint32_t roll(void)
{
	static uint64_t x = 88172645463325252;
	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	return (uint32_t)(x >> 11);
}

static const char *path_of(const char *name)
{
	static char path[2][4200];
	static int turn;
	turn = !turn;
	snprintf(path[turn], sizeof path[turn], "%s/%s", dir, name);
	return path[turn];
}

static void make_words(void)
{
	for (int i = 0; i < N; i++) {
		size_t n = 1 + roll() % 10;
		word[i][0] = "BSHMTV"[roll() % 6]; /* H and M are not text */
		for (size_t k = 1; k <= n; k++)
			word[i][k] = "ABC\xC3\xA9"[roll() % 5];
	}
}

static void build(void)
{
	static struct xap_term terms[N];
	struct xap_doc doc = {.terms = terms, .n_terms = N};
	struct xap_writer *w;
	struct xap_db *db;
	struct err err;
	for (int i = 0; i < N; i++)
		terms[i] = (struct xap_term){str_of(word[i]), 0};
	T(xap_create(&w, path_of("x"), XAP_NO_SYNC, 0, &err) == 1);
	T(xap_add(w, &doc, NULL, &err) == 1);
	T(xap_commit(w, &err) == 1);
	xap_close_writer(&w);
	T(xap_open(&db, path_of("x"), &err) == 1);
	T(lexicon_build(db, path_of("lexicon"), &err) == 1);
	xap_close(&db);
}

static bool fits(struct str term, struct str needle, enum lexicon_place place)
{
	switch (place) {
	case LEXICON_WHOLE:
		return str_eq(term, needle);
	case LEXICON_PREFIX:
		return str_starts(term, needle);
	case LEXICON_SUFFIX:
		return str_ends(term, needle);
	default:
		return str_find(term, needle) >= 0;
	}
}

static bool given_before(int i)
{
	for (int k = 0; k < i; k++)
		if (strcmp(word[k], word[i]) == 0)
			return true;
	return false;
}

static size_t brute_force(char prefix, struct str needle, enum lexicon_place place)
{
	size_t n = 0;
	for (int i = 0; i < N; i++)
		n += word[i][0] == prefix && fits(str_of(word[i] + 1), needle, place) &&
		     !given_before(i);
	return n;
}

static void against_brute_force(struct lexicon *lx)
{
	for (int round = 0; round < 400; round++) {
		struct arena a = {0};
		const struct str *terms;
		size_t n, ask = round == 0 ? 0 : roll() % 5;
		char prefix = "BSTVC"[roll() % 5];
		enum lexicon_place place = (enum lexicon_place)(roll() % 4);
		const char *from = word[roll() % N];
		struct str needle = str_cut(str_of(from), 1, 1 + ask);
		size_t want = brute_force(prefix, needle, place);
		struct lexicon_ask q = {prefix, needle, place, N, {"", 0}};
		T(lexicon_expand(lx, &a, &q, &terms, &n) == 1);
		T(n == want);
		for (size_t i = 0; i < n; i++) {
			T(terms[i].p[0] == prefix);
			T(fits(str_cut(terms[i], 1, terms[i].n), needle, place));
			T(i == 0 || str_cmp(terms[i - 1], terms[i]) < 0);
		}
		q.max = want - 1;
		if (want > 0)
			T(lexicon_expand(lx, &a, &q, &terms, &n) == 0);
		arena_free(&a);
	}
}

static void odd_needles(struct lexicon *lx)
{
	static const struct lexicon_ask row[] = {
		{'B', STR("A\nA"), LEXICON_INFIX, 9, {"", 0}},
		{'H', STR("A"), LEXICON_INFIX, 9, {"", 0}},
		{'\0', STR("A"), LEXICON_INFIX, 9, {"", 0}},
		{'C', STR(""), LEXICON_INFIX, 9, {"", 0}},
	};
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct arena a = {0};
		const struct str *terms;
		size_t n = 1;
		T(lexicon_expand(lx, &a, &row[i], &terms, &n) == 1 && n == 0);
		arena_free(&a);
	}
}

static void damaged(void)
{
	struct lexicon *lx;
	struct err err;
	struct buf b;
	buf_init(&b, 10000000);
	T(file_load(path_of("lexicon"), &b, &err) == 1);
	for (size_t cut = 0; cut < b.n; cut += cut < 200 ? 1 : 997) {
		T(file_replace(path_of("bad"), str_cut(buf_all(&b), 0, cut), &err) == 1);
		T(lexicon_open(&lx, path_of("bad"), &err) == -1 && err.kind == ERR_BROKEN);
	}
	T(lexicon_open(&lx, path_of("nothing"), &err) == -1 && err.kind == ERR_BROKEN);
	buf_free(&b);
}

int main(void)
{
	struct lexicon *lx;
	struct err err;
	snprintf(dir, sizeof dir, "%s", t_dir());
	make_words();
	build();
	T(lexicon_open(&lx, path_of("lexicon"), &err) == 1);
	against_brute_force(lx);
	odd_needles(lx);
	lexicon_close(&lx);
	T(lx == NULL);
	damaged();
	T(file_remove_tree(dir, &err) == 1);
	return t_done();
}
