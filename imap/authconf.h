/* authconf: what sheaf.conf says about proving who we are, and who they are.
 *
 * What: the keys that name secrets (never hold them), mechanisms, OAuth, client certificates and
 *   pins; the table of known OAuth providers.
 * Memory: slices borrow from the conf or live in the arena given.
 * Errors: ERR_DENIED with file and line.
 */
#ifndef AUTHCONF_H
#define AUTHCONF_H

#include "conf.h"
#include "hash.h"

/* Where tokens come from. All slices of NUL-terminated text. */
struct authconf_oauth {
	bool on;
	struct str token_url, device_url, auth_url, scope, client_id;
	struct str secret_file, secret_command; /* of the client; both empty: none */
};

struct authconf {
	struct str password_file, password_command, token_command;
	struct authconf_oauth oauth;
	struct str state_file; /* empty: auth/NAME.json in the archive */
	struct str cert_file, key_file;
	const uint8_t *order; /* of enum mech_id; NULL: the default */
	size_t n_order;
	const unsigned char (*pins)[HASH_BYTES];
	size_t n_pins;
	bool only_pins; /* "ca_file = none" */
	unsigned have;  /* enum mech_need */
};

/* The keys this reads, for the list of known ones; the last two to say what is wrong. */
#define AUTHCONF_KEYS                                                                             \
	"password_file", "password_command", "token_command", "oauth", "oauth_token_url",         \
		"oauth_device_url", "oauth_auth_url", "oauth_scope", "oauth_client_id",           \
		"oauth_client_secret_file", "oauth_client_secret_command", "auth_file",          \
		"auth", "cert_file", "key_file", "pin", "password", "oauth_client_secret"

/* Reads a section. 1 or -1. */
int authconf_read(struct arena *a, const struct conf *c, const struct conf_section *s,
		  struct authconf *out, struct err *err);

#endif
