/* oauth: tokens from a token server.
 *
 * What: a new access token for a refresh token; the device flow, in which a person agrees in a
 *   browser somewhere else.
 * Source: RFC 6749 6 (refresh), RFC 8628 (device flow).
 * Errors: ERR_DENIED the grant is over or refused: a person must log in again; ERR_NET the
 *   server cannot be reached or makes no sense; ERR_LATER it has no time.
 */
#ifndef OAUTH_H
#define OAUTH_H

#include "authconf.h"
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

#endif
