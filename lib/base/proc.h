/* proc: child processes, one per duty.
 *
 * What: forked workers with a pipe or socket to the parent, that die with it.
 * Memory: the handle is the caller's plain struct.
 * Errors: ERR_BROKEN when the system refuses.
 */
#ifndef PROC_H
#define PROC_H

#include "err.h"
#include "str.h"

#include <stdbool.h>
#include <sys/types.h>

struct proc {
	pid_t pid; /* 0: none */
	int fd;    /* parent's end of a stream socket pair, or -1 */
};

/* Forks and runs run(arg, fd) in the child, whose exit status is what run returns (0..255).
 * The child is killed when the parent dies. fd is the child's end of the socket pair; other
 * descriptors of the parent stay open in it. 1 or -1. */
int proc_start(struct proc *p, int (*run)(void *arg, int fd), void *arg, struct err *err);
/* Waits for it and closes fd. Returns the exit status 0..255, or 256 + the
 * signal that killed it. */
int proc_wait(struct proc *p);
/* Waits for any of n running children. Returns its index and sets *status as proc_wait does;
 * -1 when none is running. */
int proc_wait_any(struct proc *ps, size_t n, int *status);
/* Sends SIGKILL and waits. Accepts a proc that is not running. */
void proc_kill(struct proc *p);
/* Asks it to stop (SIGTERM), and does not wait. Accepts a proc that is not running. */
void proc_ask(const struct proc *p);
/* Does a process of that id live? One that only waits to be waited for does not. */
bool proc_lives(pid_t pid);
/* Runs this program anew with other arguments (ended by NULL), standard input empty and no other
 * descriptor of ours but output and errors. Safe with threads about. *pid_out is the caller's to
 * wait for. 1 or -1. */
int proc_self(char *const argv[], pid_t *pid_out, struct err *err);
/* Number of processors this process may use, at least 1. */
unsigned proc_cores(void);
/* Bytes of memory of its own this process may still take from now on, over what it has; files that
 * it maps to read do not count. 1 or -1. */
int proc_limit_memory(size_t bytes, struct err *err);
/* Runs a shell command and returns the first line of its output in *out (NUL-terminated, at
 * most n-1 bytes). 1; -1 when it fails, prints nothing, or takes longer than 30 s. */
int proc_output(const char *command, char *out, size_t n, struct err *err);
/* SIGTERM and SIGINT from now on only set this flag; SIGPIPE is ignored. 2: asked again, somebody
 * is in a hurry. */
void proc_catch_stop(void);
int proc_stopped(void);
/* SIGHUP from now on only sets a flag, which proc_reload takes back: did it come since? */
void proc_catch_reload(void);
int proc_reload(void);

#endif
