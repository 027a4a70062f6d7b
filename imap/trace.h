/* trace: a transcript of a conversation, with the secrets cut out.
 *
 * What: lines of text: the process, C or S, what was said. What a client says to log in, and
 *   what a server asks meanwhile, is cut; so are literals, which hold mail.
 * Limits: TRACE_MOST bytes of a line are shown.
 */
#ifndef TRACE_H
#define TRACE_H

#include "str.h"

#define TRACE_MOST 2000

struct trace {
	int fd;        /* 0: there is no transcript */
	bool pop3;     /* it is POP3: there are no tags */
	bool secret;   /* a login is under way */
	char tag[16];  /* of it */
};

/* What is about to be sent: whole lines. */
void trace_client(struct trace *t, struct str bytes);
/* A whole response, with its literals. */
void trace_server(struct trace *t, struct str response);
/* Something that is neither: "* 5000 bytes". */
void trace_note(struct trace *t, const char *what, uint64_t n);

#endif
