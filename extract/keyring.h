/* keyring: private keys, and the certificates they belong to.
 *
 * Shape: what was loaded belongs to the process. One of its own has them, and no other (unseal.h).
 * Source: PEM files, whatever else stands in them: a file, or all *.pem of a folder. Who may read
 *   a file with a key besides its owner is refused, and so is a key with a passphrase or without a
 *   certificate.
 * Limits: KEYRING_FILE bytes a file, KEYRING_MOST keys and certificates.
 * Errors: ERR_DENIED; their text names the file, never what was in it.
 */
#ifndef KEYRING_H
#define KEYRING_H

#include "err.h"

#include <openssl/x509.h>

#define KEYRING_FILE ((size_t)1 << 20)
enum { KEYRING_MOST = 1000 };

/* Loads them, once. 1 or -1. */
int keyring_load(const char *path, struct err *err);
/* The i-th certificate that has a key, and that key; they stay the ring's. 1; 0: there are no
 * more. */
int keyring_get(size_t i, X509 **cert, EVP_PKEY **key);

#endif
