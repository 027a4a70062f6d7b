#include "state.h"

#include <stddef.h>

static const struct {
	const char *name, *usual;
	size_t at;
} fields[] = {
	{"q", "", offsetof(struct state, q)},
	{"dialect", "box", offsetof(struct state, dialect)},
	{"account", "", offsetof(struct state, account)},
	{"mailbox", "", offsetof(struct state, mailbox)},
	{"sort", "-date", offsetof(struct state, sort)},
	{"limit", "50", offsetof(struct state, limit)},
	{"copies", "all", offsetof(struct state, copies)},
	{"total", "at_least", offsetof(struct state, total)},
	{"timeline", "0", offsetof(struct state, timeline)},
	{"facets", "0", offsetof(struct state, facets)},
	{"pick", "", offsetof(struct state, pick)},
	{"cursor", "", offsetof(struct state, cursor)},
	{"open", "", offsetof(struct state, open)},
	{"view", "text", offsetof(struct state, view)},
};
enum { FIELDS = sizeof fields / sizeof *fields };

void state_read(const struct url *u, struct state *out)
{
	for (size_t i = 0; i < FIELDS; i++) {
		struct str *field = (struct str *)((char *)out + fields[i].at);
		*field = url_get(u, fields[i].name, STR(""));
		if (str_eq(*field, str_of(fields[i].usual)))
			*field = STR("");
	}
}

bool state_sorted(const struct state *s)
{
	struct str by = str_cut(s->sort, str_starts(s->sort, STR("-")), s->sort.n);
	return str_eq(by, STR("from")) || str_eq(by, STR("subject")) || str_eq(by, STR("size"));
}

/* Is the parameter of no interest to a search? */
static bool of_pages(struct str name, bool sorted)
{
	static const char *const always[] = {"open", "view", "timeline", "facets", "pick",
					     "told"};
	for (size_t i = 0; i < sizeof always / sizeof *always; i++)
		if (str_eq(name, str_of(always[i])))
			return true;
	return sorted && (str_eq(name, STR("sort")) || str_eq(name, STR("cursor")));
}

struct url state_ask(struct arena *a, const struct url *u)
{
	struct state s;
	struct url out = *u;
	struct url_param *list = arena_alloc(a, (u->n_params + 1) * sizeof *list);
	state_read(u, &s);
	out.n_params = 0;
	for (size_t i = 0; i < u->n_params; i++)
		if (!of_pages(u->params[i].name, state_sorted(&s)))
			list[out.n_params++] = u->params[i];
	out.params = list;
	return out;
}

struct state state_list(const struct state *s)
{
	struct state t = *s;
	t.cursor = t.open = t.view = STR("");
	return t;
}

void state_tail(struct markup *m, const struct state *s)
{
	bool first = true;
	for (size_t i = 0; i < FIELDS; i++) {
		struct str value = *(const struct str *)((const char *)s + fields[i].at);
		if (value.n == 0)
			continue;
		markup_text(m, first ? STR("?") : STR("&"));
		markup_text(m, str_of(fields[i].name));
		MARKUP(m, "=");
		markup_url(m, value);
		first = false;
	}
}

void state_href(struct markup *m, const struct state *s)
{
	MARKUP(m, "/");
	state_tail(m, s);
}

void state_back(struct markup *m, const struct state *s, struct str path)
{
	MARKUP(m, "<input type=\"hidden\" name=\"back\" value=\"");
	markup_text(m, path);
	state_tail(m, s);
	MARKUP(m, "\">");
}
