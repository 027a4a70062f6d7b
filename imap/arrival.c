#include "arrival.h"

#include "maildate.h"

#define LAST 253370764800 /* 9999-01-01: in any zone the archive can write it down */

/* Cuts the next field, folded lines included, off *rest. 1; 0 the header's end. */
static int next_field(struct str *rest, struct str *field)
{
	struct str from = *rest, line;
	if (!str_line(rest, &line) || line.n == 0)
		return 0;
	while (rest->n && (rest->p[0] == ' ' || rest->p[0] == '\t'))
		str_line(rest, &line);
	*field = str_cut(from, 0, from.n - rest->n);
	return 1;
}

/* The value of the first field of that name. 1 or 0. */
static int first_value(struct str header, struct str name, struct str *value)
{
	struct str field;
	while (next_field(&header, &field)) {
		ptrdiff_t colon = str_chr(field, ':');
		if (colon < 0 || !str_ieq(str_trim(str_cut(field, 0, (size_t)colon)), name))
			continue;
		*value = str_trim(str_cut(field, (size_t)colon + 1, field.n));
		return 1;
	}
	return 0;
}

static int read_date(struct str text, int64_t *date, int16_t *zone)
{
	struct mail_date d = maildate_parse(text);
	if (!d.usable || d.epoch > LAST)
		return 0;
	*date = d.epoch;
	*zone = d.zone;
	return 1;
}

int arrival_of(struct str header, int64_t *date, int16_t *zone)
{
	struct str value;
	if (first_value(header, STR("Received"), &value)) {
		size_t at = value.n;
		while (at > 0 && value.p[at - 1] != ';')
			at--;
		if (at > 0 && read_date(str_cut(value, at, value.n), date, zone))
			return 1;
	}
	return first_value(header, STR("Date"), &value) && read_date(value, date, zone);
}
