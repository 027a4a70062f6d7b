#include "exportconf.h"

#include <stdio.h>

const char *const exportconf_keys[] = {"dir", "days", "at_once", "waiting", "most_gb",
				       "least_free_gb", NULL};

struct range {
	uint64_t otherwise, least, most;
};

static int number(const struct conf *c, const struct conf_section *s, const char *key,
		  struct range r, uint64_t *out, struct err *err)
{
	char text[100];
	*out = r.otherwise;
	struct str value = s ? conf_get(s, key, STR("")) : STR("");
	if (value.n == 0)
		return 1;
	if (str_u64(value, out) && *out >= r.least && *out <= r.most)
		return 1;
	snprintf(text, sizeof text, "no number from %llu to %llu", (unsigned long long)r.least,
		 (unsigned long long)r.most);
	return conf_bad(c, s, key, text, err);
}

int exportconf_read(const struct cmd_env *env, const struct conf *c, struct job_limits *out,
		    struct err *err)
{
	const struct conf_section *s = conf_find(c, "exports", STR(""));
	struct str dir = s ? conf_get(s, "dir", STR("")) : STR("");
	uint64_t days, most, least;
	int n;
	if (dir.n && dir.p[0] != '/')
		return conf_bad(c, s, "dir", "the name of a folder begins with '/'", err);
	if (dir.n)
		n = snprintf(out->dir, sizeof out->dir, "%.*s", STR_ARG(dir));
	else
		n = snprintf(out->dir, sizeof out->dir, "%s/exports", cmd_dir(env));
	if (n >= (int)sizeof out->dir)
		return err_set(err, ERR_INPUT, "the name of the folder for exports is too long");
	if (number(c, s, "days", (struct range){7, 1, 3650}, &days, err) < 0 ||
	    number(c, s, "at_once", (struct range){1, 1, 16}, &out->at_once, err) < 0 ||
	    number(c, s, "waiting", (struct range){100, 1, 10000}, &out->waiting, err) < 0 ||
	    number(c, s, "most_gb", (struct range){100, 1, 1000000}, &most, err) < 0 ||
	    number(c, s, "least_free_gb", (struct range){1, 0, 1000000}, &least, err) < 0)
		return -1;
	out->own = out->waiting < 10 ? out->waiting : 10;
	out->keep_s = (int64_t)days * 86400;
	out->most_bytes = most << 30;
	out->least_free = least << 30;
	return 1;
}
