#include "t.h"

#include "jsonbody.h"

static int reads(const char *type, const char *body)
{
	struct http_request req = {.content_type = str_of(type), .body = str_of(body)};
	struct err err = {0};
	json_t *o;
	int r = jsonbody_read(&req, &o, &err);
	T((r > 0) == (o != NULL) && (r > 0 || err.kind == ERR_INPUT));
	json_decref(o);
	return r;
}

static void bodies(void)
{
	T(reads("application/json", "{}") == 1);
	T(reads("Application/JSON; charset=utf-8", "{\"a\":1}") == 1);
	T(reads("application/jsonp", "{}") == -1);
	T(reads("text/plain", "{}") == -1);
	T(reads("", "{}") == -1);
	T(reads("application/json", "") == -1);
	T(reads("application/json", "[]") == -1);
	T(reads("application/json", "{\"a\":1,\"a\":2}") == -1);
	T(reads("application/json", "{} x") == -1);
}

static void members(void)
{
	static const char *const some[] = {"a", "b", NULL}, *const all[] = {"a", "b", "n", NULL};
	struct arena a = {0};
	struct err err = {0};
	struct str x = STR("was"), y = STR("was"), n = STR("was");
	json_t *o = json_pack("{s:s%, s:i}", "a", "x\0y", (size_t)3, "n", 7);
	const struct jsonbody_text texts[] = {{"a", &x}, {"b", &y}, {"n", &n}};
	T(jsonbody_only(o, all, &err) == 1);
	T(jsonbody_only(o, some, &err) == -1 && err.kind == ERR_INPUT);
	T(jsonbody_texts(&a, o, texts, 2, &err) == 1);
	T(jsonbody_texts(&a, o, texts, 3, &err) == -1 && err.kind == ERR_INPUT);
	json_decref(o);
	T_STR(x, STR("x\0y"));
	T_STR(y, STR("was"));
	T_STR(n, STR("was"));
	arena_free(&a);
}

int main(void)
{
	bodies();
	members();
	return t_done();
}
