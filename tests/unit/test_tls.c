#include "t.h"

#include "tls.h"

#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static char ca_file[4200], key_file[4200], locked_file[4200];
static unsigned char spki_hash[1][HASH_BYTES], other_hash[1][HASH_BYTES];
static EVP_PKEY *key;
static X509 *cert;

/* A certificate that signs itself, for localhost and 127.0.0.1, in files. */
static void make_certificate(void)
{
	unsigned char *spki = NULL;
	key = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
	cert = X509_new();
	X509_set_version(cert, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(cert), 1);
	X509_gmtime_adj(X509_getm_notBefore(cert), -60);
	X509_gmtime_adj(X509_getm_notAfter(cert), 3600);
	X509_set_pubkey(cert, key);
	X509_NAME_add_entry_by_txt(X509_get_subject_name(cert), "CN", MBSTRING_ASC,
				   (const unsigned char *)"test", -1, -1, 0);
	X509_set_issuer_name(cert, X509_get_subject_name(cert));
	X509_EXTENSION *ext = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name,
						  "DNS:localhost,IP:127.0.0.1");
	X509_add_ext(cert, ext, -1);
	X509_EXTENSION_free(ext);
	X509_sign(cert, key, EVP_sha256());
	int n = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(cert), &spki);
	hash_of((struct str){(const char *)spki, (size_t)n}, spki_hash[0]);
	OPENSSL_free(spki);
	FILE *f = fopen(ca_file, "w");
	PEM_write_X509(f, cert);
	fclose(f);
	f = fopen(key_file, "w");
	PEM_write_PrivateKey(f, key, NULL, NULL, 0, NULL, NULL);
	fclose(f);
	f = fopen(locked_file, "w");
	PEM_write_PrivateKey(f, key, EVP_aes_128_cbc(), (const unsigned char *)"pw", 2, NULL, NULL);
	fclose(f);
}

/* What the server saw, sent through TLS to the client. */
struct seen {
	unsigned char exporter[32], finished[TLS_BINDING_MAX];
	size_t n_finished;
	char sni[100];
	bool client_cert;
};

static int any_certificate(int ok, X509_STORE_CTX *x)
{
	(void)ok;
	(void)x;
	return 1;
}

static void serve(int fd, int most, long options)
{
	struct seen seen = {0};
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
	SSL_CTX_set_min_proto_version(ctx, TLS1_VERSION);
	SSL_CTX_set_max_proto_version(ctx, most);
	SSL_CTX_set_options(ctx, (uint64_t)options);
	SSL_CTX_set_security_level(ctx, 0);
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, any_certificate);
	SSL_CTX_use_certificate(ctx, cert);
	SSL_CTX_use_PrivateKey(ctx, key);
	SSL *ssl = SSL_new(ctx);
	SSL_set_fd(ssl, fd);
	if (SSL_accept(ssl) == 1) {
		const char *sni = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
		snprintf(seen.sni, sizeof seen.sni, "%s", sni ? sni : "");
		SSL_export_keying_material(ssl, seen.exporter, 32, "EXPORTER-Channel-Binding", 24,
					   NULL, 0, 0);
		seen.n_finished = SSL_get_peer_finished(ssl, seen.finished, TLS_BINDING_MAX);
		seen.client_cert = SSL_get0_peer_certificate(ssl) != NULL;
		SSL_write(ssl, &seen, sizeof seen);
	}
	_exit(0);
}

struct client {
	int fd, pid;
	SSL_CTX *ctx;
	SSL *ssl;
	struct seen seen;
	struct err err;
};

/* 1 connected, verified and pinned. */
static int meet(struct client *c, const char *host, const struct tls_trust *t, int most,
		long options)
{
	int fd[2];
	*c = (struct client){0};
	T(socketpair(AF_UNIX, SOCK_STREAM, 0, fd) == 0);
	c->pid = fork();
	if (c->pid == 0) {
		close(fd[0]);
		serve(fd[1], most, options);
	}
	close(fd[1]);
	c->fd = fd[0];
	if (tls_client(&c->ctx, &c->ssl, c->fd, host, t, &c->err) < 0)
		return -1;
	if (SSL_connect(c->ssl) != 1)
		return tls_failed(c->ssl, "handshake", &c->err);
	if (tls_pinned(c->ssl, host, t, &c->err) < 0)
		return -1;
	return SSL_read(c->ssl, &c->seen, sizeof c->seen) == sizeof c->seen ? 1 : -1;
}

static void part(struct client *c)
{
	int status;
	SSL_free(c->ssl);
	SSL_CTX_free(c->ctx);
	close(c->fd);
	waitpid(c->pid, &status, 0);
}

static void bindings(void)
{
	const struct tls_trust t = {.ca_file = ca_file};
	unsigned char got[TLS_BINDING_MAX];
	static const int version[] = {TLS1_3_VERSION, TLS1_2_VERSION};
	for (int i = 0; i < 2; i++) {
		struct client c;
		T(meet(&c, "localhost", &t, version[i], 0) == 1);
		T(SSL_version(c.ssl) == version[i]);
		T_STR(str_of(c.seen.sni), STR("localhost"));
		T(tls_bind(c.ssl, TLS_EXPORTER, got) == 32);
		T(memcmp(got, c.seen.exporter, 32) == 0);
		T(tls_bind(c.ssl, TLS_UNIQUE, got) == c.seen.n_finished && c.seen.n_finished > 0);
		T(memcmp(got, c.seen.finished, c.seen.n_finished) == 0);
		T(!c.seen.client_cert);
		part(&c);
	}
	struct client c;
	T(meet(&c, "localhost", &t, TLS1_2_VERSION, (long)SSL_OP_NO_EXTENDED_MASTER_SECRET) == 1);
	T(tls_bind(c.ssl, TLS_EXPORTER, got) == 0 && tls_bind(c.ssl, TLS_UNIQUE, got) == 0);
	part(&c);
}

static void trust(void)
{
	const struct {
		struct tls_trust t;
		const char *host;
		int most;
		int want;
		const char *says;
	} row[] = {
		{{.ca_file = ca_file}, "127.0.0.1", TLS1_3_VERSION, 1, NULL},
		{{.ca_file = ca_file}, "127.0.0.2", TLS1_3_VERSION, -1, "IP address mismatch"},
		{{.ca_file = ca_file}, "::1", TLS1_3_VERSION, -1, "IP address mismatch"},
		{{.ca_file = ca_file}, "example.org", TLS1_3_VERSION, -1, "ostname mismatch"},
		{{0}, "localhost", TLS1_3_VERSION, -1, "self-signed"},
		{{.ca_file = ca_file}, "localhost", TLS1_1_VERSION, -1, ""},
		{{.ca_file = "/none"}, "localhost", TLS1_3_VERSION, -1, "'/none'"},
		{{.ca_file = ca_file, .pins = (const unsigned char(*)[HASH_BYTES])spki_hash,
		  .n_pins = 1}, "localhost", TLS1_3_VERSION, 1, NULL},
		{{.ca_file = ca_file, .pins = (const unsigned char(*)[HASH_BYTES])other_hash,
		  .n_pins = 1}, "localhost", TLS1_3_VERSION, -1, "not pinned: sha256//"},
		{{.ca_file = ca_file, .pins = (const unsigned char(*)[HASH_BYTES])spki_hash,
		  .n_pins = 1}, "example.org", TLS1_3_VERSION, -1, "ostname mismatch"},
		{{.pins = (const unsigned char(*)[HASH_BYTES])spki_hash, .n_pins = 1,
		  .only_pins = true}, "example.org", TLS1_3_VERSION, 1, NULL},
		{{.pins = (const unsigned char(*)[HASH_BYTES])other_hash, .n_pins = 1,
		  .only_pins = true}, "localhost", TLS1_3_VERSION, -1, "not pinned"},
		{{.only_pins = true}, "localhost", TLS1_3_VERSION, -1, "self-signed"},
		{{.ca_file = ca_file, .cert_file = ca_file, .key_file = locked_file}, "localhost",
		 TLS1_3_VERSION, -1, "without a passphrase"},
		{{.ca_file = ca_file, .cert_file = ca_file}, "localhost", TLS1_3_VERSION, -1,
		 "the key"},
		{{.ca_file = ca_file, .cert_file = "/none"}, "localhost", TLS1_3_VERSION, -1,
		 "the certificate from '/none'"},
	};
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct client c;
		int got = meet(&c, row[i].host, &row[i].t, row[i].most, 0);
		T(got == row[i].want);
		T(got == 1 || strstr(c.err.text, row[i].says));
		if (got != row[i].want || (got < 0 && !strstr(c.err.text, row[i].says)))
			printf("  row %zu: %d %s\n", i, got, c.err.text);
		part(&c);
	}
}

static void own_certificate(void)
{
	const struct tls_trust t = {.ca_file = ca_file, .cert_file = ca_file,
				    .key_file = key_file};
	struct client c;
	T(meet(&c, "localhost", &t, TLS1_3_VERSION, 0) == 1);
	T(c.seen.client_cert);
	part(&c);
}

int main(void)
{
	const char *dir = t_dir();
	snprintf(ca_file, sizeof ca_file, "%s/ca.pem", dir);
	snprintf(key_file, sizeof key_file, "%s/key.pem", dir);
	snprintf(locked_file, sizeof locked_file, "%s/locked.pem", dir);
	make_certificate();
	bindings();
	trust();
	own_certificate();
	X509_free(cert);
	EVP_PKEY_free(key);
	return t_done();
}
