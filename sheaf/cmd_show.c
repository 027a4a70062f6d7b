#define _GNU_SOURCE
#include "cmd.h"
#include "log.h"
#include "present.h"
#include "query.h"
#include "shape.h"
#include "tagging.h"
#include "term.h"
#include "thread.h"
#include "threading.h"

#include <unistd.h>

static bool raw, text, headers, thread;
static const char *part;

static const struct opts_spec options[] = {
	{"raw", 0, OPTS_FLAG, &raw, NULL, "the bytes of the message, as stored"},
	{"text", 0, OPTS_FLAG, &text, NULL, "only the text, HTML as text"},
	{"headers", 0, OPTS_FLAG, &headers, NULL, "only the header, decoded"},
	{"thread", 0, OPTS_FLAG, &thread, NULL, "list the messages of its thread"},
	{"part", 0, OPTS_TEXT, &part, "N", "the decoded bytes of one part, as 2 or 1.3"},
	OPTS_END,
};

/* A text of a mail, made harmless. */
static void put(struct arena *a, struct str s)
{
	struct str clean = term_clean(a, s, true);
	fwrite(clean.p, 1, clean.n, stdout);
	if (clean.n && clean.p[clean.n - 1] != '\n')
		putchar('\n');
}

/* The text, with what HTML hides from its reader in marks. */
static void put_text(struct arena *a, const struct query_message *m)
{
	struct html_seen seen = query_reading(a, m);
	put(a, html_marked(a, &seen));
}

static int not_found(const char *id, struct err *err)
{
	return err_set(err, ERR_INPUT, "no message '%s'", id);
}

/* Streams the bytes, whatever their number. */
static int show_raw(struct archive *ar, const char *id, struct err *err)
{
	struct archive_msg m;
	int r = archive_find_id(ar, str_of(id), &m, err);
	if (r == 0)
		return not_found(id, err);
	fflush(stdout);
	return r < 0 || archive_copy_out(ar, &m, STDOUT_FILENO, err) < 0 ? -1 : 0;
}

/* The part of that number. The body of a message without parts is its part 1 (RFC 9051). */
static const struct mail_part *find_part(const struct mail *m)
{
	for (size_t i = 1; i < m->n_parts; i++)
		if (str_eq(m->parts[i].number, str_of(part)))
			return &m->parts[i];
	return m->n_parts == 1 && strcmp(part, "1") == 0 ? &m->parts[0] : NULL;
}

static int show_part(struct arena *a, const struct query_message *m, struct err *err)
{
	const struct mail_part *p = find_part(&m->mail);
	if (p == NULL)
		return err_set(err, ERR_INPUT, "the message has no part '%s'", part);
	struct str bytes = mail_part_bytes(a, p);
	fwrite(bytes.p, 1, bytes.n, stdout);
	return 0;
}

static void list_parts(struct arena *a, const struct mail *m)
{
	bool first = true;
	for (size_t i = 1; i < m->n_parts; i++) {
		const struct mail_part *p = &m->parts[i];
		if (!p->attachment && p->filename.n == 0)
			continue;
		struct str name = term_clean(a, p->filename, false);
		struct str type = term_clean(a, p->type, false);
		struct str size = present_size(a, p->body.n);
		printf("%s  --part %-6.*s %.*s  %.*s  %.*s encoded\n",
		       first ? "\nAttachments:\n" : "", STR_ARG(p->number), STR_ARG(type),
		       STR_ARG(name), STR_ARG(size));
		first = false;
	}
}

static void field(struct arena *a, const struct mail *m, const char *name)
{
	const struct mail_field *f = mail_find(m, name);
	if (f == NULL)
		return;
	struct str value = term_clean(a, f->value, false);
	printf("%-9s%.*s\n", arena_fmt(a, "%s:", name).p, STR_ARG(value));
}

static int list_copies(struct arena *a, struct archive *ar, const struct query_message *m,
		       struct err *err)
{
	struct shape_mailboxes boxes;
	shape_mailboxes(&boxes, ar, a);
	for (size_t i = 0; i < m->n_copies; i++) {
		const struct archive_epoch *e;
		int r = shape_epoch(&boxes, m->copies[i].epoch, &e, err);
		if (r <= 0)
			return r < 0 ? -1 : err_set(err, ERR_BROKEN, "copy in an unknown mailbox");
		struct str account = term_clean(a, e->account, false);
		struct str name = term_clean(a, e->mailbox, false);
		printf("%-9s%.*s/%.*s, UID %u%s\n", "In:", STR_ARG(account), STR_ARG(name),
		       m->copies[i].uid, m->copies[i].vanished ? " (no longer on the server)" : "");
	}
	return 1;
}

static int show_people(struct arena *a, struct archive *ar, const struct query_message *m,
		       struct err *err)
{
	static const char *const shown[] = {"From", "To", "Cc", "Date", "Subject"};
	char id[HASH_HEX + 1];
	for (size_t i = 0; i < sizeof shown / sizeof shown[0]; i++)
		field(a, &m->mail, shown[i]);
	hash_hex(m->msg.hash, HASH_BYTES, id);
	printf("%-9s%s\n", "Id:", id);
	if (list_copies(a, ar, m, err) < 0)
		return -1;
	putchar('\n');
	put_text(a, m);
	list_parts(a, &m->mail);
	return 0;
}

static const struct rights owner;

/* One line: id, date, who, what, set in by its depth. */
static int list_line(struct arena *a, struct qdb *db, const struct arrange_line *line,
		     struct err *err)
{
	enum { DEEPEST = 12 };
	char id[HASH_HEX + 1];
	struct query_hit h;
	int r = query_glance(db, a, &owner, line->kin->number, &h, err);
	if (r < 1)
		return r;
	const struct mail_address *who = h.record.n_from ? &h.record.from[0] : NULL;
	struct str name = who ? who->name.n ? who->name : who->email : STR("");
	struct str date = h.record.date.usable
				  ? present_time(a, h.record.date.epoch, h.record.date.zone)
				  : STR("(no date)");
	hash_hex(h.msg.hash, 6, id);
	name = term_clean(a, name, false);
	struct str subject = term_clean(a, h.record.subject, false);
	unsigned depth = line->depth < DEEPEST ? line->depth : DEEPEST;
	printf("%s  %-16.*s  %*s%.*s: %.*s\n", id, STR_ARG(str_cut(date, 0, 16)), 2 * (int)depth,
	       "", STR_ARG(name), STR_ARG(subject));
	return 1;
}

static int show_thread(struct cmd_env *env, struct arena *a, struct qdb *db, const char *id,
		       struct err *err)
{
	struct shape_mailboxes boxes;
	struct thread t;
	int r = thread_find(db, a, &owner, str_of(id), &t, err);
	if (r <= 0)
		return r < 0 ? -1 : not_found(id, err);
	if (env->json) {
		shape_mailboxes(&boxes, query_db_archive(db), a);
		boxes.db = db;
		json_t *o = threading_shape(a, &boxes, &t, 0, t.n, err);
		if (o == NULL)
			return -1;
		cmd_json(o);
		return 0;
	}
	printf("Thread %.*s, %zu message%s\n", STR_ARG(t.id), t.n, t.n == 1 ? "" : "s");
	for (size_t i = 0; i < t.n; i++)
		if (list_line(a, db, &t.lines[i], err) < 0)
			return -1;
	return 0;
}

static int show_parsed(struct cmd_env *env, struct arena *a, struct qdb *db, const char *id,
		       struct err *err)
{
	struct query_message m;
	struct shape_mailboxes boxes;
	struct archive *ar = query_db_archive(db);
	int r = query_message(db, a, str_of(id), &m, err);
	if (r <= 0)
		return r < 0 ? -1 : not_found(id, err);
	if (m.raw.n < m.msg.size)
		log_line(LOG_WARN, "only the first %zu bytes were read; --raw gives all", m.raw.n);
	if (part)
		return show_part(a, &m, err);
	if (env->json) {
		shape_mailboxes(&boxes, ar, a);
		boxes.db = db;
		json_t *o = shape_message(a, &boxes, &m, SIZE_MAX, err);
		if (o == NULL)
			return -1;
		tagging_add(a, o, db, m.msg.hash);
		cmd_json(o);
	} else if (text) {
		put_text(a, &m);
	} else if (headers) {
		put(a, m.mail.n_parts ? m.mail.parts[0].header : STR(""));
	} else {
		return show_people(a, ar, &m, err);
	}
	return 0;
}

static int run(struct cmd_env *env, struct opts_args *args, struct err *err)
{
	struct archive *ar = NULL;
	struct qdb *db = NULL;
	struct arena a = {0};
	int r;
	if (args->n != 1)
		return err_set(err, ERR_USAGE, "show which message?");
	if (raw + text + headers + (part != NULL) + (thread || env->json) > 1)
		return err_set(err, ERR_USAGE, "only one of --raw --text --headers --part "
			       "--thread --json");
	if (raw) {
		r = cmd_open(env, ARCHIVE_READ, &ar, err);
		r = r < 0 ? -1 : show_raw(ar, args->v[0], err);
		archive_close(&ar);
		return r;
	}
	r = cmd_exists(env, err);
	if (r > 0)
		r = query_db_open(&db, cmd_dir(env), err);
	if (r > 0)
		r = thread ? show_thread(env, &a, db, args->v[0], err)
			   : show_parsed(env, &a, db, args->v[0], err);
	query_db_close(&db);
	arena_free(&a);
	return r;
}

const struct cmd cmd_show = {
	.name = "show",
	.run = run,
	.line = "show one message",
	.usage = "ID [--raw|--text|--headers|--part N|--thread] [--json]",
	.options = options,
	.about = "ID is what search prints: the first digits of the message's SHA-256, as many as\n"
		 "name only one. --raw gives the bytes exactly as the server sent them.\n"
		 "In the text, what HTML hides from the mail's reader stands in [hidden: ].\n"
		 "\n"
		 "  sheaf show 4be91c66a3d2\n"
		 "  sheaf show 4be91c66a3d2 --raw | sha256sum\n"
		 "  sheaf show 4be91c66a3d2 --part 2 > report.pdf\n"
		 "  sheaf show 4be91c66a3d2 --thread\n",
};
