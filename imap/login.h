/* login: proving who we are.
 *
 * What: the strongest mechanism that both sides know (mech.h, sasl.h), and what comes next when it
 *   is refused. How a protocol puts that on the wire is imaplogin.h's and poplogin.h's part.
 * Source: RFC 4422, RFC 5802 6 (channel binding).
 */
#ifndef LOGIN_H
#define LOGIN_H

#include "conn.h"
#include "credential.h"
#include "harvest.h"
#include "mech.h"

enum login_answer { LOGIN_ASKED, LOGIN_TAKEN, LOGIN_REFUSED };

/* How a protocol logs in. */
struct login_wire {
	void *arg;
	const struct conn *conn;
	bool wants_tls; /* the server lets nobody in without TLS, and offers that */
	/* Does the server offer it? */
	bool (*offers)(void *arg, enum mech_id id);
	/* Queues the command, with `first`, the first word in base64 or "=", when it is not empty
	 * and may go along. Did it? */
	bool (*begin)(void *arg, const struct mech *m, struct str first);
	/* Queues an answer, or "*" to cancel, and the line's end. */
	void (*say)(void *arg, struct str text);
	/* Waits for the server's word. 1: *what; of ASKED *text is the challenge in base64, until
	 * the next call; of REFUSED *err says why. -1: it is over (ERR_LATER: no time now). */
	int (*next)(void *arg, enum login_answer *what, struct str *text, struct err *err);
	/* MECH_COMMAND, from beginning to end. 1; 0 refused (*err says why); -1. */
	int (*command)(void *arg, struct str user, struct str password, struct err *err);
};

/* Logs in. A refused password is not tried another way, with two exceptions: a channel binding
 * the server cannot use (another binding, then SCRAM without, unless a binding has worked with
 * this server before), and an access token that it no longer takes (a new one, once). 1 or -1
 * (ERR_DENIED refused; ERR_LATER the server has no time). No secret is in *err. */
int login_run(const struct login_wire *wire, const struct harvest_account *ac,
	      struct credential *cred, struct err *err);

#endif
