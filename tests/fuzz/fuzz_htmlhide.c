#include "html.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a = {0};
	struct str html = {(const char *)data, size};
	struct html_seen s = html_read(&a, html);
	size_t end = 0;
	bool good = str_eq(s.text, html_text(&a, html)) && html_visible(&a, &s).n == s.text.n &&
		    html_marked(&a, &s).n >= s.text.n;
	for (size_t i = 0; i < s.n_hidden; end = s.hidden[i].at + s.hidden[i].n, i++)
		good = good && s.hidden[i].n > 0 && s.hidden[i].at >= end;
	if (!good || end > s.text.n)
		__builtin_trap();
	arena_free(&a);
	return 0;
}
