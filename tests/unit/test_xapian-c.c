#include "t.h"

#include "arena.h"
#include "file.h"
#include "proc.h"
#include "xapian-c.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

static char dir[4096];

static const char *path_of(const char *name)
{
	static char path[4][4200];
	static int turn;
	turn = (turn + 1) % 4;
	snprintf(path[turn], sizeof path[turn], "%s/%s", dir, name);
	return path[turn];
}

/* Adds a document with these space-separated terms. */
static uint32_t add(struct xap_writer *w, const char *terms)
{
	struct xap_term list[16];
	struct str rest = str_of(terms), term;
	struct xap_doc doc = {.terms = list};
	struct err err;
	uint32_t id = 0;
	while (str_split(&rest, ' ', &term) == 1)
		list[doc.n_terms++] = (struct xap_term){term, 0};
	T(xap_add(w, &doc, &id, &err) == 1);
	return id;
}

/* Documents 1..3: a b c / b c / c. */
static void make_three(const char *path, int flags)
{
	struct xap_writer *w;
	struct err err;
	T(xap_create(&w, path, flags, 100, &err) == 1);
	T(add(w, "a b c") == 1);
	T(add(w, "b c") == 2);
	T(add(w, "c") == 3);
	T(xap_set_metadata(w, STR("key"), STR("meta"), &err) == 1);
	T(xap_commit(w, &err) == 1);
	xap_close_writer(&w);
	T(w == NULL);
	xap_close_writer(&w);
}

static uint64_t mark(struct xap_db *db, const char *terms)
{
	struct str list[8], rest = str_of(terms);
	struct err err;
	uint64_t bits = 0;
	size_t n = 0;
	while (str_split(&rest, ' ', &list[n]) == 1)
		n++;
	T(xap_mark(db, list, n, &bits, 64, &err) == 1);
	return bits;
}

static void reading(void)
{
	struct xap_db *db;
	struct err err;
	struct buf b;
	uint32_t n, last;
	uint64_t bits = 0;
	make_three(path_of("three"), 0);
	T(xap_open(&db, path_of("three"), &err) == 1);
	T(xap_counts(db, &n, &last, &err) == 1 && n == 3 && last == 3);
	buf_init(&b, 100);
	T(xap_metadata(db, STR("key"), &b, &err) == 1);
	T_STR(buf_all(&b), STR("meta"));
	T(xap_metadata(db, STR("none"), &b, &err) == 0);
	buf_free(&b);
	buf_init(&b, 3);
	T(xap_metadata(db, STR("key"), &b, &err) == -1 && err.kind == ERR_INPUT);
	buf_free(&b);
	T(xap_freq(db, STR("b"), &n, &err) == 1 && n == 2);
	T(xap_freq(db, STR("zz"), &n, &err) == 1 && n == 0);
	T(xap_freq(db, STR(""), &n, &err) == 1 && n == 0);
	T(mark(db, "a") == 1);
	T(mark(db, "a b") == 3);
	T(mark(db, "zz c") == 7);
	T(mark(db, "zz") == 0);
	T(xap_mark(db, &STR("c"), 1, &bits, 2, &err) == 1 && bits == 3);
	xap_close(&db);
	T(db == NULL);
	xap_close(&db);
}

static void terms(void)
{
	struct xap_writer *w;
	struct xap_db *db;
	struct xap_terms *t;
	struct str term;
	struct err err;
	uint32_t freq;
	T(xap_create(&w, path_of("terms"), 0, 0, &err) == 1);
	add(w, "Sx Sa Sb T1");
	add(w, "Sa Tz");
	T(xap_commit(w, &err) == 1);
	xap_close_writer(&w);
	T(xap_open(&db, path_of("terms"), &err) == 1);
	static const struct {
		uint32_t docid;
		const char *prefix, *want;
	} row[] = {
		{0, "S", "Sa2 Sb1 Sx1 "}, {0, "", "Sa2 Sb1 Sx1 T11 Tz1 "}, {0, "Q", ""},
		{1, "T", "T10 "},	  {1, "S", "Sa0 Sb0 Sx0 "},	     {2, "Sb", ""},
		{2, "", "Sa0 Tz0 "},	  {1, "Z", ""},
	};
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct buf b;
		buf_init(&b, 1000);
		T(xap_terms_open(&t, db, row[i].docid, str_of(row[i].prefix), &err) == 1);
		while (xap_terms_next(t, &term, &freq, &err) == 1)
			buf_fmt(&b, "%.*s%u ", STR_ARG(term), freq);
		T(xap_terms_next(t, &term, NULL, &err) == 0);
		xap_terms_close(&t);
		T(t == NULL);
		T_STR(buf_all(&b), str_of(row[i].want));
		buf_free(&b);
	}
	T(xap_terms_open(&t, db, 9, STR(""), &err) == -1);
	xap_close(&db);
}

/* What a search gives, as "3 2 ". */
static void check_search(struct xap_db *db, struct xap_query *q, struct xap_search s,
			 const char *want)
{
	struct xap_results *r;
	struct err err;
	struct buf b;
	uint32_t id;
	double weight;
	buf_init(&b, 1000);
	T(xap_search(&r, db, q, &s, &err) == 1);
	while (xap_results_next(r, &id, &weight, &err) == 1)
		buf_fmt(&b, "%u ", id);
	T(xap_results_next(r, &id, NULL, &err) == 0);
	T_STR(buf_all(&b), str_of(want));
	xap_results_close(&r);
	xap_q_free(&q);
	T(q == NULL);
	buf_free(&b);
}

static struct xap_query *pair(enum xap_op op, const char *a, const char *b)
{
	struct xap_query *qs[2] = {xap_q_term(str_of(a), 1), xap_q_term(str_of(b), 1)};
	struct xap_query *q = xap_q_join(op, qs, 2);
	T(qs[0] == NULL && qs[1] == NULL);
	return q;
}

static void queries(void)
{
	struct xap_search up = {0, 10, false, true}, down = {0, 10, false, false};
	struct xap_db *db;
	struct arena a = {0};
	struct err err;
	make_three(path_of("queries"), XAP_NO_SYNC);
	T(xap_open(&db, path_of("queries"), &err) == 1);
	check_search(db, xap_q_term(STR("b"), 1), up, "1 2 ");
	check_search(db, xap_q_term(STR("b"), 1), down, "2 1 ");
	check_search(db, xap_q_term(STR(""), 1), up, "");
	check_search(db, xap_q_all(), down, "3 2 1 ");
	check_search(db, xap_q_none(), up, "");
	check_search(db, pair(XAP_AND, "a", "b"), up, "1 ");
	check_search(db, pair(XAP_OR, "a", "b"), up, "1 2 ");
	check_search(db, pair(XAP_AND_NOT, "c", "a"), up, "2 3 ");
	check_search(db, pair(XAP_XOR, "a", "b"), up, "2 ");
	check_search(db, pair(XAP_FILTER, "b", "a"), up, "1 ");
	check_search(db, pair(XAP_SYNONYM, "a", "b"), up, "1 2 ");
	check_search(db, pair(XAP_MAX, "a", "b"), up, "1 2 ");
	check_search(db, xap_q_join(XAP_AND, NULL, 0), up, "");
	check_search(db, xap_q_all(), (struct xap_search){1, 1, false, true}, "2 ");
	check_search(db, xap_q_scale(pair(XAP_OR, "a", "b"), 2.5),
		     (struct xap_search){0, 9, true, true}, "1 2 ");
	struct xap_query *q = pair(XAP_OR, "a", "b");
	T_STR(xap_q_text(&a, q), STR("Query((a OR b))"));
	xap_q_free(&q);
	xap_close(&db);
	arena_free(&a);
}

/* Rarer terms weigh more. */
static void ranking(void)
{
	struct xap_term t[2] = {{STR("rare"), 3}, {STR("often"), 1}};
	struct xap_doc doc = {.terms = t, .n_terms = 2};
	struct xap_writer *w;
	struct xap_db *db;
	struct xap_results *r;
	struct err err;
	double w1 = 0, w2 = 0;
	uint32_t id;
	T(xap_create(&w, path_of("rank"), 0, 0, &err) == 1);
	for (int i = 0; i < 9; i++) {
		doc.n_terms = i == 5 ? 2 : 1;
		doc.terms = i == 5 ? t : t + 1;
		T(xap_add(w, &doc, NULL, &err) == 1);
	}
	T(xap_commit(w, &err) == 1);
	xap_close_writer(&w);
	T(xap_open(&db, path_of("rank"), &err) == 1);
	struct xap_query *q = pair(XAP_OR, "rare", "often");
	struct xap_search s = {0, 10, true, false};
	T(xap_search(&r, db, q, &s, &err) == 1);
	T(xap_results_estimate(r) == 9);
	T(xap_results_next(r, &id, &w1, &err) == 1 && id == 6);
	T(xap_results_next(r, &id, &w2, &err) == 1 && w1 > w2 && w2 > 0);
	xap_results_close(&r);
	xap_q_free(&q);
	xap_close(&db);
}

static void changing(void)
{
	struct xap_term t = {STR("new"), 0};
	struct xap_doc doc = {.terms = &t, .n_terms = 1};
	struct xap_writer *w, *second;
	struct xap_db *db;
	struct err err;
	uint32_t n;
	make_three(path_of("change"), 0);
	T(xap_open_writer(&w, path_of("change"), &err) == 1);
	T(xap_open_writer(&second, path_of("change"), &err) == -1 && err.kind == ERR_LATER);
	T(xap_replace(w, 2, &doc, &err) == 1);
	T(xap_delete(w, 1, &err) == 1);
	T(xap_delete(w, 77, &err) == 0);
	T(xap_commit(w, &err) == 1);
	T(xap_add(w, &doc, NULL, &err) == 1); /* never committed */
	xap_close_writer(&w);
	T(xap_open(&db, path_of("change"), &err) == 1);
	T(xap_counts(db, &n, NULL, &err) == 1 && n == 2);
	T(mark(db, "new") == 2 && mark(db, "c") == 4);
	xap_close(&db);
}

static void many_as_one(void)
{
	const char *parts[2];
	struct xap_db *db;
	struct err err;
	uint32_t n, last;
	make_three(path_of("one"), XAP_NO_TERMLIST);
	make_three(path_of("two"), XAP_NO_TERMLIST);
	T(xap_open(&db, path_of("one"), &err) == 1);
	T(xap_add_db(db, path_of("two"), &err) == 1);
	T(xap_counts(db, &n, NULL, &err) == 1 && n == 6);
	T(mark(db, "a") == 3); /* interleaved: 1 and 2 are the first of each */
	T(mark(db, "b") == 15);
	xap_close(&db);

	parts[0] = path_of("one");
	parts[1] = path_of("two");
	T(xap_compact(parts, 2, path_of("both"), &err) == 1);
	T(xap_open(&db, path_of("both"), &err) == 1);
	T(xap_counts(db, &n, &last, &err) == 1 && n == 6 && last == 6);
	T(mark(db, "a") == 0x9); /* one behind the other: 1 and 4 */
	T(mark(db, "b") == 0x1B);
	xap_close(&db);
}

static void refusals(void)
{
	static const char zeros[XAP_MAX_TERM + 1] = {0};
	static char longest[XAP_MAX_TERM + 1];
	struct xap_term t = {{longest, XAP_MAX_TERM}, 0};
	struct xap_doc doc = {.terms = &t, .n_terms = 1};
	struct xap_writer *w;
	struct xap_db *db;
	struct err err;
	memset(longest, 'x', sizeof longest);
	T(xap_open(&db, path_of("nowhere"), &err) == -1 && err.kind == ERR_BROKEN);
	T(xap_create(&w, path_of("refuse"), 0, 0, &err) == 1);
	T(xap_add(w, &doc, NULL, &err) == 1);
	t.term.n++;
	T(xap_add(w, &doc, NULL, &err) == -1 && err.kind == ERR_INPUT);
	T(xap_replace(w, 1, &doc, &err) == -1 && err.kind == ERR_INPUT);
	t.term.n = 0;
	T(xap_add(w, &doc, NULL, &err) == -1 && err.kind == ERR_INPUT);
	/* Zero bytes take two in Xapian's keys, so this one is too long inside. */
	t.term = (struct str){zeros, XAP_MAX_TERM};
	T(xap_add(w, &doc, NULL, &err) == -1 && err.kind == ERR_INPUT);
	T(xap_commit(w, &err) == 1);
	xap_close_writer(&w);
	T(xap_create(&w, path_of("refuse"), 0, 0, &err) == -1);
	T(xap_open(&db, path_of("refuse"), &err) == 1);
	uint64_t bits = 0;
	struct str asked = {longest, XAP_MAX_TERM + 1};
	T(xap_mark(db, &asked, 1, &bits, 64, &err) == 1 && bits == 0);
	xap_close(&db);
}

/* Damage in every file of a database gives an error, or an answer, but never a crash. */
static void damaged(void)
{
	static const char *const files[] = {"iamglass", "postlist.glass"};
	for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
		char name[64], file[4400], junk[64];
		struct xap_db *db = NULL;
		struct err err = {0};
		int bad = 0;
		snprintf(name, sizeof name, "damaged%zu", i);
		make_three(path_of(name), 0);
		snprintf(file, sizeof file, "%s/%s", path_of(name), files[i]);
		memset(junk, 0xA5, sizeof junk);
		int fd = open(file, O_WRONLY);
		T(fd >= 0 && pwrite(fd, junk, sizeof junk, 0) == (ssize_t)sizeof junk);
		close(fd);
		if (xap_open(&db, path_of(name), &err) < 0) {
			bad = 1;
		} else {
			uint64_t bits = 0;
			bad = xap_mark(db, &STR("b"), 1, &bits, 64, &err) < 0;
		}
		T(bad && err.kind == ERR_BROKEN);
		xap_close(&db);
	}
}

/* ---- over TCP ---- */

static unsigned free_port(void)
{
	struct sockaddr_in sa = {.sin_family = AF_INET};
	socklen_t n = sizeof sa;
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	sa.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	T(bind(fd, (struct sockaddr *)&sa, sizeof sa) == 0);
	T(getsockname(fd, (struct sockaddr *)&sa, &n) == 0);
	close(fd);
	return ntohs(sa.sin_port);
}

struct server {
	unsigned port;
	const char *db;
};

static int serve(void *arg, int fd)
{
	const struct server *s = arg;
	char port[16];
	(void)fd;
	setpgid(0, 0); /* told to stop, it stops its whole process group */
	snprintf(port, sizeof port, "%u", s->port);
	execlp("xapian-tcpsrv", "xapian-tcpsrv", "--interface", "127.0.0.1", "--port", port,
	       "--quiet", s->db, (char *)NULL);
	return 127;
}

static int dial(struct xap_db **db, unsigned port, struct err *err)
{
	for (int i = 0; i < 100; i++) {
		if (xap_open_remote(db, "127.0.0.1", port, 2000, err) == 1)
			return 1;
		usleep(50000);
	}
	return -1;
}

static void remote(void)
{
	struct proc p = {0, -1};
	struct server s = {free_port(), path_of("remote")};
	struct xap_db *db = NULL;
	struct err err;
	uint32_t n;
	if (system("command -v xapian-tcpsrv >/dev/null 2>&1") != 0) {
		printf("SKIPPED: xapian-tcpsrv is not installed (package xapian-tools)\n");
		return;
	}
	make_three(s.db, 0);
	make_three(path_of("local"), 0);
	T(proc_start(&p, serve, &s, &err) == 1);
	T(dial(&db, s.port, &err) == 1);
	if (db) {
		T(mark(db, "b") == 3);
		struct xap_search search = {0, 10, false, true};
		check_search(db, pair(XAP_AND, "b", "c"), search, "1 2 ");
		xap_close(&db);
		T(xap_open(&db, path_of("local"), &err) == 1);
		T(xap_add_remote(db, "127.0.0.1", s.port, 2000, &err) == 1);
		T(xap_counts(db, &n, NULL, &err) == 1 && n == 6);
		xap_close(&db);
	}
	kill(p.pid, SIGTERM);
	proc_wait(&p);
	T(xap_open_remote(&db, "127.0.0.1", s.port, 500, &err) == -1 && err.kind == ERR_NET);
}

int main(void)
{
	struct err err;
	snprintf(dir, sizeof dir, "%s", t_dir());
	reading();
	terms();
	queries();
	ranking();
	changing();
	many_as_one();
	refusals();
	damaged();
	remote();
	T(file_remove_tree(dir, &err) == 1);
	return t_done();
}
