#include "openapi.h"

#include "frame.h"
#include "params.h"

/* The file's bytes, from the folder in which make runs. */
__asm__(".section .rodata\n"
	"openapi_begin:\n"
	".incbin \"web/openapi.json\"\n"
	"openapi_end:\n"
	".byte 0\n"
	".previous\n");
extern const char openapi_begin[] __attribute__((visibility("hidden")));
extern const char openapi_end[] __attribute__((visibility("hidden")));

static struct str whole_text(void)
{
	return (struct str){openapi_begin, (size_t)(openapi_end - openapi_begin)};
}

int openapi_json(struct call *c, struct http_response *resp, struct err *err)
{
	static const char *const names[] = {NULL};
	if (params_only(c, names, err) < 0)
		return -1;
	resp->type = "application/json";
	buf_str(&resp->body, whole_text());
	return 1;
}

/* ---- for people ---- */

static struct str text_of(const json_t *o, const char *key)
{
	const json_t *v = json_object_get(o, key);
	return (struct str){json_string_value(v), json_string_length(v)};
}

/* What "#/components/parameters/q" means. */
static const json_t *resolve(const json_t *doc, const json_t *o)
{
	struct str at = text_of(o, "$ref"), step;
	const json_t *v = doc;
	if (at.n == 0)
		return o;
	at = str_cut(at, 2, at.n);
	while (str_split(&at, '/', &step))
		v = json_object_getn(v, step.p, step.n);
	return v;
}

static void show_parameters(struct markup *m, const json_t *doc, const json_t *list)
{
	if (json_array_size(list) == 0)
		return;
	MARKUP(m, "<table><thead><tr><th>Parameter</th><th>Values</th><th>Meaning</th></tr>"
		  "</thead><tbody>");
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *p = resolve(doc, json_array_get(list, i));
		const json_t *schema = json_object_get(p, "schema"),
			     *words = json_object_get(schema, "enum");
		MARKUP(m, "<tr><td><code>");
		markup_text(m, text_of(p, "name"));
		MARKUP(m, "</code></td><td>");
		if (words == NULL)
			markup_text(m, text_of(schema, "type"));
		for (size_t k = 0; k < json_array_size(words); k++) {
			if (k > 0)
				MARKUP(m, ", ");
			markup_text(m, str_of(json_string_value(json_array_get(words, k))));
		}
		MARKUP(m, "</td><td>");
		markup_text(m, text_of(p, "description"));
		MARKUP(m, "</td></tr>");
	}
	MARKUP(m, "</tbody></table>");
}

static void show_answers(struct markup *m, const json_t *answers)
{
	const char *status;
	json_t *a;
	MARKUP(m, "<dl>");
	json_object_foreach((json_t *)answers, status, a) {
		const char *type = json_object_iter_key(
			json_object_iter(json_object_get(a, "content")));
		MARKUP(m, "<dt>");
		markup_text(m, str_of(status));
		MARKUP(m, "</dt><dd>");
		markup_text(m, text_of(a, "description"));
		MARKUP(m, " <small>");
		markup_text(m, str_of(type));
		MARKUP(m, "</small></dd>");
	}
	MARKUP(m, "</dl>");
}

static void show_operation(struct markup *m, const json_t *doc, const char *path,
			   const char *method, const json_t *o)
{
	MARKUP(m, "<section><h2>");
	markup_text(m, strcmp(method, "get") == 0 ? STR("GET ")
		       : strcmp(method, "post") == 0 ? STR("POST ")
		       : strcmp(method, "put") == 0  ? STR("PUT ")
		       : strcmp(method, "patch") == 0 ? STR("PATCH ")
						      : STR("DELETE "));
	markup_text(m, str_of(path));
	MARKUP(m, "</h2><p>");
	markup_text(m, text_of(o, "summary"));
	MARKUP(m, " ");
	markup_text(m, text_of(o, "description"));
	MARKUP(m, "</p>");
	show_parameters(m, doc, json_object_get(o, "parameters"));
	if (json_object_get(o, "requestBody"))
		MARKUP(m, "<p>The parameters stand in the body, as a JSON object.</p>");
	show_answers(m, json_object_get(o, "responses"));
	MARKUP(m, "</section>");
}

int openapi_page(struct call *c, struct http_response *resp, struct err *err)
{
	struct markup m = {&resp->body, c->arena};
	struct str text = whole_text();
	const char *path, *method;
	json_t *methods, *o;
	json_t *doc = json_loadb(text.p, text.n, 0, NULL);
	if (doc == NULL)
		return err_set(err, ERR_BROKEN, "the description of the interface is no JSON");
	frame_open(&m, c, resp, STR("The interface for programs"), NULL);
	MARKUP(&m, "<main id=\"main\"><h1>The interface for programs</h1><p>"
		   "<a href=\"/api/v1/openapi.json\">As an OpenAPI 3.1 document</a></p>");
	json_object_foreach(json_object_get(doc, "paths"), path, methods)
		json_object_foreach(methods, method, o)
			show_operation(&m, doc, path, method, o);
	MARKUP(&m, "</main>");
	frame_close(&m);
	json_decref(doc);
	return 1;
}
