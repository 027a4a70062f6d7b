/* err: what went wrong, and who must act.
 *
 * Shape: a plain struct on the caller's stack, last argument of every function that can
 * fail, never NULL. Functions return 1 (here it is), 0 (nothing: done, not found, not yet)
 * or -1 (failed, *err is set).
 * Text: lower case, no full stop; what failed first, the subject in quotes; never mail
 * content, never secrets. Out-of-memory and programming mistakes abort (err_die).
 */
#ifndef ERR_H
#define ERR_H

#include <stdarg.h>
#include <stddef.h>

enum err_kind {
	ERR_NONE,
	ERR_USAGE,  /* the command line is wrong: exit 64 */
	ERR_INPUT,  /* this item is bad: record, skip, tell the asker: 400, exit 65 */
	ERR_NET,    /* a server cannot be reached or broke off: back off: 503, exit 69 */
	ERR_LATER,  /* try again later (lock held, busy): 503, exit 75 */
	ERR_GONE,   /* was here, and was disposed of: 410, exit 65 */
	ERR_DENIED, /* refused (login, certificate, configuration): 401/403, exit 77 */
	ERR_BROKEN  /* disk or data damaged: stop; detail in the log only: 500, exit 74 */
};

struct err {
	enum err_kind kind;
	int column; /* 1-based place in the input, 0: none */
	char place[100]; /* where in a JSON input: a pointer (RFC 6901), "": nowhere */
	char text[500];
};

/* Sets *err and returns -1, so that `return err_set(…)` reads well. */
int err_set(struct err *err, enum err_kind kind, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* The same, with ": " and strerror(errno) after the text. */
int err_errno(struct err *err, enum err_kind kind, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* Puts "prefix: " before the text of *err. Returns -1. */
int err_wrap(struct err *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* The exit status of the command line for a kind (sysexits.h). */
int err_exit(enum err_kind kind);
/* Prints to standard error and aborts: for programming mistakes only. */
_Noreturn void err_die(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* malloc, zeroed, that aborts instead of returning NULL. The caller frees. */
void *err_alloc(size_t n);
/* realloc that aborts instead of returning NULL. */
void *err_realloc(void *p, size_t n);

#endif
