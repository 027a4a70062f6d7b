/* Arbitrary bytes as a configuration file. */
#include "conf.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static const char *const keys[] = {"host", "port", NULL};
	static const struct conf_rule rules[] = {{"", keys}, {"account", keys}, {NULL, NULL}};
	struct arena a = {0};
	struct conf c;
	struct err err;
	conf_text(&a, STR("fuzz"), rules, (struct str){(const char *)p, n}, &c, &err);
	arena_free(&a);
	return 0;
}
