#define _GNU_SOURCE
#include "auth.h"

#include <pthread.h>
#include <sys/stat.h>

#include "file.h"

static pthread_rwlock_t lock = PTHREAD_RWLOCK_INITIALIZER;

static bool token_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       (c && strchr("-._~+/=", c));
}

static bool well_formed(struct str t)
{
	if (t.n < AUTH_MIN_TOKEN || t.n > 200)
		return false;
	for (size_t i = 0; i < t.n; i++)
		if (!token_char(t.p[i]))
			return false;
	return true;
}

static int read_lines(struct arena *a, const char *path, struct str text, struct auth *out,
		      struct err *err)
{
	struct str line;
	for (int no = 1; str_line(&text, &line); no++) {
		line = str_trim(line);
		if (line.n == 0 || line.p[0] == '#')
			continue;
		if (out->n == AUTH_MAX_TOKENS)
			return err_set(err, ERR_DENIED, "%s: more than %d tokens", path,
				       AUTH_MAX_TOKENS);
		if (!well_formed(line))
			return err_set(err, ERR_DENIED,
				       "%s:%d: a token is %d to 200 letters, digits or -._~+/=;"
				       " make one with: openssl rand -hex 32",
				       path, no, AUTH_MIN_TOKEN);
		out->hashes = arena_grow(a, out->hashes, out->n, sizeof *out->hashes);
		hash_of(line, out->hashes[out->n++]);
	}
	if (out->n == 0)
		return err_set(err, ERR_DENIED,
			       "%s: no token in it; make one with: openssl rand -hex 32", path);
	return 1;
}

int auth_load(struct arena *a, const char *path, struct auth *out, struct err *err)
{
	struct stat st;
	struct buf text;
	*out = (struct auth){0};
	if (stat(path, &st) < 0)
		return err_errno(err, ERR_DENIED, "cannot read token file \"%s\"", path);
	if (!S_ISREG(st.st_mode))
		return err_set(err, ERR_DENIED, "token file \"%s\" is not a file", path);
	if (st.st_mode & (S_IRWXO | S_IWGRP))
		return err_set(err, ERR_DENIED,
			       "token file \"%s\" is open to others; close it with: chmod 600",
			       path);
	buf_init(&text, (size_t)1 << 20);
	int r = file_load(path, &text, err);
	if (r > 0)
		r = read_lines(a, path, buf_all(&text), out, err);
	else if (r < 0)
		err->kind = ERR_DENIED;
	else
		r = err_set(err, ERR_DENIED, "token file \"%s\" is gone", path);
	if (text.p)
		explicit_bzero(text.p, text.n);
	buf_free(&text);
	return r;
}

/* All of it is looked at, whatever differs where. */
static bool same(const unsigned char *a, const unsigned char *b)
{
	unsigned char diff = 0;
	for (size_t i = 0; i < HASH_BYTES; i++)
		diff |= a[i] ^ b[i];
	return diff == 0;
}

static int base64_value(char c)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *at = c ? strchr(digits, c) : NULL;
	return at ? (int)(at - digits) : -1;
}

/* The bytes up to the first '=' or stranger. */
static struct str base64(struct arena *a, struct str in)
{
	char *p = arena_alloc(a, in.n + 1);
	size_t n = 0;
	unsigned bits = 0, have = 0;
	for (size_t i = 0; i < in.n; i++) {
		int v = base64_value(in.p[i]);
		if (v < 0)
			break;
		bits = (bits << 6 | (unsigned)v) & 0xFFFFFF;
		have += 6;
		if (have >= 8) {
			have -= 8;
			p[n++] = (char)(bits >> have & 0xFF);
		}
	}
	return (struct str){p, n};
}

struct str auth_presented(struct arena *a, struct str field)
{
	struct str bearer = STR("Bearer "), basic = STR("Basic ");
	if (str_istarts(field, bearer))
		return str_trim(str_cut(field, bearer.n, field.n));
	if (!str_istarts(field, basic))
		return STR("");
	struct str pair = base64(a, str_trim(str_cut(field, basic.n, field.n)));
	ptrdiff_t colon = str_chr(pair, ':');
	return colon < 0 ? STR("") : str_cut(pair, (size_t)colon + 1, pair.n);
}

bool auth_allows(const struct auth *auth, struct arena *a, struct str authorization)
{
	unsigned char hash[HASH_BYTES];
	bool found = false;
	hash_of(auth_presented(a, authorization), hash);
	pthread_rwlock_rdlock(&lock);
	for (size_t i = 0; i < auth->n; i++)
		found |= same(auth->hashes[i], hash);
	found |= auth->n == 0;
	pthread_rwlock_unlock(&lock);
	return found;
}

void auth_replace(struct auth *to, struct auth by)
{
	pthread_rwlock_wrlock(&lock);
	*to = by;
	pthread_rwlock_unlock(&lock);
}
