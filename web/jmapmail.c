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

struct email {
	struct jmapbody body;
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

/* In lower case. That a message is deleted is no keyword (RFC 8621, 4.1.1). */
static json_t *keywords(const struct email *e)
{
	const struct query_message *m = e->body.m;
	json_t *out = json_object();
	for (size_t i = 0; i < m->n_copies; i++) {
		struct str rest = m->copies[i].keywords, one;
		if (!is_own(e, &m->copies[i]))
			continue;
		for (const struct jmapbase_flag *f = jmapbase_flags; f->keyword; f++)
			if ((m->copies[i].flags & f->flag) && f->flag != ARCHIVE_DELETED)
				json_object_set_new(out, f->keyword, json_true());
		while (str_split(&rest, ' ', &one))
			if (one.n && str_utf8(one))
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
	if (str_eq(name, STR("id")))
		return jmapbase_message_id(j, &e->body.m->msg);
	if (str_eq(name, STR("blobId")))
		return json_string(arena_fmt(j->a, "b%s", hex).p);
	if (str_eq(name, STR("threadId")))
		return thread_of(e);
	if (str_eq(name, STR("mailboxIds")))
		return mailboxes(e);
	if (str_eq(name, STR("keywords")))
		return keywords(e);
	if (str_eq(name, STR("size")))
		return json_integer((json_int_t)e->body.m->msg.size);
	if (str_eq(name, STR("receivedAt")))
		return received(e);
	if (str_eq(name, STR("preview")))
		return preview(e);
	if (str_eq(name, STR("hasAttachment")))
		return json_boolean(jmapbody_attaches(&e->body, lists_of(e)));
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
	for (size_t i = 0; i < sizeof usual / sizeof *usual; i++)
		if (str_eq(name, str_of(usual[i])))
			return true;
	return str_eq(name, str_of(more[0])) || str_eq(name, str_of(more[1])) ||
	       jmapheader_parse(name, &h);
}

static json_t *shape(struct email *e)
{
	json_t *asked = json_object_get(e->body.args, "properties"), *one, *o = json_object();
	size_t i;
	json_object_set_new(o, "id", property(e, STR("id")));
	for (i = 0; !json_is_array(asked) && i < sizeof usual / sizeof *usual; i++)
		json_object_set_new(o, usual[i], property(e, str_of(usual[i])));
	json_array_foreach(asked, i, one)
		json_object_set_new(o, json_string_value(one), property(e, jmapbase_text(one)));
	if (e->body.j->error == NULL)
		return o;
	json_decref(o);
	return NULL;
}

/* One message; NULL: there is none, or the error is set. */
static json_t *one(struct jmap *j, struct str account, json_t *args, struct str id, size_t *bytes)
{
	struct query_hit h;
	struct query_message m;
	bool large = false;
	int r = jmapbase_message(j, account, id, &h);
	if (r < 1)
		return r < 0 ? jmapbase_broken(j) : NULL;
	*bytes += h.msg.size;
	if (*bytes > MOST_BYTES && *bytes > h.msg.size)
		return jmapbase_fail(j, "requestTooLarge", "ask for fewer messages at a time");
	large = large_enter(h.msg.size);
	r = query_load(j->db, j->a, &j->rights, &h.msg, &m, &j->err);
	struct email e = {.body = {j, &m, args}, .account = account};
	json_t *o = r < 0 ? jmapbase_broken(j) : shape(&e);
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
