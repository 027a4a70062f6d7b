/* harvest: the front door of the harvester. IMAP and POP3 accounts -> archive.
 *
 * What: one child process per account talks to the server and sends what it finds to the
 *   parent, the archive's one writer (feed.h). Only UID commands, only EXAMINE and PEEK, and
 *   never DELE: nothing on the server is ever changed.
 * Source: RFC 3501, RFC 9051; STARTTLS rules RFC 8314 and RFC 9051 6.2.1; RFC 2971 (ID);
 *   modified UTF-7 RFC 3501 5.1.3.
 * Limits: see struct harvest_account and conn.h.
 * Errors: ERR_NET unreachable or broken off; ERR_DENIED certificate, login, configuration;
 *   ERR_BROKEN archive.
 */
#ifndef HARVEST_H
#define HARVEST_H

#include "archive.h"
#include "authconf.h"
#include "tls.h"

/* AUTO: where the server is another machine. */
enum harvest_compress { HARVEST_COMPRESS_AUTO, HARVEST_COMPRESS_YES, HARVEST_COMPRESS_NO };
enum harvest_tls { HARVEST_TLS_IMPLICIT, HARVEST_TLS_STARTTLS, HARVEST_TLS_NONE };

enum harvest_protocol { HARVEST_IMAP, HARVEST_POP3 };

struct harvest_account {
	struct str name, host, user, ca_file;
	enum harvest_protocol protocol;
	unsigned port;
	enum harvest_tls tls;
	enum harvest_compress compress;
	bool plain_ok;          /* "plaintext = yes": passwords in clear, also beyond loopback */
	struct authconf auth;   /* secrets, mechanisms, pins */
	const struct str *mailboxes; /* patterns, '-' first leaves out; default "*" */
	size_t n_mailboxes;
	uint64_t max_message;   /* bytes; larger ones are refused and recorded; default 1 GiB */
	unsigned timeout;       /* seconds without a byte from the server; default 60 */
	unsigned poll;          /* seconds between looks into all mailboxes; default 300 */
	bool watch;             /* not configured: stay, and wait for new mail */
	bool retry;             /* not configured: also fetch failed UIDs that are not due yet */
	bool dry;               /* not configured: only say what would be fetched */
	int trace;              /* not configured: where the transcript goes, 0: there is none */
};

/* The keys of sheaf.conf that this room understands, for conf_load. */
extern const char *const harvest_keys[];
/* Reads "[account …]" sections. 1 or -1 (ERR_DENIED with file and line). */
int harvest_accounts(struct arena *a, const struct conf *c, const struct harvest_account **out,
		     size_t *n_out, struct err *err);

/* Where the account's server is and whom its connection trusts, for conn_open; lives in the
 * arena. */
struct conn_target;
void harvest_target(struct arena *a, const struct harvest_account *ac, struct conn_target *out);

struct harvest_result {
	uint64_t fetched, stored, copies, flags, vanished, failed, refused;
	uint64_t linked;  /* copies recorded without their bytes: known under other UIDs */
	uint64_t waiting; /* failed before, not tried: it is not time yet */
	uint64_t bytes;
	uint64_t would, would_bytes; /* with dry: messages that would be fetched */
	unsigned mailboxes, mailboxes_failed;
	struct err err; /* why the account stopped; ERR_NONE: it did not */
};
/* Harvests the accounts, one child each, until there is nothing new; r[i] tells of account i.
 * With dry accounts the archive may be open for reading only. Returns the number of accounts that
 * stopped early, or -1 (*err): ERR_BROKEN the archive
 * failed; ERR_LATER proc_stopped() (what had come is committed). */
int harvest_run(struct archive *ar, const struct harvest_account *accounts, size_t n,
		struct harvest_result *r, bool progress, struct err *err);

#endif
