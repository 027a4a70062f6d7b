/* conn: a connection to a server, in clear or in TLS, with deadlines.
 *
 * What: TCP + OpenSSL; whom to trust is tls.h's part. Nothing here knows IMAP.
 * Source: RFC 8446 / RFC 5246 (TLS), RFC 6125 (names), RFC 8314.
 * Shape: blocking calls with deadlines over a non-blocking socket. Input is a window the caller
 *   looks at (conn_input) and consumes (conn_eat); conn_fill gets more.
 * Limits: `timeout_ms` to connect, for the handshake, and between two bytes; and at least
 *   4 KiB in every five timeouts while waiting, so that a dripping server ends too.
 * Errors: ERR_NET unreachable, broken off, too slow; ERR_DENIED certificate, or clear text
 *   where it is not allowed.
 */
#ifndef CONN_H
#define CONN_H

#include "tls.h"

struct conn;

struct conn_target {
	const char *host;    /* name or address; borrowed during conn_open and conn_starttls */
	unsigned port;
	bool tls;            /* from the first byte */
	bool clear_only_loopback; /* refuse to connect beyond loopback */
	unsigned timeout_ms;
	struct tls_trust trust;
};

/* Connects, and makes TLS at once when t->tls. 1 or -1. Close with conn_close. */
int conn_open(struct conn **out, const struct conn_target *t, struct err *err);
/* Turns a clear connection into TLS. Fails when input waits unread: it came in clear, and
 * somebody in between may have put it there. 1 or -1 (ERR_DENIED). */
int conn_starttls(struct conn *c, const struct conn_target *t, struct err *err);
/* Is it protected by TLS? */
bool conn_secure(const struct conn *c);
/* Is the other end on this machine? */
bool conn_local(const struct conn *c);
/* Sends all n bytes. 1 or -1. */
int conn_write(struct conn *c, const void *p, size_t n, struct err *err);
/* What has arrived and was not consumed. Borrowed until the next conn_fill. */
struct str conn_input(const struct conn *c);
/* Consumes the first n bytes of the input. */
void conn_eat(struct conn *c, size_t n);
/* Waits for more input, at most the timeout. 1; 0 the server closed; -1. The caller must have
 * left room: a full window of CONN_WINDOW bytes is a programming mistake. */
int conn_fill(struct conn *c, struct err *err);
/* A channel binding of this connection: its length, or 0 (see tls_bind). */
size_t conn_bind(const struct conn *c, enum tls_binding kind, unsigned char out[TLS_BINDING_MAX]);
/* Is it TLS 1.3 (or later)? */
bool conn_tls13(const struct conn *c);
/* Closes without a word. Accepts NULL. */
void conn_close(struct conn **c);

#define CONN_WINDOW ((size_t)256 << 10)

#endif
