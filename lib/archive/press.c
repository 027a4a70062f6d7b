#define _GNU_SOURCE
#include "press.h"

#include "log.h"
#include "proc.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>
#include <zstd.h>

/* A frame takes milliseconds. The wait is cut into turns, as time goes on while all are stopped. */
#define TURN_MS 10000
#define TURNS 6

struct slot {
	size_t raw, size;
	char in[PRESS_FRAME];
	char out[ZSTD_COMPRESSBOUND(PRESS_FRAME)];
};

struct press {
	struct slot *slots; /* shared with the process */
	unsigned first;     /* the slot of the oldest frame that was ended and not taken */
	unsigned n, ready;  /* of these from there on; compressed */
	size_t held;        /* bytes in the slot behind them */
	ZSTD_CCtx *z;
	struct proc child;
	bool alone; /* there is no core for one, or it could not be made */
};

struct press *press_new(void)
{
	struct press *p = err_alloc(sizeof *p);
	p->slots = mmap(NULL, PRESS_SLOTS * sizeof *p->slots, PROT_READ | PROT_WRITE,
			MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	p->z = ZSTD_createCCtx();
	if (p->slots == MAP_FAILED || p->z == NULL)
		err_die("out of memory");
	ZSTD_CCtx_setParameter(p->z, ZSTD_c_compressionLevel, PRESS_LEVEL);
	ZSTD_CCtx_setParameter(p->z, ZSTD_c_checksumFlag, 1);
	p->child = (struct proc){0, -1};
	p->alone = proc_cores() < 2;
	return p;
}

void press_free(struct press **out)
{
	struct press *p = *out;
	if (p == NULL)
		return;
	proc_kill(&p->child);
	ZSTD_freeCCtx(p->z);
	munmap(p->slots, PRESS_SLOTS * sizeof *p->slots);
	free(p);
	*out = NULL;
}

static void compress(ZSTD_CCtx *z, struct slot *s)
{
	s->size = ZSTD_compress2(z, s->out, sizeof s->out, s->in, s->raw);
	if (ZSTD_isError(s->size))
		err_die("zstd: %s", ZSTD_getErrorName(s->size));
}

/* ---- the process ---- */

/* The archive's lock must not outlive the writer, so no descriptor but the socket stays open.
 * One byte comes for each frame, the number of its slot, and goes back when it is done. */
static int run(void *arg, int fd)
{
	struct press *p = arg;
	unsigned char slot;
	if (fd > 3)
		close_range(3, (unsigned)fd - 1, 0);
	close_range((unsigned)fd + 1, ~0u, 0);
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	while (recv(fd, &slot, 1, 0) == 1) {
		compress(p->z, &p->slots[slot]);
		if (send(fd, &slot, 1, MSG_NOSIGNAL) != 1)
			return 1;
	}
	return 0;
}

static int gone(struct err *err)
{
	return err_set(err, ERR_BROKEN, "the process that compresses is gone");
}

/* Until it has done a frame, or is gone. 1 or -1. */
static int await(const struct press *p, struct err *err)
{
	struct pollfd pf = {p->child.fd, POLLIN, 0};
	for (int turn = 0; turn < TURNS;) {
		int r = poll(&pf, 1, TURN_MS);
		if (r == 1)
			return 1;
		if (r < 0 && errno != EINTR)
			return err_errno(err, ERR_BROKEN, "cannot wait for the process that "
							  "compresses");
		if (r == 0 && turn++ == 0)
			log_line(LOG_WARN, "the process that compresses (%d) does not answer: "
					   "waiting", (int)p->child.pid);
	}
	return err_set(err, ERR_BROKEN, "the process that compresses does not answer");
}

/* Counts the frames that it has done meanwhile; `wait`: until there is one. 1 or -1. */
static int hear(struct press *p, bool wait, struct err *err)
{
	unsigned char slots[PRESS_SLOTS];
	if (wait && await(p, err) < 0)
		return -1;
	for (;;) {
		ssize_t n = recv(p->child.fd, slots, sizeof slots, MSG_DONTWAIT);
		if (n > 0) {
			p->ready += (unsigned)n;
			return 1;
		}
		if (n < 0 && errno == EAGAIN)
			return 1;
		if (n == 0 || errno != EINTR)
			return gone(err);
	}
}

/* ---- the writer ---- */

static struct slot *nth(const struct press *p, unsigned i)
{
	return &p->slots[(p->first + i) % PRESS_SLOTS];
}

size_t press_held(const struct press *p)
{
	return p->held;
}

void press_add(struct press *p, struct str bytes)
{
	if (p->n == PRESS_SLOTS || bytes.n > PRESS_FRAME - p->held)
		err_die("press: more than a frame");
	if (bytes.n)
		memcpy(nth(p, p->n)->in + p->held, bytes.p, bytes.n);
	p->held += bytes.n;
}

int press_end(struct press *p, bool more, struct err *err)
{
	struct slot *s = nth(p, p->n);
	unsigned char slot = (unsigned char)(s - p->slots);
	struct err ignored;
	s->raw = p->held;
	p->held = 0;
	p->n++;
	if (more && !p->alone && p->child.pid == 0 && proc_start(&p->child, run, p, &ignored) < 0)
		p->alone = true; /* then without */
	if (p->child.pid)
		return send(p->child.fd, &slot, 1, MSG_NOSIGNAL) == 1 ? 1 : gone(err);
	compress(p->z, s);
	p->ready++;
	return 1;
}

int press_take(struct press *p, bool all, struct press_frame *out, struct err *err)
{
	if (p->n == 0)
		return 0;
	if (p->ready == 0 && hear(p, all || p->n == PRESS_SLOTS, err) < 0)
		return -1;
	if (p->ready == 0)
		return 0;
	struct slot *s = nth(p, 0);
	*out = (struct press_frame){s->raw, {s->out, s->size}};
	p->first = (p->first + 1) % PRESS_SLOTS;
	p->n--;
	p->ready--;
	return 1;
}

void press_drop(struct press *p)
{
	proc_kill(&p->child);
	p->n = p->ready = 0;
	p->held = 0;
}
