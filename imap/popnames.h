/* popnames: the names an archive knows of a drop, and the UIDs it gave them.
 *
 * Memory: names live until popnames_free.
 */
#ifndef POPNAMES_H
#define POPNAMES_H

#include "arena.h"
#include "popfetch.h"

struct popnames {
	struct arena arena;
	struct popnames_entry *list; /* after popnames_sort by name, UID */
	size_t n;
	bool uidl;     /* some were given by the server */
	uint32_t next; /* a UID that was never used; the owner sets it */
};

/* Adds one. */
void popnames_add(struct popnames *p, uint32_t uid, struct str name);
/* All were added. */
void popnames_sort(struct popnames *p);
/* Gives each message its UID, those with new names the next ones, which are added to *fresh;
 * the messages are then in the order of their UIDs. All UIDs are added to *seen. 1; 0: no UID is
 * left. */
int popnames_number(struct popnames *p, struct popmail *mails, size_t n, struct uidset *seen,
		    struct uidset *fresh);
void popnames_free(struct popnames *p);

#endif
