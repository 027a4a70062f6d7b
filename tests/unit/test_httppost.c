#include "t.h"

#include "httppost.h"

int main(void)
{
	struct buf b, out;
	struct err err = {0};
	long status;
	const struct httppost_field f[] = {{"a", STR("hidden")}};
	buf_init(&b, 1000);
	buf_init(&out, 1000);
	httppost_encode(&b, STR("aZ09-._~ +&=%\0\377"));
	T_STR(buf_all(&b), STR("aZ09-._~%20%2B%26%3D%25%00%FF"));
	T(httppost_send("http://127.0.0.1:1/", f, 1, &out, &status, &err) == -1);
	T(err.kind == ERR_NET && strstr(err.text, "hidden") == NULL);
	T(httppost_send("file:///etc/hostname", f, 1, &out, &status, &err) == -1 && out.n == 0);
	buf_free(&b);
	buf_free(&out);
	return t_done();
}
