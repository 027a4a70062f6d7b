/* A child that was taken over tries what it must not do, in the confinement of every child. */
#define _GNU_SOURCE
#include "zygote.h"

#include "document.h"
#include "t.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SECONDS = 1 };

static pid_t tester;

/* Each says "refused", or what it could do. */
static const char *verdict(bool refused)
{
	return refused ? "refused" : "DONE";
}

static const char *try_inet(void)
{
	return verdict(socket(AF_INET, SOCK_STREAM, 0) < 0 && socket(AF_INET6, SOCK_DGRAM, 0) < 0);
}

static const char *try_local(void)
{
	int pair[2];
	return verdict(socket(AF_UNIX, SOCK_STREAM, 0) < 0 &&
		       socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0);
}

static const char *try_read(void)
{
	return verdict(open("/etc/passwd", O_RDONLY) < 0 && open("/proc/self/mem", O_RDWR) < 0 &&
		       open(".", O_RDONLY) < 0);
}

static const char *try_write(void)
{
	return verdict(open("/tmp/sheaf-not-to-be", O_WRONLY | O_CREAT, 0600) < 0 &&
		       mkdir("/tmp/sheaf-not-to-be", 0700) < 0 && unlink("/tmp/x") < 0 &&
		       errno != ENOENT);
}

static const char *try_fork(void)
{
	return verdict(fork() < 0 && vfork() < 0 &&
		       syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL) < 0);
}

static const char *try_exec(void)
{
	char *const argv[] = {"true", NULL};
	execv("/bin/true", argv);
	return verdict(errno == EPERM);
}

static const char *try_kill(void)
{
	return verdict(kill(getppid(), SIGKILL) < 0 && kill(tester, SIGTERM) < 0 &&
		       ptrace(PTRACE_ATTACH, tester, NULL, NULL) < 0);
}

static const char *try_descriptors(void)
{
	char c = 'x';
	struct stat st;
	for (int fd = 3; fd < 100; fd++)
		if (write(fd, &c, 1) >= 0 || fstat(fd, &st) == 0)
			return "DONE";
	return "refused";
}

static const char *try_limits(void)
{
	struct rlimit all = {RLIM_INFINITY, RLIM_INFINITY};
	return verdict(setrlimit(RLIMIT_DATA, &all) < 0 && setrlimit(RLIMIT_CPU, &all) < 0);
}

static bool had(int kind)
{
	size_t n = 0, step = (size_t)1 << 20;
	for (char *p; n < ((size_t)1 << 28); n += step) {
		p = mmap(NULL, step, PROT_READ | PROT_WRITE, kind | MAP_ANONYMOUS, -1, 0);
		if (p == MAP_FAILED)
			return false;
		memset(p, 1, step);
	}
	return true;
}

/* The limit on memory counts neither shared memory nor stacks. */
static const char *try_memory(void)
{
	return verdict(!had(MAP_PRIVATE) && !had(MAP_SHARED) && !had(MAP_SHARED_VALIDATE) &&
		       !had(MAP_PRIVATE | MAP_GROWSDOWN));
}

static const char *try_complaints(void)
{
	static char block[65536];
	size_t n = 0;
	for (int i = 0; i < 1000; i++) {
		ssize_t r = write(STDERR_FILENO, block, sizeof block);
		n += r > 0 ? (size_t)r : 0;
	}
	return verdict(n <= 1 << 20);
}

static const char *try_crash(void)
{
	__builtin_trap();
}

static const char *try_loop(void)
{
	for (volatile unsigned i = 0;; i++)
		;
	return "DONE";
}

static const char *try_sleep(void)
{
	int never = 0;
	for (;;)
		syscall(SYS_futex, &never, 0, 0, NULL, NULL, 0);
	return "DONE";
}

/* Memory that the tester shares with everybody it forks. */
static char *common;

static const char *try_shared(void)
{
	unsigned char there;
	return verdict(mincore(common, 1, &there) < 0 && write(STDERR_FILENO, common, 1) < 0 &&
		       errno == EFAULT);
}

/* Where the document stands, and the memory that all have in common. */
static const char *document;
static void *sheet;

static const char *try_leftovers(void)
{
	for (size_t i = 0; i < 64; i++)
		if (document[i])
			return "DONE";
	return "refused";
}

/* What the tester wrote down for itself: how long the document is. */
static const char *try_length(void)
{
	*(size_t *)sheet = SIZE_MAX / 2;
	return "refused";
}

static const char *try_nothing(void)
{
	return "refused";
}

static const struct attempt {
	const char *name;
	const char *(*run)(void);
} attempts[] = {
	{"inet", try_inet}, {"local", try_local}, {"read", try_read}, {"write", try_write},
	{"fork", try_fork}, {"exec", try_exec}, {"kill", try_kill},
	{"descriptors", try_descriptors}, {"limits", try_limits}, {"memory", try_memory},
	{"complaints", try_complaints}, {"shared", try_shared}, {"length", try_length},
	{"nothing", try_nothing},
};
static const struct attempt deaths[] = {
	{"crash", try_crash}, {"loop", try_loop}, {"sleep", try_sleep},
};
static const struct attempt leftovers = {"leftovers", try_leftovers};

static void work(struct board *b, const struct extract_document *d)
{
	document = d->bytes.p;
	if (str_eq(d->name, str_of(leftovers.name)))
		board_text(b, str_of(leftovers.run()));
	for (size_t i = 0; i < sizeof attempts / sizeof *attempts; i++)
		if (str_eq(d->name, str_of(attempts[i].name)))
			board_text(b, str_of(attempts[i].run()));
	for (size_t i = 0; i < sizeof deaths / sizeof *deaths; i++)
		if (str_eq(d->name, str_of(deaths[i].name))) {
			board_text(b, STR("so far"));
			board_text(b, str_of(deaths[i].run()));
		}
}

static struct str said(const struct zygote *z)
{
	const struct board *b = zygote_board(z);
	return (struct str){b->text, (size_t)b->n};
}

/* With and without tesseract; its languages count as the children's memory. */
static void refuse(struct zygote_duty duty)
{
	struct zygote z;
	struct zygote_end end;
	struct err err = {0};
	T(zygote_init(&z, &duty, &err) == 1);
	sheet = z.sheet;
	for (size_t i = 0; i < sizeof attempts / sizeof *attempts; i++) {
		struct extract_document d = {.name = str_of(attempts[i].name)};
		T(zygote_run(&z, &d, &end, &err) == 1);
		printf("%s: %.*s\n", attempts[i].name, STR_ARG(said(&z)));
		T_STR(said(&z), STR("refused"));
		T(end.signal == 0 && !end.late && zygote_board(&z)->done);
	}
	zygote_free(&z);
}

static void survive(struct zygote *z)
{
	struct zygote_end end;
	struct err err = {0};
	for (size_t i = 0; i < sizeof deaths / sizeof *deaths; i++) {
		struct extract_document d = {.name = str_of(deaths[i].name)};
		T(zygote_run(z, &d, &end, &err) == 1);
		T_STR(said(z), STR("so far"));
		T(!zygote_board(z)->done);
		T(end.late == (i > 0) && end.signal != 0);
	}
	T(access("/tmp/sheaf-not-to-be", F_OK) < 0);
}

/* Nothing of a document is left for the next reader, large or small. */
static void forget(struct zygote *z)
{
	static char bytes[3 << 20];
	struct zygote_end end;
	struct err err = {0};
	memset(bytes, 'x', sizeof bytes);
	for (size_t n = sizeof bytes; n; n >>= 11) {
		struct extract_document first = {.name = STR("nothing"), .bytes = {bytes, n}};
		struct extract_document next = {.name = str_of(leftovers.name)};
		T(zygote_run(z, &first, &end, &err) == 1);
		T(zygote_run(z, &next, &end, &err) == 1);
		T_STR(said(z), STR("refused"));
	}
}

/* Who stops the whole group (a terminal, systemd) does not make a document one that crashes. */
static void ignore_stops(struct zygote *z)
{
	struct extract_document d = {.name = STR("sleep")};
	struct zygote_end end;
	struct err err = {0};
	T(getpgrp() == getpid() || setpgid(0, 0) == 0);
	proc_kill(&z->p); /* the next one is of this group */
	signal(SIGTERM, SIG_IGN);
	pid_t stopper = fork();
	if (stopper == 0) {
		while (!str_eq(said(z), STR("so far")))
			sched_yield();
		_exit(kill(0, SIGTERM) < 0);
	}
	T(zygote_run(z, &d, &end, &err) == 1);
	T(end.late && end.signal == SIGKILL);
	T(waitpid(stopper, NULL, 0) == stopper);
	signal(SIGTERM, SIG_DFL);
}

/* A zygote that is gone is missed once, and then there is another. */
static void begin_anew(struct zygote *z)
{
	struct extract_document d = {.name = STR("nothing")};
	struct zygote_end end;
	struct err err = {0};
	pid_t first = z->p.pid;
	T(first > 0 && kill(first, SIGKILL) == 0);
	siginfo_t info;
	T(waitid(P_PID, (id_t)first, &info, WEXITED | WNOWAIT) == 0);
	T(zygote_run(z, &d, &end, &err) == 0);
	T(zygote_run(z, &d, &end, &err) == 1);
	T_STR(said(z), STR("refused"));
	T(z->p.pid > 0 && z->p.pid != first);
}

/* What cannot be loaded is told. */
static void fail_to_load(struct zygote_duty duty)
{
	struct zygote z;
	struct zygote_end end;
	struct err err = {0};
	struct extract_document d = {.name = STR("nothing")};
	duty.from = STR("no_such");
	T(zygote_init(&z, &duty, &err) == 1);
	T(zygote_run(&z, &d, &end, &err) == 0);
	T(strstr(zygote_board(&z)->why, "no language 'no_such'"));
	zygote_free(&z);
}

int main(void)
{
	struct zygote z;
	struct err err = {0};
	struct zygote_duty duty = {.work = work, .limits = extract_usual};
	tester = getpid();
	common = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	T(common != MAP_FAILED);
	refuse(duty);
	duty.limits.seconds = SECONDS;
	T(zygote_init(&z, &duty, &err) == 1);
	sheet = z.sheet;
	survive(&z);
	forget(&z);
	ignore_stops(&z);
	begin_anew(&z);
	zygote_free(&z);
	duty = (struct zygote_duty){.load = document_load, .work = work,
				    .limits = extract_usual, .from = STR("eng"),
				    .pictures = true};
	refuse(duty);
	fail_to_load(duty);
	T(wait(NULL) < 0 && errno == ECHILD);
	return t_done();
}
