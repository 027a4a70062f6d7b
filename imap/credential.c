#define _GNU_SOURCE
#include "credential.h"

#include "log.h"
#include "mech.h"
#include "oauth.h"
#include "secret.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define USUAL_LIFE 3600   /* of a token whose server does not say */
#define MAX_PASSWORD 4096

struct credential {
	const struct authconf *conf;
	struct str account;
	struct arena arena;
	const char *path; /* of the state */
	struct authstate state, nothing;
	struct oauthjson answer;
	char password[MAX_PASSWORD];
	char token[OAUTHJSON_TOKEN]; /* from token_command */
};

int credential_open(struct credential **out, const struct authconf *conf, struct str account,
		    const char *dir, struct err *err)
{
	struct credential *c = err_alloc(sizeof *c);
	c->conf = conf;
	c->account = account;
	c->path = authstate_path(&c->arena, dir, account, conf->state_file).p;
	secret_protect();
	int r = authstate_load(c->path, &c->state, err) < 0 ? -1 : 1;
	if (r == 1 && (conf->have & MECH_PASSWORD))
		r = secret_load("password", conf->password_file, conf->password_command,
				c->password, sizeof c->password, err);
	if (r == 1)
		*out = c;
	else
		credential_close(&c);
	return r;
}

struct str credential_password(const struct credential *c)
{
	return str_of(c->password);
}

/* ---- tokens ---- */

/* The grant into the state. A token is not used in the last fifth of its life. */
static void take_grant(struct authstate *s, const struct oauthjson *g)
{
	int64_t life = g->expires_in ? g->expires_in : USUAL_LIFE;
	memcpy(s->access, g->access, sizeof s->access);
	if (g->refresh[0])
		memcpy(s->refresh, g->refresh, sizeof s->refresh);
	s->renew_at = (int64_t)time(NULL) + life * 4 / 5;
}

/* A refresh token may be good for one exchange only: the new one is on disk before it is used. */
static int exchange(struct credential *c, struct err *err)
{
	int r = oauth_refresh(&c->conf->oauth, str_of(c->state.refresh), &c->answer, err);
	if (r == 1) {
		take_grant(&c->state, &c->answer);
		r = authstate_save(c->path, &c->state, err);
		log_line(LOG_INFO, "account '%.*s': a new access token", STR_ARG(c->account));
	} else if (err->kind == ERR_DENIED) {
		err_wrap(err, "run sheaf login %.*s", STR_ARG(c->account));
	}
	secret_wipe(&c->answer, sizeof c->answer);
	return r;
}

/* Under the lock: somebody else may have got a new token in the meantime. */
static int refresh(struct credential *c, struct err *err)
{
	char old[OAUTHJSON_TOKEN];
	int fd = -1;
	memcpy(old, c->state.access, sizeof old);
	int r = authstate_lock(c->path, &fd, err);
	if (r == 1 && authstate_load(c->path, &c->state, err) < 0)
		r = -1;
	bool other = strcmp(old, c->state.access) != 0 && c->state.renew_at > (int64_t)time(NULL);
	if (r == 1 && !other && c->state.refresh[0] == '\0')
		r = err_set(err, ERR_DENIED, "nobody has logged in yet: run sheaf login %.*s",
			    STR_ARG(c->account));
	else if (r == 1 && !other)
		r = exchange(c, err);
	secret_wipe(old, sizeof old);
	if (fd >= 0)
		close(fd);
	return r;
}

static int ask_command(struct credential *c, struct err *err)
{
	return secret_load("access token", STR(""), c->conf->token_command, c->token,
			   sizeof c->token, err);
}

int credential_token(struct credential *c, bool renew, struct str *out, struct err *err)
{
	int r = 1;
	if (c->conf->token_command.n) {
		r = ask_command(c, err); /* it knows by itself when a token is old */
		*out = str_of(c->token);
		return r;
	}
	if (!c->conf->oauth.on)
		return err_set(err, ERR_DENIED, "no token is configured");
	if (renew || c->state.access[0] == '\0' || c->state.renew_at <= (int64_t)time(NULL))
		r = refresh(c, err);
	*out = str_of(c->state.access);
	return r;
}

int credential_grant(struct credential *c, const struct oauthjson *grant, struct err *err)
{
	int fd;
	if (authstate_lock(c->path, &fd, err) < 0)
		return -1;
	take_grant(&c->state, grant);
	int r = authstate_save(c->path, &c->state, err);
	close(fd);
	return r;
}

/* ---- what logins taught ---- */

const struct authstate *credential_history(struct credential *c, const char *server)
{
	return strcmp(c->state.server, server) == 0 ? &c->state : &c->nothing;
}

void credential_learn(struct credential *c, const char *server, bool scram, const char *binding)
{
	const struct authstate *old = credential_history(c, server);
	struct err err = {0};
	int fd = -1;
	bool both = scram || old->scram;
	const char *bound = binding ? binding : old->binding;
	if ((both == old->scram && strcmp(bound, old->binding) == 0) ||
	    strlen(server) >= sizeof c->state.server)
		return;
	char keep[sizeof c->state.binding];
	snprintf(keep, sizeof keep, "%s", bound);
	if (authstate_lock(c->path, &fd, &err) < 0 ||
	    authstate_load(c->path, &c->state, &err) < 0) {
		log_line(LOG_WARN, "cannot remember how '%s' logs in: %s", server, err.text);
	} else {
		snprintf(c->state.server, sizeof c->state.server, "%s", server);
		memcpy(c->state.binding, keep, sizeof keep);
		c->state.scram = both;
		if (authstate_save(c->path, &c->state, &err) < 0)
			log_line(LOG_WARN, "cannot remember how '%s' logs in: %s", server,
				 err.text);
	}
	if (fd >= 0)
		close(fd);
}

void credential_close(struct credential **cp)
{
	struct credential *c = *cp;
	if (c == NULL)
		return;
	arena_free(&c->arena);
	secret_wipe(c, sizeof *c);
	free(c);
	*cp = NULL;
}
