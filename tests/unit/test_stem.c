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
	/* Other languages: two letters stay. */
	static const char *const others[][4] = {
		{"de", "Häuser", "haus", "HA"}, {"fr", "chevaux", "cheval", "CH"},
		{"es", "canciones", "canción", "CA"}, {"it", "parlando", "parlare", "PA"},
		{"pt", "falando", "falar", "FA"}, {"nl", "lichamelijk", "lichamelijke", "LI"},
		{"da", "huse", "huset", "HU"}, {"no", "husene", "huset", "HU"},
		{"sv", "flickor", "flickorna", "FL"}, {"en", "Reports", "reporting", "REPOR"},
	};
	for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
		const char *code = stem_language(str_of(others[i][0]));
		stem_open(&s, code);
		struct str stem = stem_of(s, &a, casemap_str(&a, str_of(others[i][1])));
		T_STR(stem_of(s, &a, casemap_str(&a, str_of(others[i][2]))), stem);
		T_STR(stem_prefix(&a, stem, code), str_of(others[i][3]));
		for (size_t j = 0; j < sizeof roots / sizeof *roots; j++) {
			struct str word = casemap_str(&a, arena_fmt(&a, "%sen", roots[j]));
			struct str prefix = stem_prefix(&a, stem_of(s, &a, word), code);
			T(prefix.n > 0 && str_starts(word, prefix));
		}
		stem_close(&s);
	}
	T(stem_language(STR("DE")) != NULL && stem_language(STR("fi")) == NULL &&
	  stem_language(STR("")) == NULL);
	arena_free(&a);
	return t_done();
}
