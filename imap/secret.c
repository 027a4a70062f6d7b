#define _GNU_SOURCE
#include "secret.h"

#include "arena.h"
#include "file.h"
#include "log.h"
#include "proc.h"

#include <openssl/crypto.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

void secret_wipe(void *p, size_t n)
{
	if (p)
		OPENSSL_cleanse(p, n);
}

void secret_protect(void)
{
	struct rlimit none = {0, 0};
	setrlimit(RLIMIT_CORE, &none);
	prctl(PR_SET_DUMPABLE, 0);
}

void secret_check_file(const char *path)
{
	struct stat st;
	if (stat(path, &st) == 0 && (st.st_mode & (S_IRGRP | S_IROTH)))
		log_line(LOG_WARN, "others can read '%s', which holds a secret", path);
}

static int from_file(const char *name, char *out, size_t n, struct err *err)
{
	struct buf text;
	struct str rest, line = STR("");
	buf_init(&text, 64 << 10);
	int r = file_load(name, &text, err);
	if (r == 0)
		err_set(err, ERR_DENIED, "no file '%s'", name);
	if (r == 1)
		secret_check_file(name);
	rest = buf_all(&text);
	if (r == 1 && (!str_line(&rest, &line) || line.n == 0))
		r = err_set(err, ERR_DENIED, "'%s' begins with an empty line", name);
	else if (r == 1 && (line.n >= n || str_chr(line, '\0') >= 0))
		r = err_set(err, ERR_DENIED, "the first line of '%s' is too long, or no text",
			    name);
	if (r == 1) {
		memcpy(out, line.p, line.n);
		out[line.n] = '\0';
	}
	secret_wipe(text.p, text.cap);
	buf_free(&text);
	return r == 1 ? 1 : -1;
}

int secret_load(const char *what, struct str file, struct str command, char *out, size_t n,
		struct err *err)
{
	struct arena a = {0};
	int r = file.n ? from_file(arena_str(&a, file).p, out, n, err)
		       : proc_output(arena_str(&a, command).p, out, n, err);
	arena_free(&a);
	if (r == 1)
		return 1;
	secret_wipe(out, n);
	err->kind = ERR_DENIED;
	return err_wrap(err, "%s", what);
}
