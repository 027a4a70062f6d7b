#define _GNU_SOURCE
#include "lobby.h"
#include "t.h"

#include <stdbool.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static void wait_ms(long ms)
{
	nanosleep(&(struct timespec){ms / 1000, ms % 1000 * 1000000}, NULL);
}

/* Was the other end shut down? */
static bool cut(int fd)
{
	char c;
	return recv(fd, &c, 1, MSG_DONTWAIT) == 0;
}

int main(void)
{
	struct lobby_guest *g[3];
	int fd[3][2];
	for (int i = 0; i < 3; i++) {
		T(socketpair(AF_UNIX, SOCK_STREAM, 0, fd[i]) == 0);
		g[i] = lobby_enter(fd[i][0]);
	}
	T(lobby_sweep(60000) == 0);
	lobby_serve(g[1]);
	lobby_serve(g[2]);
	wait_ms(1100);
	lobby_return(g[2]);
	/* The first waited all the time, the second is served, the third has just come back. */
	T(lobby_sweep(1000) == 1);
	T(cut(fd[0][1]) && !cut(fd[1][1]) && !cut(fd[2][1]));
	wait_ms(1100);
	lobby_leave(g[1]);
	T(lobby_sweep(1000) == 1);
	T(!cut(fd[1][1]) && cut(fd[2][1]));
	lobby_leave(g[0]);
	lobby_leave(g[2]);
	lobby_leave(NULL);
	lobby_serve(NULL);
	lobby_return(NULL);
	T(lobby_sweep(0) == 0);
	for (int i = 0; i < 3; i++) {
		close(fd[i][0]);
		close(fd[i][1]);
	}
	return t_done();
}
