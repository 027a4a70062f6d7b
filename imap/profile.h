/* profile: what is known of providers and of server software, in one table.
 *
 * What: how large the commands may be, how many, how often; what a server does badly.
 * Source: measured with Dovecot, Cyrus and Courier; else the providers' pages and public bug
 *   reports. Where nothing is known the value is that of an unknown server, which is careful.
 * Shape: a row is chosen by the host's name, else by a word of the greeting or the ID answer,
 *   else by a capability; `profile` in the configuration names one. docs/harvest.md shows the
 *   table; a test compares them.
 */
#ifndef PROFILE_H
#define PROFILE_H

#include "buf.h"

struct profile {
	const char *name;
	const char *hosts;      /* patterns, separated by SP */
	const char *words;      /* of the greeting or ID, separated by '|' */
	const char *capability;
	unsigned line;          /* bytes of a command at most */
	unsigned window;        /* UIDs in a FETCH of messages */
	unsigned depth;         /* of those in flight */
	unsigned idle;          /* seconds until IDLE is said anew */
	unsigned rest;          /* milliseconds before a mailbox is opened */
	unsigned budget;        /* million bytes a day, 0: no limit */
	bool needs_id;          /* ID before the first mailbox, announced or not */
	bool no_size;           /* RFC822.SIZE makes it read all messages: not asked for */
	bool no_parts;          /* BODY[]<0.10> cannot be trusted: not asked for */
	bool only_retr;         /* POP3: messages are not fetched by TOP */
};

/* The row for a server; `about` is its greeting and its answer to ID. Never NULL. */
const struct profile *profile_find(struct str host, struct str about, struct str capabilities);
/* The row of that name, or NULL. */
const struct profile *profile_named(struct str name);
/* Appends the table as it stands in docs/harvest.md. */
void profile_table(struct buf *out);

#endif
