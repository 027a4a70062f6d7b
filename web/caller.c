#define _GNU_SOURCE
#include "caller.h"

#include <time.h>

#include "apitoken.h"
#include "call.h"
#include "cookie.h"
#include "form.h"
#include "user.h"

static const struct person nobody;

const char *caller_cookie_name(const struct caller_rules *rules)
{
	return rules->secure ? "__Host-sheaf" : "sheaf";
}

int caller_users(struct err *err)
{
	struct people *p;
	if (!call_people_there())
		return 0;
	return call_people(&p, err) < 0 ? -1 : user_any(p, err);
}

/* "a=1; b=2" */
struct str caller_cookie(const struct http_request *req, struct str name)
{
	struct str all = req->cookie, one;
	while (str_split(&all, ';', &one)) {
		one = str_trim(one);
		if (str_starts(one, name) && one.n > name.n && one.p[name.n] == '=')
			return str_cut(one, name.n + 1, one.n);
	}
	return STR("");
}

/* 1: *out is the user by that name; 0; -1. */
static int be(struct people *p, struct arena *a, struct str name, unsigned scope,
	      const struct person **out, struct err *err)
{
	struct user u;
	int r = user_find(p, a, name, &u, err);
	if (r <= 0)
		return r;
	struct person *x = arena_alloc(a, sizeof *x);
	*x = user_person(&u);
	x->rights &= scope;
	*out = x;
	return 1;
}

static int by_token(struct people *p, struct arena *a, struct str secret, struct caller *out,
		    struct err *err)
{
	struct apitoken t;
	int r = apitoken_find(p, a, secret, (int64_t)time(NULL), &t, err);
	return r > 0 ? be(p, a, t.user, t.scope, &out->who, err) : r;
}

static int by_cookie(struct people *p, struct arena *a, struct str secret, struct caller *out,
		     struct err *err)
{
	struct cookie c;
	int r = cookie_find(p, a, secret, (int64_t)time(NULL), &c, err);
	if (r <= 0)
		return r;
	out->csrf = c.csrf;
	out->cookie = secret;
	return be(p, a, c.user, PERSON_OWNER, &out->who, err);
}

static bool trusted(const struct caller_rules *rules, struct str peer)
{
	struct str rest = rules->proxies, one;
	while (str_split(&rest, ' ', &one))
		if (one.n && str_eq(one, peer))
			return true;
	return false;
}

static int by_proxy(struct people *p, struct arena *a, struct str name, struct caller *out,
		    struct err *err)
{
	/* In place of a session's. */
	out->csrf = form_secret(a, "csrf", name);
	return be(p, a, name, PERSON_OWNER, &out->who, err);
}

static int of_users(const struct caller_rules *rules, const struct http_request *req,
		    struct str token, struct caller *out, struct err *err)
{
	struct people *p;
	struct str name = STR("");
	struct str secret = caller_cookie(req, str_of(caller_cookie_name(rules)));
	if (call_people(&p, err) < 0)
		return -1;
	/* What is said on purpose goes before what browsers send by themselves. */
	if (token.n)
		return by_token(p, req->arena, token, out, err);
	if (rules->proxy_header && trusted(rules, req->peer))
		name = http_field(req->link, rules->proxy_header);
	if (name.n)
		return by_proxy(p, req->arena, name, out, err);
	return secret.n ? by_cookie(p, req->arena, secret, out, err) : 0;
}

int caller_find(const struct caller_rules *rules, const struct http_request *req,
		struct caller *out, struct err *err)
{
	struct str token = auth_presented(req->arena, req->authorization);
	*out = (struct caller){.who = &nobody};
	if (rules->by_file && auth_allows(&rules->tokens, req->arena, req->authorization)) {
		out->who = &person_owner;
		return 1;
	}
	int users = caller_users(err);
	out->users = users > 0 || rules->elsewhere;
	if (users > 0)
		return of_users(rules, req, token, out, err) < 0 ? -1 : 1;
	if (users == 0 && !rules->by_file && rules->loopback &&
	    !rules->elsewhere) {
		out->who = &person_owner;
		out->by_place = true;
	}
	return users < 0 ? -1 : 1;
}

bool caller_meant(const struct caller *caller, const struct http_request *req)
{
	struct url form;
	if (caller->csrf.n == 0 || str_eq(req->method, STR("GET")) ||
	    str_eq(req->method, STR("HEAD")))
		return true;
	if (str_istarts(req->content_type, STR("application/json")))
		return req->origin.n > 0 || req->fetch_site.n > 0;
	return form_read(req, &form) > 0 &&
	       nonce_same(url_get(&form, "csrf", STR("")), caller->csrf);
}
