#include "dynlib.h"

#include <dlfcn.h>
#include <string.h>

void *dynlib_open(const char *name)
{
	return dlopen(name, RTLD_NOW | RTLD_LOCAL);
}

bool dynlib_take(void *so, const struct dynlib_function *list, size_t n)
{
	bool all = true;
	for (size_t i = 0; i < n; i++) {
		void *function = dlsym(so, list[i].name);
		memcpy(list[i].at, &function, sizeof function);
		all = all && function;
	}
	return all;
}
