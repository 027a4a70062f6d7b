#include "t.h"

#include "leaf.h"
#include "tarball.h"

static struct err err;

/* Step by step, as the format document says it. */
static void by_hand(void)
{
	unsigned char salt[LEAF_SALT], message[HASH_BYTES], out[HASH_BYTES], data[HASH_BYTES];
	char all[2 * HASH_BYTES + 5], one[1 + HASH_BYTES];
	memset(salt, 0x11, sizeof salt);
	memset(message, 0x22, sizeof message);
	leaf_hash(salt, message, STR("facts"), out);
	memcpy(all, salt, HASH_BYTES);
	memcpy(all + HASH_BYTES, message, HASH_BYTES);
	memcpy(all + 2 * HASH_BYTES, "facts", 5);
	hash_of((struct str){all, sizeof all}, data);
	one[0] = 0;
	memcpy(one + 1, data, HASH_BYTES);
	hash_of((struct str){one, sizeof one}, data);
	T(memcmp(out, data, HASH_BYTES) == 0);
}

static void salts(void)
{
	struct leaf_salts from = {.left = 0};
	unsigned char all[300][LEAF_SALT] = {{0}};
	size_t same = 0, kept = 0;
	for (size_t i = 0; i < 300; i++) {
		leaf_salt(&from, all[i]);
		for (size_t k = 0; k < i; k++)
			same += memcmp(all[i], all[k], LEAF_SALT) == 0;
		kept += memmem(from.bytes, sizeof from.bytes, all[i], LEAF_SALT) != NULL;
	}
	T(same == 0 && kept == 0);
}

/* The salt may stand anywhere; the other records keep their bytes and order. */
static void records(void)
{
	static const char hex[] = "00112233445566778899aabbccddeeff"
				  "00112233445566778899aabbccddeeff";
	for (int at = 0; at < 4; at++) {
		struct buf all, without, facts;
		unsigned char salt[LEAF_SALT], hash[HASH_BYTES] = {5}, one[HASH_BYTES],
			two[HASH_BYTES];
		buf_init(&all, 10000);
		buf_init(&without, 10000);
		buf_init(&facts, 10000);
		for (int i = 0; i < 4; i++) {
			if (i == at)
				tarball_record(&all, "salt", str_of(hex));
			tarball_number(&all, "number", (uint64_t)i);
			tarball_number(&without, "number", (uint64_t)i);
		}
		T(leaf_records(buf_all(&all), salt, &facts, &err) == 1);
		T_STR(buf_all(&facts), buf_all(&without));
		T(salt[0] == 0 && salt[1] == 0x11 && salt[31] == 0xff);
		T(leaf_of(buf_all(&all), hash, one, &err) == 1);
		leaf_hash(salt, hash, buf_all(&without), two);
		T(memcmp(one, two, HASH_BYTES) == 0);
		T(leaf_of(buf_all(&without), hash, one, &err) == 0);
		tarball_record(&all, "salt", str_of(hex));
		T(leaf_of(buf_all(&all), hash, one, &err) == -1); /* two salts */
		T(err.kind == ERR_BROKEN);
		buf_free(&all);
		buf_free(&without);
		buf_free(&facts);
	}
}

static void malformed(void)
{
	static const struct str bad[] = {
		STR("5 a=\n" "x"),
		STR("34 SCHILY.xattr.user.sheaf.salt=0\n"),
		STR("33 SCHILY.xattr.user.sheaf.salt=\n"),
		STR("35 SCHILY.xattr.user.sheaf.salt=zz\n"),
	};
	unsigned char out[HASH_BYTES];
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		T(leaf_of(bad[i], out, out, &err) == -1);
}

int main(void)
{
	by_hand();
	salts();
	records();
	malformed();
	return t_done();
}
