#include "mh.h"

#include "archive.h"

#include <stdlib.h>

struct range {
	uint32_t from, to;
	unsigned flag; /* ARCHIVE_SEEN stands for unseen */
};

struct mh {
	struct arena a;
	struct range *ranges;
	size_t n;
};

static unsigned flag_of(struct str name)
{
	static const struct {
		const char *name;
		unsigned flag;
	} known[] = {{"unseen", ARCHIVE_SEEN},
		     {"replied", ARCHIVE_ANSWERED},
		     {"answered", ARCHIVE_ANSWERED},
		     {"flagged", ARCHIVE_FLAGGED}};
	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
		if (str_ieq(name, str_of(known[i].name)))
			return known[i].flag;
	return 0;
}

static void sequence(struct mh *m, unsigned flag, struct str list)
{
	struct str word, first;
	while (str_split(&list, ' ', &word)) {
		struct range r = {.flag = flag};
		if (!str_split(&word, '-', &first) || !str_u32(first, &r.from))
			continue;
		r.to = r.from;
		if (word.n && !str_u32(word, &r.to))
			continue;
		m->ranges = arena_grow(&m->a, m->ranges, m->n, sizeof *m->ranges);
		m->ranges[m->n++] = r;
	}
}

struct mh *mh_open(struct str text)
{
	struct mh *m = err_alloc(sizeof *m);
	struct str line, name;
	while (str_line(&text, &line)) {
		if (!str_split(&line, ':', &name))
			continue;
		unsigned flag = flag_of(str_trim(name));
		if (flag)
			sequence(m, flag, str_trim(line));
	}
	return m;
}

void mh_close(struct mh **m)
{
	if (*m == NULL)
		return;
	arena_free(&(*m)->a);
	free(*m);
	*m = NULL;
}

unsigned mh_flags(const struct mh *m, uint32_t number)
{
	unsigned flags = 0;
	for (size_t i = 0; i < m->n; i++)
		if (number >= m->ranges[i].from && number <= m->ranges[i].to)
			flags |= m->ranges[i].flag;
	return flags ^ ARCHIVE_SEEN;
}

int mh_number(struct str name, uint32_t *out)
{
	return name.n && name.p[0] != '0' && str_u32(name, out);
}
