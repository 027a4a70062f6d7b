#include "signin.h"

#include "credential.h"
#include "log.h"
#include "oauth.h"
#include "proc.h"
#include "secret.h"

#include <poll.h>
#include <stdlib.h>

#define MAX_URL 8192
#define TICK_MS 200
#define USUAL_LIFE 900 /* seconds a code is good for when the provider does not say */

struct signin {
	const struct harvest_account *ac;
	struct credential *cred;
	struct oauthjson device, answer;
	struct oauth_link link;
	struct buf url;
	int64_t interval;
	uint64_t end_ms;
};

static int begin(struct signin *s, struct err *err)
{
	const struct authconf_oauth *o = &s->ac->auth.oauth;
	if (o->device_url.n == 0 && o->auth_url.n == 0)
		return err_set(err, ERR_DENIED, "oauth_device_url is missing");
	if (o->device_url.n == 0)
		return oauth_link(o, s->ac->user, &s->link, &s->url, err);
	if (oauth_device(o, &s->device, err) < 0)
		return -1;
	int64_t life = s->device.expires_in ? s->device.expires_in : USUAL_LIFE;
	buf_str(&s->url, str_of(s->device.url));
	s->interval = s->device.interval;
	s->end_ms = log_now_ms() + (uint64_t)life * 1000;
	return 1;
}

int signin_open(struct signin **out, const struct harvest_account *ac, const char *dir,
		struct err *err)
{
	struct signin *s = err_alloc(sizeof *s);
	s->ac = ac;
	buf_init(&s->url, MAX_URL);
	int r = ac->auth.oauth.on
			? credential_open(&s->cred, &ac->auth, ac->name, dir, err)
			: err_set(err, ERR_DENIED, "account '%.*s' has no oauth line",
				  STR_ARG(ac->name));
	if (r == 1)
		r = begin(s, err);
	if (r == 1)
		*out = s;
	else
		signin_close(&s);
	return r;
}

const char *signin_url(const struct signin *s)
{
	return buf_cstr((struct buf *)&s->url);
}

const char *signin_code(const struct signin *s)
{
	return s->device.user_code[0] ? s->device.user_code : NULL;
}

/* 1; -1 told to stop. */
static int wait_seconds(int64_t seconds, struct err *err)
{
	uint64_t end = log_now_ms() + (uint64_t)seconds * 1000;
	while (log_now_ms() < end && !proc_stopped())
		poll(NULL, 0, TICK_MS);
	return proc_stopped() ? err_set(err, ERR_LATER, "interrupted") : 1;
}

int signin_wait(struct signin *s, struct err *err)
{
	if (wait_seconds(s->interval, err) < 0)
		return -1;
	int r = oauth_poll(&s->ac->auth.oauth, str_of(s->device.device_code), &s->interval,
			   &s->answer, err);
	if (r == 0 && log_now_ms() > s->end_ms)
		return err_set(err, ERR_DENIED, "the code has expired: run it again");
	return r == 1 ? credential_grant(s->cred, &s->answer, err) : r;
}

int signin_finish(struct signin *s, struct str address, struct err *err)
{
	if (oauth_linked(&s->ac->auth.oauth, &s->link, address, &s->answer, err) < 0)
		return -1;
	return credential_grant(s->cred, &s->answer, err);
}

void signin_close(struct signin **sp)
{
	struct signin *s = *sp;
	if (s == NULL)
		return;
	credential_close(&s->cred);
	buf_free(&s->url);
	secret_wipe(s, sizeof *s);
	free(s);
	*sp = NULL;
}
