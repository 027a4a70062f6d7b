#include "authconf.h"

#include "mech.h"

#include <openssl/evp.h>

#define MAX_PINS 16

/* Endpoints as their owners publish them; "own" has none: sheaf.conf gives them. Google's device
 * flow knows no scope for mail, so its people follow a link. */
static const struct provider {
	const char *name, *token_url, *device_url, *auth_url, *scope, *pop3_scope;
} providers[] = {
	{"google", "https://oauth2.googleapis.com/token", "",
	 "https://accounts.google.com/o/oauth2/v2/auth", "https://mail.google.com/",
	 "https://mail.google.com/"},
	{"microsoft", "https://login.microsoftonline.com/common/oauth2/v2.0/token",
	 "https://login.microsoftonline.com/common/oauth2/v2.0/devicecode", "",
	 "https://outlook.office.com/IMAP.AccessAsUser.All offline_access",
	 "https://outlook.office.com/POP.AccessAsUser.All offline_access"},
	{"own", "", "", "", "", ""},
};

struct reader {
	struct arena *arena;
	const struct conf *conf;
	const struct conf_section *section;
	struct authconf *out;
	struct err *err;
};

static int bad(const struct reader *r, const char *key, const char *text)
{
	return conf_bad(r->conf, r->section, key, text, r->err);
}

static struct str get(const struct reader *r, const char *key, const char *otherwise)
{
	return arena_str(r->arena, conf_get(r->section, key, str_of(otherwise)));
}

/* A token or a client secret must not travel in clear, but this machine may be asked. */
static bool safe_url(struct str url)
{
	static const struct str start[] = {STR("https://"), STR("http://127.0.0.1:"),
					   STR("http://[::1]:"), STR("http://localhost:")};
	for (size_t i = 0; i < url.n; i++)
		if (url.p[i] <= ' ' || url.p[i] > '~')
			return false;
	for (size_t i = 0; i < sizeof start / sizeof *start; i++)
		if (str_istarts(url, start[i]) && url.n > start[i].n)
			return true;
	return false;
}

static int read_oauth(struct reader *r)
{
	struct str name = conf_get(r->section, "oauth", STR(""));
	struct authconf_oauth *o = &r->out->oauth;
	bool pop3 = str_eq(conf_get(r->section, "protocol", STR("")), STR("pop3"));
	const struct provider *p = NULL;
	for (size_t i = 0; i < sizeof providers / sizeof *providers; i++)
		if (str_eq(name, str_of(providers[i].name)))
			p = &providers[i];
	if (name.n == 0)
		return 1;
	if (p == NULL)
		return bad(r, "oauth", "must be google, microsoft or own");
	*o = (struct authconf_oauth){
		.on = true,
		.token_url = get(r, "oauth_token_url", p->token_url),
		.device_url = get(r, "oauth_device_url", p->device_url),
		.auth_url = get(r, "oauth_auth_url", p->auth_url),
		.scope = get(r, "oauth_scope", pop3 ? p->pop3_scope : p->scope),
		.client_id = get(r, "oauth_client_id", ""),
		.secret_file = get(r, "oauth_client_secret_file", ""),
		.secret_command = get(r, "oauth_client_secret_command", ""),
	};
	if (!safe_url(o->token_url))
		return bad(r, "oauth_token_url", "must be an https:// address");
	if (o->device_url.n && !safe_url(o->device_url))
		return bad(r, "oauth_device_url", "must be an https:// address");
	if (o->auth_url.n && !safe_url(o->auth_url))
		return bad(r, "oauth_auth_url", "must be an https:// address");
	if (o->client_id.n == 0)
		return bad(r, "oauth_client_id", "missing");
	if (o->secret_file.n && o->secret_command.n)
		return bad(r, "oauth_client_secret_file", "give a file or a command, not both");
	return 1;
}

/* Exactly one kind of secret; with a client certificate also none. */
static int read_secrets(struct reader *r)
{
	static const char *const key[] = {"password_file", "password_command", "token_command",
					  "oauth"};
	static const char *const never[] = {"password", "oauth_client_secret"};
	struct authconf *o = r->out;
	unsigned given = 0;
	for (size_t i = 0; i < sizeof never / sizeof *never; i++)
		if (conf_get(r->section, never[i], STR("")).n)
			return bad(r, never[i], "secrets do not stand in this file: give a file "
						"or a command that holds it");
	for (size_t i = 0; i < sizeof key / sizeof *key; i++)
		given += conf_get(r->section, key[i], STR("")).n > 0;
	o->password_file = get(r, "password_file", "");
	o->password_command = get(r, "password_command", "");
	o->token_command = get(r, "token_command", "");
	o->state_file = get(r, "auth_file", "");
	o->cert_file = get(r, "cert_file", "");
	o->key_file = get(r, "key_file", "");
	if (o->key_file.n && o->cert_file.n == 0)
		return bad(r, "cert_file", "missing: key_file has nothing to go with");
	if (given > 1 || (given == 0 && o->cert_file.n == 0))
		return bad(r, "password_file", "give one of password_file, password_command, "
					       "token_command and oauth");
	o->have = o->cert_file.n ? MECH_CERT : 0;
	if (o->password_file.n || o->password_command.n)
		o->have |= MECH_PASSWORD;
	else if (given)
		o->have |= MECH_TOKEN;
	return 1;
}

static int read_order(struct reader *r)
{
	struct str names = conf_get(r->section, "auth", STR(""));
	uint8_t *order = arena_alloc(r->arena, MECH_COUNT);
	if (names.n == 0)
		return 1;
	if (mech_order(names, order, &r->out->n_order) == 0)
		return bad(r, "auth", "must be names of mechanisms, like: scram-sha-256 plain");
	r->out->order = order;
	return 1;
}

/* "sha256//" and the base64 of 32 bytes. 1 or 0. */
static int read_pin(struct str text, unsigned char out[HASH_BYTES])
{
	unsigned char raw[48];
	struct str b64 = str_cut(text, 8, text.n);
	if (!str_starts(text, STR("sha256//")) || b64.n != 44 || b64.p[43] != '=' ||
	    b64.p[42] == '=' || EVP_DecodeBlock(raw, (const void *)b64.p, 44) != 33)
		return 0;
	memcpy(out, raw, HASH_BYTES);
	return 1;
}

static int read_pins(struct reader *r)
{
	struct str list = conf_get(r->section, "pin", STR("")), piece;
	unsigned char(*pins)[HASH_BYTES] = arena_alloc(r->arena, MAX_PINS * sizeof *pins);
	size_t n = 0;
	while ((list.n || n) && str_split(&list, ',', &piece))
		if (n == MAX_PINS || !read_pin(str_trim(piece), pins[n++]))
			return bad(r, "pin", "must be sha256// and 44 characters of base64, "
					     "several with commas");
	r->out->only_pins = str_eq(conf_get(r->section, "ca_file", STR("")), STR("none"));
	if (r->out->only_pins && n == 0)
		return bad(r, "ca_file", "none is for servers with a pin");
	r->out->pins = (const unsigned char(*)[HASH_BYTES])pins;
	r->out->n_pins = n;
	return 1;
}

int authconf_read(struct arena *a, const struct conf *c, const struct conf_section *s,
		  struct authconf *out, struct err *err)
{
	static int (*const step[])(struct reader *) = {read_secrets, read_oauth, read_order,
						       read_pins};
	struct reader r = {a, c, s, out, err};
	*out = (struct authconf){0};
	for (size_t i = 0; i < sizeof step / sizeof *step; i++)
		if (step[i](&r) < 0)
			return -1;
	return 1;
}
