#define _GNU_SOURCE
#include "userwork.h"

#include <time.h>

#include "apitoken.h"
#include "auditing.h"
#include "cookie.h"
#include "form.h"
#include "password.h"
#include "signon.h"
#include "totp.h"
#include "userpages.h"

/* One thing to do. */
struct work {
	struct call *c;
	struct http_response *resp;
	struct people *p;
	struct url form;
	struct user u;
	struct userpages_news news;
};

static struct str value(const struct work *w, const char *name)
{
	return url_get(&w->form, name, STR(""));
}

/* "sales-*, alice" */
static void read_accounts(struct arena *a, struct str text, struct user *u)
{
	struct str one, *list = NULL;
	u->n_accounts = 0;
	while (str_split(&text, ',', &one)) {
		one = str_trim(one);
		if (one.n == 0)
			continue;
		list = arena_grow(a, list, u->n_accounts, sizeof *list);
		list[u->n_accounts++] = one;
	}
	u->accounts = list;
}

static void note_rights(struct work *w)
{
	json_t *list = json_array();
	for (size_t i = 0; i < w->u.n_accounts; i++)
		json_array_append_new(list, shape_text(w->c->arena, w->u.accounts[i]));
	auditing_note(w->c, "user", json_pack("{s:o, s:o, s:o}", "name",
					      shape_text(w->c->arena, w->u.name), "role",
					      shape_text(w->c->arena, w->u.role), "accounts",
					      list));
}

/* Role and accounts as the form has them. 1 or -1. */
static int take_rights(struct work *w, struct err *err)
{
	w->u.role = value(w, "role");
	read_accounts(w->c->arena, value(w, "accounts"), &w->u);
	if (!user_reads_some(w->u.role))
		w->u.n_accounts = 0;
	if (!userpages_may(w->c, &w->u))
		return err_set(err, ERR_INPUT, "only an owner makes owners");
	note_rights(w);
	return user_check(&w->u, err);
}

/* ---- what there is to do: 1; 0 no such thing; -1 ---- */

static int rights(struct work *w, struct err *err)
{
	return take_rights(w, err) < 0 ? -1 : user_set(w->p, &w->u, err);
}

static int password(struct work *w, struct err *err)
{
	struct str hash;
	int r = password_hash(w->c->arena, value(w, "password"), &hash, err);
	return r > 0 ? user_password(w->p, w->u.name, hash, err) : r;
}

static int disable(struct work *w, struct err *err)
{
	return user_disable(w->p, w->u.name, true, err);
}

static int enable(struct work *w, struct err *err)
{
	return user_disable(w->p, w->u.name, false, err);
}

static int drop(struct work *w, struct err *err)
{
	return user_remove(w->p, w->u.name, err);
}

static int second_factor(struct work *w, struct err *err)
{
	struct str *codes = arena_alloc(w->c->arena, TOTP_RECOVERY * sizeof *codes);
	w->news.codes = codes;
	w->news.n_codes = TOTP_RECOVERY;
	return totp_enable(w->p, w->c->arena, w->u.name, &w->news.url, codes, err);
}

static int no_second_factor(struct work *w, struct err *err)
{
	return totp_disable(w->p, w->u.name, err);
}

static int token(struct work *w, struct err *err)
{
	struct arena *a = w->c->arena;
	struct str rest = apitoken_scope_text(a, PERSON_OWNER), one;
	struct apitoken t = {.user = w->u.name, .note = str_cut(value(w, "note"), 0, 200)};
	struct str days = str_trim(value(w, "days"));
	char secret[APITOKEN_SIZE];
	unsigned right;
	uint32_t n = 0;
	while (str_split(&rest, ',', &one)) {
		if (value(w, arena_str(a, one).p).n == 0)
			continue;
		if (apitoken_scope(one, &right, err) < 0)
			return -1;
		t.scope |= right;
	}
	if (t.scope == 0)
		return err_set(err, ERR_INPUT, "what may the token do?");
	if (days.n && (!str_u32(days, &n) || n < 1 || n > 36500))
		return err_set(err, ERR_INPUT, "the days are not 1 to 36500");
	t.expires = n ? (int64_t)time(NULL) + (int64_t)n * 86400 : 0;
	int r = apitoken_add(w->p, &t, secret, err);
	if (r > 0)
		w->news.token = arena_str(a, str_of(secret));
	explicit_bzero(secret, sizeof secret);
	return r;
}

static bool number(const struct work *w, int64_t *out)
{
	uint64_t n;
	bool ok = str_u64(value(w, "number"), &n) && n <= INT64_MAX;
	*out = ok ? (int64_t)n : 0;
	return ok;
}

static int token_end(struct work *w, struct err *err)
{
	const struct apitoken *all;
	size_t n;
	int64_t id;
	if (!number(w, &id))
		return 0;
	if (apitoken_list(w->p, w->c->arena, w->u.name, &all, &n, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		if (all[i].id == id)
			return apitoken_remove(w->p, id, err);
	return 0;
}

static int session_end(struct work *w, struct err *err)
{
	int64_t id;
	return number(w, &id) ? cookie_end(w->p, w->u.name, id, err) : 0;
}

static const struct verb {
	const char *name;
	int (*run)(struct work *w, struct err *err);
	bool not_oneself; /* so that nobody gets rights, or locks everybody out */
	bool shows;       /* a secret, this once */
} verbs[] = {
	{"rights", rights, true, false}, {"password", password, false, false},
	{"disable", disable, true, false}, {"enable", enable, true, false},
	{"remove", drop, true, false}, {"totp", second_factor, false, true},
	{"totp-off", no_second_factor, false, false}, {"token", token, false, true},
	{"token-end", token_end, false, false}, {"session-end", session_end, false, false},
};

static const struct verb *find(struct str name)
{
	for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
		if (str_eq(name, str_of(verbs[i].name)))
			return &verbs[i];
	return NULL;
}

/* ---- the requests ---- */

static int begin(struct work *w, struct call *c, struct http_response *resp, struct err *err)
{
	*w = (struct work){.c = c, .resp = resp};
	if (!form_read(c->req, &w->form))
		return err_set(err, ERR_INPUT, "the body is no form");
	return call_people(&w->p, err);
}

/* What cannot be done is said on the page it was asked from. */
static int refuse(struct work *w, bool list, struct err *err)
{
	struct err again = {0};
	if (err->kind != ERR_INPUT)
		return -1;
	w->news = (struct userpages_news){.trouble = arena_str(w->c->arena, str_of(err->text))};
	int r = list ? userpages_write_list(w->c, w->resp, &w->news, &again)
		     : userpages_write_one(w->c, w->resp, w->c->args[0], &w->news, &again);
	w->resp->status = 400;
	if (r < 0)
		*err = again;
	return r;
}

int userwork_new(struct call *c, struct http_response *resp, struct err *err)
{
	struct work w;
	if (begin(&w, c, resp, err) < 0)
		return -1;
	w.u.name = value(&w, "name");
	int r = take_rights(&w, err);
	int any = r > 0 ? user_any(w.p, err) : r;
	if (any == 0 && !str_eq(w.u.role, STR("owner")))
		r = err_set(err, ERR_INPUT, "let the first user be an owner");
	r = any < 0 ? -1 : r;
	if (r > 0 && value(&w, "password").n)
		r = password_hash(c->arena, value(&w, "password"), &w.u.password, err);
	if (r > 0)
		r = user_add(w.p, &w.u, err);
	if (r < 0)
		return refuse(&w, true, err);
	signon_go(resp, c->arena, STR("/users"));
	return 1;
}

static int do_it(struct work *w, const struct verb *v, struct err *err)
{
	if (!userpages_may(w->c, &w->u))
		return err_set(err, ERR_INPUT, "only an owner changes owners");
	if (v->not_oneself && str_eq(w->u.name, w->c->who->name))
		return err_set(err, ERR_INPUT, "that somebody else must do for you");
	return v->run(w, err);
}

int userwork_do(struct call *c, struct http_response *resp, struct err *err)
{
	struct work w;
	struct buf to;
	const struct verb *v = find(c->args[1]);
	if (v == NULL)
		return 0;
	int r = begin(&w, c, resp, err);
	if (r > 0)
		r = user_find(w.p, c->arena, c->args[0], &w.u, err);
	if (r > 0)
		r = do_it(&w, v, err);
	if (r == 0)
		return 0;
	if (r < 0)
		return refuse(&w, false, err);
	if (v->shows)
		return userpages_write_one(c, resp, w.u.name, &w.news, err);
	buf_init(&to, 4096);
	buf_str(&to, STR("/users"));
	if (v->run != drop) {
		buf_chr(&to, '/');
		url_escape(&to, w.u.name);
	}
	signon_go(resp, c->arena, buf_all(&to));
	buf_free(&to);
	return 1;
}
