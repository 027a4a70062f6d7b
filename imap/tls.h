/* tls: who is at the other end, and what binds a login to this connection.
 *
 * What: an OpenSSL client handle that verifies the certificate and the host's name (or address),
 *   sends SNI, accepts TLS 1.2 at least; pins; client certificates; channel bindings.
 * Source: RFC 8446, RFC 5246, RFC 6125 (names), RFC 7469 2.4 (pins), RFC 5929 (tls-unique),
 *   RFC 9266 (tls-exporter), RFC 7627 (extended master secret).
 * Errors: ERR_DENIED certificate, pin, own files; ERR_NET the rest.
 */
#ifndef TLS_H
#define TLS_H

#include "err.h"
#include "hash.h"
#include "str.h"

#include <openssl/ssl.h>

struct tls_trust {
	const char *ca_file;   /* NULL: the system's store */
	const char *cert_file; /* our certificate (PEM), or NULL */
	const char *key_file;  /* its key; NULL: in cert_file */
	const unsigned char (*pins)[HASH_BYTES]; /* SHA-256 of acceptable public keys */
	size_t n_pins;         /* 0: any key with a good certificate */
	bool only_pins;        /* the pin is the whole proof: no authority, no name */
};

enum tls_binding { TLS_EXPORTER, TLS_UNIQUE, TLS_BINDINGS };
#define TLS_BINDING_MAX 64

/* A client on the connected socket, before its handshake. 1: *ctx and *ssl are the caller's to
 * free; also after -1 when they are not NULL. */
int tls_client(SSL_CTX **ctx, SSL **ssl, int fd, const char *host, const struct tls_trust *t,
	       struct err *err);
/* After the handshake: does the server's key have one of the pins? 1 or -1 (ERR_DENIED). */
int tls_pinned(SSL *ssl, const char *host, const struct tls_trust *t, struct err *err);
/* Says in *err why OpenSSL failed; ssl may be NULL. Returns -1. */
int tls_failed(const SSL *ssl, const char *what, struct err *err);
/* The bytes of a channel binding. Returns their number; 0 when this connection has none that is
 * safe (TLS 1.2 without extended master secret). */
size_t tls_bind(SSL *ssl, enum tls_binding kind, unsigned char out[TLS_BINDING_MAX]);
/* Its registered name, "tls-exporter" or "tls-unique". */
const char *tls_binding_name(enum tls_binding kind);

#endif
