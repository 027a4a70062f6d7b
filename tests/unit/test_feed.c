#include "t.h"

#include "feed.h"

#include <sys/socket.h>
#include <unistd.h>

static int fd[2];
static struct feed child, parent;

static void open_pair(void)
{
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, fd) < 0)
		abort();
	feed_init(&child, fd[0], 1000);
	feed_init(&parent, fd[1], 1000);
}

static void close_pair(void)
{
	feed_free(&child);
	feed_free(&parent);
	close(fd[0]);
	close(fd[1]);
}

static int receive(struct feed_record *r, struct err *err)
{
	int got;
	while ((got = feed_next(&parent, r, err)) == 0)
		if ((got = feed_fill(&parent, err)) < 1)
			return got;
	return got;
}

static void all_fields(void)
{
	struct feed_record r, in = {
		.type = FEED_MESSAGE, .uid = 4294967295u, .kind = 255, .flags = 31, .date = -5,
		.zone = -480, .modseq = UINT64_MAX, .size = UINT64_MAX, .text = STR("a\0b"),
		.list = STR("list"), .more = STR("more"),
	};
	struct err err;
	open_pair();
	T(feed_put(&child, &in, &err) == 1 && feed_flush(&child, &err) == 1);
	T(receive(&r, &err) == 1);
	T(r.type == in.type && r.uid == in.uid && r.kind == in.kind && r.flags == in.flags);
	T(r.date == in.date && r.zone == in.zone && r.modseq == in.modseq && r.size == in.size);
	T_STR(r.text, in.text);
	T_STR(r.list, in.list);
	T_STR(r.more, in.more);
	close_pair();
}

/* A message between two records, whatever the pieces it arrives in. */
static void message(size_t piece)
{
	static char mail[700000];
	struct feed_record r = {.type = FEED_MESSAGE, .uid = 7, .size = piece};
	struct err err;
	size_t left = piece;
	open_pair();
	memset(mail, 'x', sizeof mail);
	pid_t pid = fork();
	if (pid == 0) {
		struct feed_record done = {.type = FEED_DONE};
		bool ok = feed_put(&child, &r, &err) == 1 &&
			  feed_bytes(&child, mail, piece, &err) == 1 &&
			  feed_put(&child, &done, &err) == 1 && feed_flush(&child, &err) == 1;
		_exit(!ok);
	}
	T(receive(&r, &err) == 1 && r.type == FEED_MESSAGE && r.size == piece);
	while (left) {
		struct str got = feed_take(&parent, left);
		for (size_t i = 0; i < got.n; i++)
			if (got.p[i] != 'x')
				T(!"the bytes come as they went");
		left -= got.n;
		if (left && feed_fill(&parent, &err) < 1)
			break;
	}
	T(left == 0);
	T(receive(&r, &err) == 1 && r.type == FEED_DONE);
	close_pair();
}

static void malformed(void)
{
	static const struct str row[] = {
		STR("\x00\x00\x00\x00"),				 /* empty */
		STR("\xFF\xFF\xFF\xFF"),				 /* 4 GiB */
		STR("\x0B\x00\x00\x00\x00\0\0\0\0\0\0\0\0\0\0"),	 /* type 0 */
		STR("\x0B\x00\x00\x00\x63\0\0\0\0\0\0\0\0\0\0"),	 /* type 99 */
		STR("\x0C\x00\x00\x00\x03\0\0\0\0\0\0\0\0\0\0\0"),	 /* a byte too many */
		STR("\x0B\x00\x00\x00\x03\0\0\0\0\0\0\0\x05\0\0"),	 /* a string too long */
		STR("\x0A\x00\x00\x00\x03\0\0\0\0\0\0\0\0\0"),		 /* a byte short */
	};
	struct feed_record r;
	struct err err;
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		open_pair();
		T(write(fd[0], row[i].p, row[i].n) == (ssize_t)row[i].n);
		T(receive(&r, &err) == -1 && err.kind == ERR_BROKEN);
		close_pair();
	}
	open_pair();
	T(write(fd[0], "\x0B\x00\x00\x00\x03\0\0\0\0\0\0\0\0\0\0", 15) == 15);
	T(receive(&r, &err) == 1 && r.type == FEED_PLAN); /* the good one beside them */
	T(write(fd[0], "\x0B\x00\x00", 3) == 3);
	shutdown(fd[0], SHUT_WR);
	T(receive(&r, &err) == 0); /* half a record, then the end */
	close_pair();
	open_pair();
	parent.timeout_ms = 20;
	T(receive(&r, &err) == -1 && err.kind == ERR_BROKEN); /* silence */
	close_pair();
}

static void flag_lists(void)
{
	struct buf list;
	struct feed_flag in = {4294967295u, 31, 9, STR("work home")}, e;
	buf_init(&list, 1000);
	feed_flag_put(&list, &in);
	in.uid = 2;
	feed_flag_put(&list, &in);
	struct str rest = buf_all(&list), half = str_cut(rest, 0, 6);
	T(feed_flag_get(&rest, &e) == 1 && e.uid == 4294967295u && e.flags == 31 && e.modseq == 9);
	T_STR(e.keywords, STR("work home"));
	T(feed_flag_get(&rest, &e) == 1 && e.uid == 2 && rest.n == 0);
	T(feed_flag_get(&half, &e) == 0);
	buf_free(&list);
}

int main(void)
{
	all_fields();
	message(0);
	message(1);
	message(700000);
	malformed();
	flag_lists();
	return t_done();
}
