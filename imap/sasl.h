/* sasl: one conversation of a SASL mechanism, as the client.
 *
 * What: GNU SASL for SCRAM, PLAIN, LOGIN, EXTERNAL and CRAM-MD5; OAUTHBEARER and XOAUTH2 by hand.
 *   Bytes in, bytes out: base64 and IMAP are login.c's.
 * Source: RFC 5802 and 7677 (SCRAM), RFC 9266 and 5929 (bindings), RFC 7628 (OAUTHBEARER),
 *   RFC 4616 (PLAIN), RFC 4422 (EXTERNAL); XOAUTH2 as Google describes it.
 * Limits: SCRAM between 4,096 and 1,000,000 rounds: less makes guessing cheap, more holds us up.
 * Errors: ERR_DENIED what the other side says cannot be right; ERR_INPUT unusable secrets.
 */
#ifndef SASL_H
#define SASL_H

#include "buf.h"
#include "err.h"
#include "mech.h"

struct sasl;

/* Who logs in. Everything is copied by sasl_new where it must live longer. */
struct sasl_id {
	struct str user, secret; /* the password or the token; may be empty for EXTERNAL */
	struct str host;         /* OAUTHBEARER names the server */
	unsigned port;
	struct str binding;      /* bytes of the channel binding, for -PLUS */
	bool unique;             /* they are tls-unique, not tls-exporter */
};

/* Begins. 1 or -1. End with sasl_free. */
int sasl_new(struct sasl **out, enum mech_id mech, const struct sasl_id *id, struct err *err);
/* Takes what the server said (for the first word of a mechanism that speaks first: nothing) and
 * appends the answer to *out. 1; -1: cancel. */
int sasl_step(struct sasl *s, struct str challenge, struct buf *out, struct err *err);
/* May the server's OK be believed? SCRAM servers must have shown that they know the password. */
bool sasl_done(const struct sasl *s);
/* Wipes what can be wiped. Accepts NULL. */
void sasl_free(struct sasl **s);

#endif
