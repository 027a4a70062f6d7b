/* signin: a front door: a person lets sheaf read an account, by OAuth.
 *
 * What: the device flow (a code to type in somewhere else), or, where the provider has none for
 *   mail, a link whose end is brought back. The tokens are kept where harvest finds them.
 * Errors: ERR_DENIED refused, or the account has no OAuth; ERR_NET; ERR_INPUT the wrong address.
 */
#ifndef SIGNIN_H
#define SIGNIN_H

#include "harvest.h"

struct signin;

/* Asks the provider. `dir` is the archive's. 1 or -1. Close with signin_close. */
int signin_open(struct signin **out, const struct harvest_account *ac, const char *dir,
		struct err *err);
/* What to open in a browser; the code to type there, or NULL: it is the flow with a link. */
const char *signin_url(const struct signin *s);
const char *signin_code(const struct signin *s);
/* With a code: waits as long as the provider wants and asks. 1 the tokens are kept; 0 not yet;
 * -1 (ERR_LATER: proc_stopped). */
int signin_wait(struct signin *s, struct err *err);
/* With a link: takes the address the browser ended at. 1 the tokens are kept; -1. */
int signin_finish(struct signin *s, struct str address, struct err *err);
/* Wipes. Accepts NULL. */
void signin_close(struct signin **s);

#endif
