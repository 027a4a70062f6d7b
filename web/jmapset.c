#include "jmapset.h"

#include "disposal.h"
#include "thread.h"

/* The numbers of `s` that are not in `but`. */
static struct jmapset less(struct jmap *j, struct jmapset s, struct jmapset but)
{
	uint32_t *list = arena_alloc(j->a, (s.n + 1) * sizeof *list);
	size_t n = 0, k = 0;
	for (size_t i = 0; i < s.n; i++) {
		while (k < but.n && but.list[k] < s.list[i])
			k++;
		if (k == but.n || but.list[k] != s.list[i])
			list[n++] = s.list[i];
	}
	return (struct jmapset){list, n};
}

int jmapset_copies(struct jmap *j, const struct jmapset_copies *c, struct jmapset *out)
{
	struct archive_select s = {.arg = {c->arg}, .text = c->text};
	struct jmapset found, masked;
	struct arena own = {0};
	bool *in = arena_alloc(&own, j->n_epochs + 1);
	for (size_t i = 0; i < j->n_epochs; i++)
		in[i] = str_eq(j->epochs[i].account, c->account) && (c->in == NULL || c->in[i]);
	struct str epochs = rights_condition(&own, j->epochs, j->n_epochs, in);
	s.where = c->where ? arena_fmt(&own, "%.*s AND (%s)", STR_ARG(epochs), c->where).p
			   : epochs.p;
	bool good = archive_select(j->ar, &own, &s, &found.list, &found.n, &j->err) >= 0 &&
		    disposal_masked(j->ar, &own, &masked.list, &masked.n, &j->err) >= 0;
	if (good)
		*out = less(j, found, masked);
	else
		jmapbase_broken(j);
	arena_free(&own);
	return good;
}

int jmapset_keyword(struct jmap *j, struct str account, struct str keyword, struct jmapset *out)
{
	struct jmapset_copies c = {.account = account, .where = "flags & ?1",
				   .arg = jmapbase_flag(keyword)};
	if (c.arg == 0) {
		c.where = "keywords <> '' AND instr(' ' || lower(keywords) || ' ', lower(?5)) > 0";
		c.text = arena_fmt(j->a, " %.*s ", STR_ARG(keyword)).p;
	}
	return jmapset_copies(j, &c, out);
}

int jmapset_without(struct jmap *j, struct str account, struct str keyword, struct jmapset *out)
{
	struct jmapset_copies all = {.account = account};
	struct jmapset with;
	if (!jmapset_keyword(j, account, keyword, &with) || !jmapset_copies(j, &all, out))
		return 0;
	*out = less(j, *out, with);
	return 1;
}

int jmapset_threads(struct jmap *j, const struct jmapset *s, struct jmapset *out)
{
	const uint32_t *labels;
	uint64_t last;
	struct arena own = {0};
	size_t n = 0;
	if (archive_last(j->ar, &last, &j->err) < 0 ||
	    thread_labels(j->db, &own, last, &labels, &j->err) < 0) {
		arena_free(&own);
		jmapbase_broken(j);
		return 0;
	}
	bool *wanted = arena_alloc(&own, last + 1);
	for (size_t i = 0; i < s->n; i++)
		if (s->list[i] <= last)
			wanted[labels[s->list[i]]] = true;
	for (uint64_t i = 1; i <= last; i++)
		n += wanted[labels[i]];
	uint32_t *list = arena_alloc(j->a, (n + 1) * sizeof *list);
	n = 0;
	for (uint64_t i = 1; i <= last; i++)
		if (wanted[labels[i]])
			list[n++] = (uint32_t)i;
	*out = (struct jmapset){list, n};
	arena_free(&own);
	return 1;
}
