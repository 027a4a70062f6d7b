/* made: what people made, in a few figures, for `sheaf status`. */
#ifndef MADE_H
#define MADE_H

#include <jansson.h>

/* Prints a line, where people made anything at all. */
void made_text(const char *archive_dir);
/* Adds "tags" and "tagged_messages". */
void made_json(const char *archive_dir, json_t *o);

#endif
