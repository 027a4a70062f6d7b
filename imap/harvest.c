#define _GNU_SOURCE
#include "harvest.h"

#include "account.h"
#include "conn.h"
#include "intake.h"
#include "log.h"
#include "proc.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#define MAX_ACCOUNTS 1000
#define CHILD_TIMEOUT_MS 60000 /* for a child to send the rest of a message it has */
#define TICK_MS 100
#define COMMIT_MS 200

/* ---- configuration ---- */

const char *const harvest_keys[] = {
	"protocol", "host", "port", "tls", "plaintext", "user", "ca_file", "mailboxes",
	"max_message", "timeout", "compress", "poll", AUTHCONF_KEYS, NULL,
};

struct reader {
	struct arena *arena;
	const struct conf *conf;
	const struct conf_section *section;
	struct harvest_account *ac;
	struct err *err;
};

static int bad(const struct reader *r, const char *key, const char *text)
{
	return conf_bad(r->conf, r->section, key, text, r->err);
}

static int read_tls(struct reader *r)
{
	static const struct str name[] = {STR("implicit"), STR("starttls"), STR("none")};
	struct str v = conf_get(r->section, "tls", name[0]);
	struct str plain = conf_get(r->section, "plaintext", STR("no"));
	size_t i = 0;
	while (i < 3 && !str_eq(v, name[i]))
		i++;
	if (i == 3)
		return bad(r, "tls", "must be implicit, starttls or none");
	r->ac->tls = (enum harvest_tls)i;
	r->ac->plain_ok = str_eq(plain, STR("yes"));
	if (!r->ac->plain_ok && !str_eq(plain, STR("no")))
		return bad(r, "plaintext", "must be yes or no");
	return 1;
}

static int read_protocol(struct reader *r)
{
	struct str v = conf_get(r->section, "protocol", STR("imap"));
	r->ac->protocol = str_eq(v, STR("pop3")) ? HARVEST_POP3 : HARVEST_IMAP;
	if (r->ac->protocol == HARVEST_IMAP && !str_eq(v, STR("imap")))
		return bad(r, "protocol", "must be imap or pop3");
	if (r->ac->protocol == HARVEST_POP3 && conf_get(r->section, "mailboxes", STR("")).n)
		return bad(r, "mailboxes", "a POP3 account has one mailbox only");
	return 1;
}

static int read_port(struct reader *r)
{
	static const unsigned usual[2][2] = {{993, 143}, {995, 110}};
	uint32_t port;
	struct str v = conf_get(r->section, "port", STR(""));
	if (v.n == 0) {
		r->ac->port = usual[r->ac->protocol][r->ac->tls != HARVEST_TLS_IMPLICIT];
		return 1;
	}
	if (!str_u32(v, &port) || port == 0 || port > 65535)
		return bad(r, "port", "must be a number from 1 to 65535");
	r->ac->port = port;
	return 1;
}

/* A number of bytes: "1073741824", "64K", "500M", "1G". */
static int read_size(struct reader *r)
{
	static const char unit[] = "KMG";
	struct str v = conf_get(r->section, "max_message", STR("1G"));
	uint64_t n, most = ((uint64_t)1 << 32) - 1;
	const char *u = v.n ? strchr(unit, v.p[v.n - 1]) : NULL;
	unsigned shift = u && *u ? 10 * (unsigned)(u - unit + 1) : 0;
	if (shift)
		v.n--;
	if (!str_u64(v, &n) || n == 0 || n > most >> shift)
		return bad(r, "max_message", "must be a size below 4G, like 500M");
	r->ac->max_message = n << shift;
	return 1;
}

static int read_timeout(struct reader *r)
{
	uint32_t n;
	if (!str_u32(conf_get(r->section, "timeout", STR("60")), &n) || n == 0 || n > 3600)
		return bad(r, "timeout", "must be seconds from 1 to 3600");
	r->ac->timeout = n;
	return 1;
}

static int read_poll(struct reader *r)
{
	uint32_t n;
	if (!str_u32(conf_get(r->section, "poll", STR("300")), &n) || n == 0 || n > 86400)
		return bad(r, "poll", "must be seconds from 1 to 86400");
	r->ac->poll = n;
	return 1;
}

static int read_compress(struct reader *r)
{
	static const struct str name[] = {STR("auto"), STR("yes"), STR("no")};
	struct str v = conf_get(r->section, "compress", name[0]);
	size_t i = 0;
	while (i < 3 && !str_eq(v, name[i]))
		i++;
	if (i == 3)
		return bad(r, "compress", "must be auto, yes or no");
	r->ac->compress = (enum harvest_compress)i;
	return 1;
}

static int read_mailboxes(struct reader *r)
{
	struct str v = conf_get(r->section, "mailboxes", STR("*")), piece;
	struct str *list = NULL;
	size_t n = 0;
	while (str_split(&v, ',', &piece)) {
		piece = str_trim(piece);
		if (piece.n == 0 || str_eq(piece, STR("-")))
			return bad(r, "mailboxes", "an empty pattern");
		list = arena_grow(r->arena, list, n, sizeof *list);
		list[n++] = piece;
	}
	if (n == 0)
		return bad(r, "mailboxes", "no pattern");
	r->ac->mailboxes = list;
	r->ac->n_mailboxes = n;
	return 1;
}

static int read_names(struct reader *r)
{
	struct harvest_account *ac = r->ac;
	ac->name = r->section->name;
	ac->host = conf_get(r->section, "host", STR(""));
	ac->user = conf_get(r->section, "user", STR(""));
	ac->ca_file = conf_get(r->section, "ca_file", STR(""));
	if (ac->name.n == 0 || ac->name.n > 200)
		return bad(r, "account", "needs a name: [account NAME]");
	if (ac->host.n == 0)
		return bad(r, "host", "missing");
	if (ac->user.n == 0)
		return bad(r, "user", "missing");
	return authconf_read(r->arena, r->conf, r->section, &ac->auth, r->err);
}

static int read_account(struct reader *r)
{
	static int (*const step[])(struct reader *) = {
		read_names, read_protocol, read_tls, read_port, read_size, read_timeout,
		read_mailboxes, read_compress, read_poll,
	};
	for (size_t i = 0; i < sizeof step / sizeof *step; i++)
		if (step[i](r) < 0)
			return -1;
	return 1;
}

void harvest_target(struct arena *a, const struct harvest_account *ac, struct conn_target *out)
{
	const struct authconf *f = &ac->auth;
	*out = (struct conn_target){
		.host = arena_str(a, ac->host).p,
		.port = ac->port,
		.tls = ac->tls == HARVEST_TLS_IMPLICIT,
		.clear_only_loopback = ac->tls == HARVEST_TLS_NONE && !ac->plain_ok,
		.timeout_ms = ac->timeout * 1000,
		.trust = {
			.ca_file = ac->ca_file.n ? arena_str(a, ac->ca_file).p : NULL,
			.cert_file = f->cert_file.n ? f->cert_file.p : NULL,
			.key_file = f->key_file.n ? f->key_file.p : NULL,
			.pins = f->pins, .n_pins = f->n_pins, .only_pins = f->only_pins,
		},
	};
}

int harvest_accounts(struct arena *a, const struct conf *c, const struct harvest_account **out,
		     size_t *n_out, struct err *err)
{
	struct harvest_account *list = NULL;
	size_t n = 0;
	for (size_t i = 0; i < c->n; i++) {
		const struct conf_section *s = &c->sections[i];
		if (!str_eq(s->kind, STR("account")))
			continue;
		if (n == MAX_ACCOUNTS)
			return conf_bad(c, s, "account", "too many accounts", err);
		list = arena_grow(a, list, n, sizeof *list);
		struct reader r = {a, c, s, &list[n++], err};
		if (read_account(&r) < 0)
			return -1;
	}
	*out = list;
	*n_out = n;
	return 1;
}

/* ---- the children ---- */

struct start {
	const struct harvest_account *ac;
	const char *dir;
	const struct proc *others; /* parents' ends of earlier children */
	size_t n_others;
};

static int child(void *arg, int fd)
{
	const struct start *s = arg;
	struct feed feed;
	for (size_t i = 0; i < s->n_others; i++)
		if (s->others[i].fd >= 0)
			close(s->others[i].fd);
	feed_init(&feed, fd, 0);
	int status = account_run(s->ac, s->dir, &feed);
	feed_free(&feed);
	return status;
}

struct crew {
	struct archive *ar;
	struct proc *procs;
	struct intake *intakes;
	struct pollfd *polls;
	size_t n;
	int64_t run;
	bool dry; /* nothing is written */
	struct log_progress progress;
};

/* The child ended, or must. Fills in the account's error unless it said one itself. */
static void dismiss(struct crew *w, size_t i, const struct err *why)
{
	struct intake *in = &w->intakes[i];
	if (why)
		proc_kill(&w->procs[i]);
	int status = why ? 0 : proc_wait(&w->procs[i]);
	w->procs[i].fd = -1;
	if (in->done)
		return;
	if (why)
		in->result->err = *why;
	else
		err_set(&in->result->err, ERR_LATER,
			"the harvesting process ended early (status %d)", status);
}

/* 1 going on; -1 the archive failed. */
static int serve(struct crew *w, size_t i, struct err *err)
{
	struct intake *in = &w->intakes[i];
	struct err why = {0};
	int r = intake_read(in, &why);
	if (r < 0 && in->archive_failed) {
		*err = why;
		return -1;
	}
	if (r < 1)
		dismiss(w, i, r < 0 ? &why : NULL);
	return 1;
}

static void show(struct crew *w)
{
	uint64_t done = 0, left = 0;
	for (size_t i = 0; i < w->n; i++) {
		const struct harvest_result *r = w->intakes[i].result;
		done += r->fetched + r->failed + r->refused;
		left += w->intakes[i].planned;
	}
	w->progress.total = left ? done + left : 0;
	log_step(&w->progress, done);
}

/* Serves the children until all are gone. 1; -1 the archive failed, or we were told to stop. */
static int loop(struct crew *w, bool progress, struct err *err)
{
	for (;;) {
		size_t alive = 0;
		for (size_t i = 0; i < w->n; i++) {
			w->polls[i] = (struct pollfd){w->procs[i].fd, POLLIN, 0};
			alive += w->procs[i].fd >= 0;
		}
		if (alive == 0)
			return 1;
		if (proc_stopped())
			return err_set(err, ERR_LATER, "interrupted");
		if (poll(w->polls, w->n, TICK_MS) < 0 && errno != EINTR)
			return err_errno(err, ERR_BROKEN, "cannot wait for the harvest");
		for (size_t i = 0; i < w->n; i++)
			if (w->polls[i].fd >= 0 && w->polls[i].revents && serve(w, i, err) < 0)
				return -1;
		if (!w->dry && archive_tick(w->ar, COMMIT_MS, err) < 0)
			return -1;
		if (progress)
			show(w);
	}
}

static int start(struct crew *w, const struct harvest_account *accounts, struct err *err)
{
	for (size_t i = 0; i < w->n; i++) {
		struct start s = {&accounts[i], archive_dir(w->ar), w->procs, i};
		if (proc_start(&w->procs[i], child, &s, err) < 0)
			return -1;
		feed_init(&w->intakes[i].feed, w->procs[i].fd, CHILD_TIMEOUT_MS);
	}
	return 1;
}

static int failed_accounts(const struct harvest_result *r, size_t n)
{
	int failed = 0;
	for (size_t i = 0; i < n; i++)
		failed += r[i].err.kind != ERR_NONE;
	return failed;
}

int harvest_run(struct archive *ar, const struct harvest_account *accounts, size_t n,
		struct harvest_result *r, bool progress, struct err *err)
{
	struct crew w = {.ar = ar, .n = n, .dry = n && accounts[0].dry};
	w.procs = err_alloc((n + 1) * sizeof *w.procs);
	w.intakes = err_alloc((n + 1) * sizeof *w.intakes);
	w.polls = err_alloc((n + 1) * sizeof *w.polls);
	for (size_t i = 0; i < n; i++) {
		w.procs[i] = (struct proc){0, -1};
		r[i] = (struct harvest_result){0};
		w.intakes[i] = (struct intake){.ar = ar, .run = &w.run, .result = &r[i],
					       .ac = &accounts[i]};
	}
	log_begin(&w.progress, "harvest", 0);
	int ok = start(&w, accounts, err);
	if (ok == 1)
		ok = loop(&w, progress, err);
	for (size_t i = 0; i < n; i++) {
		proc_kill(&w.procs[i]);
		intake_free(&w.intakes[i]);
	}
	log_end(&w.progress);
	if (!w.dry && (ok == 1 || err->kind == ERR_LATER) && archive_commit(ar, err) < 0)
		ok = -1;
	free(w.procs);
	free(w.intakes);
	free(w.polls);
	return ok < 0 ? -1 : failed_accounts(r, n);
}
