#include "webget.h"

#include <curl/curl.h>

static size_t take(char *p, size_t size, size_t n, void *arg)
{
	struct buf *out = arg;
	buf_add(out, p, size * n);
	return out->full ? 0 : size * n;
}

void webget_begin(void)
{
	curl_global_init(CURL_GLOBAL_DEFAULT);
}

static bool is_near(struct str url)
{
	return str_starts(url, STR("http://127.0.0.1:")) || str_starts(url, STR("http://[::1]:"));
}

static void set_up(CURL *c, const char *url, const char *form, struct buf *out)
{
	curl_easy_setopt(c, CURLOPT_URL, url);
	curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, is_near(str_of(url)) ? "http" : "https");
	curl_easy_setopt(c, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, take);
	curl_easy_setopt(c, CURLOPT_WRITEDATA, out);
	curl_easy_setopt(c, CURLOPT_TIMEOUT, (long)WEBGET_SECONDS);
	curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(c, CURLOPT_NOPROXY, "127.0.0.1,localhost,::1");
	curl_easy_setopt(c, CURLOPT_USERAGENT, "sheaf");
	if (form)
		curl_easy_setopt(c, CURLOPT_POSTFIELDS, form);
}

int webget(const char *url, const char *form, const char *login, struct buf *out, struct err *err)
{
	long status = 0;
	CURL *c = curl_easy_init();
	if (c == NULL)
		return err_set(err, ERR_NET, "cannot ask '%s'", url);
	set_up(c, url, form, out);
	if (login) {
		curl_easy_setopt(c, CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC);
		curl_easy_setopt(c, CURLOPT_USERPWD, login);
	}
	CURLcode code = curl_easy_perform(c);
	curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_cleanup(c);
	if (code != CURLE_OK)
		return err_set(err, ERR_NET, "cannot ask '%s': %s", url, curl_easy_strerror(code));
	if (status != 200)
		return err_set(err, ERR_NET, "'%s' answers with status %ld", url, status);
	return 1;
}
