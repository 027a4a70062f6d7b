#include "t.h"

#include "proc.h"

#include <poll.h>
#include <signal.h>
#include <unistd.h>

static int answer(void *arg, int fd)
{
	int n = *(const int *)arg;
	if (n < 0)
		raise(SIGKILL);
	return write(fd, "hi", 2) == 2 ? n : 99;
}

static void children(void)
{
	struct err err = {0};
	struct proc p[3];
	int want[3] = {0, 7, -1}, seen = 0, status;
	for (int i = 0; i < 3; i++)
		T(proc_start(&p[i], answer, &want[i], &err) == 1);
	char two[2];
	T(read(p[1].fd, two, 2) == 2 && memcmp(two, "hi", 2) == 0);
	for (int k = 0; k < 3; k++) {
		int i = proc_wait_any(p, 3, &status);
		T(i >= 0 && p[i].pid == 0);
		T(i >= 0 && (want[i] < 0 ? status == 256 + SIGKILL : status == want[i]));
		seen |= 1 << i;
	}
	T(seen == 7);
	T(proc_wait_any(p, 3, &status) == -1);
}

static void commands(void)
{
	struct err err = {0};
	char out[8];
	T(proc_output("echo secret; echo more", out, sizeof out, &err) == 1);
	T(strcmp(out, "secret") == 0);
	T(proc_output("exit 3", out, sizeof out, &err) == -1 && err.kind == ERR_DENIED);
	T(proc_output("true", out, sizeof out, &err) == -1);
}

static int wait_for_stop(void *arg, int fd)
{
	(void)arg;
	proc_catch_stop();
	if (write(fd, "hi", 2) != 2)
		return 99;
	for (int i = 0; i < 1000 && !proc_stopped(); i++)
		poll(NULL, 0, 10);
	return proc_stopped() ? 5 : 98;
}

static void asking(void)
{
	struct err err = {0};
	struct proc p = {0, -1};
	char two[2];
	proc_ask(&p);
	T(proc_start(&p, wait_for_stop, NULL, &err) == 1);
	T(read(p.fd, two, 2) == 2);
	proc_ask(&p);
	T(proc_wait(&p) == 5);
}

static void reloading(void)
{
	proc_catch_reload();
	T(!proc_reload());
	raise(SIGHUP);
	T(proc_reload());
	T(!proc_reload());
}

int main(void)
{
	asking();
	reloading();
	children();
	commands();
	T(proc_cores() >= 1);
	proc_catch_stop();
	T(!proc_stopped());
	raise(SIGTERM);
	T(proc_stopped());
	return t_done();
}
