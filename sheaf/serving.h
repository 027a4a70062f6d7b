/* serving: what a server of this archive keeps running, as `sheaf status` tells it.
 *
 * Source: serve.json (docs/formats/archive.md), which web/keeper.c writes.
 * Shape: no file, a server that is gone, a file that cannot be understood: there is no server.
 */
#ifndef SERVING_H
#define SERVING_H

#include <jansson.h>

/* Prints a line for each that is kept. */
void serving_text(const char *dir);
/* Adds "service" to o: null, or {"server":PID,"harvest":{…},"exports":{…}}. */
void serving_json(const char *dir, json_t *o);

#endif
