#define _GNU_SOURCE
#include "tsa.h"

#include <curl/curl.h>

static size_t take(char *p, size_t size, size_t n, void *to)
{
	struct buf *out = to;
	buf_add(out, p, size * n);
	return out->full ? 0 : size * n;
}

static int judge(CURL *c, CURLcode code, const struct buf *out, struct err *err)
{
	long status = 0;
	const char *type = NULL;
	curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_getinfo(c, CURLINFO_CONTENT_TYPE, &type);
	if (code == CURLE_UNSUPPORTED_PROTOCOL || code == CURLE_URL_MALFORMAT)
		return err_set(err, ERR_USAGE, "the time authority needs an http or https URL");
	if (out->full)
		return err_set(err, ERR_NET, "the time authority's answer is too large");
	if (code != CURLE_OK)
		return err_set(err, ERR_NET, "the time authority: %s", curl_easy_strerror(code));
	if (status != 200)
		return err_set(err, ERR_NET, "the time authority answered with HTTP status %ld",
			       status);
	if (!str_ieq(str_of(type), STR("application/timestamp-reply")))
		return err_set(err, ERR_NET, "what answered is no time authority: its content "
					     "type is not application/timestamp-reply");
	return 1;
}

int tsa_ask(const char *url, uint64_t seconds, struct str request, struct buf *out,
	    struct err *err)
{
	CURL *c = curl_easy_init();
	struct curl_slist *headers =
		curl_slist_append(NULL, "Content-Type: application/timestamp-query");
	if (c == NULL || headers == NULL)
		err_die("tsa: cannot start libcurl");
	curl_easy_setopt(c, CURLOPT_URL, url);
	curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(c, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(c, CURLOPT_NOPROXY, "127.0.0.1,localhost,::1");
	curl_easy_setopt(c, CURLOPT_USERAGENT, "sheaf");
	curl_easy_setopt(c, CURLOPT_TIMEOUT, (long)seconds);
	curl_easy_setopt(c, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE, (long)request.n);
	curl_easy_setopt(c, CURLOPT_POSTFIELDS, request.p);
	curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, take);
	curl_easy_setopt(c, CURLOPT_WRITEDATA, out);
	int r = judge(c, curl_easy_perform(c), out, err);
	curl_slist_free_all(headers);
	curl_easy_cleanup(c);
	return r;
}
