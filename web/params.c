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
