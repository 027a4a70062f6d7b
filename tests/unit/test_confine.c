#define _GNU_SOURCE
#include "confine.h"
#include "proc.h"
#include "t.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/personality.h>
#include <sys/stat.h>
#include <unistd.h>

static char inside[4096], outside[4096];

/* May this file be made? 0, or errno. */
static int make(const char *dir)
{
	char path[4200];
	snprintf(path, sizeof path, "%s/file", dir);
	int fd = open(path, O_WRONLY | O_CREAT, 0600);
	if (fd < 0)
		return errno;
	close(fd);
	return 0;
}

/* What a server never makes, and cutting off what it may not write to. 0, or which was possible. */
static int odd_files(void)
{
	char path[4200];
	snprintf(path, sizeof path, "%s/odd", inside);
	if (symlink("/etc/passwd", path) == 0 || errno != EPERM)
		return 1;
	if (mkfifo(path, 0600) == 0 || errno != EPERM)
		return 2;
	snprintf(path, sizeof path, "%s/kept", outside);
	return truncate(path, 0) == 0 || errno != EPERM ? 3 : 0;
}

/* What must fail, and what must not, in a process that is confined. */
static int confined(void *arg, int fd)
{
	struct err err;
	char *const argv[] = {"true", NULL};
	const char *const writable[] = {inside, "/not/there"};
	(void)arg;
	(void)fd;
	int files = confine_files(writable, 2, &err);
	if (files < 0 || confine_calls(&err) < 0)
		return 1;
	if (make(inside) != 0)
		return 2;
	if (files == 1 && make(outside) != EACCES)
		return 3;
	if (files == 1 && (mkdir("/tmp/sheaf-not-to-be", 0700) == 0 || errno != EACCES))
		return 4;
	execv("/bin/true", argv);
	if (errno != EPERM)
		return 5;
	if (mount("none", outside, "tmpfs", 0, NULL) == 0 || errno != EPERM)
		return 6;
	if (setuid(getuid()) == 0 || errno != EPERM)
		return 7;
	if (personality(0xffffffff) != -1 || errno != EPERM)
		return 8;
	/* What a search needs: children. */
	pid_t pid = fork();
	if (pid == 0)
		_exit(execv("/bin/true", argv) == 0 || errno != EPERM);
	struct proc p = {pid, -1};
	if (pid < 0 || proc_wait(&p) != 0)
		return 9;
	if (access("/etc/passwd", R_OK) != 0)
		return 10;
	if (odd_files() != 0)
		return 11;
	return files == 1 ? 0 : 100;
}

static int nobody(void *arg, int fd)
{
	struct err err;
	(void)arg;
	(void)fd;
	if (confine_user("nobody", &err) < 0)
		return 1;
	if (geteuid() == 0 || setuid(0) == 0 || seteuid(0) == 0)
		return 2;
	return confine_user("root", &err) < 0 ? 0 : 3;
}

int main(void)
{
	struct proc p;
	struct err err = {0};
	const char *top = t_dir();
	snprintf(inside, sizeof inside, "%s/inside", top);
	snprintf(outside, sizeof outside, "%s/outside", top);
	T(mkdir(inside, 0700) == 0 && mkdir(outside, 0700) == 0);
	T(proc_start(&p, confined, NULL, &err) == 1);
	int status = proc_wait(&p);
	printf("confined: %d\n", status);
	if (status == 100)
		printf("NOTE: the kernel has no Landlock\n");
	T(status == 0 || status == 100);
	T(confine_user("no-such-user-here", &err) == -1 && err.kind == ERR_DENIED);
	if (getuid() == 0) {
		T(proc_start(&p, nobody, NULL, &err) == 1);
		status = proc_wait(&p);
		printf("nobody: %d\n", status);
		T(status == 0);
	}
	return t_done();
}
