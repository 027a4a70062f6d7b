/* guess: "did you mean", for a search that found nothing.
 *
 * Source: docs/api.md, did_you_mean.
 */
#ifndef GUESS_H
#define GUESS_H

#include "ask.h"
#include "markup.h"
#include "meant.h"
#include "state.h"

/* The guesses for a search that is done, when it found nothing at all. 1 or -1. */
int guess_make(struct ask *k, struct meant_list *out, struct err *err);
/* As the member did_you_mean. */
json_t *guess_json(struct arena *a, const struct meant_list *l);
/* As a paragraph with a link for the page. 1 or -1. */
int guess_write(struct markup *m, struct ask *k, const struct state *state, struct err *err);

#endif
