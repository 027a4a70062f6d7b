#define _GNU_SOURCE
#include "change.h"

#include "tarball.h"

#include <jansson.h>
#include <time.h>

static int bad(struct err *err, const char *what)
{
	return err_set(err, ERR_BROKEN, "%s is missing or malformed", what);
}

/* n digits at *p, which moves on. -1: they are not. */
static int digits(const char **p, int n)
{
	int v = 0;
	for (; n; n--, (*p)++) {
		if (**p < '0' || **p > '9')
			return -1;
		v = 10 * v + (**p - '0');
	}
	return v;
}

/* "2003-04-01T12:00:00+02:00" */
static bool date(struct str s, struct archive_copy *c)
{
	static const char marks[] = "--T::";
	int v[6];
	if (s.n != 25)
		return false;
	const char *p = s.p;
	for (int i = 0; i < 6; i++) {
		v[i] = digits(&p, i ? 2 : 4);
		if (v[i] < 0 || (i < 5 && *p++ != marks[i]))
			return false;
	}
	bool west = *p == '-';
	if (!west && *p != '+')
		return false;
	p++;
	int hours = digits(&p, 2), minutes = *p++ == ':' ? digits(&p, 2) : -1;
	if (hours < 0 || minutes < 0)
		return false;
	struct tm tm = {.tm_year = v[0] - 1900, .tm_mon = v[1] - 1, .tm_mday = v[2],
			.tm_hour = v[3], .tm_min = v[4], .tm_sec = v[5]};
	int zone = 60 * hours + minutes;
	c->zone = (int16_t)(west ? -zone : zone);
	c->internaldate = (int64_t)timegm(&tm) - 60 * (int64_t)c->zone;
	return true;
}

/* "+02:00"; "": UTC. */
static bool save_zone(struct str s, struct archive_copy *c)
{
	const char *p = s.p + 1;
	if (s.n == 0)
		return true;
	if (s.n != 6 || (s.p[0] != '-' && s.p[0] != '+'))
		return false;
	int hours = digits(&p, 2), minutes = hours >= 0 && *p++ == ':' ? digits(&p, 2) : -1;
	if (minutes < 0 || c->savedate == 0)
		return false;
	c->savezone = (int16_t)(60 * hours + minutes);
	if (s.p[0] == '-')
		c->savezone = (int16_t)-c->savezone;
	return true;
}

static bool flags(struct str s, unsigned *out)
{
	static const char *const name[] = {"\\Seen", "\\Answered", "\\Flagged", "\\Deleted",
					   "\\Draft"};
	struct str word;
	*out = 0;
	while (s.n && str_split(&s, ' ', &word)) {
		unsigned i = 0;
		while (i < 5 && !str_eq(word, str_of(name[i])))
			i++;
		if (i == 5)
			return false;
		*out |= 1u << i;
	}
	return true;
}

static bool unhex(struct arena *a, struct str hex, struct str *out)
{
	size_t n;
	char *p = arena_alloc(a, hex.n / 2 + 1);
	if (!hash_unhex(hex, (unsigned char *)p, hex.n / 2, &n))
		return false;
	*out = (struct str){p, n};
	return true;
}

/* ---- pax records ---- */

struct field {
	const char *key;
	int64_t *number;
	struct str *text;
};

/* One record goes where the table says. */
static bool take(struct arena *a, const struct field *fields, struct str key, struct str value)
{
	uint64_t v;
	bool hex = str_ends(key, STR(".hex"));
	if (hex)
		key = str_cut(key, 0, key.n - 4);
	for (const struct field *f = fields; f->key; f++) {
		if (!str_eq(key, str_of(f->key)))
			continue;
		if (f->text && hex)
			return unhex(a, value, f->text);
		if (f->text)
			*f->text = arena_str(a, value);
		else if (hex || !str_u64(value, &v) || v > INT64_MAX)
			return false;
		else
			*f->number = (int64_t)v;
		break;
	}
	return true;
}

int change_message(struct arena *a, struct str records, struct change *out, struct err *err)
{
	struct archive_copy *c = &out->copy;
	int64_t number = 0, uidvalidity = 0, uid = 0, modseq = 0, bare = 0;
	struct str internaldate = {"", 0}, names = {"", 0}, zone = {"", 0}, key, value;
	const struct field fields[] = {
		{"number", &number, NULL}, {"change", &out->number, NULL},
		{"at", &out->at, NULL}, {"epoch", &c->epoch, NULL},
		{"account", NULL, &out->epoch.account}, {"mailbox", NULL, &out->epoch.mailbox},
		{"uidvalidity", &uidvalidity, NULL}, {"uid", &uid, NULL},
		{"internaldate", NULL, &internaldate}, {"flags", NULL, &names},
		{"keywords", NULL, &c->keywords}, {"modseq", &modseq, NULL},
		{"run", &c->run, NULL}, {"bare-lf", &bare, NULL},
		{"source", NULL, &c->source}, {"found", NULL, &c->found},
		{"emailid", NULL, &c->emailid}, {"threadid", NULL, &c->threadid},
		{"savedate", &c->savedate, NULL}, {"savezone", NULL, &zone},
		{"basis", NULL, &c->basis},
		{NULL, NULL, NULL},
	};
	int r;
	while ((r = tarball_next(&records, &key, &value, err)) == 1) {
		if (!str_starts(key, STR(TARBALL_OURS)))
			continue;
		key = str_cut(key, sizeof TARBALL_OURS - 1, key.n);
		if (!take(a, fields, key, value))
			return bad(err, "a pax record");
	}
	if (r < 0)
		return -1;
	if (number < 1 || out->number < 1 || c->epoch < 1 || uid < 1 || uid > UINT32_MAX ||
	    uidvalidity > UINT32_MAX || !flags(names, &c->flags) || !save_zone(zone, c) ||
	    (!date(internaldate, c) && !(out->msg.destroyed && internaldate.n == 0)))
		return bad(err, "a pax record");
	c->message = out->msg.number = (uint64_t)number;
	c->uid = (uint32_t)uid;
	c->modseq = (uint64_t)modseq;
	out->kind = CHANGE_MESSAGE;
	out->epoch.id = c->epoch;
	out->epoch.uidvalidity = (uint32_t)uidvalidity;
	out->msg.rfc822_size = out->msg.size + (uint64_t)bare;
	return 1;
}

/* ---- lines of facts ---- */

/* An integer from 0 to most; a missing one is bad unless there is a default. */
static int64_t integer(const json_t *o, const char *key, int64_t most, bool *ok)
{
	const json_t *v = json_object_get(o, key);
	int64_t n = json_is_integer(v) ? json_integer_value(v) : -1;
	if (n < 0 || n > most)
		*ok = false;
	return n;
}

/* The same; 0 when it is missing. */
static int64_t perhaps(const json_t *o, const char *key, bool *ok)
{
	return json_object_get(o, key) ? integer(o, key, INT64_MAX, ok) : 0;
}

static struct str text(struct arena *a, const json_t *o, const char *key, bool *ok)
{
	char name[64];
	struct str s = {"", 0};
	const json_t *v = json_object_get(o, key);
	if (v) {
		if (!json_is_string(v))
			*ok = false;
		else
			s = arena_str(a, (struct str){json_string_value(v),
						      json_string_length(v)});
		return s;
	}
	snprintf(name, sizeof name, "%s.hex", key);
	v = json_object_get(o, name);
	if (v && (!json_is_string(v) || !unhex(a, str_of(json_string_value(v)), &s)))
		*ok = false;
	return s;
}

static void read_flags(struct arena *a, const json_t *o, struct change *c, bool *ok)
{
	if (!flags(text(a, o, "flags", ok), &c->copy.flags))
		*ok = false;
	c->copy.keywords = text(a, o, "keywords", ok);
	c->copy.modseq = (uint64_t)integer(o, "modseq", INT64_MAX, ok);
}

static void read_uid(const json_t *o, struct change *c, bool *ok)
{
	c->copy.uid = (uint32_t)integer(o, "uid", UINT32_MAX, ok);
	if (c->copy.uid == 0)
		*ok = false;
}

static void read_epoch(struct arena *a, const json_t *o, struct change *c, bool *ok)
{
	c->epoch.account = text(a, o, "account", ok);
	c->epoch.mailbox = text(a, o, "mailbox", ok);
	c->epoch.uidvalidity = (uint32_t)integer(o, "uidvalidity", UINT32_MAX, ok);
}

static void read_seen(struct arena *a, const json_t *o, struct change *c, bool *ok)
{
	c->epoch.uidnext = (uint32_t)integer(o, "uidnext", UINT32_MAX, ok);
	c->epoch.highestmodseq = (uint64_t)integer(o, "highestmodseq", INT64_MAX, ok);
	c->epoch.messages = (uint64_t)perhaps(o, "messages", ok);
	c->epoch.listed = perhaps(o, "listed", ok);
	c->epoch.mailboxid = text(a, o, "mailboxid", ok);
}

static void read_copy(struct arena *a, const json_t *o, struct change *c, bool *ok)
{
	size_t n;
	read_uid(o, c, ok);
	read_flags(a, o, c, ok);
	c->copy.message = c->msg.number = (uint64_t)integer(o, "number", INT64_MAX, ok);
	c->copy.run = integer(o, "run", INT64_MAX, ok);
	c->copy.source = text(a, o, "source", ok);
	c->copy.found = text(a, o, "found", ok);
	c->copy.emailid = text(a, o, "emailid", ok);
	c->copy.threadid = text(a, o, "threadid", ok);
	c->copy.savedate = perhaps(o, "savedate", ok);
	*ok &= save_zone(text(a, o, "savezone", ok), &c->copy);
	c->copy.basis = text(a, o, "basis", ok);
	struct str hex = text(a, o, "sha256", ok), day = text(a, o, "internaldate", ok);
	c->msg.destroyed = hex.n == 0 && day.n == 0;
	if (!c->msg.destroyed && (hex.n != HASH_HEX ||
	    !hash_unhex(hex, c->msg.hash, HASH_BYTES, &n) || !date(day, &c->copy)))
		*ok = false;
}

static void read_disposal(struct arena *a, const json_t *o, struct change *c, bool *ok)
{
	c->disposal.id = integer(o, "disposal", INT64_MAX, ok);
	c->disposal.who = text(a, o, "who", ok);
	c->disposal.reason = text(a, o, "reason", ok);
	c->disposal.query = text(a, o, "query", ok);
}

static enum disposal_state end_state(struct str fact)
{
	if (str_eq(fact, STR("restored")))
		return DISPOSAL_RESTORED;
	return str_eq(fact, STR("erased")) ? DISPOSAL_ERASED : DISPOSAL_DESTROYED;
}

/* A list of UIDs or of message numbers. */
static void read_list(struct arena *a, const json_t *o, const char *key, struct change *c,
		      bool *ok)
{
	const json_t *list = json_object_get(o, key);
	size_t n = json_array_size(list);
	uint32_t *uids = arena_alloc(a, (n + 1) * sizeof *uids);
	for (size_t i = 0; i < n; i++) {
		const json_t *v = json_array_get(list, i);
		int64_t uid = json_is_integer(v) ? json_integer_value(v) : -1;
		if (uid < 0 || uid > UINT32_MAX)
			*ok = false;
		uids[i] = (uint32_t)uid;
	}
	c->uids = uids;
	c->n_uids = n;
	if (!json_is_array(list))
		*ok = false;
}

static void read_outcome(struct arena *a, const json_t *o, struct change *c, bool *ok)
{
	static const char *const name[] = {"failed", "refused", "gone"};
	struct str outcome = text(a, o, "outcome", ok);
	unsigned i = 0;
	read_uid(o, c, ok);
	while (i < 3 && !str_eq(outcome, str_of(name[i])))
		i++;
	if (i == 3)
		*ok = false;
	c->outcome = (enum archive_outcome)i;
	c->reason = text(a, o, "reason", ok);
}

static enum change_kind kind_of(struct str fact)
{
	static const struct {
		const char *name;
		enum change_kind kind;
	} kinds[] = {
		{"run", CHANGE_RUN}, {"epoch", CHANGE_EPOCH}, {"epoch_seen", CHANGE_SEEN},
		{"copy", CHANGE_COPY}, {"flags", CHANGE_FLAGS}, {"vanished", CHANGE_VANISHED},
		{"outcome", CHANGE_OUTCOME}, {"commit", CHANGE_COMMIT},
		{"disposed", CHANGE_DISPOSED}, {"restored", CHANGE_ENDED},
		{"destroyed", CHANGE_ENDED}, {"erased", CHANGE_ENDED},
		{"uses", CHANGE_USES},
	};
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (str_eq(fact, str_of(kinds[i].name)))
			return kinds[i].kind;
	return CHANGE_OTHER;
}

static void read_rest(struct arena *a, const json_t *o, struct change *c, bool *ok)
{
	switch (c->kind) {
	case CHANGE_RUN:
		c->copy.run = integer(o, "run", INT64_MAX, ok);
		break;
	case CHANGE_EPOCH:
		read_epoch(a, o, c, ok);
		break;
	case CHANGE_SEEN:
		read_seen(a, o, c, ok);
		break;
	case CHANGE_COPY:
		read_copy(a, o, c, ok);
		break;
	case CHANGE_FLAGS:
		read_uid(o, c, ok);
		read_flags(a, o, c, ok);
		break;
	case CHANGE_VANISHED:
		read_list(a, o, "uids", c, ok);
		break;
	case CHANGE_OUTCOME:
		read_outcome(a, o, c, ok);
		break;
	case CHANGE_DISPOSED:
		read_disposal(a, o, c, ok);
		read_list(a, o, "numbers", c, ok);
		break;
	case CHANGE_ENDED:
		read_disposal(a, o, c, ok);
		c->disposal.ended_by = c->disposal.who;
		c->disposal.state = end_state(text(a, o, "fact", ok));
		break;
	case CHANGE_USES:
		c->epoch.account = text(a, o, "account", ok);
		c->reason = text(a, o, "uses", ok);
		break;
	case CHANGE_COMMIT:
		c->commit = integer(o, "commit", INT64_MAX, ok);
		c->last = integer(o, "last", INT64_MAX, ok);
		break;
	case CHANGE_OTHER:
	case CHANGE_MESSAGE:
		break;
	}
}

int change_line(struct arena *a, struct str line, struct change *out, struct err *err)
{
	json_error_t ignored;
	bool ok = true;
	json_t *o = json_loadb(line.p, line.n, JSON_ALLOW_NUL, &ignored);
	*out = (struct change){0};
	if (!json_is_object(o)) {
		json_decref(o);
		return bad(err, "a line of facts");
	}
	out->kind = kind_of(text(a, o, "fact", &ok));
	out->number = integer(o, "change", INT64_MAX, &ok);
	out->at = integer(o, "at", INT64_MAX, &ok);
	if (out->kind >= CHANGE_EPOCH && out->kind <= CHANGE_OUTCOME) {
		out->copy.epoch = out->epoch.id = integer(o, "epoch", INT64_MAX, &ok);
		if (out->copy.epoch < 1)
			ok = false;
	}
	read_rest(a, o, out, &ok);
	json_decref(o);
	return ok ? 1 : bad(err, "a line of facts");
}
