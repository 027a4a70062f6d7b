#include "maildir.h"

#include "archive.h"
#include "mutf7.h"

/* Where ":2," begins; file systems without ':' in names see ';' or '!' used instead. */
static size_t info(struct str name)
{
	for (size_t i = name.n; i-- > 0;)
		if ((name.p[i] == ':' || name.p[i] == ';' || name.p[i] == '!') &&
		    str_starts(str_cut(name, i + 1, name.n), STR("2,")))
			return i;
	return name.n;
}

unsigned maildir_flags(struct str name, bool *forwarded)
{
	static const struct {
		char letter;
		unsigned flag;
	} known[] = {{'S', ARCHIVE_SEEN},
		     {'R', ARCHIVE_ANSWERED},
		     {'F', ARCHIVE_FLAGGED},
		     {'T', ARCHIVE_DELETED},
		     {'D', ARCHIVE_DRAFT}};
	struct str letters = str_cut(name, info(name) + 3, name.n);
	unsigned flags = 0;
	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
		if (str_chr(letters, known[i].letter) >= 0)
			flags |= known[i].flag;
	*forwarded = str_chr(letters, 'P') >= 0;
	return flags;
}

struct str maildir_base(struct str name)
{
	return str_cut(name, 0, info(name));
}

struct str maildir_folder(struct arena *a, struct str name)
{
	struct str s = arena_str(a, str_cut(name, 1, name.n));
	char *p = arena_alloc(a, s.n + 1);
	for (size_t i = 0; i < s.n; i++)
		p[i] = s.p[i] == '.' ? '/' : s.p[i];
	mutf7_read(a, (struct str){p, s.n}, &s);
	return s;
}
