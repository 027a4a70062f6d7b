#include "record.h"

#include "pack.h"

/* What a big record keeps for result lists. */
#define BIG_ITEMS 1000
#define BIG_BYTES 200

enum { FLAG_BIG = 1, FLAG_QUARANTINED = 2, FLAG_DATE = 4 };
enum { PART_ATTACHMENT = 1, PART_SEARCHED = 2, PART_ASKED = 4 };

/* ---- making ---- */

/* "<id>" out of the field's value, blanks removed. */
static struct str message_id(struct arena *a, struct str value)
{
	char *p = arena_alloc(a, value.n + 2);
	size_t n = 1;
	p[0] = '<';
	for (size_t i = 0; i < value.n; i++)
		if (value.p[i] != ' ' && value.p[i] != '\t')
			p[n++] = value.p[i];
	struct str s = {p + 1, n - 1};
	ptrdiff_t open = str_chr(s, '<');
	ptrdiff_t close = open < 0 ? -1 : str_chr(str_cut(s, (size_t)open, s.n), '>');
	if (close > 0)
		return str_cut(s, (size_t)open, (size_t)(open + close + 1));
	if (n == 1)
		return STR("");
	p[n] = '>';
	return (struct str){p, n + 1};
}

static bool is_listed(const struct mail_part *p, size_t i)
{
	return i == 0 || !str_starts(p->type, STR("multipart/"));
}

static void make_parts(struct arena *a, const struct mail *m, struct record *out)
{
	struct record_part *parts = arena_alloc(a, m->n_parts * sizeof *parts);
	for (size_t i = 0; i < m->n_parts; i++) {
		const struct mail_part *p = &m->parts[i];
		if (!is_listed(p, i))
			continue;
		parts[out->n_parts++] = (struct record_part){
			.number = p->number, .type = p->type, .filename = p->filename,
			.attachment = p->attachment, .searched = p->searched, .text = p->text,
			.size = p->body.n, .marks = p->marks, .at = i};
	}
	out->parts = parts;
}

static size_t bytes_of_addresses(const struct mail_address *list, size_t n)
{
	size_t sum = 0;
	for (size_t i = 0; i < n; i++)
		sum += list[i].name.n + list[i].email.n + 8;
	return sum;
}

/* Roughly the packed size, never too little by more than a constant. */
static size_t bytes_of(const struct record *r)
{
	size_t sum = r->subject.n + r->message_id.n + bytes_of_addresses(r->from, r->n_from) +
		     bytes_of_addresses(r->to, r->n_to) + bytes_of_addresses(r->cc, r->n_cc);
	for (size_t i = 0; i < r->n_texts; i++)
		sum += r->texts[i].text.n + 8;
	for (size_t i = 0; i < r->n_parts; i++) {
		const struct record_part *p = &r->parts[i];
		sum += p->number.n + p->type.n + p->filename.n + p->text.n +
		       p->why.n + p->inside.n + 32;
	}
	return sum;
}

void record_make(struct arena *a, const struct mail *m, int64_t arrival, struct record *out)
{
	const struct mail_field *f;
	*out = (struct record){.marks = m->marks, .date = mail_date(m)};
	out->sort_date = out->date.usable ? out->date.epoch : arrival;
	if ((f = mail_find(m, "Subject")) != NULL)
		out->subject = f->value;
	if ((f = mail_find(m, "Message-ID")) != NULL)
		out->message_id = message_id(a, f->value);
	out->n_from = mail_addresses(a, m, "From", &out->from);
	out->n_to = mail_addresses(a, m, "To", &out->to);
	out->n_cc = mail_addresses(a, m, "Cc", &out->cc);
	out->n_texts = mail_texts(a, m, &out->texts);
	make_parts(a, m, out);
	record_weigh(out);
}

void record_weigh(struct record *r)
{
	r->big = bytes_of(r) > RECORD_MAX_TEXT;
}

bool record_is_short(enum record_outcome outcome)
{
	return outcome == RECORD_ENCRYPTED || outcome == RECORD_TRUNCATED ||
	       outcome == RECORD_TOO_BIG || outcome == RECORD_FAILED;
}

const struct record_part *record_beside(const struct record *r, const struct mail_part *p,
					size_t *at)
{
	if (*at >= r->n_parts || !str_eq(r->parts[*at].number, p->number) ||
	    !str_eq(r->parts[*at].type, p->type))
		return NULL;
	return &r->parts[(*at)++];
}

bool record_is_partial(const struct record *r)
{
	bool any = r->marks != 0 || r->quarantined;
	for (size_t i = 0; i < r->n_parts; i++)
		any = any || record_is_short(r->parts[i].outcome);
	return any;
}

const char *record_outcome_name(enum record_outcome outcome)
{
	static const char *const names[RECORD_OUTCOMES] = {
		[RECORD_NOT_ASKED] = "", [RECORD_SEARCHED] = "searched", [RECORD_EMPTY] = "empty",
		[RECORD_ENCRYPTED] = "encrypted", [RECORD_TRUNCATED] = "truncated",
		[RECORD_TOO_BIG] = "too-big", [RECORD_FAILED] = "failed",
		[RECORD_UNKNOWN] = "unknown-type",
	};
	return names[outcome];
}

void record_quarantined(int64_t arrival, struct record *out)
{
	*out = (struct record){.quarantined = true, .sort_date = arrival};
}

/* ---- packing ---- */

/* At most BIG_BYTES of s, cut between characters. */
static struct str shortened(struct str s)
{
	if (s.n <= BIG_BYTES)
		return s;
	size_t n = BIG_BYTES;
	while (n > 0 && ((unsigned char)s.p[n] & 0xC0) == 0x80)
		n--;
	return str_cut(s, 0, n);
}

static void put_str(struct buf *b, struct str s, bool big)
{
	pack_str(b, big ? shortened(s) : s);
}

static size_t shown(size_t n, bool big)
{
	return big && n > BIG_ITEMS ? BIG_ITEMS : n;
}

static void put_addresses(struct buf *b, const struct mail_address *list, size_t n, bool big)
{
	n = shown(n, big);
	pack_u64(b, n);
	for (size_t i = 0; i < n; i++) {
		put_str(b, list[i].name, big);
		put_str(b, list[i].email, big);
	}
}

/* Parts that nobody looked into cost nothing. */
static void put_inside(struct buf *b, const struct record_part *p, bool big)
{
	if (p->outcome == RECORD_NOT_ASKED)
		return;
	pack_u64(b, p->outcome);
	pack_u64(b, p->version);
	put_str(b, p->why, big);
	pack_str(b, big ? STR("") : p->inside);
}

static void put_parts(struct buf *b, const struct record *r)
{
	size_t n = shown(r->n_parts, r->big);
	pack_u64(b, n);
	for (size_t i = 0; i < n; i++) {
		const struct record_part *p = &r->parts[i];
		put_str(b, p->number, r->big);
		put_str(b, p->type, r->big);
		put_str(b, p->filename, r->big);
		pack_u64(b, (p->attachment ? PART_ATTACHMENT : 0u) |
				    (p->searched ? PART_SEARCHED : 0u) |
				    (p->outcome ? PART_ASKED : 0u));
		pack_u64(b, p->size);
		pack_u64(b, p->marks);
		pack_str(b, r->big ? STR("") : p->text);
		put_inside(b, p, r->big);
	}
}

static void put_record(struct buf *b, const struct record *r)
{
	pack_u64(b, (r->big ? FLAG_BIG : 0u) | (r->quarantined ? FLAG_QUARANTINED : 0u) |
			    (r->date.usable ? FLAG_DATE : 0u));
	pack_u64(b, r->marks);
	pack_i64(b, r->sort_date);
	if (r->date.usable) {
		pack_i64(b, r->date.day);
		pack_i64(b, r->date.epoch);
		pack_i64(b, r->date.zone);
	}
	put_str(b, r->subject, r->big);
	put_str(b, r->message_id, r->big);
	put_addresses(b, r->from, r->n_from, r->big);
	put_addresses(b, r->to, r->n_to, r->big);
	put_addresses(b, r->cc, r->n_cc, r->big);
	size_t n = r->big ? 0 : r->n_texts;
	pack_u64(b, n);
	for (size_t i = 0; i < n; i++) {
		pack_u64(b, (uint64_t)r->texts[i].key);
		pack_str(b, r->texts[i].text);
	}
	put_parts(b, r);
}

void record_pack(const struct record *r, struct buf *out)
{
	put_record(out, r);
	if (out->full)
		err_die("record of more than %zu bytes", RECORD_MAX_PACKED);
}

/* ---- unpacking ---- */

/* A count of items that take at least `least` bytes each. */
static bool get_count(struct str *in, size_t least, size_t *out)
{
	uint64_t n;
	if (!pack_get_u64(in, &n) || n > in->n / least)
		return false;
	*out = (size_t)n;
	return true;
}

static bool get_unsigned(struct str *in, unsigned *out)
{
	uint64_t v;
	if (!pack_get_u64(in, &v) || v > UINT32_MAX)
		return false;
	*out = (unsigned)v;
	return true;
}

static bool get_addresses(struct arena *a, struct str *in, const struct mail_address **out,
			  size_t *n_out)
{
	if (!get_count(in, 2, n_out))
		return false;
	struct mail_address *list = arena_alloc(a, *n_out * sizeof *list);
	*out = list;
	for (size_t i = 0; i < *n_out; i++)
		if (!pack_get_str(in, &list[i].name) || !pack_get_str(in, &list[i].email))
			return false;
	return true;
}

static bool get_texts(struct arena *a, struct str *in, struct record *r)
{
	if (!get_count(in, 2, &r->n_texts))
		return false;
	struct mail_text *list = arena_alloc(a, r->n_texts * sizeof *list);
	r->texts = list;
	for (size_t i = 0; i < r->n_texts; i++) {
		uint64_t k;
		if (!pack_get_u64(in, &k) || k >= MAIL_KEYS || !pack_get_str(in, &list[i].text))
			return false;
		list[i].key = (enum mail_key)k;
	}
	return true;
}

static bool get_inside(struct str *in, struct record_part *p)
{
	uint64_t outcome;
	if (!pack_get_u64(in, &outcome) || outcome == RECORD_NOT_ASKED ||
	    outcome >= RECORD_OUTCOMES || !get_unsigned(in, &p->version) ||
	    !pack_get_str(in, &p->why) || !pack_get_str(in, &p->inside))
		return false;
	p->outcome = (enum record_outcome)outcome;
	return true;
}

static bool get_part(struct str *in, struct record_part *p)
{
	uint64_t flags;
	if (!pack_get_str(in, &p->number) || !pack_get_str(in, &p->type) ||
	    !pack_get_str(in, &p->filename) || !pack_get_u64(in, &flags) ||
	    !pack_get_u64(in, &p->size) || !get_unsigned(in, &p->marks) ||
	    !pack_get_str(in, &p->text))
		return false;
	p->attachment = flags & PART_ATTACHMENT;
	p->searched = flags & PART_SEARCHED;
	return (flags & PART_ASKED) == 0 || get_inside(in, p);
}

static bool get_parts(struct arena *a, struct str *in, struct record *r)
{
	if (!get_count(in, 7, &r->n_parts))
		return false;
	struct record_part *list = arena_alloc(a, r->n_parts * sizeof *list);
	r->parts = list;
	for (size_t i = 0; i < r->n_parts; i++)
		if (!get_part(in, &list[i]))
			return false;
	return true;
}

static bool get_date(struct str *in, struct mail_date *d)
{
	int64_t day, zone;
	if (!pack_get_i64(in, &day) || !pack_get_i64(in, &d->epoch) || !pack_get_i64(in, &zone))
		return false;
	if (day < INT32_MIN || day > INT32_MAX || zone < INT16_MIN || zone > INT16_MAX)
		return false;
	d->usable = true;
	d->day = (int32_t)day;
	d->zone = (int16_t)zone;
	return true;
}

static bool get_record(struct arena *a, struct str in, struct record *r)
{
	uint64_t flags;
	if (!pack_get_u64(&in, &flags) || !get_unsigned(&in, &r->marks) ||
	    !pack_get_i64(&in, &r->sort_date))
		return false;
	r->big = flags & FLAG_BIG;
	r->quarantined = flags & FLAG_QUARANTINED;
	if (flags & FLAG_DATE && !get_date(&in, &r->date))
		return false;
	return pack_get_str(&in, &r->subject) && pack_get_str(&in, &r->message_id) &&
	       get_addresses(a, &in, &r->from, &r->n_from) &&
	       get_addresses(a, &in, &r->to, &r->n_to) &&
	       get_addresses(a, &in, &r->cc, &r->n_cc) && get_texts(a, &in, r) &&
	       get_parts(a, &in, r) && in.n == 0;
}

int record_unpack(struct arena *a, struct str plain, struct record *out, struct err *err)
{
	*out = (struct record){0};
	if (get_record(a, plain, out))
		return 1;
	*out = (struct record){0};
	return err_set(err, ERR_BROKEN, "record is damaged");
}
