#define _GNU_SOURCE
#include "large.h"

#include <pthread.h>

static pthread_mutex_t place = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;

bool large_enter(uint64_t size)
{
	return size > LARGE_BYTES && pthread_mutex_lock(&place) == 0;
}

void large_leave(bool *held)
{
	if (*held)
		pthread_mutex_unlock(&place);
	*held = false;
}
