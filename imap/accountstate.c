#define _GNU_SOURCE
#include "accountstate.h"

#include "file.h"

#include <errno.h>
#include <jansson.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>

#define MOST ((size_t)4 << 20)

static const char *const words[] = {"off", "working", "watching", "failing",
				    "resting"};

const char *accountstate_word(enum accountstate_phase phase)
{
	return words[phase];
}

static struct str path_of(struct arena *a, const char *dir)
{
	return arena_fmt(a, "%s/accounts.json", dir);
}

static void keep_text(char *out, size_t n, const char *text)
{
	snprintf(out, n, "%s", text ? text : "");
	if (str_utf8(str_of(out)))
		return;
	for (char *p = out; *p; p++)
		if ((unsigned char)*p > '~')
			*p = '?';
}

static enum accountstate_phase phase_of(const char *word)
{
	for (size_t i = 0; word && i < sizeof words / sizeof *words; i++)
		if (str_eq(str_of(word), str_of(words[i])))
			return (enum accountstate_phase)i;
	return ACCOUNTSTATE_OFF;
}

static void read_entry(struct accountstate *s, const json_t *o)
{
	const char *name = json_string_value(json_object_get(o, "account"));
	json_int_t failures = json_integer_value(json_object_get(o, "failures"));
	if (name == NULL)
		return;
	struct accountstate_entry *e = accountstate_at(s, str_of(name));
	e->phase = phase_of(json_string_value(json_object_get(o, "state")));
	e->last_success = json_integer_value(json_object_get(o, "last_success"));
	e->next_try = json_integer_value(json_object_get(o, "next_try"));
	e->failures = failures > 0 && failures < INT32_MAX ? (unsigned)failures : 0;
	keep_text(e->error, sizeof e->error, json_string_value(json_object_get(o, "error")));
	e->fetched = (uint64_t)json_integer_value(json_object_get(o, "fetched"));
	e->left = (uint64_t)json_integer_value(json_object_get(o, "left"));
	keep_text(e->mailbox, sizeof e->mailbox,
		  json_string_value(json_object_get(o, "mailbox")));
}

int accountstate_load(const char *dir, struct accountstate *out, struct err *err)
{
	struct buf text;
	json_error_t why;
	*out = (struct accountstate){0};
	buf_init(&text, MOST);
	int r = file_load(path_of(&out->arena, dir).p, &text, err);
	json_t *o = r == 1 ? json_loadb(text.p, text.n, 0, &why) : NULL;
	json_t *list = json_object_get(o, "accounts");
	out->watcher = (pid_t)json_integer_value(json_object_get(o, "watcher"));
	for (size_t i = 0; i < json_array_size(list); i++)
		read_entry(out, json_array_get(list, i));
	r = r == 1 && o == NULL ? 0 : r;
	json_decref(o);
	buf_free(&text);
	return r;
}

int accountstate_save(const char *dir, const struct accountstate *s, struct err *err)
{
	struct arena a = {0};
	json_t *list = json_array();
	for (size_t i = 0; i < s->n; i++) {
		const struct accountstate_entry *e = &s->list[i];
		json_array_append_new(list, json_pack(
			"{s:s, s:s, s:I, s:I, s:i, s:s, s:I, s:I, s:s}", "account", e->name.p,
			"state", words[e->phase], "last_success",
			(json_int_t)e->last_success, "next_try", (json_int_t)e->next_try,
			"failures", (int)e->failures, "error", e->error,
			"fetched", (json_int_t)e->fetched, "left", (json_int_t)e->left,
			"mailbox", e->mailbox));
	}
	json_t *o = json_pack("{s:i, s:o}", "watcher", (int)s->watcher, "accounts", list);
	char *text = json_dumps(o, JSON_INDENT(1));
	int r = text ? file_replace(path_of(&a, dir).p, str_of(text), err)
		     : err_set(err, ERR_BROKEN, "cannot write accounts.json");
	free(text);
	json_decref(o);
	arena_free(&a);
	return r;
}

void accountstate_free(struct accountstate *s)
{
	arena_free(&s->arena);
	*s = (struct accountstate){0};
}

struct accountstate_entry *accountstate_at(struct accountstate *s, struct str name)
{
	char key[256];
	keep_text(key, sizeof key, arena_str(&s->arena, name).p);
	for (size_t i = 0; i < s->n; i++)
		if (str_eq(s->list[i].name, str_of(key)))
			return &s->list[i];
	s->list = arena_grow(&s->arena, s->list, s->n, sizeof *s->list);
	s->list[s->n] = (struct accountstate_entry){.name = arena_str(&s->arena, str_of(key))};
	return &s->list[s->n++];
}

void accountstate_good(struct accountstate_entry *e, const char *problem)
{
	e->last_success = (int64_t)time(NULL);
	e->next_try = 0;
	e->failures = 0;
	keep_text(e->error, sizeof e->error, problem);
}

void accountstate_bad(struct accountstate_entry *e, const char *error, int64_t seconds)
{
	e->failures++;
	e->next_try = seconds ? (int64_t)time(NULL) + seconds : 0;
	keep_text(e->error, sizeof e->error, error);
}

void accountstate_rest(struct accountstate_entry *e, const char *why, int64_t until)
{
	e->phase = ACCOUNTSTATE_RESTING;
	e->next_try = until;
	e->failures = 0;
	keep_text(e->error, sizeof e->error, why);
}

void accountstate_progress(struct accountstate_entry *e, uint64_t fetched, uint64_t left,
			   struct str mailbox)
{
	char text[sizeof e->mailbox];
	snprintf(text, sizeof text, "%.*s", STR_ARG(mailbox));
	e->fetched = fetched;
	e->left = left;
	keep_text(e->mailbox, sizeof e->mailbox, text);
}

bool accountstate_watched(const struct accountstate *s)
{
	return s->watcher > 0 && (kill(s->watcher, 0) == 0 || errno == EPERM);
}
