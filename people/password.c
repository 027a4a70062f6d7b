#define _GNU_SOURCE
#include "password.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include <pthread.h>

#include "nonce.h"

enum { LOG2N = 15, BLOCK = 8, PARALLEL = 3, SALT = 16, HASH = 32, MAX_LOG2N = 18 };

struct stored {
	uint32_t log2n, r, p;
	unsigned char salt[SALT], hash[HASH];
};

static int derive(const struct stored *s, struct str password, unsigned char out[HASH],
		  struct err *err)
{
	static pthread_mutex_t one = PTHREAD_MUTEX_INITIALIZER;
	uint64_t n = UINT64_C(1) << s->log2n, most = (uint64_t)512 << 20;
	uint32_t r = s->r, p = s->p;
	unsigned char salt[SALT];
	memcpy(salt, s->salt, SALT);
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_PASSWORD, (void *)password.p,
						  password.n),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT, salt, SALT),
		OSSL_PARAM_construct_uint64(OSSL_KDF_PARAM_SCRYPT_N, &n),
		OSSL_PARAM_construct_uint32(OSSL_KDF_PARAM_SCRYPT_R, &r),
		OSSL_PARAM_construct_uint32(OSSL_KDF_PARAM_SCRYPT_P, &p),
		OSSL_PARAM_construct_uint64(OSSL_KDF_PARAM_SCRYPT_MAXMEM, &most),
		OSSL_PARAM_construct_end()};
	EVP_KDF *kdf = EVP_KDF_fetch(NULL, "SCRYPT", NULL);
	EVP_KDF_CTX *ctx = kdf ? EVP_KDF_CTX_new(kdf) : NULL;
	pthread_mutex_lock(&one);
	int ok = ctx ? EVP_KDF_derive(ctx, out, HASH, params) : 0;
	pthread_mutex_unlock(&one);
	EVP_KDF_CTX_free(ctx);
	EVP_KDF_free(kdf);
	return ok == 1 ? 1 : err_set(err, ERR_BROKEN, "cannot work out a password's hash");
}

int password_hash(struct arena *a, struct str password, struct str *out, struct err *err)
{
	struct stored s = {.log2n = LOG2N, .r = BLOCK, .p = PARALLEL};
	char salt[2 * SALT + 1], hash[2 * HASH + 1];
	if (password.n < PASSWORD_MIN || password.n > PASSWORD_MAX)
		return err_set(err, ERR_INPUT, "a password has %d to %d bytes", PASSWORD_MIN,
			       PASSWORD_MAX);
	if (nonce_bytes(s.salt, SALT, err) < 0 || derive(&s, password, s.hash, err) < 0)
		return -1;
	hash_hex(s.salt, SALT, salt);
	hash_hex(s.hash, HASH, hash);
	*out = arena_fmt(a, "scrypt$%u$%u$%u$%s$%s", s.log2n, s.r, s.p, salt, hash);
	return 1;
}

static bool number(struct str *rest, uint32_t most, uint32_t *out)
{
	struct str piece;
	return str_split(rest, '$', &piece) && str_u32(piece, out) && *out > 0 && *out <= most;
}

static bool bytes(struct str *rest, unsigned char *out, size_t n)
{
	struct str piece;
	size_t got;
	return str_split(rest, '$', &piece) && hash_unhex(piece, out, n, &got) && got == n;
}

static bool parse(struct str text, struct stored *s)
{
	struct str kind;
	return str_split(&text, '$', &kind) && str_eq(kind, STR("scrypt")) &&
	       number(&text, MAX_LOG2N, &s->log2n) && number(&text, 16, &s->r) &&
	       number(&text, 16, &s->p) && bytes(&text, s->salt, SALT) &&
	       bytes(&text, s->hash, HASH) && text.n == 0;
}

bool password_fits(struct str stored, struct str password)
{
	struct stored s = {0};
	struct err err = {0};
	unsigned char hash[HASH];
	bool known = parse(stored, &s) && password.n <= PASSWORD_MAX;
	if (!known)
		s = (struct stored){.log2n = LOG2N, .r = BLOCK, .p = PARALLEL};
	password = str_cut(password, 0, PASSWORD_MAX);
	return derive(&s, password, hash, &err) > 0 && CRYPTO_memcmp(hash, s.hash, HASH) == 0 &&
	       known;
}
