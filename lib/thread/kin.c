#include "kin.h"

#include "basesubject.h"
#include "casemap.h"
#include "hash.h"

/* So many of the recipients tell whether two messages of one subject belong together. */
enum { MOST_RECIPIENTS = 4 };
/* Loose keys hold within a period of 14 days, those of replies in the one before too. */
#define PERIOD (14 * 86400)
/* A Message-ID is longer, and shorter than a line may be. */
enum { LEAST_ID = 6, MOST_ID = 998 };
/* Shorter subjects ("hi") tie nothing together. */
enum { LEAST_SUBJECT = 4 };

static uint64_t first_bytes(const unsigned char *hash)
{
	uint64_t x = 0;
	for (int i = 0; i < 8; i++)
		x = x << 8 | hash[i];
	return x;
}

static uint64_t key_of(struct str s)
{
	unsigned char hash[HASH_BYTES];
	hash_of(s, hash);
	uint64_t x = first_bytes(hash);
	return x ? x : 1;
}

uint64_t kin_id(struct str id)
{
	return key_of(id);
}

uint64_t kin_server(struct arena *a, struct str account, struct str threadid)
{
	return key_of(arena_fmt(a, "server\n%.*s\n%.*s", STR_ARG(account), STR_ARG(threadid)));
}

/* ---- references ---- */

static bool is_id(struct str id)
{
	if (id.n < LEAST_ID || id.n > MOST_ID || str_chr(id, '@') < 2)
		return false;
	for (size_t i = 1; i + 1 < id.n; i++)
		if ((unsigned char)id.p[i] <= ' ' || id.p[i] == '<')
			return false;
	return true;
}

/* The next "<id>" of a field, its brackets included. 1; 0: no more. */
static int next_id(struct str *rest, struct str *out)
{
	for (;;) {
		ptrdiff_t open = str_chr(*rest, '<');
		if (open < 0)
			return 0;
		*rest = str_cut(*rest, (size_t)open, rest->n);
		ptrdiff_t end = str_chr(*rest, '>');
		if (end < 0)
			return 0;
		*out = str_cut(*rest, 0, (size_t)end + 1);
		ptrdiff_t again = str_chr(str_cut(*out, 1, out->n), '<');
		*rest = str_cut(*rest, again < 0 ? (size_t)end + 1 : (size_t)again + 1, rest->n);
		if (again < 0 && is_id(*out))
			return 1;
	}
}

static void add_ref(struct kin *k, uint64_t ref)
{
	if (ref == k->id)
		return;
	for (unsigned i = 0; i < k->n_refs; i++)
		if (k->refs[i] == ref)
			return;
	if (k->n_refs == KIN_REFS) { /* the first stays, of the others the last */
		memmove(k->refs + 1, k->refs + 2, (KIN_REFS - 2) * sizeof *k->refs);
		k->n_refs--;
	}
	k->refs[k->n_refs++] = ref;
}

static void add_references(struct kin *k, struct str field)
{
	struct str id;
	while (next_id(&field, &id))
		add_ref(k, kin_id(id));
}

/* "Your message of Mon ... <tytso@mit.edu>": what stands behind words may be an address, and then
 * has no digits; a Message-ID has some. */
static bool may_be_address(struct str id)
{
	int digits = 0;
	for (size_t i = 0; i < id.n && id.p[i] != '@'; i++)
		digits += id.p[i] >= '0' && id.p[i] <= '9';
	return digits < 4;
}

/* What has no References may say In-Reply-To: the first name in it. */
static void add_in_reply_to(struct kin *k, struct str field)
{
	bool bare = str_starts(str_trim(field), STR("<"));
	struct str id;
	while (next_id(&field, &id)) {
		if (!bare && may_be_address(id))
			continue;
		add_ref(k, kin_id(id));
		return;
	}
}

static struct str value(const struct mail *m, const char *name)
{
	const struct mail_field *f = mail_find(m, name);
	return f ? f->value : STR("");
}

static void add_firm(struct kin *k, uint64_t key)
{
	for (unsigned i = 0; i < k->n_firm; i++)
		if (k->firm[i] == key)
			return;
	k->firm[k->n_firm++] = key;
}

static void collect_ids(struct kin *k, const struct mail *m)
{
	struct str field = value(m, "Message-ID"), id;
	if (next_id(&field, &id))
		k->id = kin_id(id);
	add_references(k, value(m, "References"));
	if (k->n_refs == 0)
		add_in_reply_to(k, value(m, "In-Reply-To"));
	if (k->id)
		add_firm(k, k->id);
	for (unsigned i = 0; i < 2 && i < k->n_refs; i++)
		add_firm(k, k->refs[k->n_refs - 1 - i]);
	if (k->n_refs)
		add_firm(k, k->refs[0]);
}

/* ---- the subject ---- */

static void add_loose(struct arena *a, struct kin *k, struct str base, int64_t period,
		      struct str email)
{
	struct str s = arena_fmt(a, "subject\n%.*s\n%lld\n%.*s", STR_ARG(base), (long long)period,
				 STR_ARG(casemap_str(a, email)));
	uint64_t key = key_of(s);
	for (unsigned i = 0; i < k->n_loose; i++)
		if (k->loose[i] == key)
			return;
	if (k->n_loose < KIN_LOOSE)
		k->loose[k->n_loose++] = key;
}

/* Whoever writes has a key, and so has the first recipient; a reply has those of whom it answers,
 * in this period and the one before. */
static void collect_subject(struct arena *a, struct kin *k, const struct mail *m, struct str base)
{
	const struct mail_address *from, *list[2];
	size_t n_from = mail_addresses(a, m, "From", &from), n[2];
	int64_t period = k->date / PERIOD - (k->date < 0);
	n[0] = mail_addresses(a, m, "To", &list[0]);
	n[1] = k->asks && n[0] < MOST_RECIPIENTS ? mail_addresses(a, m, "Cc", &list[1]) : 0;
	if (n_from)
		add_loose(a, k, base, period, from[0].email);
	if (!k->asks && n[0])
		add_loose(a, k, base, period, list[0][0].email);
	for (unsigned i = 0, taken = 0; k->asks && i < 2; i++)
		for (size_t j = 0; j < n[i] && taken < MOST_RECIPIENTS; j++, taken++) {
			add_loose(a, k, base, period, list[i][j].email);
			add_loose(a, k, base, period - 1, list[i][j].email);
		}
}

void kin_make(struct arena *a, const struct mail *m, const unsigned char *hash, struct kin *out)
{
	bool reply;
	*out = (struct kin){.hash = first_bytes(hash), .date = KIN_UNDATED};
	if (m->n_parts == 0) /* it was not read */
		return;
	struct mail_date date = mail_date(m);
	if (date.usable)
		out->date = date.epoch;
	collect_ids(out, m);
	struct str base = basesubject_of(a, value(m, "Subject"), &reply);
	out->reply = reply || out->n_refs;
	out->asks = reply && out->n_refs == 0;
	if (out->n_refs == 0 && date.usable && base.n >= LEAST_SUBJECT)
		collect_subject(a, out, m, casemap_str(a, base));
}
