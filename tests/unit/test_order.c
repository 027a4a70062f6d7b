#include "t.h"

#include "file.h"
#include "order.h"

static char path[4200];

static void sorting(void)
{
	static const int64_t dates[] = {50, -7, 50, INT64_MAX, INT64_MIN, 0};
	static const uint32_t want[] = {4, 3, 1, 6, 2, 5};
	struct order o;
	struct err err;
	T(order_write(path, dates, 6, &err) == 1);
	T(order_open(&o, path, &err) == 1);
	T(o.n == 6);
	for (uint32_t i = 0; i < 6; i++) {
		T(order_at(&o, i) == want[i]);
		T(order_date(&o, i + 1) == dates[i]);
	}
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
		STR("12345678901"),				     /* not a multiple of 12 */
		STR("\0\0\0\0\0\0\0\0\2\0\0\0"),		     /* docid 2 of 1 */
		STR("\0\0\0\0\0\0\0\0\0\0\0\0"),		     /* docid 0 */
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
	T(order_write("/dev/full", (int64_t[]){1}, 1, &err) == -1 && err.kind == ERR_BROKEN);
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
