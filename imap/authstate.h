/* authstate: what an account's logins taught, kept in a file of mode 0600.
 *
 * What: OAuth tokens; and what the server once offered, so that a later step down is noticed.
 * Shape: JSON, {"server", "scram", "binding", "access_token", "refresh_token", "renew_at"};
 *   unknown members are dropped. Replaced in one durable step.
 * Errors: ERR_DENIED not readable as such a file; ERR_BROKEN disk.
 */
#ifndef AUTHSTATE_H
#define AUTHSTATE_H

#include "arena.h"
#include "oauthjson.h"

struct authstate {
	char server[300];  /* "host:port" that `scram` and `binding` speak of */
	char binding[16];  /* the channel binding that has worked, or "" */
	bool scram;        /* SCRAM was offered */
	char access[OAUTHJSON_TOKEN], refresh[OAUTHJSON_TOKEN];
	int64_t renew_at;  /* seconds UTC: from then on the access token is not used */
};

/* The file for an account: `named` when the configuration names one, else DIR/auth/NAME.json. */
struct str authstate_path(struct arena *a, const char *dir, struct str account, struct str named);
/* DIR/FOLDER/NAME.json. */
struct str authstate_file(struct arena *a, const char *dir, const char *folder,
			  struct str account);
/* 1; 0: no such file (*out is empty); -1. The caller wipes *out. */
int authstate_load(const char *path, struct authstate *out, struct err *err);
/* Makes its folder and writes it. 1 or -1. */
int authstate_save(const char *path, const struct authstate *s, struct err *err);
/* One process at a time changes the file: waits up to 40 s. Close *fd to let go. 1 or -1. */
int authstate_lock(const char *path, int *fd, struct err *err);

#endif
