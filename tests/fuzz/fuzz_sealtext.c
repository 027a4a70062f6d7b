#include "sealtext.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

/* A seal somebody hands us. */
int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct str in = {(const char *)p, n}, text;
	struct note_key key;
	struct sealtext s;
	struct err err;
	if (note_key_read(in, &key, &err) == 1)
		note_verify(in, &key, &text, &err);
	key = (struct note_key){.name = "a"};
	note_verify(in, &key, &text, &err);
	sealtext_read(in, &s, &err);
	return 0;
}
