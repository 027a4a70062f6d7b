#include "jmapheader.h"

#include "addrgroup.h"
#include "jmapdate.h"

static json_t *text_or_null(struct jmap *j, struct str s)
{
	return s.n ? shape_text(j->a, s) : json_null();
}

/* ---- forms ---- */

static json_t *as_raw(struct jmap *j, const struct mail_field *f)
{
	return shape_text(j->a, f->raw);
}

static json_t *as_text(struct jmap *j, const struct mail_field *f)
{
	return shape_text(j->a, str_trim(f->value));
}

static json_t *as_addresses(struct jmap *j, const struct mail_field *f)
{
	/* Of this field alone: a message that has no other. */
	struct mail_part one = {.fields = f, .n_fields = 1};
	struct mail m = {&one, 1, 0};
	const struct mail_address *list;
	json_t *out = json_array();
	size_t n = mail_addresses(j->a, &m, arena_str(j->a, f->name).p, &list);
	for (size_t i = 0; i < n; i++)
		json_array_append_new(out, json_pack("{s:o,s:o}", "name",
			text_or_null(j, list[i].name), "email", shape_text(j->a, list[i].email)));
	return out;
}

static json_t *as_groups(struct jmap *j, const struct mail_field *f)
{
	json_t *out = json_array();
	const struct addrgroup *groups;
	size_t n = addrgroup_split(j->a, f->raw, &groups);
	for (size_t i = 0; i < n; i++) {
		struct mail_field of = *f;
		of.raw = groups[i].members;
		json_t *list = as_addresses(j, &of);
		if (groups[i].name.n || json_array_size(list))
			json_array_append_new(out, json_pack("{s:o,s:o}", "name",
				text_or_null(j, groups[i].name), "addresses", list));
		else
			json_decref(list);
	}
	return out;
}

/* What stands between < and >, blanks left out. */
static json_t *in_angles(struct jmap *j, const struct mail_field *f)
{
	json_t *out = json_array();
	struct str s = f->value;
	ptrdiff_t open, end;
	while ((open = str_chr(s, '<')) >= 0) {
		s = str_cut(s, (size_t)open + 1, s.n);
		if ((end = str_chr(s, '>')) < 0)
			break;
		json_array_append_new(out, shape_text(j->a, str_trim(str_cut(s, 0, (size_t)end))));
		s = str_cut(s, (size_t)end + 1, s.n);
	}
	if (json_array_size(out))
		return out;
	json_decref(out);
	return json_null();
}

static json_t *as_date(struct jmap *j, const struct mail_field *f)
{
	struct mail_field as = *f;
	as.name = STR("Date");
	struct mail_part one = {.fields = &as, .n_fields = 1};
	struct mail m = {&one, 1, 0};
	struct mail_date d = mail_date(&m);
	return d.usable ? text_or_null(j, jmapdate_zoned(j->a, d.epoch, d.zone)) : json_null();
}

/* ---- which field in which form ---- */

enum { TEXT = 1, ADDRESSES = 2, IDS = 4, DATE = 8, URLS = 16, ANY = 31 };

static const struct {
	const char *name;
	unsigned kind;
	json_t *(*make)(struct jmap *j, const struct mail_field *f);
} forms[] = {
	{"asRaw", 0, as_raw}, {"asText", TEXT, as_text}, {"asAddresses", ADDRESSES, as_addresses},
	{"asGroupedAddresses", ADDRESSES, as_groups}, {"asMessageIds", IDS, in_angles},
	{"asDate", DATE, as_date}, {"asURLs", URLS, in_angles},
};

/* The fields of RFC 5322 and RFC 2369; any other may be had in any form. */
static const struct {
	const char *name;
	unsigned kind;
} fields[] = {
	{"From", ADDRESSES}, {"Sender", ADDRESSES}, {"Reply-To", ADDRESSES}, {"To", ADDRESSES},
	{"Cc", ADDRESSES}, {"Bcc", ADDRESSES}, {"Resent-From", ADDRESSES},
	{"Resent-Sender", ADDRESSES}, {"Resent-Reply-To", ADDRESSES}, {"Resent-To", ADDRESSES},
	{"Resent-Cc", ADDRESSES}, {"Resent-Bcc", ADDRESSES}, {"Subject", TEXT}, {"Comments", TEXT},
	{"Keywords", TEXT}, {"Message-ID", IDS}, {"In-Reply-To", IDS}, {"References", IDS},
	{"Resent-Message-ID", IDS}, {"Date", DATE}, {"Resent-Date", DATE}, {"List-Help", URLS},
	{"List-Unsubscribe", URLS}, {"List-Subscribe", URLS}, {"List-Post", URLS},
	{"List-Owner", URLS}, {"List-Archive", URLS}, {"Received", 0}, {"Return-Path", 0},
};

static unsigned kinds_of(struct str name)
{
	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
		if (str_ieq(name, str_of(fields[i].name)))
			return fields[i].kind;
	return ANY;
}

static bool is_name(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] <= ' ' || s.p[i] > '~')
			return false;
	return s.n > 0;
}

bool jmapheader_parse(struct str property, struct jmapheader *out)
{
	struct str rest = str_cut(property, 7, property.n), piece;
	*out = (struct jmapheader){0};
	if (!str_starts(property, STR("header:")) || !str_split(&rest, ':', &out->name) ||
	    !is_name(out->name))
		return false;
	bool more = str_split(&rest, ':', &piece);
	for (unsigned i = 0; more && i < sizeof forms / sizeof *forms; i++)
		if (str_eq(piece, str_of(forms[i].name))) {
			out->form = i;
			more = str_split(&rest, ':', &piece);
			break;
		}
	if (more && str_eq(piece, STR("all"))) {
		out->all = true;
		more = str_split(&rest, ':', &piece);
	}
	unsigned kind = forms[out->form].kind;
	return !more && (kind == 0 || (kinds_of(out->name) & kind));
}

json_t *jmapheader_value(struct jmap *j, const struct mail_part *p, const struct jmapheader *h)
{
	json_t *list = json_array();
	const struct mail_field *last = NULL;
	for (size_t i = 0; i < p->n_fields; i++) {
		if (!str_ieq(p->fields[i].name, h->name))
			continue;
		last = &p->fields[i];
		if (h->all)
			json_array_append_new(list, forms[h->form].make(j, last));
	}
	if (h->all)
		return list;
	json_decref(list);
	return last ? forms[h->form].make(j, last) : json_null();
}

json_t *jmapheader_all(struct jmap *j, const struct mail_part *p)
{
	json_t *out = json_array();
	for (size_t i = 0; i < p->n_fields; i++)
		if (p->fields[i].name.n)
			json_array_append_new(out, json_pack("{s:o,s:o}", "name",
				shape_text(j->a, p->fields[i].name), "value",
				shape_text(j->a, p->fields[i].raw)));
	return out;
}
