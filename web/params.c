#include "params.h"

int params_only(const struct call *c, const char *const *names, struct err *err)
{
	const struct url_param *odd = url_odd(c->url, names);
	if (odd == NULL)
		return 1;
	return err_set(err, ERR_INPUT, "unknown or repeated parameter '%.*s'",
		       STR_ARG(str_cut(odd->name, 0, 40)));
}

int params_number(const struct call *c, const char *name, struct params_bounds b, uint64_t *out,
		  struct err *err)
{
	struct str s = url_get(c->url, name, STR(""));
	*out = b.otherwise;
	if (s.n == 0 || (str_u64(s, out) && *out >= b.least && *out <= b.most))
		return 1;
	return err_set(err, ERR_INPUT, "parameter '%s' is not %llu to %llu", name,
		       (unsigned long long)b.least, (unsigned long long)b.most);
}

int params_flag(const struct call *c, const char *name, bool *out, struct err *err)
{
	struct str v = url_get(c->url, name, STR("0"));
	*out = str_eq(v, STR("1"));
	if (*out || str_eq(v, STR("0")))
		return 1;
	return err_set(err, ERR_INPUT, "parameter '%s' has an unknown value", name);
}

int params_id(const struct call *c, int64_t *out, struct err *err)
{
	static const char *const none[] = {NULL};
	uint64_t id;
	if (params_only(c, none, err) < 0)
		return -1;
	if (!str_u64(c->args[0], &id) || id > INT64_MAX)
		return 0;
	*out = (int64_t)id;
	return 1;
}

void params_drop(struct call *c, const char *name)
{
	struct url *u = arena_alloc(c->arena, sizeof *u);
	struct url_param *params = arena_alloc(c->arena, (c->url->n_params + 1) * sizeof *params);
	*u = *c->url;
	u->params = params;
	u->n_params = 0;
	for (size_t i = 0; i < c->url->n_params; i++)
		if (!str_eq(c->url->params[i].name, str_of(name)))
			params[u->n_params++] = c->url->params[i];
	c->url = u;
}
