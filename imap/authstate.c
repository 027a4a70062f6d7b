#include "authstate.h"

#include "file.h"
#include "log.h"
#include "secret.h"

#include <jansson.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

#define MAX_FILE ((size_t)256 << 10)
#define MAX_PATH 4000
#define PATIENCE_MS 40000 /* somebody else may be asking a slow token server */

/* Account names are people's: what a file name should not hold is written %XX. */
struct str authstate_file(struct arena *a, const char *dir, const char *folder,
			  struct str account)
{
	struct buf b;
	buf_init(&b, MAX_PATH);
	for (size_t i = 0; i < account.n; i++) {
		unsigned char c = (unsigned char)account.p[i];
		bool letter = ((c | 32) >= 'a' && (c | 32) <= 'z') || (c >= '0' && c <= '9');
		if (letter || (i && c && strchr("._-@+", c)))
			buf_chr(&b, (char)c);
		else
			buf_fmt(&b, "%%%02X", c);
	}
	struct str path = arena_fmt(a, "%s/%s/%s.json", dir, folder, buf_cstr(&b));
	buf_free(&b);
	return path;
}

struct str authstate_path(struct arena *a, const char *dir, struct str account, struct str named)
{
	return named.n ? named : authstate_file(a, dir, "auth", account);
}

static void take(const json_t *o, const char *key, char *out, size_t n)
{
	const char *p = json_string_value(json_object_get(o, key));
	size_t len = p ? strlen(p) : 0;
	if (p && len < n)
		memcpy(out, p, len + 1);
}

int authstate_load(const char *path, struct authstate *out, struct err *err)
{
	struct buf text;
	memset(out, 0, sizeof *out);
	buf_init(&text, MAX_FILE);
	int r = file_load(path, &text, err);
	json_t *o = r == 1 ? json_loadb(text.n ? text.p : "", text.n, 0, NULL) : NULL;
	if (r == 1 && !json_is_object(o))
		r = err_set(err, ERR_DENIED, "'%s' is damaged: remove it, then sheaf login",
			    path);
	if (r == 1) {
		secret_check_file(path);
		take(o, "server", out->server, sizeof out->server);
		take(o, "binding", out->binding, sizeof out->binding);
		take(o, "access_token", out->access, sizeof out->access);
		take(o, "refresh_token", out->refresh, sizeof out->refresh);
		out->scram = json_is_true(json_object_get(o, "scram"));
		out->renew_at = json_integer_value(json_object_get(o, "renew_at"));
	}
	json_decref(o);
	secret_wipe(text.p, text.cap);
	buf_free(&text);
	return r;
}

static int make_folder(const char *path, struct err *err)
{
	struct arena a = {0};
	const char *slash = strrchr(path, '/');
	int r = 1;
	if (slash && slash > path)
		r = file_mkdirs(arena_str(&a, (struct str){path, (size_t)(slash - path)}).p, err);
	arena_free(&a);
	return r;
}

int authstate_save(const char *path, const struct authstate *s, struct err *err)
{
	json_t *o = json_pack("{s:s, s:s, s:b, s:s, s:s, s:I}", "server", s->server, "binding",
			      s->binding, "scram", s->scram, "access_token", s->access,
			      "refresh_token", s->refresh, "renew_at", (json_int_t)s->renew_at);
	char *text = o ? json_dumps(o, JSON_INDENT(1)) : NULL;
	int r = text ? make_folder(path, err)
		     : err_set(err, ERR_BROKEN, "cannot write '%s': not UTF-8", path);
	if (r == 1)
		r = file_replace(path, str_of(text), err);
	if (text)
		secret_wipe(text, strlen(text));
	free(text);
	json_decref(o);
	return r;
}

int authstate_lock(const char *path, int *fd, struct err *err)
{
	struct arena a = {0};
	const char *lock = arena_fmt(&a, "%s.lock", path).p;
	uint64_t end = log_now_ms() + PATIENCE_MS;
	int r = make_folder(path, err);
	if (r == 1)
		while ((r = file_lock(lock, fd, err)) < 0 && err->kind == ERR_LATER &&
		       log_now_ms() < end)
			poll(NULL, 0, 100);
	arena_free(&a);
	return r;
}
