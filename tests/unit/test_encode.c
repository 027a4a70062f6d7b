#include "t.h"

#include "encode.h"

#include <zlib.h>
#include <zstd.h>

static void choosing(void)
{
	static const struct {
		const char *accept;
		enum encode_kind want;
	} row[] = {
		{"", ENCODE_NOT}, {"gzip", ENCODE_GZIP}, {"gzip, zstd", ENCODE_ZSTD},
		{"zstd;q=0.5,gzip", ENCODE_ZSTD}, {"br", ENCODE_NOT}, {"GZIP;q=1", ENCODE_GZIP},
		{"gzip;q=0", ENCODE_NOT}, {"zstd;q=0.0, gzip", ENCODE_GZIP}, {"*", ENCODE_NOT},
		{"gzip;q=0.001", ENCODE_GZIP}, {",,;=,", ENCODE_NOT}, {"xgzip", ENCODE_NOT},
	};
	for (size_t i = 0; i < sizeof row / sizeof *row; i++)
		T(encode_choose(str_of(row[i].accept)) == row[i].want);
}

/* The encoding that an answer got, "" for none. */
static struct str encoded(struct http_request *req, struct http_response *r, size_t n)
{
	struct str got = STR("");
	r->status = r->status ? r->status : 200;
	r->fd = -1;
	buf_init(&r->body, HTTP_MAX_ANSWER);
	for (size_t i = 0; i < n; i++)
		buf_chr(&r->body, (char)('a' + i % 7));
	encode_answer(req, r);
	for (size_t i = 0; i < r->n_headers; i++)
		if (strcmp(r->headers[i].name, "Content-Encoding") == 0)
			got = str_of(r->headers[i].value);
	return got;
}

static void answers(void)
{
	static const struct {
		const char *type, *site, *cookie, *etag;
		size_t n;
		int status;
		const char *want;
	} row[] = {
		{"application/json", "", "", NULL, 5000, 200, "zstd"},
		{"application/json", "", "", NULL, 1023, 200, ""},
		{"application/json", "same-origin", "a=b", NULL, 5000, 200, "zstd"},
		{"application/json", "", "a=b", NULL, 5000, 200, ""},
		{"application/json", "cross-site", "", NULL, 5000, 200, ""},
		{"application/json", "same-site", "", NULL, 5000, 200, ""},
		{"text/html; charset=utf-8", "none", "a=b", NULL, 5000, 200, "zstd"},
		{"image/png", "", "", NULL, 5000, 200, ""},
		{"application/json", "", "", "\"x\"", 5000, 200, ""},
		{"application/json", "", "", NULL, 5000, 206, ""},
	};
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct http_request req = {.accept_encoding = STR("gzip, zstd"),
			.fetch_site = str_of(row[i].site), .cookie = str_of(row[i].cookie)};
		struct http_response r = {.type = row[i].type, .status = row[i].status};
		if (row[i].etag)
			http_header(&r, "ETag", row[i].etag);
		T_STR(encoded(&req, &r, row[i].n), str_of(row[i].want));
		buf_free(&r.body);
	}
}

static void both_ways(void)
{
	char back[5000];
	struct http_request req = {.accept_encoding = STR("zstd")};
	struct http_response r = {.type = "text/css"};
	T_STR(encoded(&req, &r, sizeof back), STR("zstd"));
	T(ZSTD_decompress(back, sizeof back, r.body.p, r.body.n) == sizeof back);
	T(back[0] == 'a' && back[4999] == 'a' + 4999 % 7);
	buf_free(&r.body);
	req.accept_encoding = STR("gzip");
	r = (struct http_response){.type = "text/css"};
	T_STR(encoded(&req, &r, sizeof back), STR("gzip"));
	z_stream z = {.next_in = (Bytef *)r.body.p, .avail_in = (uInt)r.body.n,
		      .next_out = (Bytef *)back, .avail_out = sizeof back};
	T(inflateInit2(&z, 15 + 16) == Z_OK);
	T(inflate(&z, Z_FINISH) == Z_STREAM_END && z.total_out == sizeof back);
	inflateEnd(&z);
	buf_free(&r.body);
}

int main(void)
{
	choosing();
	answers();
	both_ways();
	return t_done();
}
