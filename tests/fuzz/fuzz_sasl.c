/* Arbitrary bytes as the server's words in a login: first the mechanism, then words by lines. */
#include "sasl.h"

/* The same nonce each time: the words in the corpus fit it. */
int gsasl_nonce(char *data, size_t n);
int gsasl_nonce(char *data, size_t n)
{
	memset(data, 'A', n);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct sasl_id id = {.user = STR("user"), .secret = STR("pencil"), .host = STR("h"),
			     .port = 143, .binding = STR("bound"), .unique = n > 1 && (p[0] & 64)};
	struct str rest = {(const char *)p + 1, n ? n - 1 : 0}, word;
	struct sasl *s = NULL;
	struct buf out;
	struct err err;
	buf_init(&out, 64 << 10);
	if (n && sasl_new(&s, (enum mech_id)(p[0] % MECH_COUNT), &id, &err) == 1 &&
	    sasl_step(s, STR(""), &out, &err) == 1)
		while (str_line(&rest, &word) && sasl_step(s, word, &out, &err) == 1)
			buf_clear(&out);
	sasl_free(&s);
	buf_free(&out);
	return 0;
}
