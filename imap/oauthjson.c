#include "oauthjson.h"

#include <jansson.h>

#define MAX_SECONDS ((int64_t)10 * 366 * 86400)

/* A string of printable ASCII into out; a missing one is empty. 1 or 0. */
static int take_text(const json_t *o, const char *key, char *out, size_t n, char least)
{
	const json_t *v = json_object_get(o, key);
	size_t len = v ? json_string_length(v) : 0;
	const char *p = v ? json_string_value(v) : NULL;
	out[0] = '\0';
	if (p == NULL)
		return v == NULL || json_is_null(v);
	if (len >= n)
		return 0;
	for (size_t i = 0; i < len; i++)
		if (p[i] < least || p[i] > '~')
			return 0;
	memcpy(out, p, len);
	out[len] = '\0';
	return 1;
}

/* Words for people: cut, and what cannot be shown is '?'. */
static void take_words(const json_t *o, const char *key, char *out, size_t n)
{
	const char *p = json_string_value(json_object_get(o, key));
	size_t i = 0;
	for (; p && p[i] && i < n - 1; i++)
		out[i] = p[i] < ' ' || p[i] > '~' ? '?' : p[i];
	out[i] = '\0';
}

/* Some servers write numbers as strings. */
static int64_t take_seconds(const json_t *o, const char *key)
{
	const json_t *v = json_object_get(o, key);
	uint64_t n = 0;
	if (json_is_string(v) && !str_u64(str_of(json_string_value(v)), &n))
		n = 0;
	else if (json_is_integer(v) && json_integer_value(v) > 0)
		n = (uint64_t)json_integer_value(v);
	return n > (uint64_t)MAX_SECONDS ? MAX_SECONDS : (int64_t)n;
}

static int take(const json_t *o, struct oauthjson *out)
{
	const char *url = json_object_get(o, "verification_uri") ? "verification_uri"
								 : "verification_url";
	take_words(o, "error", out->error, sizeof out->error);
	if (out->error[0] == '\0')
		take_words(o, "status", out->error, sizeof out->error);
	take_words(o, "error_description", out->description, sizeof out->description);
	out->expires_in = take_seconds(o, "expires_in");
	out->interval = take_seconds(o, "interval");
	return take_text(o, "access_token", out->access, sizeof out->access, '!') &&
	       take_text(o, "refresh_token", out->refresh, sizeof out->refresh, '!') &&
	       take_text(o, "device_code", out->device_code, sizeof out->device_code, '!') &&
	       take_text(o, "user_code", out->user_code, sizeof out->user_code, ' ') &&
	       take_text(o, url, out->url, sizeof out->url, '!') &&
	       take_text(o, "verification_uri_complete", out->full_url, sizeof out->full_url, '!');
}

int oauthjson_parse(struct str body, struct oauthjson *out, struct err *err)
{
	json_t *o = json_loadb(body.n ? body.p : "", body.n, 0, NULL);
	memset(out, 0, sizeof *out);
	int r = 1;
	if (!json_is_object(o))
		r = err_set(err, ERR_NET, "the token server's answer is not JSON");
	else if (!take(o, out))
		r = err_set(err, ERR_NET, "the token server's answer has an unusable field");
	json_decref(o);
	return r;
}
