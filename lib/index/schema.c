#include "schema.h"

#include "hash.h"

void schema_day(int32_t day, char out[4])
{
	uint32_t v = (uint32_t)day + UINT32_C(0x80000000);
	for (int i = 0; i < 4; i++)
		out[i] = (char)(v >> (24 - 8 * i));
}

void schema_size(uint64_t size, char out[8])
{
	for (int i = 0; i < 8; i++)
		out[i] = (char)(size >> (56 - 8 * i));
}

size_t schema_cost(struct str token)
{
	size_t n = token.n;
	for (size_t i = 0; i < token.n; i++)
		n += token.p[i] == '\0';
	return n;
}

void schema_message_id(struct str id, char out[SCHEMA_ID_TERM])
{
	unsigned char hash[HASH_BYTES];
	hash_of(id, hash);
	out[0] = 'I';
	hash_hex(hash, (SCHEMA_ID_TERM - 2) / 2, out + 1);
}
