#include "schema.h"

#include "hash.h"

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
