#include "t.h"

#include "press.h"

#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zstd.h>

enum { FRAMES = 40 };

static struct err err;

/* Frames of all sizes; some of them text that repeats, some that cannot be compressed. */
static size_t fill(char *p, unsigned i)
{
	size_t n = i % 7 == 0 ? PRESS_FRAME : 1 + i * 6007 % PRESS_FRAME;
	unsigned x = i + 1;
	for (size_t k = 0; k < n; k++) {
		x = x * 1103515245 + 12345;
		p[k] = i % 3 ? "abcdefgh\r\n"[k * i % 10] : (char)(x >> 16);
	}
	return n;
}

static void check(const struct press_frame *f, unsigned i)
{
	static char want[PRESS_FRAME], got[PRESS_FRAME];
	size_t n = fill(want, i);
	T(f->raw == n && ZSTD_getFrameContentSize(f->bytes.p, f->bytes.n) == n);
	T(ZSTD_decompress(got, sizeof got, f->bytes.p, f->bytes.n) == n && !memcmp(got, want, n));
}

/* What goes in comes out, in its order, whoever compresses. */
static void order(bool more)
{
	static char bytes[PRESS_FRAME];
	struct press *p = press_new();
	struct press_frame f;
	unsigned out = 0;
	for (unsigned i = 0; i < FRAMES; i++) {
		size_t n = fill(bytes, i), half = n / 2;
		press_add(p, (struct str){bytes, half});
		press_add(p, (struct str){bytes + half, n - half});
		T(press_held(p) == n && press_end(p, more, &err) == 1 && press_held(p) == 0);
		while (press_take(p, i % 11 == 10, &f, &err) == 1)
			check(&f, out++);
		T(i + 1 - out < PRESS_SLOTS && (i % 11 != 10 || out == i + 1));
	}
	while (press_take(p, true, &f, &err) == 1)
		check(&f, out++);
	T(out == FRAMES);
	press_add(p, STR("forgotten"));
	T(press_end(p, more, &err) == 1);
	press_drop(p);
	T(press_held(p) == 0 && press_take(p, true, &f, &err) == 0);
	press_free(&p);
	T(p == NULL);
	press_free(&p);
}

static pid_t child(void)
{
	char path[64];
	int pid = 0;
	snprintf(path, sizeof path, "/proc/self/task/%d/children", (int)getpid());
	FILE *f = fopen(path, "re");
	if (f && fscanf(f, "%d", &pid) != 1)
		pid = 0;
	if (f)
		fclose(f);
	return pid;
}

/* Frames that the process took with it are an error, not a wait for ever. */
static void killed(void)
{
	struct press *p = press_new();
	struct press_frame f;
	press_add(p, STR("first"));
	T(press_end(p, true, &err) == 1);
	pid_t pid = child();
	if (pid <= 0) {
		printf("skipped: one core, or no list of children in /proc\n");
		press_free(&p);
		return;
	}
	T(press_take(p, true, &f, &err) == 1 && f.raw == 5);
	T(kill(pid, SIGSTOP) == 0);
	press_add(p, STR("second"));
	T(press_end(p, true, &err) == 1 && press_take(p, false, &f, &err) == 0);
	T(kill(pid, SIGKILL) == 0);
	T(press_take(p, true, &f, &err) == -1 && err.kind == ERR_BROKEN);
	press_free(&p);
}

/* One that is stopped is waited for, but not for ever. */
static void stopped(void)
{
	struct press *p = press_new();
	struct press_frame f;
	press_add(p, STR("first"));
	T(press_end(p, true, &err) == 1);
	pid_t pid = child();
	if (pid > 0 && kill(pid, SIGSTOP) == 0) {
		pid_t waker = fork();
		if (waker == 0) {
			poll(NULL, 0, 300);
			_exit(kill(pid, SIGCONT) < 0);
		}
		T(press_take(p, true, &f, &err) == 1 && f.raw == 5);
		waitpid(waker, NULL, 0);
	}
	if (pid > 0 && getenv("SHEAF_LONG") && kill(pid, SIGSTOP) == 0) {
		press_add(p, STR("second"));
		T(press_end(p, true, &err) == 1);
		T(press_take(p, true, &f, &err) == -1 && strstr(err.text, "not answer"));
	}
	press_free(&p);
}

int main(void)
{
	order(false);
	order(true);
	killed();
	stopped();
	return t_done();
}
