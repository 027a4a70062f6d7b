#include "nonce.h"

#include <openssl/crypto.h>
#include <openssl/rand.h>

int nonce_bytes(unsigned char *out, size_t n, struct err *err)
{
	return RAND_bytes(out, (int)n) == 1 ? 1 : err_set(err, ERR_BROKEN, "no random bytes");
}

int nonce_make(char out[NONCE_HEX + 1], struct err *err)
{
	unsigned char bytes[NONCE_BYTES];
	if (nonce_bytes(bytes, sizeof bytes, err) < 0)
		return -1;
	hash_hex(bytes, sizeof bytes, out);
	OPENSSL_cleanse(bytes, sizeof bytes);
	return 1;
}

bool nonce_same(struct str a, struct str b)
{
	return a.n == b.n && (a.n == 0 || CRYPTO_memcmp(a.p, b.p, a.n) == 0);
}
