#include "mail.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a = {0};
	struct mail m;
	const struct mail_text *texts;
	mail_init();
	mail_parse(&a, (struct str){(const char *)data, size}, &mail_default_limits, &m);
	for (size_t i = 0; i < m.n_parts; i++)
		if (!str_utf8(m.parts[i].text) || !str_utf8(m.parts[i].header))
			__builtin_trap();
	mail_texts(&a, &m, &texts);
	mail_date(&m);
	arena_free(&a);
	return 0;
}
