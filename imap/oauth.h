/* oauth: tokens from a token server.
 *
 * What: a new access token for a refresh token; the device flow, in which a person agrees in a
 *   browser somewhere else; the flow with a link, whose end the person brings back by hand.
 * Source: RFC 6749 4.1 and 6, RFC 8628 (device flow), RFC 7636 (PKCE), RFC 8252 (native apps).
 * Errors: ERR_DENIED the grant is over or refused: a person must log in again; ERR_NET the
 *   server cannot be reached or makes no sense; ERR_LATER it has no time.
 */
#ifndef OAUTH_H
#define OAUTH_H

#include "authconf.h"
#include "buf.h"
#include "oauthjson.h"

/* Exchanges a refresh token. 1: out->access, and out->refresh when it was replaced; -1. */
int oauth_refresh(const struct authconf_oauth *o, struct str refresh, struct oauthjson *out,
		  struct err *err);
/* Begins the device flow. 1: out->user_code, url, device_code, interval (at least 1); -1. */
int oauth_device(const struct authconf_oauth *o, struct oauthjson *out, struct err *err);
/* Asks whether the person has agreed. 1: out has the tokens; 0: not yet, ask again after
 * *interval seconds (which the server may have made longer); -1. */
int oauth_poll(const struct authconf_oauth *o, struct str device_code, int64_t *interval,
	       struct oauthjson *out, struct err *err);

/* The secrets of one flow with a link. */
struct oauth_link {
	char verifier[48], state[48];
};
/* Makes up the secrets, and appends the address a person must open. 1; -1: no randomness. */
int oauth_link(const struct authconf_oauth *o, struct str user, struct oauth_link *l,
	       struct buf *out, struct err *err);
/* Takes the address to which the browser was sent in the end. 1: out has the tokens; -1
 * (ERR_INPUT: not that address). */
int oauth_linked(const struct authconf_oauth *o, const struct oauth_link *l, struct str address,
		 struct oauthjson *out, struct err *err);

#endif
