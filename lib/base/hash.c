#include "hash.h"

#include "err.h"

#include <openssl/evp.h>
#include <stdlib.h>

struct hash_ctx {
	EVP_MD_CTX *md;
};

/* Fetched once: EVP_sha256() has OpenSSL 3 look for a provider at each use. */
static const EVP_MD *sha256(void)
{
	static EVP_MD *md;
	if (md == NULL)
		md = EVP_MD_fetch(NULL, "SHA256", NULL);
	if (md == NULL)
		err_die("hash: SHA-256 is not available");
	return md;
}

static void start(struct hash_ctx *h)
{
	if (EVP_DigestInit_ex2(h->md, sha256(), NULL) != 1)
		err_die("hash: SHA-256 is not available");
}

struct hash_ctx *hash_new(void)
{
	struct hash_ctx *h = err_alloc(sizeof *h);
	h->md = EVP_MD_CTX_new();
	if (h->md == NULL)
		err_die("hash: out of memory");
	start(h);
	return h;
}

void hash_add(struct hash_ctx *h, const void *p, size_t n)
{
	if (n && EVP_DigestUpdate(h->md, p, n) != 1)
		err_die("hash: update failed");
}

void hash_add_line(struct hash_ctx *h, const unsigned char hash[HASH_BYTES])
{
	char line[HASH_HEX + 1];
	hash_hex(hash, HASH_BYTES, line);
	line[HASH_HEX] = '\n';
	hash_add(h, line, sizeof line);
}

void hash_end(struct hash_ctx *h, unsigned char out[HASH_BYTES])
{
	if (EVP_DigestFinal_ex(h->md, out, NULL) != 1)
		err_die("hash: final failed");
	start(h);
}

void hash_free(struct hash_ctx **h)
{
	if (*h == NULL)
		return;
	EVP_MD_CTX_free((*h)->md);
	free(*h);
	*h = NULL;
}

void hash_of(struct str s, unsigned char out[HASH_BYTES])
{
	if (EVP_Digest(s.n ? s.p : "", s.n, out, NULL, sha256(), NULL) != 1)
		err_die("hash: SHA-256 is not available");
}

void hash_hex(const unsigned char *p, size_t n, char *out)
{
	static const char digit[] = "0123456789abcdef";
	for (size_t i = 0; i < n; i++) {
		*out++ = digit[p[i] >> 4];
		*out++ = digit[p[i] & 15];
	}
	*out = '\0';
}

static int nibble(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

int hash_unhex(struct str hex, unsigned char *out, size_t max, size_t *n_out)
{
	if (hex.n % 2 || hex.n / 2 > max)
		return 0;
	for (size_t i = 0; i < hex.n; i += 2) {
		int hi = nibble(hex.p[i]), lo = nibble(hex.p[i + 1]);
		if (hi < 0 || lo < 0)
			return 0;
		out[i / 2] = (unsigned char)(hi << 4 | lo);
	}
	*n_out = hex.n / 2;
	return 1;
}
