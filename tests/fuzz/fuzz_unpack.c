#include "unpack.h"

static int read_memory(void *arg, void *p, size_t n, size_t *got, struct err *err)
{
	struct str *s = arg;
	(void)err;
	*got = s->n < n ? s->n : n;
	memcpy(p, s->p, *got);
	*s = str_cut(*s, *got, s->n);
	return *got > 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const struct unpack_limits small = {100, 1 << 20, 1 << 20, 100};
	struct str s = {(const char *)data, n};
	struct unpack *u;
	struct unpack_member m;
	struct err err;
	char drop[4096];
	size_t got;
	unpack_packed(s);
	if (unpack_open(&u, (struct source){read_memory, &s}, &small, &err) < 0)
		return 0;
	while (unpack_next(u, &m, &err) == 1) {
		struct source from = unpack_source(u);
		while (n % 2 && from.read(from.arg, drop, sizeof drop, &got, &err) == 1)
			;
	}
	unpack_close(&u);
	return 0;
}
