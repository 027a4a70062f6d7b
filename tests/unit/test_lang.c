#include "t.h"

#include "boxq.h"
#include "lang.h"
#include "mail.h"

static struct arena a;

/* Query, what is left of it, language, tree. */
static const struct {
	const char *query, *left, *language, *tree;
} row[] = {
	{"report", "report", "", "(word \"report\")"},
	{"lang:en reports", "        reports", "en", "(stem en \"reports\")"},
	{"LANG:De H\xc3\xa4user", "        H\xc3\xa4user", "de", "(stem de \"H\xc3\xa4user\")"},
	{"\xc3\xbc lang:en \"reports\"", "\xc3\xbc         \"reports\"", "en",
	 "(and (stem en \"\xc3\xbc\") (word \"reports\"))"},
	{"reports lang:en", "reports        ", "en", "(stem en \"reports\")"},
	{"(lang:en reports) -plans", "(        reports) -plans", "en",
	 "(and (stem en \"reports\") (not (stem en \"plans\")))"},
	{"lang:en subject:reports body:\"plans\"", "        subject:reports body:\"plans\"", "en",
	 NULL},
	{"\"lang:en\" reports", "\"lang:en\" reports", "", NULL},
	{"xlang:en reports", "xlang:en reports", "", NULL},
	{"-lang:en reports", "-lang:en reports", "", NULL},
	{"lang:xx reports", "lang:xx reports", "", NULL},
	{"lang: reports", "lang: reports", "", NULL},
	{"lang:en lang:de x", "        lang:de x", "en", NULL},
	{"lang:en", "       ", "en", NULL},
	{"", "", "", NULL},
};

int main(void)
{
	mail_init();
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct str text = str_of(row[i].query);
		const struct boxq_warning *w;
		const struct qnode *q;
		struct err err;
		size_t n;
		const char *language = lang_take(&a, &text);
		T_STR(text, str_of(row[i].left));
		T_STR(str_of(language), str_of(row[i].language));
		T(boxq_parse(&a, text, &q, &w, &n, &err) > 0);
		if (language)
			q = lang_apply(&a, q, text, language);
		if (row[i].tree)
			T_STR(qnode_text(&a, q), str_of(row[i].tree));
	}
	arena_free(&a);
	return t_done();
}
