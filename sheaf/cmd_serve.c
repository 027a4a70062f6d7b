#define _GNU_SOURCE
#include "cmd.h"
#include "exportconf.h"
#include "fares.h"
#include "halt.h"
#include "noindex.h"
#include "ocrconf.h"
#include "proc.h"
#include "secret.h"
#include "trail.h"
#include "web.h"

static const char *listen_at = "127.0.0.1:8425", *token_file;
static bool no_harvest, no_index;
static char languages[EXTRACT_LANGUAGES];
static bool routes;

static const struct opts_spec options[] = {
	{"listen", 0, OPTS_TEXT, &listen_at, "ADDR:PORT", "default 127.0.0.1:8425; port 0: any"},
	{"token-file", 0, OPTS_TEXT, &token_file, "FILE", "bearer tokens, one a line"},
	{"no-harvest", 0, OPTS_FLAG, &no_harvest, NULL, "do not harvest in the background"},
	{"no-index", 0, OPTS_FLAG, &no_index, NULL,
	 "look at every message: slow, and right also when the index is damaged"},
	{"routes", 0, OPTS_FLAG, &routes, NULL, "print all addresses and the right each needs"},
	OPTS_END,
};

static void ready(void *arg, const char *url)
{
	const struct cmd_env *env = arg;
	if (env->json)
		cmd_json(json_pack("{s:s}", "listening", url));
	else
		printf("listening on %s\n", url);
	fflush(stdout);
}

/* A time in a section. 1 or -1. */
static int read_time(const struct conf *c, const char *section, const char *key,
		     const char *otherwise, uint64_t *ms, struct err *err)
{
	const struct conf_section *s = conf_find(c, section, STR(""));
	struct str text = s ? conf_get(s, key, str_of(otherwise)) : str_of(otherwise);
	return halt_parse(text, ms) ? 1 : conf_bad(c, s, key, "no time such as 30s or 2m", err);
}

static const char *text_of(const struct conf_section *s, struct arena *a, const char *key,
			   const char *otherwise)
{
	struct str text = conf_get(s, key, str_of(otherwise));
	return text.n ? arena_str(a, text).p : NULL;
}

static int read_oidc(const struct conf *c, const struct conf_section *s, struct arena *a,
		     struct oidc_options *o, struct err *err)
{
	char secret[1000];
	struct str file = conf_get(s, "oidc_client_secret_file", STR(""));
	struct str url = conf_get(s, "public_url", STR(""));
	url.n -= str_ends(url, STR("/"));
	*o = (struct oidc_options){
		.issuer = text_of(s, a, "oidc_issuer", ""),
		.client_id = text_of(s, a, "oidc_client_id", ""),
		.name_claim = text_of(s, a, "oidc_name", "preferred_username"),
		.groups_claim = text_of(s, a, "oidc_groups_claim", "groups"),
		.groups = text_of(s, a, "oidc_groups", ""),
		.public_url = url.n ? arena_str(a, url).p : NULL};
	if (o->issuer && (!o->client_id || !o->public_url))
		return conf_bad(c, s, "oidc_issuer", "needs oidc_client_id and public_url", err);
	if (file.n == 0)
		return 1;
	if (secret_load("oidc_client_secret_file", file, STR(""), secret, sizeof secret, err) < 0)
		return -1;
	o->client_secret = arena_str(a, str_of(secret)).p;
	explicit_bzero(secret, sizeof secret);
	return 1;
}

/* How people come in. */
static int read_people(const struct conf *c, struct arena *a, struct web_options *o,
		       struct err *err)
{
	const struct conf_section *s = conf_find(c, "serve", STR(""));
	if (s == NULL)
		return 1;
	struct str secure = conf_get(s, "secure_cookies", STR("no"));
	struct str header = conf_get(s, "proxy_user_header", STR(""));
	struct str from = conf_get(s, "proxy_from", STR(""));
	if (!str_eq(secure, STR("yes")) && !str_eq(secure, STR("no")))
		return conf_bad(c, s, "secure_cookies", "yes or no", err);
	if (header.n && from.n == 0)
		return conf_bad(c, s, "proxy_user_header", "needs proxy_from: the addresses that"
				" are believed", err);
	o->secure = str_eq(secure, STR("yes"));
	o->proxy_header = header.n ? arena_str(a, header).p : NULL;
	o->proxies = from.n ? arena_str(a, from).p : NULL;
	return read_oidc(c, s, a, &o->oidc, err);
}

/* The section [serve]. Texts live in the arena. */
static int read_serve(const struct conf *c, struct arena *a, struct web_options *o,
		      struct err *err)
{
	static const char *const keys[] = {"access_log", "user", "certificate", "key"};
	const char **const to[] = {&o->access_log, &o->user, &o->certificate, &o->key};
	const struct conf_section *s = conf_find(c, "serve", STR(""));
	o->sandbox = true;
	if (s == NULL)
		return 1;
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
		struct str v = conf_get(s, keys[i], STR(""));
		*to[i] = v.n ? arena_str(a, v).p : NULL;
	}
	struct str sandbox = conf_get(s, "sandbox", STR("yes"));
	o->sandbox = str_eq(sandbox, STR("yes"));
	if (!o->sandbox && !str_eq(sandbox, STR("no")))
		return conf_bad(c, s, "sandbox", "takes yes or no", err);
	if (!o->certificate != !o->key)
		return conf_bad(c, s, o->key ? "key" : "certificate",
				"certificate and key go together", err);
	return 1;
}

/* The harvest to keep running, when there is anything to harvest. */
static void choose_harvest(const struct cmd_env *env, const struct conf *c, struct arena *a,
			   struct web_options *o)
{
	static const char *const levels[] = {NULL, "-v", "-vv"};
	char **argv = arena_alloc(a, 8 * sizeof *argv);
	const char *const words[] = {"sheaf", "-C", cmd_dir(env), "harvest", "--watch",
				     levels[env->verbose < 2 ? env->verbose : 2], NULL};
	bool any = false;
	for (size_t i = 0; i < c->n; i++)
		any |= str_eq(c->sections[i].kind, STR("account"));
	for (size_t i = 0; words[i]; i++)
		argv[i] = (char *)(uintptr_t)words[i];
	o->harvest = any && !no_harvest ? argv : NULL;
}

static int read_conf(const struct cmd_env *env, struct arena *a, struct web_options *o,
		     struct err *err)
{
	struct conf c;
	struct trail_conf t;
	int r = cmd_conf(env, a, &c, err);
	if (r > 0)
		r = read_people(&c, a, o, err);
	if (r > 0)
		r = read_time(&c, "search", "timeout_max", "10m", &o->timeout_max_ms, err);
	if (r > 0)
		r = read_time(&c, "search", "timeout", "1m", &o->timeout_ms, err);
	if (r > 0)
		r = read_time(&c, "serve", "request_timeout", "1m", &o->request_ms, err);
	if (r > 0)
		r = trail_read(&c, &t, err);
	if (r > 0)
		r = read_serve(&c, a, o, err);
	if (r > 0)
		r = exportconf_read(env, &c, &o->exports, err);
	if (r > 0)
		choose_harvest(env, &c, a, o);
	if (r > 0)
		o->audit = (struct auditing_options){t.log, t.required, t.file_bytes};
	if (r > 0)
		r = ocrconf_read(&c, languages, err);
	uint64_t most = o->timeout_max_ms;
	if (r > 0 && most && (o->timeout_ms == 0 || o->timeout_ms > most))
		o->timeout_ms = most;
	return r;
}

static void route(void *arg, const char *method, const char *pattern, const char *need)
{
	json_t *list = arg;
	if (list)
		json_array_append_new(list, json_pack("{s:s, s:s, s:s}", "method", method, "path",
						      pattern, "need", need));
	else
		printf("%-5s %-40s %s\n", method, pattern, need);
}

static int show_routes(const struct cmd_env *env)
{
	json_t *list = env->json ? json_array() : NULL;
	web_routes(route, list);
	if (list)
		cmd_json(json_pack("{s:o}", "routes", list));
	return 0;
}

static int run(struct cmd_env *env, struct opts_args *args, struct err *err)
{
	struct web_options o = {.archive_dir = cmd_dir(env), .listen = listen_at,
				.token_file = token_file, .fares = fares_json, .ocr = languages};
	struct arena a = {0};
	if (args->n)
		return err_set(err, ERR_USAGE, "serve takes no arguments");
	if (routes)
		return show_routes(env);
	int r = cmd_exists(env, err) < 0 || read_conf(env, &a, &o, err) < 0 ? -1 : 1;
	proc_catch_stop();
	if (no_index)
		noindex_set();
	if (r > 0)
		r = web_serve(&o, ready, env, err);
	arena_free(&a);
	return r;
}

const struct cmd cmd_serve = {
	.name = "serve",
	.run = run,
	.line = "answer over HTTP: REST and a web page",
	.usage = "[--listen ADDR:PORT] [--token-file FILE] [--no-harvest] [--no-index]",
	.options = options,
	.about = "Serves /api/v1 and pages until it is stopped. As long as there are no\n"
		 "users (sheaf user add) it answers everybody on this machine at 127.0.0.1, and\n"
		 "beyond it prints a link that makes the first one. With a token file every\n"
		 "request must bring one of its tokens, or be that of a user.\n"
		 "\n"
		 "  sheaf serve\n"
		 "  sheaf serve --listen 0.0.0.0:8425 --token-file /etc/sheaf/tokens\n",
};
