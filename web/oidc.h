/* oidc: logging in at an OpenID Connect provider.
 *
 * What: the code flow with PKCE; the ID token's signature, issuer, audience, times and nonce are
 *   checked; groups give roles and accounts.
 * Source: OpenID Connect Core 1.0 3.1, Discovery 1.0; RFC 6749 4.1, RFC 7636 (S256).
 * Shape: nothing is stored between going and coming back: state, nonce and verifier are made from
 *   a secret in the browser's cookie and a key of this process. One login at a time asks the
 *   provider; others are told to come again.
 * Errors: ERR_DENIED what did not fit; ERR_NET the provider; ERR_LATER another login.
 */
#ifndef OIDC_H
#define OIDC_H

#include "route.h"

struct oidc_options {
	const char *issuer;      /* NULL: no OpenID Connect */
	const char *client_id, *client_secret; /* secret NULL: a public client */
	const char *public_url;  /* where browsers find us, without "/" at its end */
	const char *name_claim, *groups_claim;
	const char *groups;      /* "GROUP=ROLE GROUP=ROLE:ACCOUNT"; NULL: users are made by hand */
};

/* Borrowed; before there are threads. `secure`: browsers come by TLS. 1 or -1 (ERR_DENIED: what
 * is missing or malformed). */
int oidc_begin(const struct oidc_options *o, bool secure, struct err *err);
/* Is there a provider? */
bool oidc_is(void);
route_handler oidc_go, oidc_back;

#endif
