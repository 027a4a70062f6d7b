#include "audithead.h"
#include "auditread.h"
#include "cmd.h"
#include "file.h"
#include "log.h"
#include "sealkey.h"
#include "term.h"

static struct {
	const char *since, *until, *who, *what, *head;
} opt;

static const struct opts_spec options[] = {
	{"since", 0, OPTS_TEXT, &opt.since, "TIME", "list: from then on (2026, 2026-11, … UTC)"},
	{"until", 0, OPTS_TEXT, &opt.until, "TIME", "list: up to then, that day and all"},
	{"who", 0, OPTS_TEXT, &opt.who, "NAME", "list: what this person did"},
	{"what", 0, OPTS_TEXT, &opt.what, "WORD", "list: searched, opened, downloaded, …"},
	{"head", 0, OPTS_TEXT, &opt.head, "FILE", "verify: a copy of audit/head kept elsewhere"},
	OPTS_END,
};

/* ---- list ---- */

static void put(struct arena *a, const json_t *o, const char *key, const char *before)
{
	const json_t *v = json_object_get(o, key);
	struct str s = str_of(json_string_value(v));
	if (json_is_integer(v))
		s = arena_fmt(a, "%lld", (long long)json_integer_value(v));
	if (s.n)
		printf("%s%.*s", before, STR_ARG(term_clean(a, s, false)));
}

static void print(struct arena *a, const struct auditread_entry *e)
{
	const json_t *who = json_object_get(e->json, "who");
	put(a, e->json, "n", "");
	put(a, e->json, "at", "  ");
	printf("  %.*s", STR_ARG(term_clean(a, auditread_name(e->json), false)));
	put(a, who, "peer", " at ");
	put(a, e->json, "what", "  ");
	put(a, e->json, "login", " as ");
	put(a, e->json, "status", " ");
	put(a, e->json, "id", " ");
	put(a, e->json, "tree", " ");
	put(a, e->json, "count", " found ");
	put(a, e->json, "request", "  ");
	putchar('\n');
}

static int list(const struct cmd_env *env, struct err *err)
{
	const struct auditread_filter f = {str_of(opt.who), str_of(opt.what), str_of(opt.since),
					   str_of(opt.until)};
	struct auditread *r;
	struct auditread_entry e;
	struct arena a = {0};
	uint64_t shown = 0;
	if (auditread_open(&r, cmd_dir(env), false, err) < 0)
		return -1;
	int got;
	while ((got = auditread_next(r, &e, err)) > 0) {
		if (e.wrong)
			log_line(LOG_WARN, "audit/%06u.log: a line %s", e.file, e.wrong);
		if (e.json == NULL || !auditread_fits(&f, e.json))
			continue;
		if (env->json)
			fwrite(e.line.p, 1, e.line.n, stdout);
		else
			print(&a, &e);
		shown++;
		arena_reset(&a);
	}
	auditread_close(&r);
	arena_free(&a);
	return got < 0 ? -1 : shown ? 0 : CMD_NOTHING;
}

/* ---- verify ---- */

/* What the heads must be found in. */
struct check {
	struct audithead heads[2];
	size_t n, met;
	uint64_t entries, first, wrong, torn;
	unsigned char hash[HASH_BYTES];
};

static void meet(struct check *c, const struct auditread *r)
{
	unsigned char hash[HASH_BYTES];
	for (size_t i = 0; i < c->n; i++) {
		if (c->heads[i].entries != c->entries)
			continue;
		auditread_hash(r, hash);
		c->met += memcmp(hash, c->heads[i].hash, HASH_BYTES) == 0;
	}
}

static int walk(const char *dir, struct check *c, struct err *err)
{
	struct auditread *r;
	struct auditread_entry e;
	if (auditread_open(&r, dir, false, err) < 0)
		return -1;
	int got;
	while ((got = auditread_next(r, &e, err)) > 0) {
		if (e.wrong) {
			log_line(LOG_ERROR, "audit/%06u.log: the line behind entry %llu %s",
				 e.file, (unsigned long long)c->entries, e.wrong);
			c->wrong++;
		}
		c->first = c->first ? c->first : e.number;
		c->entries = e.number ? e.number : c->entries + 1;
		meet(c, r);
	}
	c->torn = auditread_torn(r);
	auditread_hash(r, c->hash);
	auditread_close(&r);
	return got;
}

/* The copy that was kept elsewhere. */
static int load_copy(const char *dir, struct check *c, struct err *err)
{
	struct note_key key;
	struct buf note;
	buf_init(&note, NOTE_MOST);
	int r = file_load(opt.head, &note, err);
	if (r == 0)
		r = err_set(err, ERR_INPUT, "no file '%s'", opt.head);
	if (r > 0)
		r = sealkey_public(dir, &key, err);
	if (r == 0)
		r = err_set(err, ERR_DENIED, "the archive's key, keys/seal.pub, is missing");
	if (r > 0)
		r = audithead_read(buf_all(&note), &key, &c->heads[c->n++], err);
	buf_free(&note);
	return r;
}

static void say(const struct cmd_env *env, const struct check *c)
{
	char hex[HASH_HEX + 1];
	hash_hex(c->hash, HASH_BYTES, hex);
	if (env->json) {
		cmd_json(json_pack("{s:I, s:I, s:s, s:I, s:I, s:i, s:i}", "entries",
				   (json_int_t)c->entries, "first", (json_int_t)c->first, "hash",
				   hex, "wrong", (json_int_t)c->wrong, "torn",
				   (json_int_t)c->torn, "heads", (int)c->n, "heads_met",
				   (int)c->met));
		return;
	}
	printf("%llu entries; the last has the hash %s\n", (unsigned long long)c->entries, hex);
	if (c->first > 1)
		printf("the log begins with entry %llu: earlier files are not here\n",
		       (unsigned long long)c->first);
	if (c->torn)
		printf("%llu bytes behind it were cut off by a crash: nothing was answered for "
		       "them\n", (unsigned long long)c->torn);
	if (c->n == 0)
		puts("there is no head to compare with (sheaf seal writes one)");
	else if (c->met == c->n)
		puts("nothing is missing up to the head");
}

static int verify(const struct cmd_env *env, struct err *err)
{
	struct check c = {0};
	int r = audithead_load(cmd_dir(env), &c.heads[0], err);
	c.n = r > 0;
	if (r < 0)
		return -1;
	if ((opt.head && load_copy(cmd_dir(env), &c, err) < 0) || walk(cmd_dir(env), &c, err) < 0)
		return -1;
	say(env, &c);
	if (c.wrong)
		return err_set(err, ERR_BROKEN, "the audit log was changed, or is damaged");
	if (c.met < c.n)
		return err_set(err, ERR_BROKEN, "the audit log does not hold the entry of its head:"
			       " its end was cut off, or it is another log");
	return 0;
}

static int head(struct cmd_env *env, struct err *err)
{
	int r = audithead_write(cmd_dir(env), err);
	if (r == 0)
		return err_set(err, ERR_INPUT, "nothing was ever logged");
	if (r > 0)
		puts("audit/head is new; keep a copy of it elsewhere");
	return r < 0 ? -1 : 0;
}

static int run(struct cmd_env *env, struct opts_args *args, struct err *err)
{
	struct str verb = args->n == 1 ? str_of(args->v[0]) : STR("");
	if (cmd_exists(env, err) < 0)
		return -1;
	if (str_eq(verb, STR("list")))
		return list(env, err);
	if (str_eq(verb, STR("verify")))
		return verify(env, err);
	if (str_eq(verb, STR("head")))
		return head(env, err);
	return err_set(err, ERR_USAGE, "say list, verify or head");
}

const struct cmd cmd_audit = {
	.name = "audit",
	.run = run,
	.line = "who searched, opened, took out: the log, and whether it is whole",
	.usage = "list|verify|head [OPTIONS]",
	.options = options,
	.about = "list prints the log's entries, oldest first; with --json as they stand in the\n"
		 "file. verify checks that each line follows from the one before and that none is\n"
		 "missing up to the signed head; head signs the log as it is now, as sheaf seal\n"
		 "does too. Keep copies of audit/head where nobody can write who can write to the\n"
		 "archive: only against such a copy can it be shown that the end was not cut off.\n"
		 "\n"
		 "  sheaf audit list --since 2026-11 --who ann --what searched\n"
		 "  sheaf audit verify\n"
		 "  sheaf audit verify --head ~/elsewhere/head\n",
};
