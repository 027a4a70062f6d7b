#include "oauth.h"

#include "httppost.h"
#include "secret.h"

#include <openssl/evp.h>
#include <openssl/rand.h>

#define MAX_FIELDS 6
#define SLOWER 5 /* RFC 8628 3.5 */
#define MAX_INTERVAL 300
/* Nobody listens there: the browser shows the address, and the person copies it. */
#define REDIRECT "http://127.0.0.1:49421/"

/* The form, the client secret behind it, and the answer. 1: *out, whatever the status; -1. */
static int ask(const struct authconf_oauth *o, struct str url, struct httppost_field *f, size_t n,
	       struct oauthjson *out, struct err *err)
{
	char secret[1024] = "";
	struct buf body;
	long status = 0;
	int r = 1;
	buf_init(&body, 64 << 10);
	if (o->secret_file.n || o->secret_command.n)
		r = secret_load("client secret", o->secret_file, o->secret_command, secret,
				sizeof secret, err);
	f[n] = (struct httppost_field){"client_id", o->client_id};
	f[n + 1] = (struct httppost_field){"client_secret", str_of(secret)};
	if (r == 1)
		r = httppost_send(url.p, f, n + 2, &body, &status, err);
	if (r == 1 && (status >= 500 || status == 429))
		r = err_set(err, status == 429 ? ERR_LATER : ERR_NET,
			    "'%s' answered with status %ld", url.p, status);
	if (r == 1)
		r = oauthjson_parse(buf_all(&body), out, err);
	if (r == 1 && status != 200 && out->error[0] == '\0')
		r = err_set(err, ERR_NET, "'%s' answered with status %ld", url.p, status);
	secret_wipe(secret, sizeof secret);
	secret_wipe(body.p, body.cap);
	buf_free(&body);
	return r;
}

static int refused(const char *what, const struct oauthjson *a, struct err *err)
{
	bool later = strcmp(a->error, "temporarily_unavailable") == 0 ||
		     strcmp(a->error, "server_error") == 0;
	return err_set(err, later ? ERR_LATER : ERR_DENIED, "%s: the token server said '%s'%s%s",
		       what, a->error, a->description[0] ? ": " : "", a->description);
}

static int need_access(const struct oauthjson *out, struct err *err)
{
	if (out->access[0])
		return 1;
	return err_set(err, ERR_NET, "the token server sent no token");
}

int oauth_refresh(const struct authconf_oauth *o, struct str refresh, struct oauthjson *out,
		  struct err *err)
{
	struct httppost_field f[MAX_FIELDS] = {
		{"grant_type", STR("refresh_token")},
		{"refresh_token", refresh},
		{"scope", o->scope},
	};
	if (ask(o, o->token_url, f, 3, out, err) < 0)
		return -1;
	if (out->error[0])
		return refused("no new token", out, err);
	return need_access(out, err);
}

int oauth_device(const struct authconf_oauth *o, struct oauthjson *out, struct err *err)
{
	struct httppost_field f[MAX_FIELDS] = {{"scope", o->scope}};
	if (o->device_url.n == 0)
		return err_set(err, ERR_DENIED, "oauth_device_url is missing");
	if (ask(o, o->device_url, f, 1, out, err) < 0)
		return -1;
	if (out->error[0])
		return refused("cannot begin", out, err);
	if (!out->device_code[0] || !out->user_code[0] || !out->url[0])
		return err_set(err, ERR_NET, "the token server sent no code");
	if (out->interval == 0)
		out->interval = 5;
	return 1;
}

int oauth_poll(const struct authconf_oauth *o, struct str device_code, int64_t *interval,
	       struct oauthjson *out, struct err *err)
{
	struct httppost_field f[MAX_FIELDS] = {
		{"grant_type", STR("urn:ietf:params:oauth:grant-type:device_code")},
		{"device_code", device_code},
	};
	int r = ask(o, o->token_url, f, 2, out, err);
	if (r < 0 && err->kind == ERR_DENIED)
		return -1;
	if (r == 1 && out->error[0] == '\0')
		return need_access(out, err);
	if (r < 0 && *interval < MAX_INTERVAL) /* unreachable: back off, the code lives on */
		*interval *= 2;
	else if (r == 1 && strcmp(out->error, "slow_down") == 0 && *interval < MAX_INTERVAL)
		*interval += SLOWER;
	else if (r == 1 && strcmp(out->error, "authorization_pending") != 0 &&
		 strcmp(out->error, "slow_down") != 0)
		return refused("not logged in", out, err);
	return 0;
}

/* ---- the flow with a link ---- */

/* Base64 for addresses, of 32 bytes: 43 characters. */
static void url64(const unsigned char raw[32], char out[48])
{
	EVP_EncodeBlock((unsigned char *)out, raw, 32);
	for (int i = 0; i < 43; i++)
		out[i] = out[i] == '+' ? '-' : out[i] == '/' ? '_' : out[i];
	out[43] = '\0';
}

int oauth_link(const struct authconf_oauth *o, struct str user, struct oauth_link *l,
	       struct buf *out, struct err *err)
{
	unsigned char raw[32];
	char challenge[48];
	if (RAND_bytes(raw, sizeof raw) != 1)
		return err_set(err, ERR_BROKEN, "no random bytes");
	url64(raw, l->verifier);
	RAND_bytes(raw, sizeof raw);
	url64(raw, l->state);
	hash_of(str_of(l->verifier), raw);
	url64(raw, challenge);
	buf_fmt(out, "%s?response_type=code&access_type=offline&prompt=consent&redirect_uri=",
		o->auth_url.p);
	httppost_encode(out, STR(REDIRECT));
	buf_fmt(out, "&state=%s&code_challenge=%s&code_challenge_method=S256&client_id=", l->state,
		challenge);
	httppost_encode(out, o->client_id);
	buf_str(out, STR("&scope="));
	httppost_encode(out, o->scope);
	buf_str(out, STR("&login_hint="));
	httppost_encode(out, user);
	return 1;
}

/* The value of a field behind the '?', without its %XX. 1 or 0. */
static int field(struct str address, struct str name, char *out, size_t max)
{
	struct str piece;
	size_t n = 0, got;
	ptrdiff_t at = str_chr(address, '?');
	struct str query = at < 0 ? STR("") : str_cut(address, (size_t)at + 1, address.n);
	while (str_split(&query, '&', &piece)) {
		if (!str_starts(piece, name))
			continue;
		for (size_t i = name.n; i < piece.n && n < max - 1; i++) {
			unsigned char c = (unsigned char)piece.p[i];
			if (c == '%' && hash_unhex(str_cut(piece, i + 1, i + 3), &c, 1, &got) == 1)
				i += 2;
			out[n++] = (char)c;
		}
		break;
	}
	out[n] = '\0';
	return n > 0;
}

int oauth_linked(const struct authconf_oauth *o, const struct oauth_link *l, struct str address,
		 struct oauthjson *out, struct err *err)
{
	char code[4096], state[64], why[64];
	if (field(address, STR("error="), why, sizeof why))
		return err_set(err, ERR_DENIED, "not logged in: the server said '%s'", why);
	if (!field(address, STR("code="), code, sizeof code) ||
	    !field(address, STR("state="), state, sizeof state))
		return err_set(err, ERR_INPUT, "this is not the address, which has a code= in it");
	if (strcmp(state, l->state) != 0)
		return err_set(err, ERR_INPUT, "this address is of another login");
	struct httppost_field f[MAX_FIELDS] = {
		{"grant_type", STR("authorization_code")},
		{"code", str_of(code)},
		{"redirect_uri", STR(REDIRECT)},
		{"code_verifier", str_of(l->verifier)},
	};
	int r = ask(o, o->token_url, f, 4, out, err);
	secret_wipe(code, sizeof code);
	if (r == 1 && out->error[0])
		return refused("not logged in", out, err);
	return r == 1 ? need_access(out, err) : -1;
}
