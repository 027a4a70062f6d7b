#include "err.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int err_set(struct err *err, enum err_kind kind, const char *fmt, ...)
{
	va_list ap;
	err->kind = kind;
	err->column = 0;
	err->place[0] = '\0';
	va_start(ap, fmt);
	vsnprintf(err->text, sizeof err->text, fmt, ap);
	va_end(ap);
	return -1;
}

int err_errno(struct err *err, enum err_kind kind, const char *fmt, ...)
{
	int saved = errno;
	va_list ap;
	err->kind = kind;
	err->column = 0;
	err->place[0] = '\0';
	va_start(ap, fmt);
	vsnprintf(err->text, sizeof err->text, fmt, ap);
	va_end(ap);
	size_t n = strlen(err->text);
	snprintf(err->text + n, sizeof err->text - n, ": %s", strerror(saved));
	return -1;
}

int err_wrap(struct err *err, const char *fmt, ...)
{
	char old[sizeof err->text];
	va_list ap;
	memcpy(old, err->text, sizeof old);
	va_start(ap, fmt);
	vsnprintf(err->text, sizeof err->text, fmt, ap);
	va_end(ap);
	size_t n = strlen(err->text);
	snprintf(err->text + n, sizeof err->text - n, ": %.400s", old);
	return -1;
}

int err_exit(enum err_kind kind)
{
	static const int code[] = {
		[ERR_NONE] = 0,   [ERR_USAGE] = 64,  [ERR_INPUT] = 65,  [ERR_NET] = 69,
		[ERR_LATER] = 75, [ERR_GONE] = 65,   [ERR_DENIED] = 77,
		[ERR_BROKEN] = 74,
	};
	return code[kind];
}

_Noreturn void err_die(const char *fmt, ...)
{
	va_list ap;
	fputs("sheaf: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	abort();
}

void *err_alloc(size_t n)
{
	void *p = calloc(1, n ? n : 1);
	if (p == NULL)
		err_die("out of memory (%zu bytes)", n);
	return p;
}

void *err_realloc(void *p, size_t n)
{
	void *q = realloc(p, n ? n : 1);
	if (q == NULL)
		err_die("out of memory (%zu bytes)", n);
	return q;
}
