/* session: one authenticated conversation with an IMAP server.
 *
 * What: greeting, STARTTLS, capabilities, login, tags, sending commands, receiving responses.
 *   Policy (which mailbox, which UID) is elsewhere.
 * Source: RFC 9051, RFC 3501 (7.1, 11.1), RFC 2971 (ID), RFC 7888 (LITERAL+).
 * Shape: commands are queued and go out when an answer is waited for, so several make one
 *   packet. Every response is pulled by session_next.
 * Errors: ERR_NET broken off, BYE; ERR_INPUT not IMAP (the session is over); ERR_DENIED TLS or
 *   login refused.
 */
#ifndef SESSION_H
#define SESSION_H

#include "conn.h"
#include "harvest.h"
#include "imapparse.h"
#include "profile.h"

struct session;
struct credential;

enum session_kind {
	SESSION_RESP, /* a response */
	SESSION_BODY, /* a message's literal of `size` bytes begins; `data` is the line before it */
	SESSION_DATA  /* a piece of it */
};

/* Valid until the next call of session_next. */
struct session_event {
	enum session_kind kind;
	struct imapparse_resp resp;
	unsigned tag; /* of a tagged response: the command it answers */
	uint64_t size;
	struct str data;
};

/* Connects and logs in. 1 or -1. Close with session_close. */
int session_open(struct session **out, const struct harvest_account *ac,
		 struct credential *cred, struct err *err);
/* Its connection, to ask what protects it. */
const struct conn *session_conn(const struct session *s);
/* What is known of such servers. Never NULL. */
const struct profile *session_profile(const struct session *s);
/* Did the server announce this capability? */
bool session_can(const struct session *s, const char *capability);
/* Did it answer ENABLE with this? QRESYNC stands for CONDSTORE too. */
bool session_enabled(const struct session *s, const char *extension);
/* Are mailbox names UTF-8 here, not modified UTF-7? */
bool session_utf8(const struct session *s);
/* Prefixes of mailboxes that belong to others or to many, each ended by LF (RFC 2342). */
struct str session_foreign(const struct session *s);
/* The most messages one command may name or answer (RFC 9738), 0: no such limit. */
uint32_t session_most(const struct session *s);

/* How many bytes it sent, unpacked. */
uint64_t session_received(const struct session *s);
/* Did it say [THROTTLED] in an OK since this was asked last? */
bool session_throttled(struct session *s);

/* Queues a whole command without its tag and CRLF. Returns its tag. Nothing from outside may go
 * into it but numbers and words of our own. */
unsigned session_send(struct session *s, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* Queues "verb string… " with n strings from outside, as quoted strings or literals. Waits for
 * the server's leave where it must. 1: *tag_out; 0: a string holds a NUL and cannot be sent, or
 * the server refused it; -1. */
int session_send_strings(struct session *s, const char *verb, const struct str *args, size_t n,
			 unsigned *tag_out, struct err *err);
/* Queues bytes as they are: an answer to a continuation request. */
void session_send_raw(struct session *s, struct str bytes);
/* Sends what is queued, and waits for the next event. 1 or -1. */
int session_next(struct session *s, struct session_event *ev, struct err *err);
/* Sends what is queued, and waits at most `ms` for an event to begin. 1 session_next will have
 * it; 0 silence; -1. */
int session_wait(struct session *s, unsigned ms, struct err *err);
/* Reads until the command with that tag has ended; everything else is ignored. 1 OK; 0 NO or
 * BAD (*err says what the server said; ERR_INPUT); -1. */
int session_finish(struct session *s, unsigned tag, struct err *err);
/* Puts "what: the server said 'text'" in *err. Returns -1. */
int session_refused(const struct imapparse_resp *resp, enum err_kind kind, const char *what,
		    struct err *err);
/* From now on the capabilities may be other ones: session_capability asks anew, unless the
 * server says them by itself. */
void session_stale(struct session *s);
/* Learns the capabilities unless they are known. 1 or -1. */
int session_capability(struct session *s, struct err *err);
/* Says LOGOUT when the connection is well (without waiting), and closes. Accepts NULL. */
void session_close(struct session **s);

#endif
