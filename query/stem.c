#include "stem.h"

#include "casemap.h"
#include "xapian-c.h"

#include <stdlib.h>

struct stem {
	struct xap_stemmer *stemmer;
};

/* Longer words have no endings worth taking off. */
#define LONGEST 60

/* Languages whose stemmers leave the first two letters of a word as they are, and do with words
 * without marks (docs/decisions/0012-languages.md). */
static const struct {
	const char *code, *name;
} languages[] = {
	{"en", "english"}, {"de", "german"}, {"fr", "french"}, {"es", "spanish"},
	{"it", "italian"}, {"pt", "portuguese"}, {"nl", "dutch"}, {"da", "danish"},
	{"no", "norwegian"}, {"sv", "swedish"},
};
enum { LANGUAGES = sizeof languages / sizeof *languages };

const char *stem_language(struct str code)
{
	for (size_t i = 0; i < LANGUAGES; i++)
		if (str_ieq(code, str_of(languages[i].code)))
			return languages[i].code;
	return NULL;
}

static bool is_english(const char *language)
{
	return language == NULL || strcmp(language, "en") == 0;
}

void stem_open(struct stem **out, const char *language)
{
	const char *name = languages[0].name;
	for (size_t i = 0; language && i < LANGUAGES; i++)
		if (strcmp(language, languages[i].code) == 0)
			name = languages[i].name;
	*out = err_alloc(sizeof **out);
	xap_stem_open(&(*out)->stemmer, name);
}

void stem_close(struct stem **s)
{
	if (*s == NULL)
		return;
	xap_stem_close(&(*s)->stemmer);
	free(*s);
	*s = NULL;
}

/* Mapped text has its ASCII letters in upper case. */
static bool is_letters(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < 'A' || s.p[i] > 'Z')
			return false;
	return s.n > 0 && s.n <= LONGEST;
}

struct str stem_of(struct stem *s, struct arena *a, struct str token)
{
	struct str bare = casemap_bare(a, token);
	char lower[LONGEST], *out = arena_alloc(a, LONGEST + 1);
	if (!is_letters(bare))
		return bare;
	for (size_t i = 0; i < bare.n; i++)
		lower[i] = (char)(bare.p[i] | 0x20);
	return (struct str){out, xap_stem(s->stemmer, (struct str){lower, bare.n}, out,
					  LONGEST + 1)};
}

/* Taking off an English ending changes at most the last letter of what is left ("ponies" is "poni",
 * "hoping" is "hope"), but for "dying" and its like, which are "die". */
struct str stem_prefix(struct arena *a, struct str stem, const char *language)
{
	if (stem.n == 0 || stem.p[0] < 'a' || stem.p[0] > 'z')
		return stem;
	bool die = stem.n == 3 && str_ends(stem, STR("ie"));
	size_t n = stem.n > 1 && !die ? stem.n - 1 : 1;
	if (!is_english(language))
		n = stem.n < 2 ? stem.n : 2;
	char *p = arena_alloc(a, n);
	for (size_t i = 0; i < n; i++)
		p[i] = (char)(stem.p[i] & ~0x20);
	return (struct str){p, n};
}
