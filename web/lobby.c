#define _GNU_SOURCE
#include "lobby.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "err.h"
#include "log.h"

struct lobby_guest {
	int fd;
	bool waits; /* we wait for it, it does not wait for us */
	uint64_t since_ms;
	struct lobby_guest *before, *after;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct lobby_guest *first;

struct lobby_guest *lobby_enter(int fd)
{
	struct lobby_guest *g = err_alloc(sizeof *g);
	*g = (struct lobby_guest){.fd = fd, .waits = true, .since_ms = log_now_ms()};
	pthread_mutex_lock(&lock);
	g->after = first;
	if (first)
		first->before = g;
	first = g;
	pthread_mutex_unlock(&lock);
	return g;
}

static void set(struct lobby_guest *g, bool waits)
{
	if (g == NULL)
		return;
	pthread_mutex_lock(&lock);
	g->waits = waits;
	g->since_ms = log_now_ms();
	pthread_mutex_unlock(&lock);
}

void lobby_serve(struct lobby_guest *g)
{
	set(g, false);
}

void lobby_return(struct lobby_guest *g)
{
	set(g, true);
}

void lobby_leave(struct lobby_guest *g)
{
	if (g == NULL)
		return;
	pthread_mutex_lock(&lock);
	if (g->before)
		g->before->after = g->after;
	else
		first = g->after;
	if (g->after)
		g->after->before = g->before;
	pthread_mutex_unlock(&lock);
	free(g);
}

/* The socket cannot be closed, and its number be another's, while the lock is held. */
unsigned lobby_sweep(uint64_t limit_ms)
{
	unsigned n = 0;
	uint64_t now = log_now_ms();
	pthread_mutex_lock(&lock);
	for (struct lobby_guest *g = first; g; g = g->after) {
		if (!g->waits || now - g->since_ms <= limit_ms)
			continue;
		shutdown(g->fd, SHUT_RDWR);
		g->waits = false;
		n++;
	}
	pthread_mutex_unlock(&lock);
	return n;
}
