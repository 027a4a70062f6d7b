#include "trail.h"

#include "audit.h"
#include "log.h"
#include "who.h"

#include <unistd.h>

static const struct {
	const char *command, *what;
} words[] = {
	{"search", "searched"},	  {"not-searchable", "searched"},
	{"show", "opened"},	  {"export", "exported"},
	{"backup", "exported"},	  {"dispose", "disposed"},  {"destroy", "destroyed"},
	{"user", "changed"},	  {"token", "changed"},	    {"login", "changed"},
	{"tag", "tagged"},	  {"repair", "repaired"},   {"rebuild-catalog", "repaired"},
	{"audit", "read the log"}, {"serve", "serves"},
};

static struct {
	struct audit *log;
	uint64_t number;
	json_t *found;
} now;

/* "yes" or "no". */
static int read_flag(const struct conf *c, const struct conf_section *s, const char *key,
		     bool otherwise, bool *out, struct err *err)
{
	struct str v = s ? conf_get(s, key, STR("")) : STR("");
	*out = v.n ? str_eq(v, STR("yes")) : otherwise;
	return v.n == 0 || *out || str_eq(v, STR("no")) ? 1
		: conf_bad(c, s, key, "takes yes or no", err);
}

int trail_read(const struct conf *c, struct trail_conf *out, struct err *err)
{
	const struct conf_section *s = conf_find(c, "audit", STR(""));
	struct str mib = s ? conf_get(s, "file_mib", STR("")) : STR("");
	uint64_t n = AUDIT_FILE_BYTES >> 20;
	if (mib.n && (!str_u64(mib, &n) || n < 1 || n > 1000))
		return conf_bad(c, s, "file_mib", "takes 1 to 1000", err);
	out->file_bytes = n << 20;
	return read_flag(c, s, "log", true, &out->log, err) < 0 ||
	       read_flag(c, s, "required", true, &out->required, err) < 0 ||
	       read_flag(c, s, "command_line", false, &out->command_line, err) < 0 ? -1 : 1;
}

json_t *trail_words(const struct opts_args *args)
{
	json_t *list = json_array();
	for (int i = 0; i < args->n; i++)
		json_array_append_new(list, cmd_string(str_of(args->v[i])));
	return list;
}

static const char *what_of(const char *command)
{
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (strcmp(words[i].command, command) == 0)
			return words[i].what;
	return NULL;
}

/* Takes o over. */
static int append(json_t *o, uint64_t *number, struct err *err)
{
	int r = audit_append(now.log, o, number, err);
	json_decref(o);
	return r;
}

/* Is the command line logged? 1, 0 or -1. */
static int wanted(const struct cmd_env *env, struct trail_conf *t, struct err *err)
{
	struct arena a = {0};
	struct conf c;
	struct err none = {0};
	int r = cmd_exists(env, &none) > 0 ? cmd_conf(env, &a, &c, err) : 0;
	if (r > 0)
		r = trail_read(&c, t, err);
	arena_free(&a);
	return r > 0 ? t->log && t->command_line : r;
}

static int begin(const struct cmd_env *env, const char *command, const char *what, json_t *list,
		 struct err *err)
{
	char room[WHO_MOST];
	struct trail_conf t;
	int r = wanted(env, &t, err);
	if (r <= 0)
		return r < 0 ? -1 : 1;
	r = audit_open(&now.log, cmd_dir(env), t.file_bytes, err);
	if (r > 0)
		r = append(json_pack("{s:{s:o,s:i}, s:s, s:s, s:O}", "who", "name",
				     cmd_string(who_is(NULL, room)), "uid", (int)getuid(), "what",
				     what, "command", command, "words", list), &now.number, err);
	if (r > 0)
		return 1;
	audit_close(&now.log);
	if (t.required)
		return err_wrap(err, "not logged, so not done");
	log_line(LOG_WARN, "not logged: %s", err->text);
	return 1;
}

int trail_begin(const struct cmd_env *env, const char *command, json_t *list, struct err *err)
{
	const char *what = what_of(command);
	int r = what ? begin(env, command, what, list, err) : 1;
	json_decref(list);
	return r;
}

void trail_note(const char *name, json_t *value)
{
	if (now.log == NULL) {
		json_decref(value);
		return;
	}
	if (now.found == NULL)
		now.found = json_object();
	json_object_set_new(now.found, name, value);
}

void trail_end(int status)
{
	struct err err = {0};
	if (now.log == NULL)
		return;
	json_t *o = json_pack("{s:s, s:I, s:i}", "what", "answered", "of",
			      (json_int_t)now.number, "exit", status);
	if (now.found)
		json_object_update(o, now.found);
	json_decref(now.found);
	if (append(o, NULL, &err) < 0)
		log_line(LOG_ERROR, "audit: %s", err.text);
	audit_close(&now.log);
}
