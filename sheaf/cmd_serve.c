#include "cmd.h"
#include "fares.h"
#include "halt.h"
#include "proc.h"
#include "web.h"

static const char *listen_at = "127.0.0.1:8425", *token_file;

static const struct opts_spec options[] = {
	{"listen", 0, OPTS_TEXT, &listen_at, "ADDR:PORT", "default 127.0.0.1:8425; port 0: any"},
	{"token-file", 0, OPTS_TEXT, &token_file, "FILE", "bearer tokens, one a line"},
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

/* A time in the section [search]. 1 or -1. */
static int read_time(const struct conf *c, const char *key, const char *otherwise, uint64_t *ms,
		     struct err *err)
{
	const struct conf_section *s = conf_find(c, "search", STR(""));
	struct str text = s ? conf_get(s, key, str_of(otherwise)) : str_of(otherwise);
	return halt_parse(text, ms) ? 1 : conf_bad(c, s, key, "no time such as 30s or 2m", err);
}

static int read_times(const struct cmd_env *env, struct web_options *o, struct err *err)
{
	struct arena a = {0};
	struct conf c;
	int r = cmd_conf(env, &a, &c, err);
	if (r > 0)
		r = read_time(&c, "timeout_max", "10m", &o->timeout_max_ms, err);
	if (r > 0)
		r = read_time(&c, "timeout", "1m", &o->timeout_ms, err);
	uint64_t most = o->timeout_max_ms;
	if (r > 0 && most && (o->timeout_ms == 0 || o->timeout_ms > most))
		o->timeout_ms = most;
	arena_free(&a);
	return r;
}

static int run(struct cmd_env *env, struct opts_args *args, struct err *err)
{
	struct web_options o = {.archive_dir = cmd_dir(env), .listen = listen_at,
				.token_file = token_file, .fares = fares_json};
	if (args->n)
		return err_set(err, ERR_USAGE, "serve takes no arguments");
	if (cmd_exists(env, err) < 0 || read_times(env, &o, err) < 0)
		return -1;
	proc_catch_stop();
	return web_serve(&o, ready, env, err);
}

const struct cmd cmd_serve = {
	.name = "serve",
	.run = run,
	.line = "answer over HTTP: REST and a web page",
	.usage = "[--listen ADDR:PORT] [--token-file FILE]",
	.options = options,
	.about = "Serves /api/v1 and pages until it is stopped. Beyond this machine it only "
		 "listens\n"
		 "with a token file, and then every request must bring one of its tokens.\n"
		 "\n"
		 "  sheaf serve\n"
		 "  sheaf serve --listen 0.0.0.0:8425 --token-file /etc/sheaf/tokens\n",
};
