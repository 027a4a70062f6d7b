#include "t.h"

#include "casemap.h"
#include "stem.h"

static const char *const same[][2] = {
	{"Reports", "reporting"}, {"ponies", "pony"}, {"dying", "die"}, {"skies", "sky"},
	{"hoping", "hope"}, {"running", "runs"}, {"organization", "organize"},
	{"relational", "relate"}, {"early", "Early"}, {"été", "ÉTÉ"}, {"naïve", "naive"},
	{"nationals", "national"}, {"Größe", "große"},
};
static const char *const endings[] = {
	"", "s", "es", "ies", "ed", "eed", "ied", "ing", "ying", "ingly", "edly", "y", "ly",
	"ational",
	"ation", "izer", "ization", "fulness", "ousness", "iveness", "biliti", "logi", "ative",
	"ement", "ance", "ible", "ality", "sses", "e", "ll", "le", "ly", "ogist", "ist", "'s",
};
static const char *const roots[] = {
	"d", "l", "t", "sk", "idl", "gent", "ugl", "onl", "singl", "p", "hop", "hopp", "bab", "fl",
	"report", "repl", "organ", "rel", "sensit", "hab", "apo", "ble", "y", "yell", "aa", "ion",
	"gener", "commun", "arsen", "inn", "out", "cann", "herr", "earr", "proc", "exc", "succ",
};

int main(void)
{
	struct arena a = {0};
	struct stem *s;
	stem_open(&s, NULL);
	for (size_t i = 0; i < sizeof same / sizeof *same; i++)
		T_STR(stem_of(s, &a, casemap_str(&a, str_of(same[i][0]))),
		      stem_of(s, &a, casemap_str(&a, str_of(same[i][1]))));
	T_STR(stem_of(s, &a, STR("X86")), STR("X86"));
	T_STR(stem_prefix(&a, STR("X86"), NULL), STR("X86"));
	T_STR(stem_prefix(&a, STR("poni"), NULL), STR("PON"));
	T_STR(stem_prefix(&a, STR("die"), NULL), STR("D"));
	T_STR(stem_prefix(&a, STR(""), NULL), STR(""));
	/* The index rests on this: whatever is cut off, a word begins with the prefix. */
	for (size_t i = 0; i < sizeof roots / sizeof *roots; i++)
		for (size_t j = 0; j < sizeof endings / sizeof *endings; j++) {
			struct str word = arena_fmt(&a, "%s%s", roots[i], endings[j]);
			struct str mapped = casemap_str(&a, word);
			struct str prefix = stem_prefix(&a, stem_of(s, &a, mapped), NULL);
			T(prefix.n > 0 && str_starts(mapped, prefix));
		}
	stem_close(&s);
	T(s == NULL);
	arena_free(&a);
	return t_done();
}
