#define _GNU_SOURCE
#include "who.h"

#include <pwd.h>
#include <stdio.h>
#include <unistd.h>

struct str who_is(const char *given, char room[WHO_MOST])
{
	if (given)
		return str_of(given);
	const struct passwd *p = getpwuid(getuid());
	if (p)
		snprintf(room, WHO_MOST, "%s", p->pw_name);
	else
		snprintf(room, WHO_MOST, "uid %u", (unsigned)getuid());
	return str_of(room);
}
