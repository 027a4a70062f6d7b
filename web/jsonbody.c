#include "jsonbody.h"

int jsonbody_read(const struct http_request *req, json_t **out, struct err *err)
{
	struct str type = req->content_type, json = STR("application/json"), body = req->body;
	*out = NULL;
	if (!str_istarts(type, json) || (type.n > json.n && type.p[json.n] != ';'))
		return err_set(err, ERR_INPUT, "the body must be application/json");
	json_t *o = json_loadb(body.n ? body.p : "", body.n, JSON_REJECT_DUPLICATES, NULL);
	if (!json_is_object(o)) {
		json_decref(o);
		return err_set(err, ERR_INPUT, "the body is no JSON object");
	}
	*out = o;
	return 1;
}

int jsonbody_only(json_t *o, const char *const *names, struct err *err)
{
	const char *key;
	json_t *v;
	json_object_foreach(o, key, v) {
		size_t i = 0;
		while (names[i] && strcmp(key, names[i]) != 0)
			i++;
		if (names[i] == NULL)
			return err_set(err, ERR_INPUT, "unknown member '%.40s'", key);
	}
	return 1;
}

int jsonbody_texts(struct arena *a, const json_t *o, const struct jsonbody_text *texts, size_t n,
		   struct err *err)
{
	for (size_t i = 0; i < n; i++) {
		const json_t *v = json_object_get(o, texts[i].name);
		if (v && !json_is_string(v))
			return err_set(err, ERR_INPUT, "'%s' is a string", texts[i].name);
		if (v)
			*texts[i].to = arena_str(a, (struct str){json_string_value(v),
								 json_string_length(v)});
	}
	return 1;
}
