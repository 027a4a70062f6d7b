#define _GNU_SOURCE
#include "confine.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <pwd.h>
#include <seccomp.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

int confine_user(const char *name, struct err *err)
{
	const struct passwd *p = getpwnam(name);
	if (p == NULL)
		return err_set(err, ERR_DENIED, "there is no user '%s'", name);
	if (getuid() == p->pw_uid && geteuid() == p->pw_uid)
		return 1;
	if (initgroups(name, p->pw_gid) < 0 || setresgid(p->pw_gid, p->pw_gid, p->pw_gid) < 0 ||
	    setresuid(p->pw_uid, p->pw_uid, p->pw_uid) < 0)
		return err_errno(err, ERR_DENIED, "cannot become user '%s'", name);
	if (p->pw_uid && setuid(0) == 0)
		return err_set(err, ERR_DENIED, "user '%s' can become root again", name);
	return 1;
}

/* ---- files ---- */

#define CHANGES \
	(LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR | \
	 LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_CHAR | \
	 LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG | \
	 LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO | \
	 LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_MAKE_SYM)

/* Of these what a server does: no devices, pipes, sockets or symbolic links. */
#define ALLOWED \
	(LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR | \
	 LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_DIR | \
	 LANDLOCK_ACCESS_FS_MAKE_REG)
#define EVERYTHING \
	(CHANGES | LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_READ_FILE | \
	 LANDLOCK_ACCESS_FS_READ_DIR)

/* 1, 0 no such file, or -1. */
static int allow(int rules, const char *path, struct err *err)
{
	struct stat st;
	int fd = open(path, O_PATH | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0) {
		int why = errno;
		if (fd >= 0)
			close(fd);
		errno = why;
		return why == ENOENT ? 0 : err_errno(err, ERR_DENIED, "cannot open '%s'", path);
	}
	struct landlock_path_beneath_attr rule = {
		.allowed_access = S_ISDIR(st.st_mode) ? ALLOWED : LANDLOCK_ACCESS_FS_WRITE_FILE,
		.parent_fd = fd};
	long r = syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
	if (r < 0)
		err_errno(err, ERR_DENIED, "cannot allow '%s'", path);
	close(fd);
	return r < 0 ? -1 : 1;
}

/* 1 with *rules open; 0 the kernel has no Landlock; -1. */
static int begin(int *rules, uint64_t handled, struct err *err)
{
	struct landlock_ruleset_attr attr = {.handled_access_fs = handled};
	*rules = (int)syscall(SYS_landlock_create_ruleset, &attr, sizeof attr, 0);
	if (*rules >= 0)
		return 1;
	return errno == ENOSYS || errno == EOPNOTSUPP
		       ? 0
		       : err_errno(err, ERR_DENIED, "cannot confine files");
}

/* Closes the rules. 1 or -1. */
static int enforce(int rules, struct err *err)
{
	int r = 1;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	    syscall(SYS_landlock_restrict_self, rules, 0) < 0)
		r = err_errno(err, ERR_DENIED, "cannot confine files");
	close(rules);
	return r;
}

int confine_files(const char *const *writable, size_t n, struct err *err)
{
	int rules;
	int r = begin(&rules, CHANGES, err);
	if (r < 1)
		return r;
	for (size_t i = 0; r >= 0 && i < n; i++)
		r = allow(rules, writable[i], err);
	if (r < 0) {
		close(rules);
		return -1;
	}
	return enforce(rules, err);
}

int confine_no_files(struct err *err)
{
	int rules;
	int r = begin(&rules, EVERYTHING, err);
	return r < 1 ? r : enforce(rules, err);
}

/* ---- system calls ---- */

#if defined(__SANITIZE_ADDRESS__)
#define WATCHED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define WATCHED 1
#endif
#endif

/* Not truncate: before Linux 6.2 Landlock does not see it. */
static const char *const calls[] = {
	/* bytes */
	"read", "write", "readv", "writev", "pread64", "pwrite64", "preadv", "pwritev", "preadv2",
	"pwritev2", "lseek", "sendfile", "splice", "copy_file_range",
	/* files */
	"open", "openat", "close", "close_range", "stat", "fstat", "lstat", "newfstatat", "statx",
	"access", "faccessat", "faccessat2", "readlink", "readlinkat", "getcwd", "getdents",
	"getdents64", "ftruncate", "fallocate", "fadvise64", "fsync", "fdatasync",
	"sync_file_range", "syncfs", "rename", "renameat", "renameat2", "unlink", "unlinkat",
	"link", "linkat", "mkdir", "mkdirat", "rmdir", "chmod", "fchmod", "fchmodat", "fchown",
	"flock", "fcntl", "dup", "dup2", "dup3", "pipe", "pipe2", "utimensat", "umask", "statfs",
	"fstatfs", "ioctl",
	/* memory */
	"mmap", "munmap", "mprotect", "mremap", "madvise", "brk", "msync", "mlock", "munlock",
	"membarrier", "memfd_create", "mincore",
	/* signals, threads, children */
	"rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "rt_sigtimedwait", "rt_sigsuspend",
	"rt_sigpending", "sigaltstack", "kill", "tkill", "tgkill", "clone", "clone3", "fork",
	"vfork", "wait4", "waitid", "exit", "exit_group", "set_tid_address", "set_robust_list",
	"get_robust_list", "rseq", "futex", "sched_yield", "sched_getaffinity",
	"sched_setaffinity", "sched_getparam", "sched_getscheduler", "sched_setscheduler",
	"setpriority", "getpriority", "restart_syscall",
	/* oneself */
	"gettid", "getpid", "getppid", "getpgid", "getpgrp", "setpgid", "setsid", "getuid",
	"geteuid", "getgid", "getegid", "getresuid", "getresgid", "getgroups", "prctl",
	"arch_prctl", "prlimit64", "getrlimit", "setrlimit", "getrusage", "times", "sysinfo",
	"uname", "getcpu",
	/* time and chance */
	"clock_gettime", "clock_getres", "clock_nanosleep", "nanosleep", "gettimeofday", "time",
	"timerfd_create", "timerfd_settime", "timerfd_gettime", "alarm", "setitimer", "getitimer",
	"getrandom",
	/* sockets */
	"poll", "ppoll", "select", "pselect6", "epoll_create", "epoll_create1", "epoll_ctl",
	"epoll_wait", "epoll_pwait", "epoll_pwait2", "eventfd", "eventfd2", "socket",
	"socketpair", "connect", "accept", "accept4", "bind", "listen", "getsockname",
	"getpeername", "setsockopt", "getsockopt", "sendto", "recvfrom", "sendmsg", "recvmsg",
	"sendmmsg", "recvmmsg", "shutdown",
	/* a reader of documents that died is started anew, and gives up still more */
	"landlock_create_ruleset", "landlock_add_rule", "landlock_restrict_self", "seccomp",
	"pidfd_open",
#ifdef WATCHED
	"ptrace", "process_vm_readv", /* the search for leaks at the end */
#endif
};

/* What RLIMIT_DATA does not count: memory that is shared, or a stack's. */
#define UNCOUNTED (MAP_SHARED | MAP_GROWSDOWN)

/* The names as a filter that is not loaded yet, or NULL. counted: only memory that is. */
static scmp_filter_ctx allowing(const char *const *names, size_t n, bool counted)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	int r = filter ? 0 : -1;
	for (size_t i = 0; r == 0 && i < n; i++) {
		int number = seccomp_syscall_resolve_name(names[i]);
		/* Some are not there on every machine. */
		if (number >= 0 && number == SCMP_SYS(mmap) && counted)
			r = seccomp_rule_add(filter, SCMP_ACT_ALLOW, number, 1,
					     SCMP_A3(SCMP_CMP_MASKED_EQ, UNCOUNTED, 0));
		else if (number >= 0)
			r = seccomp_rule_add(filter, SCMP_ACT_ALLOW, number, 0);
	}
	if (r == 0)
		return filter;
	seccomp_release(filter);
	return NULL;
}

int confine_calls(struct err *err)
{
	scmp_filter_ctx filter = allowing(calls, sizeof calls / sizeof *calls, false);
	if (filter == NULL)
		return err_set(err, ERR_DENIED, "cannot confine system calls");
	int r = seccomp_load(filter);
	seccomp_release(filter);
	errno = -r;
	return r == 0 ? 1 : err_errno(err, ERR_DENIED, "cannot confine system calls");
}

struct confine_filter {
	struct sock_fprog program;
	struct sock_filter steps[];
};

/* The program that libseccomp writes into a file. 1 or -1. */
static int export(scmp_filter_ctx filter, int fd, struct confine_filter **out)
{
	struct stat st;
	if (seccomp_export_bpf(filter, fd) < 0 || fstat(fd, &st) < 0 || st.st_size <= 0)
		return -1;
	size_t n = (size_t)st.st_size;
	struct confine_filter *f = err_alloc(sizeof *f + n);
	if (pread(fd, f->steps, n, 0) != (ssize_t)n) {
		free(f);
		return -1;
	}
	f->program.len = (unsigned short)(n / sizeof *f->steps);
	f->program.filter = f->steps;
	*out = f;
	return 1;
}

int confine_filter(struct confine_filter **out, const char *const *names, size_t n,
		   struct err *err)
{
	scmp_filter_ctx filter = allowing(names, n, true);
	int fd = memfd_create("filter", MFD_CLOEXEC);
	int r = filter && fd >= 0 ? export(filter, fd, out) : -1;
	if (fd >= 0)
		close(fd);
	if (filter)
		seccomp_release(filter);
	return r > 0 ? 1 : err_set(err, ERR_DENIED, "cannot confine system calls");
}

int confine_enter(const struct confine_filter *f)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &f->program) < 0)
		return -1;
	return 1;
}
