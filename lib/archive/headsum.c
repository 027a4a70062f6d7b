#include "headsum.h"

#include "hash.h"

/* Adds the value with every run of white space as one SP. */
static void add_value(struct hash_ctx *h, struct str v)
{
	bool gap = false;
	for (size_t i = 0; i < v.n; i++) {
		if (v.p[i] == ' ' || v.p[i] == '\t' || v.p[i] == '\r' || v.p[i] == '\n') {
			gap = true;
			continue;
		}
		if (gap)
			hash_add(h, " ", 1);
		gap = false;
		hash_add(h, v.p + i, 1);
	}
	hash_add(h, "\n", 1);
}

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

/* Adds all fields of that name. Returns their number. */
static size_t add_fields(struct hash_ctx *h, struct str header, struct str name)
{
	struct str field;
	size_t n = 0;
	while (next_field(&header, &field)) {
		ptrdiff_t colon = str_chr(field, ':');
		if (colon < 0 || !str_ieq(str_trim(str_cut(field, 0, (size_t)colon)), name))
			continue;
		hash_add(h, name.p, name.n);
		add_value(h, str_trim(str_cut(field, (size_t)colon + 1, field.n)));
		n++;
	}
	return n;
}

int headsum_of(struct str header, uint64_t *out)
{
	struct hash_ctx *h = hash_new();
	struct str names = STR(HEADSUM_FIELDS), name;
	unsigned char sum[HASH_BYTES];
	size_t n = 0;
	while (str_split(&names, ' ', &name))
		n += add_fields(h, header, name);
	hash_end(h, sum);
	hash_free(&h);
	*out = 0;
	for (size_t i = 0; i < 8; i++)
		*out = *out << 8 | sum[i];
	return n > 0;
}
