/* popsession: one authenticated conversation with a POP3 server.
 *
 * What: greeting, STLS, CAPA, login, sending commands, receiving answers, QUIT. Which message is
 *   wanted is elsewhere.
 * Source: RFC 1939, RFC 2449 (CAPA), RFC 2595 4 (STLS), RFC 3206 (response codes), RFC 5034,
 *   RFC 6856 (UTF8: mail as it is).
 * Shape: commands are queued and go out when an answer is waited for; answers come in the order
 *   of the commands. Only what reads is ever sent: never DELE, and so never RSET.
 * Errors: ERR_NET broken off; ERR_INPUT not POP3 (the session is over); ERR_DENIED TLS or login
 *   refused; ERR_LATER the drop is in use, or it is too early for another login.
 */
#ifndef POPSESSION_H
#define POPSESSION_H

#include "conn.h"
#include "harvest.h"
#include "popparse.h"

struct popsession;
struct credential;

/* Connects and logs in. *delay gets the seconds that must lie between two logins, as far as the
 * server said, also when this one fails. 1 or -1. Close with popsession_close. */
int popsession_open(struct popsession **out, const struct harvest_account *ac,
		    struct credential *cred, unsigned *delay, struct err *err);
/* Its connection, to ask what protects it. */
const struct conn *popsession_conn(const struct popsession *s);
/* Did the server announce this capability? *args is what stands behind its name; may be NULL. */
bool popsession_can(const struct popsession *s, const char *capability, struct str *args);
/* Did it announce any? Old servers know no CAPA. */
bool popsession_told(const struct popsession *s);

/* Queues a command without its CRLF. Nothing from outside may go into it but numbers and words
 * of our own; a secret is wiped behind it. */
void popsession_send(struct popsession *s, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* Queues bytes as they are. */
void popsession_send_raw(struct popsession *s, struct str bytes);
/* Sends what is queued and waits for the next status line. 1 (valid until the next call) or -1. */
int popsession_status(struct popsession *s, struct popparse_status *out, struct err *err);
/* What is queued, and +OK to it. 1; 0 -ERR (*err says what the server said); -1. */
int popsession_finish(struct popsession *s, const char *what, struct err *err);
/* Behind an OK: lines follow. */
void popsession_body(struct popsession *s);
/* The next piece of them, whatever it holds. 1 (until the next call); 0 the end; -1. */
int popsession_piece(struct popsession *s, struct str *piece, struct err *err);
/* The next of them, without its CRLF; only its beginning when it is long. As above. */
int popsession_line(struct popsession *s, struct str *line, struct err *err);
/* Puts "what: the server said 'text'" in *err; its kind is `otherwise` unless the code tells.
 * Returns -1. */
int popsession_refused(const struct popparse_status *st, enum err_kind otherwise, const char *what,
		       struct err *err);
/* Behind an answer's end: could what has come already be the next answer? A server that puts no
 * dots before lines of a message ends it too early, and goes on. */
bool popsession_fits(const struct popsession *s);
/* Notes in the transcript that so many bytes of mail came. */
void popsession_note(struct popsession *s, uint64_t bytes);
/* Says QUIT when the connection is well and no answer is half read, waits a moment for the answer,
 * as until then the drop is locked, and closes. Accepts NULL. */
void popsession_close(struct popsession **s);

#endif
