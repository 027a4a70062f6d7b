#include "jmapmail.h"

#include "jmapbody.h"
#include "jmapdate.h"
#include "jmapheader.h"
#include "large.h"
#include "thread.h"

/* Answers stop growing there: the client asks for fewer. */
#define MOST_BYTES ((size_t)32 << 20)

static const char *const usual[] = {
	"id", "blobId", "threadId", "mailboxIds", "keywords", "size", "receivedAt", "messageId",
	"inReplyTo", "references", "sender", "from", "to", "cc", "bcc", "replyTo", "subject",
	"sentAt", "hasAttachment", "preview", "bodyValues", "textBody", "htmlBody", "attachments",
};

/* The first of them are not usual for Email/parse. */
enum { USUAL = sizeof usual / sizeof *usual, NOT_PARSED = 7 };

static const struct {
	const char *name, *header;
} fields[] = {
	{"messageId", "header:Message-ID:asMessageIds"},
	{"inReplyTo", "header:In-Reply-To:asMessageIds"},
	{"references", "header:References:asMessageIds"},
	{"sender", "header:Sender:asAddresses"}, {"from", "header:From:asAddresses"},
	{"to", "header:To:asAddresses"}, {"cc", "header:Cc:asAddresses"},
	{"bcc", "header:Bcc:asAddresses"}, {"replyTo", "header:Reply-To:asAddresses"},
	{"subject", "header:Subject:asText"}, {"sentAt", "header:Date:asDate"},
};

/* What a message that is part of another one has not: it lies in no mailbox. */
static const char *const stored[] = {"id", "threadId", "mailboxIds", "keywords", "receivedAt"};

struct email {
	struct jmapbody body;
	struct str blob; /* of Email/parse, "": it is stored */
	size_t size;
	struct str account;
	bool listed;   /* lists are made when first asked for */
	struct jmapbody_lists lists;
};

static bool is_own(const struct email *e, const struct archive_copy *c)
{
	const struct archive_epoch *x = jmapbase_epoch(e->body.j, c->epoch);
	return x && str_eq(x->account, e->account);
}

static json_t *mailboxes(const struct email *e)
{
	const struct query_message *m = e->body.m;
	char id[JMAPBASE_ID];
	json_t *out = json_object();
	for (size_t i = 0; i < m->n_copies; i++)
		if (is_own(e, &m->copies[i])) {
			jmapbase_mailbox_id(e->body.j, e->account,
				jmapbase_epoch(e->body.j, m->copies[i].epoch)->mailbox, id);
			json_object_set_new(out, id, json_true());
		}
	return out;
}

/* In lower case. */
static json_t *keywords(const struct email *e)
{
	const struct query_message *m = e->body.m;
	json_t *out = json_object();
	for (size_t i = 0; i < m->n_copies; i++) {
		struct str rest = m->copies[i].keywords, one;
		if (!is_own(e, &m->copies[i]))
			continue;
		for (const struct jmapbase_flag *f = jmapbase_flags; f->keyword; f++)
			if (m->copies[i].flags & f->flag)
				json_object_set_new(out, f->keyword, json_true());
		while (str_split(&rest, ' ', &one))
			if (one.n && str_utf8(one) && !jmapbase_flag(one))
				json_object_set_new(out, arena_lower(e->body.j->a, one).p,
						    json_true());
	}
	return out;
}

static json_t *received(const struct email *e)
{
	const struct query_message *m = e->body.m;
	int64_t at = INT64_MAX;
	for (size_t i = 0; i < m->n_copies; i++)
		if (is_own(e, &m->copies[i]) && m->copies[i].internaldate < at)
			at = m->copies[i].internaldate;
	struct str s = at == INT64_MAX ? STR("") : jmapdate_utc(e->body.j->a, at);
	return s.n ? shape_text(e->body.j->a, s) : json_null();
}

/* The first words, blanks joined. */
static json_t *preview(const struct email *e)
{
	enum { MOST = 250 };
	struct str s = query_reading(e->body.j->a, e->body.m).text;
	char *out = arena_alloc(e->body.j->a, MOST + 1);
	size_t n = 0;
	for (size_t i = 0; i < s.n && n < MOST; i++) {
		bool blank = (unsigned char)s.p[i] <= ' ';
		if (!blank || (n && out[n - 1] != ' '))
			out[n++] = blank ? ' ' : s.p[i];
	}
	while (n == MOST && n > 0 && (out[n - 1] & 0xC0) == 0x80)
		n--;
	if (n && (unsigned char)out[n - 1] >= 0xC0)
		n--;
	return shape_text(e->body.j->a, (struct str){out, n});
}

static const struct jmapbody_lists *lists_of(struct email *e)
{
	if (!e->listed)
		jmapbody_lists(&e->body, &e->lists);
	e->listed = true;
	return &e->lists;
}

static json_t *thread_of(const struct email *e)
{
	struct jmap *j = e->body.j;
	struct str id;
	if (thread_name(j->db, j->a, &j->rights, &e->body.m->msg, &id, &j->err) < 0)
		return jmapbase_broken(j);
	return shape_text(j->a, id);
}

/* The header field that some properties are, or the name itself. */
static struct str header_of(struct str name)
{
	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
		if (str_eq(name, str_of(fields[i].name)))
			return str_of(fields[i].header);
	return name;
}

/* A property that is_property knows. NULL: the error is set. */
static json_t *property(struct email *e, struct str name)
{
	static const struct mail_part none;
	struct jmap *j = e->body.j;
	const struct mail *m = &e->body.m->mail;
	const struct mail_part *top = m->n_parts ? m->parts : &none;
	char hex[HASH_HEX + 1];
	hash_hex(e->body.m->msg.hash, HASH_BYTES, hex);
	for (size_t i = 0; e->blob.n && i < sizeof stored / sizeof *stored; i++)
		if (str_eq(name, str_of(stored[i])))
			return json_null();
	if (str_eq(name, STR("id")))
		return jmapbase_message_id(j, &e->body.m->msg);
	if (str_eq(name, STR("blobId")))
		return e->blob.n ? shape_text(j->a, e->blob)
				 : json_string(arena_fmt(j->a, "b%s", hex).p);
	if (str_eq(name, STR("threadId")))
		return thread_of(e);
	if (str_eq(name, STR("mailboxIds")))
		return mailboxes(e);
	if (str_eq(name, STR("keywords")))
		return keywords(e);
	if (str_eq(name, STR("size")))
		return json_integer((json_int_t)e->size);
	if (str_eq(name, STR("receivedAt")))
		return received(e);
	if (str_eq(name, STR("preview")))
		return preview(e);
	if (str_eq(name, STR("hasAttachment")))
		return json_boolean(jmapbody_attaches(&e->body));
	if (str_eq(name, STR("textBody")))
		return jmapbody_show(&e->body, &lists_of(e)->text);
	if (str_eq(name, STR("htmlBody")))
		return jmapbody_show(&e->body, &lists_of(e)->html);
	if (str_eq(name, STR("attachments")))
		return jmapbody_show(&e->body, &lists_of(e)->attached);
	if (str_eq(name, STR("bodyValues")))
		return jmapbody_values(&e->body, lists_of(e));
	if (str_eq(name, STR("bodyStructure")))
		return jmapbody_structure(&e->body);
	if (str_eq(name, STR("headers")))
		return jmapheader_all(j, top);
	struct jmapheader h;
	return jmapheader_parse(header_of(name), &h) ? jmapheader_value(j, top, &h) : NULL;
}

static bool is_property(json_t *v)
{
	static const char *const more[] = {"bodyStructure", "headers"};
	struct str name = jmapbase_text(v);
	struct jmapheader h;
	for (size_t i = 0; i < USUAL; i++)
		if (str_eq(name, str_of(usual[i])))
			return true;
	return str_eq(name, str_of(more[0])) || str_eq(name, str_of(more[1])) ||
	       jmapheader_parse(name, &h);
}

static json_t *shape(struct email *e)
{
	json_t *asked = json_object_get(e->body.args, "properties"), *one, *o = json_object();
	size_t i;
	if (e->blob.n == 0)
		json_object_set_new(o, "id", property(e, STR("id")));
	for (i = e->blob.n ? NOT_PARSED : 0; !json_is_array(asked) && i < USUAL; i++)
		json_object_set_new(o, usual[i], property(e, str_of(usual[i])));
	json_array_foreach(asked, i, one)
		json_object_set_new(o, json_string_value(one), property(e, jmapbase_text(one)));
	if (e->body.j->error == NULL)
		return o;
	json_decref(o);
	return NULL;
}

/* Loads a message for showing, as long as all together are not too many. 1; 0 there is none, or the
 * error is set. large_leave, in any case. */
static int load(struct jmap *j, struct str account, struct str id, size_t *bytes,
		struct query_message *out, bool *large)
{
	struct query_hit h;
	int r = jmapbase_message(j, account, id, &h);
	*bytes += r == 1 ? h.msg.size : 0;
	if (r == 1 && *bytes > MOST_BYTES && *bytes > h.msg.size) {
		jmapbase_fail(j, "requestTooLarge", "ask for fewer messages at a time");
		return 0;
	}
	if (r == 1) {
		*large = large_enter(h.msg.size);
		r = query_load(j->db, j->a, &j->rights, &h.msg, out, &j->err);
	}
	if (r < 0)
		jmapbase_broken(j);
	return r > 0;
}

/* One message; NULL: there is none, or the error is set. */
static json_t *one(struct jmap *j, struct str account, json_t *args, struct str id, size_t *bytes)
{
	struct query_message m;
	bool large = false;
	json_t *o = NULL;
	if (load(j, account, id, bytes, &m, &large)) {
		struct email e = {.body = {j, &m, args, STR("")}, .account = account,
				  .size = m.msg.size};
		o = shape(&e);
	}
	large_leave(&large);
	return o;
}

json_t *jmapmail_get(struct jmap *j, json_t *args)
{
	struct jmapbase_get g;
	json_t *id;
	size_t i, bytes = 0;
	if (!jmapbody_check(j, args) || !jmapbase_properties(j, args, is_property) ||
	    !jmapbase_get(j, args, "name the messages", &g))
		return NULL;
	json_array_foreach(g.ids, i, id) {
		json_t *o = one(j, g.account, args, jmapbase_text(id), &bytes);
		if (!o && j->error)
			break;
		jmapbase_add(&g, id, o);
	}
	return jmapbase_end(j, &g);
}

/* ---- Email/parse ---- */

/* Makes of *m the message that a part of it is. False: the part is none. */
static bool go_inside(struct jmap *j, struct query_message *m, const struct mail_part *p)
{
	if (!str_eq(p->type, STR("message/rfc822")) && !str_eq(p->type, STR("message/global")))
		return false;
	m->raw = mail_part_bytes(j->a, p);
	mail_parse(j->a, m->raw, &mail_default_limits, &m->mail);
	return true;
}

/* "b<hex>", a message, or "b<hex>-<number>", a part. NULL: it is not there, or (*there) no message,
 * or the error is set. */
static json_t *parse_one(struct jmap *j, struct str account, json_t *args, struct str blob,
			 size_t *bytes, bool *there)
{
	struct str number = str_cut(blob, 2 + HASH_HEX, blob.n);
	struct query_message m;
	const struct mail_part *p = NULL;
	bool large = false, good;
	json_t *o = NULL;
	*there = false;
	if (!str_starts(blob, STR("b")) || (number.n && blob.p[1 + HASH_HEX] != '-'))
		return NULL;
	struct str id = arena_fmt(j->a, "m%.*s", STR_ARG(str_cut(blob, 1, 1 + HASH_HEX)));
	good = load(j, account, id, bytes, &m, &large);
	if (good && blob.n > 1 + HASH_HEX)
		good = (p = jmapbody_part(&m.mail, number)) != NULL;
	*there = good;
	if (good && (p == NULL || go_inside(j, &m, p))) {
		struct email e = {.body = {j, &m, args, number}, .account = account,
				  .blob = blob, .size = p ? m.raw.n : m.msg.size};
		o = shape(&e);
	}
	large_leave(&large);
	return o;
}

/* A list, or null when there is nothing in it. */
static json_t *or_null(json_t *list)
{
	if (json_array_size(list) || json_object_size(list))
		return list;
	json_decref(list);
	return json_null();
}

json_t *jmapmail_parse(struct jmap *j, json_t *args)
{
	json_t *ids, *id;
	struct str account;
	size_t i, bytes = 0;
	if (!jmapbase_account(j, args, &account) || !jmapbody_check(j, args) ||
	    !jmapbase_properties(j, args, is_property) ||
	    !jmapbase_list(j, args, "blobIds", JMAPBASE_MOST, &ids))
		return NULL;
	json_t *parsed = json_object(), *bad = json_array(), *missing = json_array();
	json_array_foreach(ids, i, id) {
		bool there;
		json_t *o = parse_one(j, account, args, jmapbase_text(id), &bytes, &there);
		if (j->error)
			break;
		if (o)
			json_object_set_new(parsed, json_string_value(id), o);
		else
			json_array_append(there ? bad : missing, id);
	}
	if (j->error) {
		json_decref(parsed);
		json_decref(bad);
		json_decref(missing);
		return NULL;
	}
	char own[JMAPBASE_ID];
	jmapbase_account_id(j, account, own);
	return json_pack("{s:s,s:o,s:o,s:o}", "accountId", own, "parsed", or_null(parsed),
			 "notParsable", or_null(bad), "notFound", or_null(missing));
}
