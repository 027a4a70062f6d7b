#include "person.h"

const struct person person_owner = {.rights = PERSON_OWNER, .all_accounts = true};

bool person_may(const struct person *p, unsigned rights)
{
	return (p->rights & rights) == rights;
}
