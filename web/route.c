#include "route.h"

#include <stdio.h>

static bool fits(const char *pattern, const struct url *u, struct route_match *m)
{
	struct str rest = str_cut(str_of(pattern), 1, SIZE_MAX), want;
	size_t i = 0;
	m->n_args = 0;
	if (rest.n == 0)
		return u->n_segments == 0;
	for (; str_split(&rest, '/', &want); i++) {
		if (i == u->n_segments)
			return false;
		struct str seg = u->segments[i];
		if (str_eq(want, STR("{}"))) {
			if (seg.n == 0 || m->n_args == ROUTE_MAX_ARGS)
				return false;
			m->args[m->n_args++] = seg;
		} else if (!str_eq(want, seg)) {
			return false;
		}
	}
	return i == u->n_segments;
}

/* "GET, HEAD, POST" */
static void allow(struct route_match *m, const char *method)
{
	size_t n = strlen(m->allow);
	bool get = strcmp(method, "GET") == 0;
	snprintf(m->allow + n, sizeof m->allow - n, "%s%s", n ? ", " : "",
		 get ? "GET, HEAD" : method);
}

int route_find(const struct route *table, size_t n, struct str method, const struct url *u,
	       struct route_match *out)
{
	if (str_eq(method, STR("HEAD")))
		method = STR("GET");
	*out = (struct route_match){0};
	for (size_t i = 0; i < n; i++) {
		if (!fits(table[i].pattern, u, out))
			continue;
		out->route = &table[i];
		if (str_eq(str_of(table[i].method), method))
			return 1;
		allow(out, table[i].method);
	}
	return out->route ? -1 : 0;
}
