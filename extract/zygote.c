#define _GNU_SOURCE
#include "zygote.h"

#include "confine.h"
#include "log.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <malloc.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LABEL = 1024, COMPLAINTS = 256 * 1024, GRACE_MS = 5000, KEPT = 1 << 20 };

/* Who reads pictures has so much more memory, less what the document takes. */
#define SPARE ((size_t)48 << 20)

/* The memory that parent, zygote and child have in common. */
struct sheet {
	size_t n_bytes, n_type, n_name, n_ocr;
	char type[LABEL], name[LABEL], ocr[EXTRACT_LANGUAGES];
	_Alignas(struct board) char board[sizeof(struct board) + ZYGOTE_TEXT];
	char bytes[ZYGOTE_BYTES];
};

static struct board *board_in(const struct zygote *z)
{
	return (struct board *)z->sheet->board;
}

/* Of one that reads memory and writes memory. Files cannot be opened; write is for complaints. */
static const char *const calls[] = {
	"read", "write", "writev", "lseek", "fstat", "close",
	"mmap", "munmap", "mremap", "mprotect", "madvise", "brk",
	"rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "sigaltstack",
	"getpid", "gettid", "getuid", "geteuid", "getgid", "getegid",
	"clock_gettime", "clock_getres", "gettimeofday", "time", "getrandom", "futex",
	"sched_yield", "sched_getaffinity", "getrusage", "rseq", "set_robust_list",
	"restart_syscall", "exit", "exit_group",
};

/* ---- the child ---- */

/* It is forked before there is a document, gives up everything, and waits for the word. */
static _Noreturn void child(struct zygote *z, const struct confine_filter *filter, int word)
{
	struct sheet *s = z->sheet;
	struct rlimit cpu = {z->duty.limits.seconds, z->duty.limits.seconds + 1};
	char c;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (dup2(word, 3) < 0 || close_range(4, ~0U, 0) < 0 ||
	    setrlimit(RLIMIT_CPU, &cpu) < 0 || confine_enter(filter) < 0 || read(3, &c, 1) != 1)
		_exit(1);
	close(3);
	struct extract_document d = {.bytes = {s->bytes, s->n_bytes},
				     .type = {s->type, s->n_type},
				     .name = {s->name, s->n_name},
				     .ocr = {s->ocr, s->n_ocr}};
	z->duty.work(board_in(z), &d);
	board_in(z)->done = 1;
	_exit(0);
}

/* ---- the zygote ---- */

static int set_limits(const struct zygote_duty *d, struct err *err)
{
	struct rlimit none = {0, 0}, file = {COMPLAINTS, COMPLAINTS};
	if (setrlimit(RLIMIT_CORE, &none) < 0 || setrlimit(RLIMIT_FSIZE, &file) < 0)
		return err_errno(err, ERR_BROKEN, "cannot set limits");
	return proc_limit_memory(d->limits.memory + (d->pictures ? SPARE : 0), err);
}

/* Leaves descriptors 0 and 1 on /dev/null, 2 on a file in memory, 3 on the parent. 1 or -1. */
static int tidy(int fd, struct err *err)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	int complaints = memfd_create("complaints", MFD_CLOEXEC);
	if (null < 0 || complaints < 0)
		return err_errno(err, ERR_BROKEN, "cannot open /dev/null");
	/* Above all that is to be laid out anew. */
	int up = fcntl(fd, F_DUPFD_CLOEXEC, 10), file = fcntl(complaints, F_DUPFD_CLOEXEC, 10);
	int empty = fcntl(null, F_DUPFD_CLOEXEC, 10);
	if (up < 0 || file < 0 || empty < 0 || dup2(empty, 0) < 0 || dup2(empty, 1) < 0 ||
	    dup2(file, 2) < 0 || dup3(up, 3, O_CLOEXEC) < 0 || close_range(4, ~0U, 0) < 0)
		return err_errno(err, ERR_BROKEN, "cannot lay out descriptors");
	return 3;
}

/* Lets go of memory that the parent shares with files (a database's, an index's): a child could
 * write there. 1 or -1. */
static int unshare(const struct zygote *z, struct err *err)
{
	char line[512], mode[5];
	unsigned long from, to;
	FILE *f = fopen("/proc/self/maps", "re");
	if (f == NULL)
		return err_errno(err, ERR_BROKEN, "cannot read /proc/self/maps");
	while (fgets(line, sizeof line, f)) {
		if (sscanf(line, "%lx-%lx %4s", &from, &to, mode) != 3 || mode[1] != 'w' ||
		    mode[3] != 's')
			continue;
		if (from <= (uintptr_t)z->sheet && (uintptr_t)z->sheet < to)
			continue; /* ours */
		munmap((void *)from, to - from);
	}
	fclose(f);
	return 1;
}

/* Empties the file of complaints, which children have in common. */
static void forget_complaints(void)
{
	if (lseek(STDERR_FILENO, 0, SEEK_CUR) != 0 &&
	    (lseek(STDERR_FILENO, 0, SEEK_SET) < 0 || ftruncate(STDERR_FILENO, 0) < 0))
		_exit(1);
}

/* What the child, or a library, said before it gave up: that there is no memory; a sanitizer's
 * line. */
static void read_complaints(struct zygote_end *end)
{
	static char text[COMPLAINTS + 1];
	ssize_t n = pread(STDERR_FILENO, text, COMPLAINTS, 0);
	if (n <= 0)
		return;
	text[n] = '\0';
	end->no_memory = strcasestr(text, "out of memory") || strstr(text, "failed to allocate") ||
			 strstr(text, "bad_alloc") || strstr(text, "annot allocate");
	const char *report = strstr(text, "Sanitizer: ");
	if (report == NULL)
		report = strstr(text, "runtime error: ");
	if (report)
		snprintf(end->report, sizeof end->report, "%.*s", (int)strcspn(report, "\n"),
			 report);
}

/* Waits for the child, kills it when its time is up or nobody waits for the answer. */
static void await(struct zygote *z, pid_t pid, int up, struct zygote_end *end)
{
	struct rusage use;
	int status = 0, child = (int)syscall(SYS_pidfd_open, pid, 0);
	uint64_t until = log_now_ms() + (uint64_t)z->duty.limits.seconds * 1000;
	if (child < 0) /* rather than to call every document late */
		_exit(1);
	for (;;) {
		struct pollfd pf[2] = {{child, POLLIN, 0}, {up, POLLRDHUP, 0}};
		uint64_t now = log_now_ms();
		int r = poll(pf, 2, now < until ? (int)(until - now) : 0);
		if (r > 0 && pf[0].revents)
			break;
		if (r < 0 && errno == EINTR)
			continue;
		end->late = r == 0;
		kill(pid, SIGKILL);
		break;
	}
	close(child);
	while (wait4(pid, &status, 0, &use) < 0)
		if (errno != EINTR)
			_exit(1);
	end->signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
	end->late |= end->signal == SIGXCPU;
	if (!board_in(z)->done)
		read_complaints(end);
	end->peak_kb = (uint64_t)use.ru_maxrss;
}

/* A child that waits for the word, which is given by a byte into *word. 1 or -1. */
static int spare(struct zygote *z, const struct confine_filter *filter, pid_t *pid, int *word)
{
	int fd[2];
	if (pipe2(fd, O_CLOEXEC) < 0)
		return -1;
	*pid = fork();
	if (*pid == 0)
		child(z, filter, fd[0]);
	close(fd[0]);
	*word = fd[1];
	return *pid < 0 ? -1 : 1;
}

/* Takes what a document needs off the child's memory. 1 or -1. */
static int set_off(const struct zygote *z, pid_t pid)
{
	size_t n = z->sheet->n_bytes < SPARE ? z->sheet->n_bytes : SPARE;
	struct rlimit lim;
	if (!z->duty.pictures)
		return 1;
	if (prlimit(pid, RLIMIT_DATA, NULL, &lim) < 0)
		return -1;
	lim.rlim_cur = lim.rlim_max -= n;
	return prlimit(pid, RLIMIT_DATA, &lim, NULL) < 0 ? -1 : 1;
}

/* One child for each order, forked while nobody waits for it. */
static int serve(struct zygote *z, int up, const struct confine_filter *filter)
{
	char order;
	pid_t pid;
	int word;
	while (spare(z, filter, &pid, &word) > 0) {
		struct zygote_end end = {0};
		ssize_t n;
		while ((n = read(up, &order, 1)) < 0 && errno == EINTR)
			;
		if (n != 1)
			return 0; /* the child that waits dies with us */
		forget_complaints();
		if (set_off(z, pid) < 0 || write(word, &order, 1) != 1)
			return 1;
		close(word);
		await(z, pid, up, &end);
		if (write(up, &end, sizeof end) != (ssize_t)sizeof end)
			return 0;
	}
	return 1;
}

/* What takes long to load is not loaded before somebody asks. It is forked early all the same:
 * its children have what its parent had then. */
static void wait_for_order(int up)
{
	char c;
	ssize_t n;
	while ((n = recv(up, &c, 1, MSG_PEEK)) < 0 && errno == EINTR)
		;
	if (n != 1)
		_exit(0);
}

static int zygote(void *arg, int fd)
{
	struct zygote *z = arg;
	struct confine_filter *filter = NULL;
	struct err err = {0};
	int up = 0, r = 1;
	/* Who is stopped with its whole group decides itself when we end. A reader that died of it
	 * would look like one that its document has crashed. */
	static const int ignored[] = {SIGPIPE, SIGXFSZ, SIGTERM, SIGINT, SIGHUP, SIGQUIT};
	for (size_t i = 0; i < sizeof ignored / sizeof *ignored; i++)
		signal(ignored[i], SIG_IGN);
	prctl(PR_SET_NAME, z->duty.name ? z->duty.name : "sheaf-extract");
	if (z->duty.pictures) {
		r = up = tidy(fd, &err);
		if (r > 0)
			r = set_limits(&z->duty, &err);
		if (r > 0)
			wait_for_order(up);
	}
	if (r > 0 && z->duty.load)
		r = z->duty.load(z->duty.from, &err);
	if (r > 0)
		r = confine_filter(&filter, calls, sizeof calls / sizeof *calls, &err);
	if (r > 0)
		r = unshare(z, &err);
	if (r > 0)
		r = set_limits(&z->duty, &err);
	if (r > 0 && up == 0)
		r = up = tidy(fd, &err);
	if (r > 0)
		r = confine_no_files(&err);
	if (r < 0) {
		/* The parent sees an end without an answer, and says this. */
		snprintf(board_in(z)->why, BOARD_WHY, "%.*s", BOARD_WHY - 1, err.text);
		_exit(1);
	}
	/* What was freed is put in order here, once, and not by each child in pages of its own. */
	malloc_trim(0);
	_exit(serve(z, up, filter));
}

/* ---- the parent ---- */

int zygote_init(struct zygote *z, const struct zygote_duty *duty, struct err *err)
{
	void *p = mmap(NULL, sizeof(struct sheet), PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (p == MAP_FAILED)
		return err_errno(err, ERR_BROKEN, "cannot map memory");
	*z = (struct zygote){.p = {0, -1}, .duty = *duty, .sheet = p};
	return 1;
}

void zygote_free(struct zygote *z)
{
	proc_kill(&z->p);
	if (z->sheet)
		munmap(z->sheet, sizeof *z->sheet);
	z->sheet = NULL;
}

const struct board *zygote_board(const struct zygote *z)
{
	return board_in(z);
}

struct str zygote_opened(const struct zygote *z)
{
	return str_cut((struct str){z->sheet->bytes, ZYGOTE_BYTES}, 0, (size_t)board_in(z)->opened);
}

/* No reader sees what the one before it had. Gives pages back that a large document has taken. */
static void forget(char *p, size_t n)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE), before = -(uintptr_t)p % page;
	size_t whole = n > before ? (n - before) / page * page : 0;
	if (n > KEPT && madvise(p + before, whole, MADV_REMOVE) == 0) {
		memset(p, 0, before);
		p += before + whole;
		n -= before + whole;
	}
	memset(p, 0, n);
}

static void lay_out(struct zygote *z, const struct extract_document *d)
{
	struct sheet *s = z->sheet;
	board_begin(board_in(z), z->duty.limits.text);
	board_in(z)->room = z->duty.seals ? ZYGOTE_TEXT : 0;
	memset(s->type, 0, sizeof s->type);
	memset(s->name, 0, sizeof s->name);
	s->n_bytes = d->bytes.n < ZYGOTE_BYTES ? d->bytes.n : ZYGOTE_BYTES;
	s->n_type = d->type.n < LABEL ? d->type.n : LABEL;
	s->n_name = d->name.n < LABEL ? d->name.n : LABEL;
	s->n_ocr = d->ocr.n < sizeof s->ocr ? d->ocr.n : 0;
	if (s->n_bytes)
		memcpy(s->bytes, d->bytes.p, s->n_bytes);
	if (s->n_type)
		memcpy(s->type, d->type.p, s->n_type);
	if (s->n_name)
		memcpy(s->name, d->name.p, s->n_name);
	if (s->n_ocr)
		memcpy(s->ocr, d->ocr.p, s->n_ocr);
}

/* The answer of the zygote: 1; 0 it ended, or does not answer. */
static int answer(struct zygote *z, struct zygote_end *end)
{
	uint64_t until = log_now_ms() + (uint64_t)z->duty.limits.seconds * 1000 + GRACE_MS;
	for (;;) {
		struct pollfd pf = {z->p.fd, POLLIN, 0};
		uint64_t now = log_now_ms();
		int r = poll(&pf, 1, now < until ? (int)(until - now) : 0);
		if (r < 0 && errno == EINTR)
			continue;
		return r > 0 && read(z->p.fd, end, sizeof *end) == (ssize_t)sizeof *end;
	}
}

/* The note is what may have changed since there is a nursery. */
static int newborn(void *arg, struct str note, int fd)
{
	struct zygote *z = arg;
	z->duty.from = note;
	return zygote(z, fd);
}

int zygote_start(struct zygote *z, struct err *err)
{
	if (z->p.pid)
		return 1;
	return z->nursery ? nursery_fork(z->nursery, &z->p, newborn, z, z->duty.from, err)
			  : proc_start(&z->p, zygote, z, err);
}

void zygote_anew(struct zygote *z, struct str from)
{
	proc_kill(&z->p);
	z->duty.from = from;
}

static int ask(struct zygote *z, struct zygote_end *end, struct err *err)
{
	if (zygote_start(z, err) < 0)
		return -1;
	*end = (struct zygote_end){0};
	return send(z->p.fd, "x", 1, MSG_NOSIGNAL) == 1 && answer(z, end);
}

int zygote_run(struct zygote *z, const struct extract_document *d, struct zygote_end *end,
	       struct err *err)
{
	size_t used = z->sheet->n_bytes, text = (size_t)board_in(z)->n;
	if (board_in(z)->n_sealed) /* at its end */
		text = ZYGOTE_TEXT;
	forget(z->sheet->bytes, used < ZYGOTE_BYTES ? used : ZYGOTE_BYTES);
	forget(board_in(z)->text, text < ZYGOTE_TEXT ? text : ZYGOTE_TEXT);
	lay_out(z, d);
	int r = ask(z, end, err);
	if (r == 0) {
		/* Dead or mute: the next call begins with a new one. */
		proc_kill(&z->p);
	}
	return r;
}
