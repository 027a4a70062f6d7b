#include "range.h"

bool range_known(const struct http_request *req, struct str etag)
{
	return str_eq(req->if_none_match, STR("*")) || str_find(req->if_none_match, etag) >= 0;
}

int range_parse(struct str value, uint64_t size, uint64_t *first, uint64_t *last)
{
	struct str unit = STR("bytes=");
	if (!str_istarts(value, unit))
		return 0;
	struct str s = str_trim(str_cut(value, unit.n, value.n));
	ptrdiff_t dash = str_chr(s, '-');
	if (dash < 0)
		return 0;
	struct str from = str_cut(s, 0, (size_t)dash), to = str_cut(s, (size_t)dash + 1, s.n);
	*last = size ? size - 1 : 0;
	if (from.n == 0) { /* so many at the end */
		uint64_t n;
		if (!str_u64(to, &n))
			return 0;
		*first = n < size ? size - n : 0;
		return n > 0 && size > 0 ? 1 : -1;
	}
	if (!str_u64(from, first) || (to.n > 0 && (!str_u64(to, last) || *last < *first)))
		return 0;
	if (*first >= size)
		return -1;
	if (*last >= size)
		*last = size - 1;
	return 1;
}

static void cut(struct http_response *resp, uint64_t first, uint64_t n)
{
	if (resp->fd >= 0) {
		resp->fd_from = first;
		resp->fd_size = n;
		return;
	}
	buf_drop(&resp->body, (size_t)first);
	resp->body.n = (size_t)n;
}

void range_apply(const struct http_request *req, struct str etag, struct http_response *resp)
{
	uint64_t size = resp->fd >= 0 ? resp->fd_size : resp->body.n, first, last;
	http_header(resp, "Accept-Ranges", "bytes");
	if (resp->status != 200 || req->range.n == 0 || !str_eq(req->method, STR("GET")))
		return;
	/* If-Range takes a strong tag; a date says nothing here. */
	if (req->if_range.n > 0 && !str_eq(req->if_range, etag))
		return;
	int r = range_parse(req->range, size, &first, &last);
	if (r == 0)
		return;
	if (r < 0) {
		http_reset(resp);
		resp->status = 416;
		http_header(resp, "Content-Range", arena_fmt(req->arena, "bytes */%llu",
							     (unsigned long long)size).p);
		return;
	}
	resp->status = 206;
	http_header(resp, "Content-Range",
		    arena_fmt(req->arena, "bytes %llu-%llu/%llu", (unsigned long long)first,
			      (unsigned long long)last, (unsigned long long)size).p);
	cut(resp, first, last - first + 1);
}
