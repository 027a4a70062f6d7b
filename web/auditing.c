#include "auditing.h"

#include <stdatomic.h>
#include <unistd.h>

#include "ask.h"
#include "audit.h"
#include "log.h"

enum { BODY_MOST = 32 << 10, TARGET_MOST = 20 << 10 };

/* In the arena of the request, which a stream keeps. */
struct auditing {
	const char *what;
	uint64_t number; /* of the entry; 0: there is none yet */
	json_t *found;   /* members about the answer */
	bool streams;    /* the search's end closes the entry */
	bool over;       /* nothing more comes into the log */
};

static struct audit *trail;
static bool required;
static atomic_bool fails; /* the last entry could not be written */

/* What a request means: the first that fits. "*" at the end: begins with; no method: any. No
 * word: nobody's business. */
static const struct {
	const char *method, *pattern, *what;
} words[] = {
	{NULL, "/", "searched"},
	{NULL, "/mid/{}", "opened"},
	{NULL, "/pane", "opened"},
	{NULL, "/message*", "opened"},
	{NULL, "/api/v1/search", "searched"},
	{NULL, "/api/v1/count", "searched"},
	{NULL, "/api/v1/explain", "searched"},
	{NULL, "/api/v1/facets", "searched"},
	{NULL, "/api/v1/suggest", "searched"},
	{NULL, "/api/v1/not-searchable", "searched"}, /* it names messages */
	{NULL, "/not-searchable", "searched"},
	{NULL, "/api/v1/messages/{}/raw", "downloaded"},
	{NULL, "/api/v1/messages/{}/parts/{}", "downloaded"},
	{NULL, "/api/v1/messages*", "opened"},
	{NULL, "/api/v1/threads*", "opened"},
	{"POST", "/api/v1/export", "asked for an export"},
	{"DELETE", "/api/v1/export/{}", "cancelled an export"},
	{NULL, "/api/v1/export/{}/*", "fetched an export"},
	{"GET", "/api/v1/tags*", "searched"}, /* it counts what one may read */
	{"POST", "/api/v1/tags*", "tagged"},
	{"DELETE", "/api/v1/tags*", "untagged"},
	{"POST", "/tags", "tagged"},
	{"POST", "/tags/off", "untagged"},
	{"POST", "/exports", "asked for an export"},
	{"POST", "/exports/{}/end", "cancelled an export"},
	{"POST", "/saved", "saved a search"},
	{"POST", "/saved/{}/remove", "removed a saved search"},
	{NULL, "/api/v1/saved-searches/{}/feed*", "searched"},
	{"POST", "/api/v1/saved-searches", "saved a search"},
	{"PUT", "/api/v1/saved-searches*", "changed a saved search"},
	{"DELETE", "/api/v1/saved-searches*", "removed a saved search"},
	{NULL, "/api/v1/audit", "read the log"},
	{NULL, "/audit", "read the log"},
	{NULL, "/jmap/api", "searched"}, /* or what its calls say */
	{NULL, "/jmap/download*", "downloaded"},
	{NULL, "/login/oidc", NULL}, /* only the way there */
	{NULL, "/login*", "logged in"},
	{NULL, "/logout", "logged out"},
};

static const char *word(const struct route *route)
{
	struct str p = str_of(route->pattern);
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		struct str w = str_of(words[i].pattern);
		if (words[i].method && strcmp(words[i].method, route->method) != 0)
			continue;
		if (str_ends(w, STR("*")) ? str_starts(p, str_cut(w, 0, w.n - 1)) : str_eq(p, w))
			return words[i].what;
	}
	return strcmp(route->method, "GET") == 0 ? NULL : "changed";
}

int auditing_start(const char *archive_dir, const struct auditing_options *o, struct err *err)
{
	required = o->required;
	if (!o->log)
		return 1;
	if (audit_open(&trail, archive_dir, o->file_bytes, err) > 0)
		return 1;
	if (required)
		return err_wrap(err, "cannot keep the audit log (\"log = no\" in [audit] does "
				"without it)");
	log_line(LOG_WARN, "nothing is logged: %s", err->text);
	return 1;
}

void auditing_stop(void)
{
	audit_close(&trail);
}

/* ---- an entry ---- */

/* A token is known by the beginning of its hash. */
static void add_token(json_t *who, struct str authorization)
{
	unsigned char hash[HASH_BYTES];
	char hex[17];
	struct str bearer = STR("Bearer ");
	if (!str_istarts(authorization, bearer))
		return;
	hash_of(str_trim(str_cut(authorization, bearer.n, authorization.n)), hash);
	hash_hex(hash, 8, hex);
	json_object_set_new(who, "token", json_string(hex));
}

static json_t *who(const struct call *c)
{
	const struct http_request *req = c->req;
	json_t *o = json_object();
	json_object_set_new(o, "name", shape_text(req->arena, c->who->name));
	if (c->who->name.n == 0 && c->who->rights == PERSON_OWNER)
		json_object_set_new(o, "uid", json_integer(getuid()));
	json_object_set_new(o, "peer", shape_text(req->arena, req->peer));
	if (req->authorization.n)
		add_token(o, req->authorization);
	if (!c->who->all_accounts && c->who->rights) {
		json_t *list = json_array();
		for (size_t i = 0; i < c->who->n_accounts; i++)
			json_array_append_new(list, shape_text(req->arena, c->who->accounts[i]));
		json_object_set_new(o, "accounts", list);
	}
	return o;
}

/* What is asked of logins and of administrators may hold secrets: only the path of it. */
static struct str target(const struct call *c, const struct route *route)
{
	struct str t = str_cut(c->req->target, 0, TARGET_MOST);
	ptrdiff_t ask = str_chr(t, '?');
	if (ask >= 0 && (route->need == NEED_NOTHING || route->need == NEED_ADMIN))
		t = str_cut(t, 0, (size_t)ask);
	return t;
}

static bool tells_body(const struct route *route)
{
	return route->need == NEED_READ || route->need == NEED_TAG || route->need == NEED_EXPORT;
}

/* A form without the secret that made it ours. */
static struct str body_of(const struct call *c)
{
	struct str body = c->req->body;
	ptrdiff_t at = c->csrf.n ? str_find(body, c->csrf) : -1;
	if (at < 0)
		return body;
	return arena_fmt(c->req->arena, "%.*s%.*s", STR_ARG(str_cut(body, 0, (size_t)at)),
			 STR_ARG(str_cut(body, (size_t)at + c->csrf.n, body.n)));
}

static json_t *entry(const struct call *c, const struct route *route, const char *what)
{
	const struct http_request *req = c->req;
	struct str t = target(c, route);
	struct arena *a = req->arena;
	json_t *o = json_object();
	json_object_set_new(o, "who", who(c));
	json_object_set_new(o, "what", json_string(what));
	if (c->args && strstr(route->pattern, "{}"))
		json_object_set_new(o, "id", shape_text(a, c->args[0]));
	json_object_set_new(o, "request", shape_text(a, arena_fmt(a, "%.*s %.*s",
		STR_ARG(str_cut(req->method, 0, 20)), STR_ARG(t))));
	json_object_set_new(o, "request_id", shape_text(a, req->id));
	if (req->body.n && tells_body(route)) {
		struct str body = body_of(c);
		json_object_set_new(o, "body", shape_text(a, str_cut(body, 0, BODY_MOST)));
		if (body.n > BODY_MOST)
			json_object_set_new(o, "body_cut", json_true());
	}
	return o;
}

/* Takes o over. */
static int append(json_t *o, uint64_t *number, struct err *err)
{
	int r = audit_append(trail, o, number, err);
	json_decref(o);
	atomic_store(&fails, r < 0);
	if (r > 0)
		return 1;
	log_line(LOG_ERROR, "audit: %s", err->text);
	if (!required)
		return 1;
	return err_set(err, ERR_LATER, "the audit log cannot be written, and nothing is answered "
		       "without it");
}

bool auditing_works(void)
{
	return !required || !atomic_load(&fails);
}

void auditing_try(void)
{
	struct err err;
	if (trail && !auditing_works())
		append(json_pack("{s:s}", "what", "checked"), NULL, &err);
}

/* ---- a request ---- */

/* Logins are logged when it is known what became of them. */
static bool changes(const struct route *route)
{
	return route->need != NEED_NOTHING && strcmp(route->method, "GET") != 0 &&
	       strcmp(word(route), "searched") != 0;
}

/* Has a second passed since the last such entry? *more: how many were left out before. */
static bool seldom(uint64_t *more)
{
	static atomic_uint_fast64_t last, left_out;
	uint64_t now = log_now_ms(), before = atomic_load(&last);
	if (now - before < 1000 || !atomic_compare_exchange_strong(&last, &before, now)) {
		atomic_fetch_add(&left_out, 1);
		return false;
	}
	*more = atomic_exchange(&left_out, 0);
	return true;
}

int auditing_before(struct call *c, const struct route *route, struct err *err)
{
	const char *what = trail ? word(route) : NULL;
	if (what == NULL)
		return 1;
	c->audit = arena_alloc(c->arena, sizeof *c->audit);
	c->audit->what = what;
	if (!changes(route))
		return 1;
	return append(entry(c, route, what), &c->audit->number, err);
}

/* The end of what began with an entry of its own. */
static int close_entry(struct auditing *a, json_t *end, struct err *err)
{
	json_object_set_new(end, "what", json_string("answered"));
	json_object_set_new(end, "of", json_integer((json_int_t)a->number));
	if (a->found)
		json_object_update(end, a->found);
	json_decref(a->found);
	a->found = NULL;
	return append(end, NULL, err);
}

int auditing_after(struct call *c, const struct route *route, const struct http_response *resp,
		   struct err *err)
{
	struct auditing *a = c->audit;
	bool blank = strcmp(route->pattern, "/") == 0 && a && a->found == NULL;
	if (a == NULL || (blank && resp->status < 400))
		return 1;
	if (a->number) {
		json_t *end = json_pack("{s:i}", "status", resp->status);
		return close_entry(a, end, err);
	}
	/* What strangers can do as often as they like must not fill the disk. */
	uint64_t more = 0;
	bool shown = strcmp(route->method, "GET") == 0 && resp->status == 200;
	if (route->need == NEED_NOTHING &&
	    (shown || (resp->status == 429 && !seldom(&more)))) {
		json_decref(a->found);
		a->found = NULL;
		return 1;
	}
	json_t *o = entry(c, route, a->what);
	json_object_set_new(o, "status", json_integer(resp->status));
	if (more)
		json_object_set_new(o, "and_before", json_integer((json_int_t)more));
	if (resp->stream.more)
		json_object_set_new(o, "streams", json_true());
	if (a->found)
		json_object_update(o, a->found);
	json_decref(a->found);
	a->found = NULL;
	int r = append(o, &a->number, err);
	a->streams = a->number && resp->stream.more;
	a->over = !a->streams;
	return r;
}

void auditing_refused(const struct call *c, int status)
{
	struct err err;
	uint64_t more;
	if (trail == NULL || (c->req->authorization.n == 0 && c->who->rights == 0) ||
	    !seldom(&more))
		return;
	const struct route none = {.method = "GET", .pattern = "", .need = NEED_NOTHING};
	json_t *o = entry(c, &none, "refused");
	json_object_set_new(o, "status", json_integer(status));
	if (more)
		json_object_set_new(o, "and_before", json_integer((json_int_t)more));
	append(o, NULL, &err);
}

void auditing_word(struct call *c, const char *what)
{
	if (c->audit)
		c->audit->what = what;
}

void auditing_note(struct call *c, const char *name, json_t *value)
{
	if (c->audit == NULL) {
		json_decref(value);
		return;
	}
	if (c->audit->found == NULL)
		c->audit->found = json_object();
	json_object_set_new(c->audit->found, name, value);
}

static json_t *number(uint64_t n)
{
	return json_integer((json_int_t)n);
}

void auditing_search(struct ask *k)
{
	struct call *c = k->call;
	struct query_progress p;
	unsigned char hash[HASH_BYTES];
	char hex[HASH_HEX + 1];
	struct err err;
	if (c->audit == NULL || c->audit->over || k->query == NULL)
		return;
	query_progress(k->query, &p);
	auditing_note(c, "dialect", json_string(ask_dialect(k->options.dialect)));
	auditing_note(c, "tree", shape_text(c->arena, query_tree(k->query)));
	auditing_note(c, "searched_to", number(p.searched_to));
	auditing_note(c, "shown", number(k->n));
	if (k->seen)
		auditing_note(c, "behind", number(k->seen));
	if (k->counted_all || (k->ended && k->options.cursor.n == 0))
		auditing_note(c, "count", number(k->counted_all ? k->counted : k->n));
	if (k->digest) {
		hash_end(k->digest, hash);
		hash_hex(hash, HASH_BYTES, hex);
		auditing_note(c, "digest", json_string(hex));
	}
	/* The first entry was written before its first byte. */
	if (c->audit->streams)
		close_entry(c->audit, json_object(), &err);
}
