#define _GNU_SOURCE
#include "serving.h"

#include "arena.h"
#include "buf.h"
#include "file.h"
#include "proc.h"

#include <stdio.h>

enum { MOST = 64 << 10 };

static bool lives(const json_t *o)
{
	json_int_t pid = json_integer_value(json_object_get(o, "server"));
	return pid < INT32_MAX && proc_lives((pid_t)pid);
}

static bool proceeds(const json_t *w)
{
	json_int_t pid = json_integer_value(json_object_get(w, "process"));
	return pid < INT32_MAX && proc_lives((pid_t)pid);
}

/* Who ended since the file was written? Without the keeper nobody writes it. */
static void look(json_t *o)
{
	const char *name;
	json_t *w;
	json_object_foreach(o, name, w)
		if (json_is_true(json_object_get(w, "running")) && !proceeds(w))
			json_object_set_new(w, "running", json_false());
}

/* A new reference, NULL: there is no server. */
static json_t *load(const char *dir)
{
	struct arena a = {0};
	struct buf text;
	struct err err;
	buf_init(&text, MOST);
	int r = file_load(arena_fmt(&a, "%s/serve.json", dir).p, &text, &err);
	json_t *o = r == 1 ? json_loadb(text.p, text.n, 0, NULL) : NULL;
	buf_free(&text);
	arena_free(&a);
	if (json_is_object(o) && lives(o)) {
		look(o);
		return o;
	}
	json_decref(o);
	return NULL;
}

static void line(const char *name, const json_t *w)
{
	bool running = json_is_true(json_object_get(w, "running"));
	json_int_t failures = json_integer_value(json_object_get(w, "failures"));
	json_int_t status = json_integer_value(json_object_get(w, "last_status"));
	const char *state = running ? "running"
			    : json_is_true(json_object_get(w, "elsewhere"))
				    ? "left to another process" : "NOT RUNNING";
	printf("  %s %s", name, state);
	if (failures)
		printf(", ended %lld times (last status %lld)", (long long)failures,
		       (long long)status);
	puts("");
}

void serving_text(const char *dir)
{
	static const char *const names[] = {"harvest", "exports", "keeper"};
	json_t *o = load(dir);
	if (o)
		printf("server    process %lld\n",
		       (long long)json_integer_value(json_object_get(o, "server")));
	for (size_t i = 0; o && i < sizeof names / sizeof *names; i++) {
		const json_t *w = json_object_get(o, names[i]);
		if (json_is_object(w))
			line(names[i], w);
	}
	json_decref(o);
}

void serving_json(const char *dir, json_t *o)
{
	json_t *state = load(dir);
	json_object_set_new(o, "service", state ? state : json_null());
}
