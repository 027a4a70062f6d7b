#define _GNU_SOURCE
#include "budget.h"

#include "authstate.h"
#include "file.h"
#include "log.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#define MAX_FILE ((size_t)64 << 10)
#define HOUR 3600
#define SLOTS (BUDGET_HOURS + 1) /* the oldest hour is only partly within 24 hours */

static void read_hours(struct budget *b, const json_t *list)
{
	for (size_t i = 0; i < json_array_size(list) && i < SLOTS; i++) {
		const json_t *pair = json_array_get(list, i);
		json_int_t hour = json_integer_value(json_array_get(pair, 0));
		json_int_t bytes = json_integer_value(json_array_get(pair, 1));
		b->hour[i] = hour > 0 && bytes > 0 ? hour : 0;
		b->bytes[i] = b->hour[i] ? (uint64_t)bytes : 0;
	}
}

void budget_open(struct budget *b, const char *dir, struct str account)
{
	struct buf text;
	struct err err;
	*b = (struct budget){.limit = BUDGET_NONE};
	b->path = authstate_file(&b->arena, dir, "budget", account).p;
	buf_init(&text, MAX_FILE);
	if (file_load(b->path, &text, &err) == 1) {
		json_t *o = json_loadb(text.n ? text.p : "", text.n, 0, NULL);
		const char *why = json_string_value(json_object_get(o, "why"));
		read_hours(b, json_object_get(o, "hours"));
		b->until = json_integer_value(json_object_get(o, "until"));
		b->own = json_is_true(json_object_get(o, "own"));
		snprintf(b->why, sizeof b->why, "%s", why ? why : "");
		json_decref(o);
	}
	buf_free(&text);
}

static json_t *hours_json(const struct budget *b)
{
	json_t *list = json_array();
	for (size_t i = 0; i < SLOTS; i++)
		if (b->hour[i])
			json_array_append_new(list, json_pack("[I, I]", (json_int_t)b->hour[i],
							      (json_int_t)b->bytes[i]));
	return list;
}

static void save(struct budget *b)
{
	struct err err;
	struct arena a = {0};
	json_t *o = json_pack("{s:o, s:I, s:b, s:s}", "hours", hours_json(b), "until",
			      (json_int_t)b->until, "own", b->own, "why", b->why);
	char *text = o ? json_dumps(o, JSON_INDENT(1)) : NULL;
	const char *slash = strrchr(b->path, '/');
	struct str folder = {b->path, slash ? (size_t)(slash - b->path) : 0};
	if (text && (file_mkdirs(arena_str(&a, folder).p, &err) < 0 ||
		     file_replace(b->path, str_of(text), &err) < 0))
		log_line(LOG_WARN, "%s", err.text);
	b->unsaved = 0;
	free(text);
	json_decref(o);
	arena_free(&a);
}

void budget_close(struct budget *b)
{
	if (b->path && b->unsaved)
		save(b);
	arena_free(&b->arena);
	*b = (struct budget){0};
}

void budget_session(struct budget *b, uint64_t limit)
{
	b->limit = limit;
	b->counted = 0;
}

/* The entry of that hour: its own, else the oldest. */
static size_t slot(const struct budget *b, int64_t hour)
{
	size_t oldest = 0;
	for (size_t i = 0; i < SLOTS; i++) {
		if (b->hour[i] == hour)
			return i;
		if (b->hour[i] < b->hour[oldest])
			oldest = i;
	}
	return oldest;
}

void budget_note(struct budget *b, uint64_t received, int64_t now)
{
	int64_t hour = now / HOUR;
	uint64_t n = received - b->counted;
	b->counted = received;
	if (b->limit == BUDGET_NONE || n == 0)
		return;
	size_t i = slot(b, hour);
	if (b->hour[i] != hour)
		b->bytes[i] = 0;
	b->hour[i] = hour;
	b->bytes[i] += n;
	b->unsaved += n;
	if (b->unsaved >= BUDGET_STEP)
		save(b);
}

/* The bytes of the 24 hours before. A clock that went back makes no hour count for ever. */
static uint64_t spent(const struct budget *b, int64_t now)
{
	int64_t hour = now / HOUR;
	uint64_t sum = 0;
	for (size_t i = 0; i < SLOTS; i++)
		if (b->hour[i] && b->hour[i] >= hour - BUDGET_HOURS &&
		    b->hour[i] <= hour + BUDGET_HOURS)
			sum += b->bytes[i];
	return sum;
}

uint64_t budget_left(const struct budget *b, int64_t now)
{
	uint64_t sum = spent(b, now);
	if (b->limit == BUDGET_NONE)
		return BUDGET_NONE;
	return sum < b->limit ? b->limit - sum : 0;
}

static void stay_away(struct budget *b, int64_t until, bool own, const char *why)
{
	b->until = until;
	b->own = own;
	snprintf(b->why, sizeof b->why, "%s", why);
	for (char *p = b->why; *p; p++)
		if (*p < ' ' || *p > '~')
			*p = '?';
	save(b);
}

void budget_spent(struct budget *b, int64_t now)
{
	char why[100];
	int64_t at = now / HOUR;
	snprintf(why, sizeof why, "the budget of %llu MB a day is spent",
		 (unsigned long long)(b->limit / 1000000));
	while (at <= now / HOUR + BUDGET_HOURS && budget_left(b, at * HOUR) < b->limit / 10 + 1)
		at++;
	stay_away(b, at * HOUR > now ? at * HOUR : now + HOUR, true, why);
}

void budget_hold(struct budget *b, uint64_t ms, const char *why, int64_t now)
{
	stay_away(b, now + (int64_t)((ms + 999) / 1000), false, why);
}
