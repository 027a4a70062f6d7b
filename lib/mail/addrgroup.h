/* addrgroup: the groups in an address field.
 *
 * Source: RFC 5322, 3.4: "Team: a@x, b@x;, c@x". What is malformed ends with the field.
 * Shape: pure; splits, and leaves the addresses to mail_addresses.
 */
#ifndef ADDRGROUP_H
#define ADDRGROUP_H

#include "arena.h"

struct addrgroup {
	struct str name;    /* decoded; "" for addresses that are in no group */
	struct str members; /* as they stand, borrowed */
};

/* The groups, and the runs between them, of a raw field value, in the arena. Runs without anything
 * are left out. Returns how many. */
size_t addrgroup_split(struct arena *a, struct str raw, const struct addrgroup **out);

#endif
