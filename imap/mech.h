/* mech: the ways to log in, and which one comes next.
 *
 * What: the table of SASL mechanisms that this program speaks, strongest first, and the choice
 *   among those the server offers. Pure: no connection, no secret.
 * Source: RFC 4422 (6.1.2: downgrades), RFC 5802, RFC 7677, RFC 7628, RFC 4616, RFC 9051 6.2.2.
 */
#ifndef MECH_H
#define MECH_H

#include "err.h"
#include "str.h"

enum mech_id {
	MECH_EXTERNAL,
	MECH_OAUTHBEARER,
	MECH_XOAUTH2,
	MECH_SCRAM_256_PLUS,
	MECH_SCRAM_256,
	MECH_SCRAM_1_PLUS,
	MECH_SCRAM_1,
	MECH_PLAIN,
	MECH_LOGIN,
	MECH_COMMAND, /* the LOGIN command, which is no SASL mechanism */
	MECH_CRAM_MD5,
	MECH_COUNT
};

enum mech_need { MECH_PASSWORD = 1, MECH_TOKEN = 2, MECH_CERT = 4 };

struct mech {
	const char *name; /* as registered, and in sheaf.conf in any case */
	const char *capability;
	enum mech_need need;
	bool first;  /* the client speaks first */
	bool clear;  /* whoever reads the conversation has the secret */
	bool scram, plus;
	bool named;  /* only when sheaf.conf names it */
};
extern const struct mech mech_table[MECH_COUNT];

/* A set of mechanisms: bit 1 << id. */
#define MECH_BIT(id) (1u << (id))
#define MECH_SCRAM (MECH_BIT(MECH_SCRAM_256_PLUS) | MECH_BIT(MECH_SCRAM_256) | \
		    MECH_BIT(MECH_SCRAM_1_PLUS) | MECH_BIT(MECH_SCRAM_1))

struct mech_wish {
	unsigned offered;    /* by the server; MECH_COMMAND: LOGIN is not disabled */
	unsigned have;       /* enum mech_need: what the account has */
	const uint8_t *order; /* sheaf.conf's, or NULL */
	size_t n_order;
	bool secure;         /* nobody can read along */
	bool had_scram;      /* this server offered SCRAM before */
};
/* Chooses. 1: *out; -1 (ERR_DENIED): nothing fits, or it would be a step down that somebody in
 * between may have made. */
int mech_choose(const struct mech_wish *w, enum mech_id *out, struct err *err);
/* Reads the names of an `auth` line into order (at least MECH_COUNT places). 1: *n; 0: a name is
 * unknown or given twice, or there is none. */
int mech_order(struct str names, uint8_t *order, size_t *n);

#endif
