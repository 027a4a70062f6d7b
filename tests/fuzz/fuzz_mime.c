#include "mail.h"

#include "casemap.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a = {0};
	struct mail m;
	const struct mail_text *t;
	const struct mail_address *people;
	mail_init();
	mail_parse(&a, (struct str){(const char *)data, size}, &mail_default_limits, &m);
	for (size_t i = 0; i < m.n_parts; i++)
		if (!str_utf8(m.parts[i].text) || !str_utf8(m.parts[i].header))
			__builtin_trap();
	for (size_t n = mail_texts(&a, &m, &t); n > 0; n--)
		casemap_bare(&a, casemap_str(&a, t[n - 1].text));
	mail_addresses(&a, &m, "from", &people);
	mail_date(&m);
	arena_free(&a);
	return 0;
}
