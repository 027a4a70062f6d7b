#include "mail.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Addresses and file names go through GMime. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a = {0};
	struct str in = {(const char *)data, size};
	const struct mail_address *people;
	struct mail m;
	mail_init();
	struct str raw = arena_fmt(&a, "From: %.*s\n\n", STR_ARG(in));
	mail_parse(&a, raw, &mail_default_limits, &m);
	mail_addresses(&a, &m, "from", &people);
	arena_free(&a);
	return 0;
}
