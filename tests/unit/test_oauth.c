#include "t.h"

#include "oauth.h"

static const struct authconf_oauth conf = {
	.on = true, .token_url = STR("http://127.0.0.1:1/token"),
	.auth_url = STR("https://e.example/auth"), .scope = STR("https://mail.e/ x"),
	.client_id = STR("me"),
};
static struct oauthjson answer;

static void links(void)
{
	struct oauth_link l, other;
	struct buf url;
	struct err err = {0};
	char text[300];
	buf_init(&url, 4096);
	T(oauth_link(&conf, STR("a+b@e.example"), &l, &url, &err) == 1);
	T(strlen(l.verifier) == 43 && strlen(l.state) == 43); /* RFC 7636 4.1 */
	T(strspn(l.verifier, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
	  == 43);
	T(str_starts(buf_all(&url), STR("https://e.example/auth?response_type=code&")));
	T(str_find(buf_all(&url), STR("&scope=https%3A%2F%2Fmail.e%2F%20x&")) > 0);
	T(str_find(buf_all(&url), STR("&login_hint=a%2Bb%40e.example")) > 0);
	T(str_find(buf_all(&url), str_of(l.state)) > 0);
	T(str_find(buf_all(&url), str_of(l.verifier)) < 0); /* only its hash goes out */
	T(oauth_link(&conf, STR("a"), &other, &url, &err) == 1);
	T(strcmp(other.state, l.state) != 0 && strcmp(other.verifier, l.verifier) != 0);
	T(oauth_linked(&conf, &l, STR("http://127.0.0.1:49421/"), &answer, &err) == -1);
	T(err.kind == ERR_INPUT);
	snprintf(text, sizeof text, "http://127.0.0.1:49421/?state=%s&code=x", other.state);
	T(oauth_linked(&conf, &l, str_of(text), &answer, &err) == -1 && err.kind == ERR_INPUT);
	T(oauth_linked(&conf, &l, STR("http://h/?error=access_denied"), &answer, &err) == -1);
	T(err.kind == ERR_DENIED && strstr(err.text, "access_denied"));
	snprintf(text, sizeof text, "http://127.0.0.1:49421/?state=%s&code=4%%2Fx", l.state);
	T(oauth_linked(&conf, &l, str_of(text), &answer, &err) == -1); /* nobody at port 1 */
	T(err.kind == ERR_NET && strstr(err.text, "4/x") == NULL);
	buf_free(&url);
}

static void unreachable(void)
{
	struct err err = {0};
	int64_t interval = 5;
	T(oauth_refresh(&conf, STR("secret"), &answer, &err) == -1 && err.kind == ERR_NET);
	T(strstr(err.text, "secret") == NULL);
	T(oauth_device(&conf, &answer, &err) == -1 && err.kind == ERR_DENIED); /* not configured */
	T(oauth_poll(&conf, STR("code"), &interval, &answer, &err) == 0 && interval == 10);
}

int main(void)
{
	links();
	unreachable();
	return t_done();
}
