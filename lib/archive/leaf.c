#define _GNU_SOURCE
#include "leaf.h"

#include "merkle.h"
#include "tarball.h"

#include <openssl/crypto.h>
#include <openssl/rand.h>

#define FACTS_MOST ((size_t)1 << 20)

void leaf_salt(struct leaf_salts *from, unsigned char out[LEAF_SALT])
{
	if (from->left == 0) {
		if (RAND_bytes(from->bytes, sizeof from->bytes) != 1)
			err_die("leaf: no random bytes");
		from->left = sizeof from->bytes;
	}
	from->left -= LEAF_SALT;
	memcpy(out, from->bytes + from->left, LEAF_SALT);
	OPENSSL_cleanse(from->bytes + from->left, LEAF_SALT);
}

void leaf_hash(const unsigned char salt[LEAF_SALT], const unsigned char message[HASH_BYTES],
	       struct str facts, unsigned char out[HASH_BYTES])
{
	unsigned char data[HASH_BYTES];
	struct hash_ctx *h = hash_new();
	hash_add(h, salt, LEAF_SALT);
	hash_add(h, message, HASH_BYTES);
	hash_add(h, facts.p, facts.n);
	hash_end(h, data);
	hash_free(&h);
	merkle_leaf((struct str){(char *)data, sizeof data}, out);
}

int leaf_records(struct str records, unsigned char salt[LEAF_SALT], struct buf *facts,
		 struct err *err)
{
	struct str key, value;
	size_t n, found = 0;
	for (;;) {
		const char *begin = records.p;
		int r = tarball_next(&records, &key, &value, err);
		if (r < 0)
			return -1;
		if (r == 0)
			return found == 1;
		if (!str_eq(key, STR(TARBALL_OURS "salt"))) {
			buf_add(facts, begin, (size_t)(value.p + value.n + 1 - begin));
			continue;
		}
		if (found++ || !hash_unhex(value, salt, LEAF_SALT, &n) || n != LEAF_SALT)
			return err_set(err, ERR_BROKEN, "a message has a malformed salt");
	}
}

int leaf_of(struct str records, const unsigned char message[HASH_BYTES],
	    unsigned char out[HASH_BYTES], struct err *err)
{
	unsigned char salt[LEAF_SALT];
	struct buf facts;
	buf_init(&facts, FACTS_MOST);
	int r = leaf_records(records, salt, &facts, err);
	if (r == 1)
		leaf_hash(salt, message, buf_all(&facts), out);
	buf_free(&facts);
	return r;
}

int leaf_left(struct str records, unsigned char out[HASH_BYTES], struct err *err)
{
	struct str key, value;
	size_t n, found = 0;
	int r;
	while ((r = tarball_next(&records, &key, &value, err)) == 1) {
		if (!str_eq(key, STR(TARBALL_OURS "leaf")))
			continue;
		if (found++ || !hash_unhex(value, out, HASH_BYTES, &n) || n != HASH_BYTES)
			return err_set(err, ERR_BROKEN, "a message has a malformed leaf");
	}
	return r < 0 ? -1 : found == 1;
}
