/* fares: how the accounts fare, as commands keep and tell it.
 *
 * Shape: what accountstate.h keeps, in words. Trouble with that file is warned of, no more.
 */
#ifndef FARES_H
#define FARES_H

#include "harvest.h"

#include <jansson.h>

/* Keeps what became of n accounts in a harvest that came to its end. */
void fares_keep(const char *dir, const struct harvest_account *accounts,
		const struct harvest_result *results, size_t n);
/* Prints a line for each account, if any was harvested. */
void fares_text(const char *dir);
/* Adds "watching" and "accounts" to o. */
void fares_json(const char *dir, json_t *o);

#endif
