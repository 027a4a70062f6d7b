/* damage: findings as people and programs read them.
 *
 * Memory: nothing is kept.
 */
#ifndef DAMAGE_H
#define DAMAGE_H

#include "findings.h"

#include <jansson.h>

/* One line for each, on standard output, and how many more there are. */
void damage_print(const struct findings *f);
/* Sets "findings" (a list) and "found" (their number) in o. */
void damage_json(const struct findings *f, json_t *o);

#endif
