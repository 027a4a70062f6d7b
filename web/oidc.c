#define _GNU_SOURCE
#include "oidc.h"

#include <pthread.h>
#include <time.h>

#include "call.h"
#include "caller.h"
#include "form.h"
#include "frame.h"
#include "jwt.h"
#include "log.h"
#include "nonce.h"
#include "signon.h"
#include "user.h"
#include "webget.h"

enum { KEEP = 3600, KEYS_AGAIN = 60 /* seconds */ };

static struct oidc_options opt;
static bool secure;

/* What the provider says of itself; `busy` guards it. */
static pthread_mutex_t busy = PTHREAD_MUTEX_INITIALIZER;
static json_t *about, *keys;
static int64_t about_at, keys_at;

bool oidc_is(void)
{
	return opt.issuer != NULL;
}

/* ---- options ---- */

static bool address_ok(struct str url)
{
	return str_starts(url, STR("https://")) || str_starts(url, STR("http://127.0.0.1:")) ||
	       str_starts(url, STR("http://[::1]:"));
}

/* "GROUP=ROLE:ACCOUNTS" */
static bool rule(struct str text, struct str *group, struct str *role, struct str *accounts)
{
	ptrdiff_t eq = str_chr(text, '=');
	if (eq <= 0)
		return false;
	*group = str_cut(text, 0, (size_t)eq);
	text = str_cut(text, (size_t)eq + 1, text.n);
	*accounts = STR("");
	if (str_split(&text, ':', role))
		*accounts = text;
	return user_rights(*role) != 0 && (user_reads_some(*role) == (accounts->n > 0));
}

int oidc_begin(const struct oidc_options *o, bool by_tls, struct err *err)
{
	struct str rest = str_of(o->groups), one, group, role, accounts;
	opt = *o;
	secure = by_tls;
	if (o->issuer == NULL)
		return 1;
	if (!o->client_id || !o->public_url)
		return err_set(err, ERR_DENIED, "oidc_issuer needs oidc_client_id and public_url");
	if (!address_ok(str_of(o->issuer)))
		return err_set(err, ERR_DENIED, "oidc_issuer is no https address");
	while (str_split(&rest, ' ', &one))
		if (one.n && !rule(one, &group, &role, &accounts))
			return err_set(err, ERR_DENIED, "oidc_groups: '%.*s' is not GROUP=ROLE or"
				       " GROUP=ROLE:ACCOUNT,…", STR_ARG(str_cut(one, 0, 80)));
	webget_begin();
	return 1;
}

/* ---- the provider ---- */

static struct str member(const json_t *o, const char *name)
{
	const json_t *v = json_object_get(o, name);
	return json_is_string(v) ? str_of(json_string_value(v)) : STR("");
}

static int fetch(const char *url, const char *form, const char *login, json_t **out,
		 struct err *err)
{
	struct buf b;
	buf_init(&b, WEBGET_MAX);
	int r = webget(url, form, login, &b, err);
	*out = r > 0 ? json_loadb(b.p ? b.p : "", b.n, JSON_REJECT_DUPLICATES, NULL) : NULL;
	if (b.p)
		explicit_bzero(b.p, b.n);
	buf_free(&b);
	if (r > 0 && !json_is_object(*out)) {
		json_decref(*out);
		*out = NULL;
		return err_set(err, ERR_NET, "'%s' does not answer with a JSON object", url);
	}
	return r;
}

/* 1: `about` is there and about our issuer. */
static int learn(struct arena *a, int64_t now, struct err *err)
{
	json_t *got;
	struct str issuer = str_of(opt.issuer);
	struct str base = str_cut(issuer, 0, issuer.n - str_ends(issuer, STR("/")));
	if (about && now - about_at < KEEP)
		return 1;
	struct str url = arena_fmt(a, "%.*s/.well-known/openid-configuration", STR_ARG(base));
	if (fetch(url.p, NULL, NULL, &got, err) < 0)
		return -1;
	if (!str_eq(member(got, "issuer"), issuer) ||
	    !address_ok(member(got, "authorization_endpoint")) ||
	    !address_ok(member(got, "token_endpoint")) || !address_ok(member(got, "jwks_uri"))) {
		json_decref(got);
		return err_set(err, ERR_DENIED, "the provider's own description does not fit '%s'",
			       opt.issuer);
	}
	json_decref(about);
	about = got;
	about_at = now;
	return 1;
}

static int load_keys(int64_t now, struct err *err)
{
	json_t *got;
	if (fetch(member(about, "jwks_uri").p, NULL, NULL, &got, err) < 0)
		return -1;
	json_decref(keys);
	keys = got;
	keys_at = now;
	return 1;
}

/* The claims of a signed token; asks for new keys when one is not known. */
static int claims_of(struct arena *a, struct str token, int64_t now, json_t **out, struct err *err)
{
	if ((keys == NULL || now - keys_at > KEEP) && load_keys(now, err) < 0)
		return -1;
	int r = jwt_verify(a, token, keys, out, err);
	if (r == 0 && now - keys_at >= KEYS_AGAIN) {
		if (load_keys(now, err) < 0)
			return -1;
		r = jwt_verify(a, token, keys, out, err);
	}
	return r != 0 ? r : err_set(err, ERR_DENIED, "the ID token is signed by an unknown key");
}

/* ---- there ---- */

static struct str challenge(struct arena *a, struct str verifier)
{
	unsigned char hash[HASH_BYTES];
	hash_of(verifier, hash);
	return jwt_text(a, (struct str){(char *)hash, HASH_BYTES});
}

static void param(struct buf *b, const char *name, struct str value)
{
	buf_fmt(b, "%s%s=", b->n ? "&" : "", name);
	url_escape(b, value);
}

static struct str redirect_uri(struct arena *a)
{
	return arena_fmt(a, "%s/login/oidc/callback", opt.public_url);
}

/* The browser comes back from another site, so this cookie cannot be as strict as the other. */
static void set_cookie(struct http_response *resp, struct arena *a, struct str value,
		       const char *age)
{
	http_header(resp, "Set-Cookie", arena_fmt(a, "sheaf-oidc=%.*s; Path=/login/oidc; HttpOnly;"
						  " SameSite=Lax; Max-Age=%s%s", STR_ARG(value),
						  age, secure ? "; Secure" : "").p);
}

static struct str address(struct arena *a, struct str secret)
{
	struct buf q;
	struct str endpoint = member(about, "authorization_endpoint");
	buf_init(&q, 16384);
	param(&q, "response_type", STR("code"));
	param(&q, "client_id", str_of(opt.client_id));
	param(&q, "redirect_uri", redirect_uri(a));
	param(&q, "scope", STR("openid profile email groups"));
	param(&q, "state", form_secret(a, "state", secret));
	param(&q, "nonce", form_secret(a, "nonce", secret));
	param(&q, "code_challenge", challenge(a, form_secret(a, "verifier", secret)));
	param(&q, "code_challenge_method", STR("S256"));
	struct str out = arena_fmt(a, "%.*s%c%.*s", STR_ARG(endpoint),
				   str_chr(endpoint, '?') < 0 ? '?' : '&', STR_ARG(buf_all(&q)));
	buf_free(&q);
	return out;
}

static int enter(struct err *err)
{
	return pthread_mutex_trylock(&busy) == 0
	       ? 1 : err_set(err, ERR_LATER, "somebody else is logging in at this moment");
}

int oidc_go(struct call *c, struct http_response *resp, struct err *err)
{
	char secret[NONCE_HEX + 1];
	struct buf value;
	if (!oidc_is())
		return 0;
	if (nonce_make(secret, err) < 0 || enter(err) < 0)
		return -1;
	int r = learn(c->arena, (int64_t)time(NULL), err);
	struct str to = r > 0 ? address(c->arena, str_of(secret)) : STR("");
	pthread_mutex_unlock(&busy);
	if (r < 0)
		return -1;
	buf_init(&value, 16384);
	buf_fmt(&value, "%s.", secret);
	url_escape(&value, signon_next(url_get(c->url, "next", STR(""))));
	set_cookie(resp, c->arena, buf_all(&value), "600");
	buf_free(&value);
	signon_go(resp, c->arena, to);
	return 1;
}

/* ---- and back ---- */

static int exchange(struct arena *a, struct str code, struct str secret, json_t **out,
		    struct err *err)
{
	struct buf form, login;
	buf_init(&form, 32768);
	buf_init(&login, 4096);
	param(&form, "grant_type", STR("authorization_code"));
	param(&form, "code", code);
	param(&form, "redirect_uri", redirect_uri(a));
	param(&form, "client_id", str_of(opt.client_id));
	param(&form, "code_verifier", form_secret(a, "verifier", secret));
	if (opt.client_secret) {
		url_escape(&login, str_of(opt.client_id));
		buf_chr(&login, ':');
		url_escape(&login, str_of(opt.client_secret));
	}
	int r = fetch(member(about, "token_endpoint").p, buf_cstr(&form),
		      opt.client_secret ? buf_cstr(&login) : NULL, out, err);
	buf_free(&form);
	buf_free(&login);
	return r;
}

/* Who has come back. *claims is a new reference. 1 or -1. */
static int identify(struct arena *a, struct str code, struct str secret, json_t **claims,
		    struct err *err)
{
	int64_t now = (int64_t)time(NULL);
	struct jwt_want want = {str_of(opt.issuer), str_of(opt.client_id),
				form_secret(a, "nonce", secret), now};
	json_t *tokens = NULL;
	*claims = NULL;
	if (enter(err) < 0)
		return -1;
	int r = learn(a, now, err);
	if (r > 0)
		r = exchange(a, code, secret, &tokens, err);
	if (r > 0)
		r = claims_of(a, member(tokens, "id_token"), now, claims, err);
	pthread_mutex_unlock(&busy);
	if (r > 0)
		r = jwt_check(*claims, &want, err);
	json_decref(tokens);
	return r;
}

static bool in_group(const json_t *claims, struct str group)
{
	const json_t *list = json_object_get(claims, opt.groups_claim);
	if (str_eq(member(claims, opt.groups_claim), group))
		return true;
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *g = json_array_get(list, i);
		if (json_is_string(g) && str_eq(str_of(json_string_value(g)), group))
			return true;
	}
	return false;
}

/* "alice,{name}" */
static void set_accounts(struct arena *a, struct str text, struct user *u)
{
	struct str one, *list = NULL;
	u->n_accounts = 0;
	while (str_split(&text, ',', &one)) {
		list = arena_grow(a, list, u->n_accounts, sizeof *list);
		list[u->n_accounts++] = str_eq(one, STR("{name}")) ? u->name : one;
	}
	u->accounts = list;
}

/* The first rule that fits says role and accounts. */
static bool by_groups(struct arena *a, const json_t *claims, struct user *u)
{
	struct str rest = str_of(opt.groups), one, group, role, accounts;
	while (str_split(&rest, ' ', &one)) {
		if (!rule(one, &group, &role, &accounts) || !in_group(claims, group))
			continue;
		u->role = role;
		set_accounts(a, accounts, u);
		return true;
	}
	return false;
}

static int newcomer(struct people *p, struct arena *a, const json_t *claims, struct user *u,
		    struct err *err)
{
	struct str subject = u->subject;
	u->name = arena_str(a, member(claims, opt.name_claim));
	if (!user_name_ok(u->name))
		return err_set(err, ERR_DENIED, "the provider gives no name that a user can have");
	struct str name = u->name;
	int known = user_find(p, a, name, u, err);
	if (known < 0)
		return -1;
	if (known > 0) {
		int r = user_bind(p, name, subject, err);
		return r != 0 ? r : err_set(err, ERR_DENIED, "there is another user of the name"
					    " '%.*s'", STR_ARG(name));
	}
	*u = (struct user){.name = name, .subject = subject};
	if (!by_groups(a, claims, u))
		return err_set(err, ERR_DENIED, "'%.*s' is no user, and in no group that gives a"
			       " role", STR_ARG(name));
	return user_add(p, u, err);
}

/* The user of these claims, as the groups have it now. 1 or -1. */
static int settle(struct arena *a, const json_t *claims, struct user *u, struct err *err)
{
	struct people *p;
	struct str subject = arena_fmt(a, "%s %.*s", opt.issuer, STR_ARG(member(claims, "sub")));
	if (call_people(&p, err) < 0)
		return -1;
	int r = user_by_subject(p, a, subject, u, err);
	if (r == 0) {
		*u = (struct user){.subject = subject};
		r = newcomer(p, a, claims, u, err);
	}
	if (r < 0 || opt.groups == NULL)
		return r;
	if (!by_groups(a, claims, u))
		return err_set(err, ERR_DENIED, "'%.*s' is in no group that gives a role",
			       STR_ARG(u->name));
	return user_set(p, u, err);
}

/* Our own cookie is sent to no request that another site began, so the page is loaded anew. */
static void onward(struct call *c, struct http_response *resp, struct str next)
{
	struct markup m = {&resp->body, c->arena};
	frame_plain(&m, resp, STR("Logged in"));
	MARKUP(&m, "<main id=\"main\" class=\"narrow\"><h1>Logged in</h1><p><a href=\"");
	markup_text(&m, next);
	MARKUP(&m, "\">Go on</a></p></main>");
	frame_close(&m);
	http_header(resp, "Refresh", arena_fmt(c->arena, "0; url=%.*s", STR_ARG(next)).p);
}

static int come_back(struct call *c, struct http_response *resp, struct str cookie,
		     struct err *err)
{
	struct user u;
	json_t *claims = NULL;
	struct str secret = str_cut(cookie, 0, NONCE_HEX);
	struct str next = signon_next(url_unescape(c->arena, str_cut(cookie, NONCE_HEX + 1,
								     cookie.n)));
	struct str code = url_get(c->url, "code", STR(""));
	if (cookie.n <= NONCE_HEX || !nonce_same(url_get(c->url, "state", STR("")),
						 form_secret(c->arena, "state", secret)))
		return err_set(err, ERR_DENIED, "this login was not begun in this browser, or too"
			       " long ago");
	if (code.n == 0)
		return err_set(err, ERR_DENIED, "the provider refuses the login");
	int r = identify(c->arena, code, secret, &claims, err);
	if (r > 0)
		r = settle(c->arena, claims, &u, err);
	if (r > 0 && u.disabled)
		r = err_set(err, ERR_DENIED, "'%.*s' is disabled", STR_ARG(u.name));
	json_decref(claims);
	if (r > 0)
		r = signon_start(c, u.name, resp, err);
	if (r > 0)
		onward(c, resp, next);
	return r;
}

int oidc_back(struct call *c, struct http_response *resp, struct err *err)
{
	if (!oidc_is())
		return 0;
	struct str cookie = caller_cookie(c->req, STR("sheaf-oidc"));
	int r = come_back(c, resp, cookie, err);
	if (r < 0)
		log_line(LOG_WARN, "web: a login by OpenID Connect failed: %s", err->text);
	else
		set_cookie(resp, c->arena, STR(""), "0");
	return r;
}
