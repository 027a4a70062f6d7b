#include "t.h"

#include "column.h"
#include "file.h"

static char path[4200], second[4200], joined[4200];

static const struct str ann = {"Aann@example.org", 16}, bob = {"Abob@example.net", 16},
			pdf = {"Tapplication/pdf", 16};

static void make(const char *to, uint32_t n)
{
	struct column_maker *mk = column_maker_new();
	struct err err = {0};
	for (uint32_t i = 1; i <= n; i++) {
		const struct column_doc d = {.size = 1000 * (uint64_t)i, .day = (int32_t)i - 5,
			.from = i % 2 ? &ann : &bob, .n_from = 1, .to = &ann, .n_to = i % 3 == 0,
			.types = &pdf, .n_types = i % 10 == 0};
		column_add(mk, &d);
	}
	T(column_write(mk, to, &err) == 1);
	column_maker_free(&mk);
}

static bool is(struct column *c, uint32_t docid, uint32_t i)
{
	struct column_row row;
	struct err err;
	uint32_t docs;
	if (column_row(c, docid, &row, &err) < 0)
		return false;
	return row.size == 1000 * (uint64_t)i && row.day == (int32_t)i - 5 && row.n_from == 1 &&
	       str_eq(column_name(c, row.from[0], &docs), i % 2 ? ann : bob) &&
	       row.n_to == (i % 3 == 0) && row.n_types == (i % 10 == 0) &&
	       (!row.n_to || str_eq(column_name(c, row.to[0], &docs), ann)) &&
	       (!row.n_types || str_eq(column_name(c, row.types[0], &docs), pdf));
}

static void rows(void)
{
	struct column *c;
	struct err err;
	uint32_t docs, good = 0;
	make(path, 300);
	T(column_open(&c, path, &err) == 1);
	T(column_docs(c) == 300 && column_names(c) == 3);
	for (uint32_t i = 1; i <= 300; i++)
		good += is(c, i, i);
	T(good == 300);
	for (uint32_t i = 300; i > 7; i -= 7)
		T(is(c, i, i));
	T_STR(column_name(c, 0, &docs), ann);
	T(docs == 150 + 50); /* odd ones, and even ones of three */
	T_STR(column_name(c, 1, &docs), bob);
	T(docs == 150);
	T_STR(column_text(c), STR("Aann@example.org\nAbob@example.net\nTapplication/pdf\n"));
	T(column_at(c, 0) == 0 && column_at(c, 16) == 0 && column_at(c, 17) == 1);
	T(column_at(c, 40) == 2);
	struct column_row row;
	T(column_row(c, 0, &row, &err) < 0);
	T(column_row(c, 301, &row, &err) < 0);
	T(is(c, 5, 5));
	column_close(&c);
}

static void merging(void)
{
	const char *from[] = {path, second};
	struct column *c;
	struct err err;
	uint32_t docs, good = 0;
	make(path, 100);
	make(second, 70);
	T(column_merge(from, 2, joined, &err) == 1);
	T(column_open(&c, joined, &err) == 1);
	for (uint32_t i = 1; i <= 100; i++)
		good += is(c, i, i);
	for (uint32_t i = 1; i <= 70; i++)
		good += is(c, 100 + i, i);
	T(good == 170);
	T(column_docs(c) == 170 && column_names(c) == 3);
	column_name(c, 2, &docs);
	T(docs == 17);
	column_close(&c);
	const char *missing[] = {path, "/nonexistent"};
	T(column_merge(missing, 2, joined, &err) == 0);
}

/* Each byte of each name. */
static void read_names(struct column *c)
{
	uint32_t docs, at = column_lower(c, STR("Fm"));
	size_t n = at + column_at(c, column_text(c).n / 2);
	for (uint32_t i = 0; i < column_names(c); i++) {
		struct str name = column_name(c, i, &docs);
		for (size_t k = 0; k < name.n; k++)
			n += (unsigned char)name.p[k];
	}
	T(n > 0 || column_names(c) == 0);
}

/* No damage makes it read beyond its bytes; what is cut off is told. */
static void damaged(void)
{
	struct column *c;
	struct err err;
	struct buf b;
	buf_init(&b, 1 << 20);
	make(path, 130);
	T(file_load(path, &b, &err) == 1);
	size_t n = b.n;
	for (size_t i = 0; i < n; i += 1 + i / 40) {
		b.p[i] ^= 0x41;
		T(file_replace(path, buf_all(&b), &err) == 1);
		b.p[i] ^= 0x41;
		if (column_open(&c, path, &err) != 1)
			continue;
		struct column_row row;
		for (uint32_t k = 1; k <= 130 && k <= column_docs(c); k++)
			column_row(c, k, &row, &err);
		read_names(c);
		column_close(&c);
	}
	for (size_t cut = 0; cut < n; cut += 13) {
		T(file_replace(path, (struct str){b.p, cut}, &err) == 1);
		T(column_open(&c, path, &err) < 0);
	}
	buf_free(&b);
}

static void from_record(void)
{
	struct arena a = {0};
	const struct mail_address from[] = {{STR("Ann"), STR("Ann@Example.org")},
					    {STR(""), STR("ann@example.ORG")}};
	const struct mail_address to[] = {{STR("x"), STR("a\nb")}, {STR("y"), STR("")}};
	const struct record_part parts[] = {{.type = STR("text/plain")},
					    {.type = STR("image/png"), .attachment = true},
					    {.type = STR("image/png"), .attachment = true}};
	struct record r = {.from = from, .n_from = 2, .to = to, .n_to = 2, .parts = parts,
			   .n_parts = 3, .sort_date = -1};
	struct column_doc d;
	column_of(&a, &r, 77, &d);
	T(d.size == 77 && d.day == -1 && d.n_from == 1 && d.n_to == 0 && d.n_types == 1);
	T_STR(d.from[0], ann);
	T_STR(d.types[0], STR("Timage/png"));
	r.date = (struct mail_date){.usable = true, .day = 9};
	column_of(&a, &r, 77, &d);
	T(d.day == 9);
	arena_free(&a);
}

int main(void)
{
	const char *dir = t_dir();
	snprintf(path, sizeof path, "%s/columns", dir);
	snprintf(second, sizeof second, "%s/second", dir);
	snprintf(joined, sizeof joined, "%s/joined", dir);
	rows();
	merging();
	damaged();
	from_record();
	struct err err;
	file_remove_tree(dir, &err);
	return t_done();
}
