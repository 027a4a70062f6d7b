#define _POSIX_C_SOURCE 200809L
#include "made.h"

#include "log.h"
#include "tag.h"

#include <stdio.h>
#include <unistd.h>

/* Nobody is told when it fails, but the log: a status must not depend on it. */
static void read_sums(const char *dir, struct tag_sums *out)
{
	char path[4096];
	struct people *p = NULL;
	struct err err;
	*out = (struct tag_sums){0};
	snprintf(path, sizeof path, "%s/people.db", dir);
	if (access(path, F_OK) < 0)
		return;
	if (people_open(&p, dir, &err) < 0 || tag_sums(p, out, &err) < 0)
		log_line(LOG_WARN, "people.db cannot be read: %s", err.text);
	people_close(&p);
}

void made_text(const char *archive_dir)
{
	struct tag_sums s;
	read_sums(archive_dir, &s);
	if (s.tags)
		printf("tags      %llu, on %llu messages\n", (unsigned long long)s.tags,
		       (unsigned long long)s.messages);
}

void made_json(const char *archive_dir, json_t *o)
{
	struct tag_sums s;
	read_sums(archive_dir, &s);
	json_object_set_new(o, "tags", json_integer((json_int_t)s.tags));
	json_object_set_new(o, "tagged_messages", json_integer((json_int_t)s.messages));
}
