#include "t.h"

#include <unistd.h>

#include "listener.h"

static void addresses(void)
{
	static const struct {
		const char *in, *url; /* url NULL: refused */
		bool loopback;
	} row[] = {
		{"127.0.0.1:8425", "http://127.0.0.1:8425/", true},
		{"127.9.9.9:1", "http://127.9.9.9:1/", true},
		{"localhost:80", "http://127.0.0.1:80/", true},
		{"[::1]:8425", "http://[::1]:8425/", true},
		{"[::ffff:127.0.0.1]:1", "http://[::ffff:127.0.0.1]:1/", true},
		{"0.0.0.0:8425", "http://0.0.0.0:8425/", false},
		{"[::]:8425", "http://[::]:8425/", false},
		{"192.0.2.1:65535", "http://192.0.2.1:65535/", false},
		{"128.0.0.1:1", "http://128.0.0.1:1/", false},
		{"127.0.0.1", NULL, false},
		{"127.0.0.1:", NULL, false},
		{"127.0.0.1:65536", NULL, false},
		{"127.0.0.1:-1", NULL, false},
		{"127.1:80", NULL, false},
		{"::1:80", NULL, false},
		{"[::1", NULL, false},
		{"[::1]80", NULL, false},
		{":80", NULL, false},
		{"", NULL, false},
		{"example.org:80", NULL, false},
	};
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct arena a = {0};
		struct listener l;
		struct err err = {0};
		int r = listener_parse(str_of(row[i].in), &l, &err);
		T(r == (row[i].url ? 1 : -1));
		if (r > 0) {
			T_STR(listener_url(&a, &l), str_of(row[i].url));
			T(listener_loopback(&l) == row[i].loopback);
		} else {
			T(err.kind == ERR_USAGE);
		}
		arena_free(&a);
	}
}

static void hosts(void)
{
	static const struct {
		const char *in;
		bool want;
	} row[] = {
		{"localhost", true},	     {"LocalHost:8425", true},	{"127.0.0.1:8425", true},
		{"127.0.0.1", true},	     {"[::1]:8425", true},	{"[::1]", true},
		{"localhost.", false},	     {"localhost.evil", false}, {"evil.example", false},
		{"127.0.0.1.evil:80", false}, {"0.0.0.0:80", false},	{"", false},
		{":8425", false},	     {"localhost:x", false},	{"[::1]x", false},
		{"localhost:99999", false},  {"127.0.0.1:80:80", false}, {"localhost evil", false},
	};
	for (size_t i = 0; i < sizeof row / sizeof *row; i++)
		T(listener_local_host(str_of(row[i].in)) == row[i].want);
}

static void opening(void)
{
	struct listener l, again;
	struct err err = {0};
	int fd, other;
	T(listener_parse(STR("127.0.0.1:0"), &l, &err) == 1);
	T(listener_open(&l, &fd, &err) == 1);
	T(((struct sockaddr_in *)&l.addr)->sin_port != 0);
	again = l;
	T(listener_open(&again, &other, &err) == -1 && err.kind == ERR_LATER);
	close(fd);
}

int main(void)
{
	addresses();
	hosts();
	opening();
	return t_done();
}
