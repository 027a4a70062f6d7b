/* token: cuts mapped text into words.
 *
 * What: a token is a maximal run of letters, marks and digits (Unicode L, M, N) of text that
 *   casemap has mapped. Because runs are maximal, a needle without other characters is in a
 *   text if and only if it is inside one of its tokens: the index rests on this.
 * Limits: none; a token may be as long as the text. The index cuts (lib/index/schema.h).
 */
#ifndef TOKEN_H
#define TOKEN_H

#include "str.h"

/* Cuts the next token off *rest. 1: *tok is set (borrows); 0: no token left.
 * *gap_before: were there other characters between the start of *rest and the token? */
int token_next(struct str *rest, struct str *tok, bool *gap_before);
/* Is the character before s.p[at], at > 0, of a token? The text is mapped. */
bool token_goes_on(struct str s, size_t at);

#endif
