/* conf: the configuration file, sheaf.conf.
 *
 * Shape: lines "[section name]" and "key = value"; '#' at the start of a line, or after white
 * space, begins a comment. Values are trimmed; no quoting.
 * Limits: 1 MiB, 1,000 bytes a line.
 * Errors: ERR_DENIED with "file:line: what".
 * Memory: lives in the arena given to conf_load.
 */
#ifndef CONF_H
#define CONF_H

#include "arena.h"
#include "err.h"

struct conf_entry {
	struct str key, value;
	int line;
};

struct conf_section {
	struct str kind, name; /* "[account alice]": kind "account", name "alice" */
	int line;
	struct conf_entry *entries;
	size_t n;
};

struct conf {
	struct str path;
	struct conf_section *sections; /* [0] holds what stands before the first section */
	size_t n;
};

/* What a section may hold: the accepted keys, ended by NULL. */
struct conf_rule {
	const char *kind; /* "" for the part before the first section */
	const char *const *keys;
};

/* Reads and checks a file against rules (ended by a NULL kind). 1; 0 no such file; -1. */
int conf_load(struct arena *a, const char *path, const struct conf_rule *rules, struct conf *out,
	      struct err *err);
/* The same for text at hand; name stands in the errors. 1 or -1. */
int conf_text(struct arena *a, struct str name, const struct conf_rule *rules, struct str text,
	      struct conf *out, struct err *err);
/* The section of that kind and name, or NULL. */
const struct conf_section *conf_find(const struct conf *c, const char *kind, struct str name);
/* The value of a key, or `otherwise`. A key given twice was refused by conf_load. */
struct str conf_get(const struct conf_section *s, const char *key, struct str otherwise);
/* Sets *err to "file:line: text" (the key's line, else the section's). Returns -1. */
int conf_bad(const struct conf *c, const struct conf_section *s, const char *key, const char *text,
	     struct err *err);

#endif
