#include "t.h"

#include "hash.h"

static void vectors(void)
{
	static const struct {
		struct str in;
		const char *want;
	} row[] = { /* FIPS 180-4 examples */
		{STR(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
		{STR("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
		{STR("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
		 "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
	};
	struct hash_ctx *h = hash_new();
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		unsigned char out[HASH_BYTES];
		char hex[HASH_HEX + 1];
		for (size_t k = 0; k < row[i].in.n; k++)
			hash_add(h, row[i].in.p + k, 1);
		hash_end(h, out);
		hash_hex(out, sizeof out, hex);
		T_STR(str_of(hex), str_of(row[i].want));
		hash_of(row[i].in, out);
		hash_hex(out, sizeof out, hex);
		T_STR(str_of(hex), str_of(row[i].want));
	}
	unsigned char abc[HASH_BYTES], one[HASH_BYTES], two[HASH_BYTES];
	char line[HASH_HEX + 1];
	hash_of(STR("abc"), abc);
	hash_add_line(h, abc);
	hash_end(h, one);
	hash_hex(abc, HASH_BYTES, line);
	line[HASH_HEX] = '\n';
	hash_of((struct str){line, sizeof line}, two);
	T(memcmp(one, two, HASH_BYTES) == 0);
	hash_free(&h);
	hash_free(&h);
}

int main(void)
{
	unsigned char out[4];
	size_t n = 0;
	vectors();
	T(hash_unhex(STR("00fFaB"), out, sizeof out, &n) == 1 && n == 3 && out[1] == 0xFF);
	T(hash_unhex(STR("0"), out, sizeof out, &n) == 0);
	T(hash_unhex(STR("0g"), out, sizeof out, &n) == 0);
	T(hash_unhex(STR("0011223344"), out, sizeof out, &n) == 0);
	return t_done();
}
