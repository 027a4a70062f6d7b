#include "posted.h"

#include "jsonbody.h"

#include <stdio.h>
#include <stdlib.h>

static int bad(struct err *err, const char *name, const char *expected)
{
	err_set(err, ERR_INPUT, "expected %s", expected);
	snprintf(err->place, sizeof err->place, "/%.90s", name);
	return -1;
}

/* A tree as the text that jsonq.h reads. */
static struct str tree_text(struct arena *a, const json_t *v)
{
	char *text = json_dumps(v, JSON_COMPACT);
	struct str s = arena_str(a, str_of(text));
	free(text);
	return s;
}

static int value_text(struct arena *a, const char *name, const json_t *v, struct str *out,
		      struct err *err)
{
	if (json_is_string(v))
		*out = arena_str(a, (struct str){json_string_value(v), json_string_length(v)});
	else if (json_is_integer(v))
		*out = arena_fmt(a, "%lld", (long long)json_integer_value(v));
	else if (json_is_boolean(v))
		*out = json_is_true(v) ? STR("1") : STR("0");
	else if (strcmp(name, "q") == 0 && json_is_object(v))
		*out = tree_text(a, v);
	else
		return bad(err, name, "a string, a whole number or a truth value");
	return 1;
}

static int take(struct call *c, json_t *o, struct err *err)
{
	struct url *u = arena_alloc(c->arena, sizeof *u);
	size_t n = json_object_size(o), i = 0;
	const json_t *q = json_object_get(o, "q");
	bool tree = json_is_object(q);
	if (n > URL_MAX_PARAMS)
		return err_set(err, ERR_INPUT, "more than %d parameters", URL_MAX_PARAMS);
	if (tree && json_object_get(o, "dialect"))
		return bad(err, "dialect", "no dialect beside a tree");
	struct url_param *params = arena_alloc(c->arena, (n + 1) * sizeof *params);
	for (void *it = json_object_iter(o); it; it = json_object_iter_next(o, it), i++) {
		const char *name = json_object_iter_key(it);
		params[i].name = arena_str(c->arena, str_of(name));
		const json_t *v = json_object_iter_value(it);
		if (value_text(c->arena, name, v, &params[i].value, err) < 0)
			return -1;
	}
	if (tree)
		params[i++] = (struct url_param){STR("dialect"), STR("json")};
	*u = *c->url;
	u->params = params;
	u->n_params = i;
	c->url = u;
	return 1;
}

int posted_url(struct call *c, struct err *err)
{
	json_t *o;
	if (!str_eq(c->req->method, STR("POST")))
		return 1;
	if (c->url->n_params > 0)
		return err_set(err, ERR_INPUT, "the parameters of a POST stand in its body");
	if (jsonbody_read(c->req, &o, err) < 0)
		return -1;
	int r = take(c, o, err);
	json_decref(o);
	return r;
}
