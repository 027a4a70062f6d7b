#include "encode.h"

#include <stdlib.h>
#include <zlib.h>
#include <zstd.h>

enum { ZSTD_LEVEL = 3, GZIP_LEVEL = 5, GZIP_WINDOW = 15 + 16 };

/* "gzip;q=0" refuses it. */
static bool refused(struct str parameters)
{
	struct str p = str_trim(parameters), rest;
	if (!str_istarts(p, STR("q=0")))
		return false;
	rest = str_cut(p, 3, p.n);
	for (size_t i = 0; i < rest.n; i++)
		if (rest.p[i] != '0' && rest.p[i] != '.')
			return false;
	return true;
}

enum encode_kind encode_choose(struct str accept)
{
	enum encode_kind best = ENCODE_NOT;
	struct str item;
	while (str_split(&accept, ',', &item)) {
		ptrdiff_t semi = str_chr(item, ';');
		size_t end = semi < 0 ? item.n : (size_t)semi;
		struct str name = str_trim(str_cut(item, 0, end));
		if (refused(str_cut(item, end + 1, item.n)))
			continue;
		if (str_ieq(name, STR("zstd")))
			best = ENCODE_ZSTD;
		else if (str_ieq(name, STR("gzip")) && best == ENCODE_NOT)
			best = ENCODE_GZIP;
	}
	return best;
}

/* Nobody can have chosen words of the request and watch how long its answer is. */
static bool is_safe(const struct http_request *req)
{
	struct str site = req->fetch_site;
	if (site.n == 0)
		return req->cookie.n == 0;
	return str_eq(site, STR("same-origin")) || str_eq(site, STR("none"));
}

static bool is_text(const char *type)
{
	struct str t = str_of(type);
	return str_starts(t, STR("application/json")) || str_starts(t, STR("text/")) ||
	       str_starts(t, STR("image/svg+xml")) || str_starts(t, STR("application/atom+xml")) ||
	       str_starts(t, STR("application/feed+json"));
}

static bool has_tag(const struct http_response *r)
{
	for (size_t i = 0; i < r->n_headers; i++)
		if (str_ieq(str_of(r->headers[i].name), STR("ETag")))
			return true;
	return false;
}

/* Appends to out. 1; 0: it did not work. */
static int by_zstd(struct str in, struct buf *out)
{
	size_t most = ZSTD_compressBound(in.n);
	char *p = buf_room(out, most);
	size_t n = p ? ZSTD_compress(p, most, in.p, in.n, ZSTD_LEVEL) : 0;
	if (p == NULL || ZSTD_isError(n))
		return 0;
	buf_take(out, n);
	return 1;
}

static int by_gzip(struct str in, struct buf *out)
{
	z_stream z = {0};
	if (deflateInit2(&z, GZIP_LEVEL, Z_DEFLATED, GZIP_WINDOW, 8, Z_DEFAULT_STRATEGY) != Z_OK)
		return 0;
	size_t most = deflateBound(&z, in.n);
	char *p = buf_room(out, most);
	int r = Z_MEM_ERROR;
	if (p != NULL) {
		z.next_in = (Bytef *)(uintptr_t)in.p;
		z.avail_in = (uInt)in.n;
		z.next_out = (Bytef *)p;
		z.avail_out = (uInt)most;
		r = deflate(&z, Z_FINISH);
		buf_take(out, r == Z_STREAM_END ? z.total_out : 0);
	}
	deflateEnd(&z);
	return r == Z_STREAM_END;
}

void encode_answer(const struct http_request *req, struct http_response *resp)
{
	if (resp->status != 200 || resp->stream.more || resp->fd >= 0 ||
	    resp->body.n < ENCODE_LEAST || !is_text(resp->type ? resp->type : "") ||
	    has_tag(resp) || resp->body.full)
		return;
	http_header(resp, "Vary", "Accept-Encoding");
	enum encode_kind kind = encode_choose(req->accept_encoding);
	if (kind == ENCODE_NOT || !is_safe(req))
		return;
	struct buf out;
	buf_init(&out, HTTP_MAX_ANSWER);
	struct str in = buf_all(&resp->body);
	if ((kind == ENCODE_ZSTD ? by_zstd : by_gzip)(in, &out)) {
		buf_free(&resp->body);
		resp->body = out;
		http_header(resp, "Content-Encoding", kind == ENCODE_ZSTD ? "zstd" : "gzip");
	} else {
		buf_free(&out);
	}
}
