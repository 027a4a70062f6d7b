/* who: who answers for a decision that is recorded. */
#ifndef WHO_H
#define WHO_H

#include "str.h"

#define WHO_MOST 256

/* The name given, or else (NULL) the login name of this process, kept in `room`. */
struct str who_is(const char *given, char room[WHO_MOST]);

#endif
