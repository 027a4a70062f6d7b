#include "t.h"

#include "route.h"

static const struct route table[] = {
	{"GET", "/", NULL, NEED_READ, 1},
	{"GET", "/api/messages/{}", NULL, NEED_READ, 2},
	{"GET", "/api/messages/{}/raw", NULL, NEED_READ, 3},
	{"GET", "/api/messages/{}/parts/{}", NULL, NEED_READ, 4},
	{"GET", "/message/{}", NULL, NEED_READ, 5},
	{"PUT", "/message/{}", NULL, NEED_TAG, 6},
	{"POST", "/jobs", NULL, NEED_EXPORT, 7},
};

int main(void)
{
	static const struct {
		const char *method, *target;
		int want;
		unsigned flags; /* which route */
		const char *arg0, *arg1; /* or the methods allowed, when the path has others */
	} row[] = {
		{"GET", "/", 1, 1, NULL, NULL},
		{"HEAD", "/", 1, 1, NULL, NULL},
		{"POST", "/", -1, 1, "GET, HEAD", NULL},
		{"get", "/", -1, 1, "GET, HEAD", NULL},
		{"GET", "/api/messages/ab", 1, 2, "ab", NULL},
		{"GET", "/api/messages/a%2Fb", 1, 2, "a/b", NULL},
		{"GET", "/api/messages/", 0, 0, NULL, NULL},
		{"GET", "/api/messages", 0, 0, NULL, NULL},
		{"GET", "/api/messages/ab/", 0, 0, NULL, NULL},
		{"GET", "/api/messages/ab/raw", 1, 3, "ab", NULL},
		{"DELETE", "/api/messages/ab/raw", -1, 3, "GET, HEAD", NULL},
		{"GET", "/api/messages/ab/raw/x", 0, 0, NULL, NULL},
		{"GET", "/api/messages/ab/parts/1.2", 1, 4, "ab", "1.2"},
		{"GET", "/message/x", 1, 5, "x", NULL},
		{"PUT", "/message/x", 1, 6, "x", NULL},
		{"POST", "/message/x", -1, 6, "GET, HEAD, PUT", NULL},
		{"POST", "/jobs", 1, 7, NULL, NULL},
		{"GET", "/jobs", -1, 7, "POST", NULL},
		{"GET", "/Message/x", 0, 0, NULL, NULL},
		{"GET", "//", 0, 0, NULL, NULL},
		{"GET", "/nothing", 0, 0, NULL, NULL},
		{"POST", "/nothing", 0, 0, NULL, NULL},
	};
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct arena a = {0};
		struct err err = {0};
		struct url u;
		struct route_match m;
		T(url_parse(&a, str_of(row[i].target), &u, &err) == 1);
		int r = route_find(table, sizeof table / sizeof *table, str_of(row[i].method), &u,
				   &m);
		T(r == row[i].want);
		if (r > 0)
			T(m.route->flags == row[i].flags);
		if (r < 0)
			T_STR(str_of(m.allow), str_of(row[i].arg0));
		if (r > 0 && row[i].arg0)
			T_STR(m.args[0], str_of(row[i].arg0));
		if (r > 0 && row[i].arg1)
			T_STR(m.args[1], str_of(row[i].arg1));
		arena_free(&a);
	}
	return t_done();
}
