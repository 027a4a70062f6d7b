#include "t.h"

#include "file.h"
#include "order.h"

static char path[4200];

static void sorting(void)
{
	static const struct order_row rows[] = {
		{50, 10, 3}, {-7, 0, ORDER_NO_DAY}, {50, UINT64_MAX, -4},
		{INT64_MAX, 10, INT32_MAX}, {INT64_MIN, 11, 0}, {0, 1, 4}};
	static const uint32_t want[] = {4, 3, 1, 6, 2, 5};
	struct order o;
	struct err err;
	T(order_write(path, rows, 6, &err) == 1);
	T(order_open(&o, path, &err) == 1);
	T(o.n == 6);
	for (uint32_t i = 0; i < 6; i++) {
		T(order_at(&o, i) == want[i]);
		struct order_row row = order_row(&o, i + 1);
		T(order_date(&o, i + 1) == rows[i].date && row.date == rows[i].date);
		T(row.size == rows[i].size && row.day == rows[i].day);
	}
	uint64_t bits = 0;
	order_mark_days(&o, -4, 3, &bits);
	T(bits == (1 | 4 | 16));
	bits = 0;
	order_mark_days(&o, INT32_MIN, INT32_MAX, &bits);
	T(bits == (1 | 4 | 8 | 16 | 32));
	bits = 0;
	order_mark_sizes(&o, 10, 11, &bits);
	T(bits == (1 | 8 | 16));
	bits = 0;
	order_mark_sizes(&o, 0, UINT64_MAX, &bits);
	T(bits == 63);
	order_close(&o);
}

static void empty(void)
{
	struct order o;
	struct err err;
	T(order_write(path, NULL, 0, &err) == 1);
	T(order_open(&o, path, &err) == 1 && o.n == 0);
	order_close(&o);
}

static void damaged(void)
{
	static const struct str row[] = {
		STR("12345678901"),				     /* not a multiple of 24 */
		STR("1234567890abcdefghij\2\0\0\0"),		     /* docid 2 of 1 */
		STR("1234567890abcdefghij\0\0\0\0"),		     /* docid 0 */
	};
	struct order o;
	struct err err;
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		T(file_replace(path, row[i], &err) == 1);
		T(order_open(&o, path, &err) == -1 && err.kind == ERR_BROKEN);
	}
	remove(path);
	T(order_open(&o, path, &err) == -1 && err.kind == ERR_BROKEN);
	T(order_write("/nonexistent/dir/order", NULL, 0, &err) == -1 && err.kind == ERR_BROKEN);
	T(order_write("/dev/full", &(struct order_row){1, 1, 1}, 1, &err) == -1 &&
	  err.kind == ERR_BROKEN);
}

int main(void)
{
	const char *dir = t_dir();
	struct err err;
	snprintf(path, sizeof path, "%s/order", dir);
	sorting();
	empty();
	damaged();
	T(file_remove_tree(dir, &err) == 1);
	return t_done();
}
