#include "jmap.h"

#include <jansson.h>

#include "auditing.h"
#include "bytes.h"
#include "frame.h"
#include "jmapbody.h"
#include "jmapbox.h"
#include "jmapboxquery.h"
#include "jmapmail.h"
#include "jmapquery.h"
#include "jmapref.h"
#include "jmapthread.h"

#define CORE "urn:ietf:params:jmap:core"
#define MAIL "urn:ietf:params:jmap:mail"

/* ---- the session ---- */

static json_t *core(void)
{
	return json_pack("{s:i,s:i,s:i,s:i,s:i,s:i,s:i,s:[s,s]}", "maxSizeUpload", 0,
			 "maxConcurrentUpload", 1, "maxSizeRequest", HTTP_MAX_BODY,
			 "maxConcurrentRequests", 4, "maxCallsInRequest", JMAP_CALLS,
			 "maxObjectsInGet", JMAPBASE_MOST, "maxObjectsInSet", 1,
			 "collationAlgorithms", "i;ascii-casemap", "i;unicode-casemap");
}

static json_t *mail_capability(void)
{
	return json_pack("{s:n,s:n,s:i,s:i,s:[s,s,s,s,s,s,s],s:b}", "maxMailboxesPerEmail",
			 "maxMailboxDepth", "maxSizeMailboxName", 4000,
			 "maxSizeAttachmentsPerEmail", 0, "emailQuerySortOptions", "receivedAt",
			 "sentAt", "size", "from", "to", "subject", "hasKeyword",
			 "mayCreateTopLevelMailbox", 0);
}

static json_t *accounts(struct jmap *j, char first[JMAPBASE_ID])
{
	json_t *out = json_object();
	for (size_t i = 0; i < j->n_epochs; i++) {
		struct str name = j->epochs[i].account;
		char id[JMAPBASE_ID];
		jmapbase_account_id(j, name, id);
		if (json_object_get(out, id))
			continue;
		if (json_object_size(out) == 0)
			memcpy(first, id, sizeof id);
		json_object_set_new(out, id, json_pack("{s:o,s:b,s:b,s:{s:{},s:o}}", "name",
			shape_text(j->a, name), "isPersonal", 0, "isReadOnly", 1,
			"accountCapabilities", CORE, MAIL, mail_capability()));
	}
	return out;
}

/* Changes whenever the list of accounts does. */
static struct str session_state(struct jmap *j, json_t *list)
{
	char *text = json_dumps(list, JSON_SORT_KEYS | JSON_COMPACT);
	unsigned char hash[HASH_BYTES];
	char hex[17];
	hash_of(str_of(text), hash);
	free(text);
	hash_hex(hash, 8, hex);
	return arena_str(j->a, str_of(hex));
}

int jmap_session(struct call *c, struct http_response *resp, struct err *err)
{
	struct jmap j;
	char first[JMAPBASE_ID] = "";
	if (jmapbase_open(&j, c, err) < 0)
		return -1;
	struct str base = arena_fmt(j.a, "%.*s/jmap", STR_ARG(call_base(c)));
	json_t *list = accounts(&j, first), *primary = json_object();
	struct str state = session_state(&j, list);
	if (first[0]) {
		json_object_set_new(primary, CORE, json_string(first));
		json_object_set_new(primary, MAIL, json_string(first));
	}
	struct str name = c->who->name.n ? c->who->name : STR("owner");
	json_t *o = json_pack("{s:{s:o,s:{}},s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o}", "capabilities",
		CORE, core(), MAIL, "accounts", list, "primaryAccounts", primary, "username",
		shape_text(j.a, name), "apiUrl",
		shape_text(j.a, arena_fmt(j.a, "%.*s/api", STR_ARG(base))), "downloadUrl",
		shape_text(j.a, arena_fmt(j.a, "%.*s/download/{accountId}/{blobId}?type={type}"
					  "&name={name}", STR_ARG(base))), "uploadUrl",
		shape_text(j.a, arena_fmt(j.a, "%.*s/upload/{accountId}", STR_ARG(base))),
		"eventSourceUrl",
		shape_text(j.a, arena_fmt(j.a, "%.*s/events?types={types}&closeafter={closeafter}"
					  "&ping={ping}", STR_ARG(base))), "state",
		shape_text(j.a, state));
	frame_json(resp, o);
	return 1;
}

/* ---- methods ---- */

static json_t *echo(struct jmap *j, json_t *args)
{
	(void)j;
	return json_incref(args);
}

static json_t *read_only(struct jmap *j, json_t *args)
{
	struct str account;
	if (!jmapbase_account(j, args, &account))
		return NULL;
	return jmapbase_fail(j, "accountReadOnly", NULL);
}

/* An archive sends nothing. */
static json_t *identities(struct jmap *j, json_t *args)
{
	struct str account;
	if (!jmapbase_account(j, args, &account))
		return NULL;
	return jmapbase_got(j, account, STR("0"), json_array(), json_array());
}

static const struct {
	const char *name;
	jmapmethod *run;
} methods[] = {
	{"Core/echo", echo},
	{"Mailbox/get", jmapbox_get}, {"Mailbox/query", jmapboxquery_query},
	{"Mailbox/changes", jmapbox_changes}, {"Mailbox/queryChanges", jmapquery_changes},
	{"Mailbox/set", read_only},
	{"Email/get", jmapmail_get}, {"Email/query", jmapquery_query},
	{"Email/changes", jmapthread_emails}, {"Email/queryChanges", jmapquery_changes},
	{"Email/parse", jmapmail_parse},
	{"Email/set", read_only}, {"Email/import", read_only}, {"Email/copy", read_only},
	{"Thread/get", jmapthread_get}, {"Thread/changes", jmapthread_changes},
	{"SearchSnippet/get", jmapquery_snippets},
	{"Identity/get", identities}, {"Identity/set", read_only},
};

static json_t *error_answer(const char *type, const char *hint, json_t *id)
{
	json_t *o = json_pack("{s:s}", "type", type);
	if (hint)
		json_object_set_new(o, "description", json_string(hint));
	return json_pack("[s,o,O]", "error", o, id);
}

static bool is_used(json_t *request, const char *capability)
{
	json_t *one;
	size_t i;
	json_array_foreach(json_object_get(request, "using"), i, one)
		if (strcmp(json_string_value(one), capability) == 0)
			return true;
	return false;
}

/* Runs a method; what it needs of memory is given back. */
static json_t *run_method(struct jmap *j, size_t i, json_t *args, json_t *id)
{
	struct arena *whole = j->a, own = {0};
	j->error = j->hint = NULL;
	j->err = (struct err){0};
	j->a = &own;
	json_t *out = methods[i].run(j, args);
	json_t *answer = out ? json_pack("[s,o,O]", methods[i].name, out, id)
			     : error_answer(j->error ? j->error : "serverFail", j->hint, id);
	j->a = whole;
	j->state = arena_str(j->a, j->state);
	arena_free(&own);
	return answer;
}

/* Without a capability in "using", its methods are not there (RFC 8620, 3.3). */
static json_t *run_call(struct jmap *j, json_t *request, json_t *call, json_t *answers)
{
	struct str name = jmapbase_text(json_array_get(call, 0));
	json_t *id = json_array_get(call, 2);
	size_t i = 0;
	bool twice;
	while (i < sizeof methods / sizeof *methods && !str_eq(name, str_of(methods[i].name)))
		i++;
	if (i == sizeof methods / sizeof *methods || !is_used(request, i == 0 ? CORE : MAIL))
		return error_answer("unknownMethod", NULL, id);
	json_t *args = jmapref_resolve(json_array_get(call, 1), answers, &twice);
	if (args == NULL)
		return error_answer(twice ? "invalidArguments" : "invalidResultReference", NULL,
				    id);
	json_t *answer = run_method(j, i, args, id);
	json_decref(args);
	return answer;
}

/* ---- the audit log ---- */

/* Messages that were shown: how many, and which (docs/formats/audit.md, digest). */
static void note_shown(json_t *o, json_t *list, bool ids)
{
	unsigned char hash[HASH_BYTES];
	char hex[HASH_HEX + 1];
	struct hash_ctx *h = hash_new();
	json_t *one;
	size_t i;
	json_array_foreach(list, i, one) {
		struct str id = jmapbase_text(ids ? one : json_object_get(one, "id"));
		id = str_cut(id, 1, id.n); /* without the "m" */
		hash_add(h, id.p, id.n);
		hash_add(h, "\n", 1);
	}
	hash_end(h, hash);
	hash_free(&h);
	hash_hex(hash, HASH_BYTES, hex);
	json_object_set_new(o, "shown", json_integer((json_int_t)json_array_size(list)));
	json_object_set_new(o, "digest", json_string(hex));
}

/* The messages that blobs are of. */
static json_t *messages_of(json_t *parsed)
{
	json_t *out = json_array(), *v;
	const char *id;
	json_object_foreach(parsed, id, v) {
		struct str s = str_cut(str_of(id), 0, 1 + HASH_HEX);
		json_array_append_new(out, json_stringn(s.p, s.n));
	}
	return out;
}

/* What was called, in order, and what came of it. */
static void note_calls(struct call *c, json_t *calls, json_t *answers)
{
	json_t *out = json_array(), *one;
	bool opened = false;
	size_t i;
	if (c->audit == NULL) {
		json_decref(out);
		return;
	}
	json_array_foreach(calls, i, one) {
		json_t *name = json_array_get(one, 0), *answer = json_array_get(answers, i);
		json_t *got = json_array_get(answer, 1), *o = json_object();
		struct str n = jmapbase_text(name);
		bool done = json_equal(name, json_array_get(answer, 0));
		bool parse = str_eq(n, STR("Email/parse"));
		bool read = done && (str_eq(n, STR("Email/get")) || parse ||
				     str_eq(n, STR("Thread/get")));
		json_object_set_new(o, "method", shape_text(c->arena, str_cut(n, 0, 60)));
		if (!done)
			json_object_set(o, "error", json_object_get(got, "type"));
		else if (str_eq(n, STR("Email/get")))
			note_shown(o, json_object_get(got, "list"), false);
		else if (str_eq(n, STR("Email/query")))
			note_shown(o, json_object_get(got, "ids"), true);
		if (done && parse) {
			json_t *ids = messages_of(json_object_get(got, "parsed"));
			note_shown(o, ids, true);
			json_decref(ids);
		}
		opened |= read;
		json_array_append_new(out, o);
	}
	if (opened)
		auditing_word(c, "opened");
	auditing_note(c, "calls", out);
}

/* ---- requests ---- */

static int refuse(struct http_response *resp, const char *type, const char *detail,
		  const char *limit)
{
	char name[100];
	snprintf(name, sizeof name, "urn:ietf:params:jmap:error:%s", type);
	json_t *o = json_pack("{s:s,s:i,s:s}", "type", name, "status", 400, "detail", detail);
	if (limit)
		json_object_set_new(o, "limit", json_string(limit));
	frame_json(resp, o);
	resp->status = 400;
	resp->type = "application/problem+json";
	return 1;
}

static bool is_call(json_t *c)
{
	return json_is_array(c) && json_array_size(c) == 3 &&
	       json_is_string(json_array_get(c, 0)) && json_is_object(json_array_get(c, 1)) &&
	       json_is_string(json_array_get(c, 2));
}

static bool is_request(json_t *o)
{
	json_t *calls = json_object_get(o, "methodCalls"), *one;
	json_t *using = json_object_get(o, "using"), *made = json_object_get(o, "createdIds");
	size_t i;
	if (made && !json_is_object(made))
		return false;
	if (!json_is_array(calls) || !json_is_array(using))
		return false;
	json_array_foreach(calls, i, one)
		if (!is_call(one))
			return false;
	json_array_foreach(using, i, one)
		if (!json_is_string(one))
			return false;
	return true;
}

static const char *unknown_capability(json_t *o)
{
	json_t *one;
	size_t i;
	json_array_foreach(json_object_get(o, "using"), i, one) {
		const char *s = json_string_value(one);
		if (strcmp(s, CORE) != 0 && strcmp(s, MAIL) != 0)
			return s;
	}
	return NULL;
}

static int run_all(struct call *c, json_t *request, struct http_response *resp, struct err *err)
{
	struct jmap j;
	json_t *calls = json_object_get(request, "methodCalls"), *one;
	char first[JMAPBASE_ID];
	size_t i;
	if (jmapbase_open(&j, c, err) < 0)
		return -1;
	json_t *answers = json_array();
	json_array_foreach(calls, i, one)
		json_array_append_new(answers, run_call(&j, request, one, answers));
	note_calls(c, calls, answers);
	json_t *list = accounts(&j, first);
	json_t *o = json_pack("{s:o,s:o}", "methodResponses", answers, "sessionState",
			      shape_text(j.a, session_state(&j, list)));
	if (json_object_get(request, "createdIds")) /* nothing is ever added to them */
		json_object_set(o, "createdIds", json_object_get(request, "createdIds"));
	frame_json(resp, o);
	json_decref(list);
	return 1;
}

/* The type of the body is not looked at: jmap-client-ts says text/plain. */
int jmap_api(struct call *c, struct http_response *resp, struct err *err)
{
	const struct http_request *req = c->req;
	const char *unknown;
	json_error_t e;
	int r;
	if (req->too_large)
		return refuse(resp, "limit", "the body is too large", "maxSizeRequest");
	json_t *o = json_loadb(req->body.p, req->body.n, JSON_REJECT_DUPLICATES, &e);
	if (o == NULL)
		return refuse(resp, "notJSON", "the body is not JSON", NULL);
	if (!is_request(o))
		r = refuse(resp, "notRequest", "the body is not a JMAP request", NULL);
	else if ((unknown = unknown_capability(o)) != NULL)
		r = refuse(resp, "unknownCapability", unknown, NULL);
	else if (json_array_size(json_object_get(o, "methodCalls")) > JMAP_CALLS)
		r = refuse(resp, "limit", "too many calls", "maxCallsInRequest");
	else
		r = run_all(c, o, resp, err);
	json_decref(o);
	return r;
}

/* ---- bytes ---- */

/* What a browser may take for what the asker says it is. Everything else is only bytes. */
static const char *safe_type(struct str type)
{
	static const char *const safe[] = {"image/png", "image/jpeg", "image/gif", "image/webp",
					   "application/pdf", "message/rfc822", "text/plain"};
	for (size_t i = 0; i < sizeof safe / sizeof *safe; i++)
		if (str_eq(type, str_of(safe[i])))
			return safe[i];
	return "application/octet-stream";
}

/* The bytes are as the sender made them, so the charset is the part's. */
static void add_charset(struct call *c, const struct mail_part *p, struct http_response *resp)
{
	struct str s = p->charset;
	for (size_t i = 0; i < s.n; i++) /* it goes into a header */
		if (s.p[i] <= ' ' || s.p[i] > '~' || str_chr(STR("\"\\;,()"), s.p[i]) >= 0)
			return;
	if (s.n && str_eq(str_of(resp->type), STR("text/plain")))
		resp->type = arena_fmt(c->arena, "text/plain; charset=%.*s", STR_ARG(s)).p;
}

static void name_it(struct call *c, struct http_response *resp)
{
	struct buf b;
	struct str name = url_get(c->url, "name", STR(""));
	buf_init(&b, 8192);
	buf_str(&b, STR("attachment; filename*=UTF-8''"));
	url_escape(&b, str_cut(name.n ? name : STR("blob"), 0, 1000));
	http_header(resp, "Content-Disposition", arena_str(c->arena, buf_all(&b)).p);
	buf_free(&b);
	resp->type = safe_type(url_get(c->url, "type", STR("")));
	resp->cache = "private, no-cache";
}

int jmap_download(struct call *c, struct http_response *resp, struct err *err)
{
	struct jmap j;
	struct str account, blob = c->args[1];
	struct query_hit h;
	struct query_message m;
	if (jmapbase_open(&j, c, err) < 0)
		return -1;
	json_t *args = json_pack("{s:s}", "accountId", arena_str(j.a, c->args[0]).p);
	bool known = jmapbase_account(&j, args, &account);
	json_decref(args);
	if (!known || blob.n < 1 + HASH_HEX || blob.p[0] != 'b')
		return 0;
	struct str id = arena_fmt(j.a, "m%.*s", STR_ARG(str_cut(blob, 1, 1 + HASH_HEX)));
	auditing_note(c, "id", shape_text(j.a, str_cut(blob, 1, 1 + HASH_HEX)));
	int r = jmapbase_message(&j, account, id, &h);
	if (r < 0)
		*err = j.err;
	if (r < 1)
		return r;
	name_it(c, resp);
	if (blob.n == 1 + HASH_HEX)
		return bytes_whole(j.ar, &h.msg, resp, err);
	r = call_message(c, &m, str_cut(blob, 1, 1 + HASH_HEX), err);
	const struct mail_part *p =
		r == 1 ? jmapbody_part(&m.mail, str_cut(blob, 2 + HASH_HEX, blob.n)) : NULL;
	if (p == NULL)
		return r < 0 ? -1 : 0;
	add_charset(c, p, resp);
	buf_str(&resp->body, mail_part_bytes(&c->heavy, p));
	return 1;
}
