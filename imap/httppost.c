#include "httppost.h"

#include "secret.h"

#include <curl/curl.h>

#define MAX_FORM (128 << 10)
#define MAX_ANSWER ((size_t)64 << 10)
#define SECONDS 30L

static size_t take(char *p, size_t size, size_t n, void *arg)
{
	struct buf *out = arg;
	if (out->n + size * n > MAX_ANSWER)
		return 0;
	buf_add(out, p, size * n);
	return out->full ? 0 : size * n;
}

void httppost_encode(struct buf *b, struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		if ((c | 32) >= 'a' && (c | 32) <= 'z')
			buf_chr(b, (char)c);
		else if ((c >= '0' && c <= '9') || (c && strchr("-._~", c)))
			buf_chr(b, (char)c);
		else
			buf_fmt(b, "%%%02X", c);
	}
}

static void add_form(struct buf *b, const struct httppost_field *f, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (f[i].value.n == 0)
			continue;
		buf_fmt(b, "%s%s=", b->n ? "&" : "", f[i].name);
		httppost_encode(b, f[i].value);
	}
}

static void set_up(CURL *c, const char *url, const struct buf *form, struct buf *out)
{
	curl_easy_setopt(c, CURLOPT_URL, url);
	curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR,
			 str_istarts(str_of(url), STR("https:")) ? "https" : "http,https");
	curl_easy_setopt(c, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	curl_easy_setopt(c, CURLOPT_POSTFIELDS, form->p);
	curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE, (long)form->n);
	curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, take);
	curl_easy_setopt(c, CURLOPT_WRITEDATA, out);
	curl_easy_setopt(c, CURLOPT_TIMEOUT, SECONDS);
	curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(c, CURLOPT_NOPROXY, "127.0.0.1,localhost,::1");
	curl_easy_setopt(c, CURLOPT_USERAGENT, "sheaf");
}

int httppost_send(const char *url, const struct httppost_field *f, size_t n, struct buf *out,
		  long *status, struct err *err)
{
	struct buf form;
	int r = 1;
	buf_init(&form, MAX_FORM);
	buf_room(&form, MAX_FORM); /* at once: growing would leave copies behind */
	add_form(&form, f, n);
	CURL *c = curl_easy_init();
	if (c == NULL || form.full) {
		r = err_set(err, ERR_NET, "cannot ask '%s'", url);
	} else {
		set_up(c, url, &form, out);
		CURLcode code = curl_easy_perform(c);
		if (code != CURLE_OK)
			r = err_set(err, ERR_NET, "cannot ask '%s': %s", url,
				    curl_easy_strerror(code));
		curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, status);
	}
	curl_easy_cleanup(c);
	secret_wipe(form.p, form.cap);
	buf_free(&form);
	return r;
}
