#define _GNU_SOURCE
#include "tls.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509v3.h>

int tls_failed(const SSL *ssl, const char *what, struct err *err)
{
	long verify = ssl ? SSL_get_verify_result(ssl) : X509_V_OK;
	unsigned long code = ERR_peek_last_error();
	const char *why = code ? ERR_reason_error_string(code) : "connection closed";
	enum err_kind kind = ERR_NET;
	if (verify != X509_V_OK && SSL_get_verify_mode(ssl) != SSL_VERIFY_NONE) {
		why = X509_verify_cert_error_string(verify);
		kind = ERR_DENIED;
	}
	ERR_clear_error();
	return err_set(err, kind, "%s: %s", what, why ? why : "unknown error");
}

static int file_failed(const char *what, const char *file, struct err *err)
{
	unsigned long code = ERR_peek_last_error();
	const char *why = code ? ERR_reason_error_string(code) : NULL;
	ERR_clear_error();
	return err_set(err, ERR_DENIED, "cannot read %s from '%s': %s", what, file,
		       why ? why : "unknown error");
}

/* A key with a passphrase would make OpenSSL ask the terminal. */
static int no_passphrase(char *buf, int size, int writing, void *arg)
{
	(void)buf;
	(void)size;
	(void)writing;
	(void)arg;
	return -1;
}

static int own_certificate(SSL_CTX *ctx, const struct tls_trust *t, struct err *err)
{
	const char *key = t->key_file ? t->key_file : t->cert_file;
	if (t->cert_file == NULL)
		return 1;
	SSL_CTX_set_default_passwd_cb(ctx, no_passphrase);
	if (SSL_CTX_use_certificate_chain_file(ctx, t->cert_file) != 1)
		return file_failed("the certificate", t->cert_file, err);
	if (SSL_CTX_use_PrivateKey_file(ctx, key, SSL_FILETYPE_PEM) != 1)
		return file_failed("the key (without a passphrase)", key, err);
	return 1;
}

static int authorities(SSL_CTX *ctx, const struct tls_trust *t, struct err *err)
{
	if (t->only_pins && t->n_pins) {
		SSL_CTX_set_verify(ctx, SSL_VERIFY_NONE, NULL);
		return 1;
	}
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
	if (t->ca_file ? SSL_CTX_load_verify_locations(ctx, t->ca_file, NULL) == 1
		       : SSL_CTX_set_default_verify_paths(ctx) == 1)
		return 1;
	ERR_clear_error();
	return err_set(err, ERR_DENIED, "cannot read certificates from '%s'",
		       t->ca_file ? t->ca_file : "the system's store");
}

/* Names go into SNI and are compared; addresses are compared with the certificate's addresses. */
static int expect_host(SSL *ssl, const char *host, struct err *err)
{
	unsigned char addr[sizeof(struct in6_addr)];
	X509_VERIFY_PARAM *param = SSL_get0_param(ssl);
	X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	if (inet_pton(AF_INET, host, addr) == 1 || inet_pton(AF_INET6, host, addr) == 1) {
		if (X509_VERIFY_PARAM_set1_ip_asc(param, host) != 1)
			return tls_failed(NULL, "bad address", err);
	} else if (SSL_set_tlsext_host_name(ssl, host) != 1 ||
		   X509_VERIFY_PARAM_set1_host(param, host, 0) != 1) {
		return tls_failed(NULL, "bad host name", err);
	}
	return 1;
}

int tls_client(SSL_CTX **ctx, SSL **ssl, int fd, const char *host, const struct tls_trust *t,
	       struct err *err)
{
	*ctx = SSL_CTX_new(TLS_client_method());
	if (*ctx == NULL)
		return tls_failed(NULL, "cannot start TLS", err);
	SSL_CTX_set_min_proto_version(*ctx, TLS1_2_VERSION);
	SSL_CTX_set_mode(*ctx, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_AUTO_RETRY |
				SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	SSL_CTX_set_read_ahead(*ctx, 1);
	SSL_CTX_set_options(*ctx, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
	if (authorities(*ctx, t, err) < 0 || own_certificate(*ctx, t, err) < 0)
		return -1;
	*ssl = SSL_new(*ctx);
	if (*ssl == NULL || SSL_set_fd(*ssl, fd) != 1)
		return tls_failed(NULL, "cannot start TLS", err);
	return expect_host(*ssl, host, err);
}

int tls_pinned(SSL *ssl, const char *host, const struct tls_trust *t, struct err *err)
{
	unsigned char *spki = NULL, hash[HASH_BYTES], text[2 * HASH_BYTES];
	if (t->n_pins == 0)
		return 1;
	X509 *cert = SSL_get0_peer_certificate(ssl);
	int n = cert ? i2d_X509_PUBKEY(X509_get_X509_PUBKEY(cert), &spki) : -1;
	if (n <= 0)
		return err_set(err, ERR_DENIED, "'%s' showed no certificate", host);
	hash_of((struct str){(const char *)spki, (size_t)n}, hash);
	OPENSSL_free(spki);
	for (size_t i = 0; i < t->n_pins; i++)
		if (memcmp(hash, t->pins[i], sizeof hash) == 0)
			return 1;
	EVP_EncodeBlock(text, hash, sizeof hash);
	return err_set(err, ERR_DENIED, "'%s' has a key that is not pinned: sha256//%s", host,
		       (const char *)text);
}

static size_t bind_unique(SSL *ssl, unsigned char out[TLS_BINDING_MAX])
{
	size_t n = SSL_get_finished(ssl, out, TLS_BINDING_MAX);
	return n <= TLS_BINDING_MAX ? n : 0;
}

size_t tls_bind(SSL *ssl, enum tls_binding kind, unsigned char out[TLS_BINDING_MAX])
{
	static const char label[] = "EXPORTER-Channel-Binding";
	if (SSL_version(ssl) < TLS1_3_VERSION && SSL_get_extms_support(ssl) != 1)
		return 0;
	if (kind == TLS_UNIQUE)
		return bind_unique(ssl, out);
	return SSL_export_keying_material(ssl, out, 32, label, sizeof label - 1, NULL, 0, 0) == 1
		       ? 32
		       : 0;
}

const char *tls_binding_name(enum tls_binding kind)
{
	return kind == TLS_EXPORTER ? "tls-exporter" : "tls-unique";
}
