#include "t.h"

#include "buf.h"

int main(void)
{
	struct buf b;
	buf_init(&b, 10);
	T_STR(buf_all(&b), STR(""));
	T(strcmp(buf_cstr(&b), "") == 0);
	buf_add(&b, "12345", 5);
	buf_fmt(&b, "%d", 678);
	T_STR(buf_all(&b), STR("12345678"));
	buf_str(&b, STR("xyz"));
	T(b.full); /* all or nothing */
	T_STR(buf_all(&b), STR("12345678"));
	buf_chr(&b, '9');
	buf_chr(&b, '0');
	T_STR(buf_all(&b), STR("1234567890"));
	T(strcmp(buf_cstr(&b), "1234567890") == 0);
	T(buf_room(&b, 1) == NULL);
	buf_drop(&b, 3);
	T_STR(buf_all(&b), STR("4567890"));
	buf_drop(&b, 100);
	T(b.n == 0);
	buf_clear(&b);
	T(!b.full);
	T(buf_room(&b, SIZE_MAX) == NULL && b.full);
	buf_free(&b);
	buf_add(&b, "again", 5);
	T_STR(buf_all(&b), STR("again"));
	buf_free(&b);
	return t_done();
}
