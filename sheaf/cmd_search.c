#include "certificate.h"
#include "cmd.h"
#include "file.h"
#include "guess.h"
#include "halt.h"
#include "hitlist.h"
#include "log.h"
#include "present.h"
#include "returned.h"
#include "term.h"
#include "trail.h"

#include <stdlib.h>

enum { LIMIT = 50 };
#define UNSET UINT64_MAX

static const char *dialect = "box", *format = "", *sort = "-date", *timeout = "0";
static const char *account, *mailbox, *cursor, *certificate;
static uint64_t limit = UNSET;
static bool count, explain, no_index, present;

static const struct opts_spec options[] = {
	{"dialect", 0, OPTS_CHOICE, &dialect, "box|imap", "how the query is written (box)"},
	{"format", 0, OPTS_CHOICE, &format, "text|json|ndjson|ids|uids", "how results are shown"},
	{"limit", 0, OPTS_NUMBER, &limit, "N", "at most N; 0: all (50; ids, uids, ndjson: all)"},
	{"sort", 0, OPTS_CHOICE, &sort, "date|-date|relevance|relevance,recent",
	 "oldest or newest first (newest), or the best, of these rather the newer"},
	{"count", 0, OPTS_FLAG, &count, NULL, "only how many there are"},
	{"account", 0, OPTS_TEXT, &account, "NAME", "only this account (* and ? are wild)"},
	{"mailbox", 0, OPTS_TEXT, &mailbox, "[ACCOUNT/]NAME", "only this mailbox"},
	{"present", 0, OPTS_FLAG, &present, NULL, "only what the server still had at last"},
	{"cursor", 0, OPTS_TEXT, &cursor, "C", "go on where a search stopped"},
	{"no-index", 0, OPTS_FLAG, &no_index, NULL,
	 "look at every message; the answer is the same"},
	{"timeout", 0, OPTS_TEXT, &timeout, "TIME",
	 "stop after 5s, 500ms, 2m and say how far it got (none)"},
	{"certificate", 0, OPTS_TEXT, &certificate, "FILE",
	 "write down there, signed, what was found (sheaf certificate)"},
	{"explain", 0, OPTS_FLAG, &explain, NULL, "say on standard error how it was found"},
	OPTS_END,
};

/* A search being run. */
struct search {
	struct cmd_env *env;
	struct str text;
	struct qdb *db;
	struct query *query;
	struct query_options options;
	struct arena arena, hit;
	uint64_t limit, shown, started_ms;
	bool more;
	bool stopped;    /* time was up */
	struct str next; /* cursor, when there is more */
	struct hash_ctx *digest; /* of the ids shown, each with LF */
	struct meant_list meant; /* when nothing was found */
};

static struct str join_words(struct arena *a, const struct opts_args *args)
{
	struct str s = str_of(args->v[0]);
	for (int i = 1; i < args->n; i++)
		s = arena_fmt(a, "%.*s %s", STR_ARG(s), args->v[i]);
	return s;
}

static bool is(const char *want)
{
	return strcmp(format, want) == 0;
}

/* Turns the options into those of the query. */
static int read_options(struct search *s, struct err *err)
{
	struct query_options *o = &s->options;
	if (*format == '\0')
		format = s->env->json ? "json" : "text";
	bool all = is("ids") || is("uids") || is("ndjson");
	s->limit = limit == UNSET ? (all ? 0 : LIMIT) : limit;
	o->dialect = strcmp(dialect, "imap") == 0 ? QUERY_IMAP : QUERY_BOX;
	o->sort = strcmp(sort, "relevance") == 0          ? QUERY_RELEVANT
		  : strcmp(sort, "relevance,recent") == 0 ? QUERY_RECENT
		  : strcmp(sort, "date") == 0             ? QUERY_OLDEST
							  : QUERY_NEWEST;
	if (count || is("uids"))
		o->sort = QUERY_UNSORTED;
	o->no_index = no_index;
	o->present = present;
	o->account = str_of(account);
	o->mailbox = str_of(mailbox);
	o->cursor = str_of(cursor);
	ptrdiff_t slash = str_chr(o->mailbox, '/');
	if (account == NULL && slash > 0) {
		o->account = str_cut(o->mailbox, 0, (size_t)slash);
		o->mailbox = str_cut(o->mailbox, (size_t)slash + 1, o->mailbox.n);
	}
	uint64_t ms;
	if (!halt_parse(str_of(timeout), &ms))
		return err_set(err, ERR_USAGE, "'%s' is no time such as 5s, 500ms or 2m", timeout);
	o->deadline_ms = ms ? log_now_ms() + ms : 0;
	if (is("uids") && (o->account.n == 0 || o->mailbox.n == 0))
		return err_set(err, ERR_USAGE, "--format uids needs --mailbox ACCOUNT/NAME");
	return 1;
}

/* ---- what is shown ---- */

static int by_number(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	return x < y ? -1 : x > y;
}

/* The newest epoch of the mailbox: the UIDs of older ones mean nothing to a server. */
static int newest_epoch(struct search *s, int64_t *out, struct err *err)
{
	const struct archive_epoch *list;
	size_t n;
	*out = 0;
	if (archive_epochs(query_db_archive(s->db), &s->arena, &list, &n, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		if (str_eq(list[i].account, s->options.account) &&
		    str_eq(list[i].mailbox, s->options.mailbox) && list[i].id > *out)
			*out = list[i].id;
	if (*out == 0)
		return err_set(err, ERR_INPUT, "no mailbox '%.*s/%.*s'",
			       STR_ARG(s->options.account), STR_ARG(s->options.mailbox));
	return 1;
}

/* Was the query only stopped by the clock? Then what was found is shown, and what not is said. */
static int time_up(struct search *s, int r)
{
	struct query_progress p;
	query_progress(s->query, &p);
	s->stopped = r < 0 && p.time_up;
	return s->stopped ? 0 : r;
}

/* UIDs are printed in ascending order, so they are all gathered first. */
static int show_uids(struct search *s, struct err *err)
{
	struct query_hit h;
	uint32_t *uids = NULL;
	size_t n = 0;
	int64_t epoch;
	int r = newest_epoch(s, &epoch, err);
	while (r > 0 && (r = query_next(s->query, &s->hit, &h, err)) > 0) {
		for (size_t i = 0; i < h.n_copies; i++)
			if (h.copies[i].epoch == epoch && h.copies[i].vanished == 0) {
				uids = arena_grow(&s->arena, uids, n, sizeof *uids);
				uids[n++] = h.copies[i].uid;
			}
		arena_reset(&s->hit);
	}
	r = r < 0 && s->query ? time_up(s, r) : r;
	if (n)
		qsort(uids, n, sizeof *uids, by_number);
	for (size_t i = 0; r == 0 && i < n && (s->limit == 0 || i < s->limit); i++) {
		printf("%u\n", uids[i]);
		s->shown++;
	}
	return r;
}

/* What was meant, perhaps, when nothing was found. 1 or -1. */
static int guess(struct search *s, struct err *err)
{
	if (s->shown > 0 || s->stopped || s->meant.n > 0)
		return 1;
	query_rest(s->query);
	return meant_find(s->db, &s->arena, s->text, &s->options, &s->meant, err);
}

static json_t *envelope(struct search *s, struct hitlist *l, struct err *err)
{
	uint64_t not_fully, indexed, stored;
	struct query_progress p;
	if (query_not_fully(s->db, &not_fully, err) < 0 ||
	    query_db_reach(s->db, &indexed, &stored, err) < 0)
		return NULL;
	query_progress(s->query, &p);
	json_t *o = json_pack("{s:{s:s, s:o}, s:O}", "query", "dialect", dialect, "tree",
			      cmd_string(query_tree(s->query)), "messages", l->messages);
	json_object_set_new(o, "next", s->more ? cmd_string(s->next) : json_null());
	bool exact = !s->more && p.not_searched == 0 && p.unjudged == 0;
	json_object_set_new(o, "total",
			    json_integer((json_int_t)(s->shown + (s->more && !s->stopped))));
	json_object_set_new(o, "total_relation", json_string(exact ? "exact" : "at_least"));
	json_object_set_new(o, "stopped", shape_stopped(&s->arena, s->query));
	json_object_set_new(o, "warnings", shape_warnings(&s->arena, s->query));
	json_object_set_new(o, "not_fully_searchable", json_integer((json_int_t)not_fully));
	json_object_set_new(o, "indexed_to", json_integer((json_int_t)indexed));
	json_object_set_new(o, "stored_to", json_integer((json_int_t)stored));
	json_object_set_new(o, "searched_to", json_integer((json_int_t)p.searched_to));
	json_object_set_new(o, "not_judged", json_integer((json_int_t)p.unjudged));
	if (s->meant.n)
		json_object_set_new(o, "did_you_mean", guess_json(&s->arena, &s->meant));
	if (explain)
		json_object_set_new(o, "explain", shape_explain(&s->arena, s->query));
	json_object_set_new(o, "took_ms", json_integer((json_int_t)(log_now_ms() - s->started_ms)));
	return o;
}

static int stopped_here(struct search *s, int r)
{
	r = time_up(s, r);
	if (s->stopped)
		s->next = query_cursor(s->query, &s->arena);
	s->more = s->stopped;
	return r;
}

/* For the audit log: `--format ids | sha256sum` says the same. */
static void take_id(struct search *s, const struct query_hit *h)
{
	if (s->digest == NULL)
		s->digest = hash_new();
	hash_add_line(s->digest, h->msg.hash);
}

static void note(struct search *s)
{
	unsigned char hash[HASH_BYTES];
	char hex[HASH_HEX + 1];
	if (s->query == NULL)
		return;
	trail_note("tree", cmd_string(query_tree(s->query)));
	trail_note("shown", json_integer((json_int_t)s->shown));
	if (s->digest == NULL)
		return;
	hash_end(s->digest, hash);
	hash_hex(hash, HASH_BYTES, hex);
	trail_note("digest", json_string(hex));
	hash_free(&s->digest);
}

/* Prints up to the limit, then looks whether there is more. */
static int show_hits(struct search *s, struct hitlist *l, struct err *err)
{
	struct query_hit h;
	int r = 1;
	while (r > 0 && (s->limit == 0 || s->shown < s->limit)) {
		arena_reset(&s->hit);
		r = query_next(s->query, &s->hit, &h, err);
		if (r <= 0)
			return stopped_here(s, r);
		take_id(s, &h);
		r = hitlist_add(l, &s->hit, &h, err);
		s->shown++;
	}
	if (r <= 0)
		return r;
	s->next = query_cursor(s->query, &s->arena);
	r = query_next(s->query, &s->hit, &h, err);
	if (r < 0)
		return stopped_here(s, r);
	s->more = r > 0;
	return 0;
}

static int show_list(struct search *s, struct err *err)
{
	struct hitlist l;
	enum hitlist_format f = is("text")     ? HITLIST_TEXT
				: is("json")   ? HITLIST_JSON
				: is("ndjson") ? HITLIST_NDJSON
					       : HITLIST_IDS;
	hitlist_begin(&l, f, s->db);
	int r = show_hits(s, &l, err);
	if (r == 0 && guess(s, err) < 0)
		r = -1;
	if (r == 0 && f == HITLIST_JSON) {
		json_t *o = envelope(s, &l, err);
		r = o ? 0 : -1;
		if (o)
			cmd_json(o);
	}
	hitlist_end(&l);
	return r;
}

/* With progress for whoever waits. 0; -1. */
static int count_all(struct search *s, uint64_t *n, struct err *err)
{
	struct log_progress bar;
	struct query_progress p;
	int r;
	log_begin(&bar, "looked at", 0);
	if (s->env->progress)
		query_pause(s->query, 200);
	while ((r = query_count(s->query, n, err)) == QUERY_PAUSED) {
		query_progress(s->query, &p);
		bar.total = p.candidates;
		log_step(&bar, p.passed);
	}
	log_end(&bar);
	return r < 0 ? -1 : 0;
}

static int show_count(struct search *s, struct err *err)
{
	uint64_t n;
	if (time_up(s, count_all(s, &n, err)) < 0)
		return -1;
	struct query_progress p;
	query_progress(s->query, &p);
	bool exact = !s->stopped && p.not_searched == 0 && p.unjudged == 0;
	s->shown = n;
	if (is("json") || is("ndjson"))
		cmd_json(json_pack("{s:{s:s, s:o}, s:I, s:s}", "query", "dialect", dialect, "tree",
				   cmd_string(query_tree(s->query)), "total", (json_int_t)n,
				   "total_relation", exact ? "exact" : "at_least"));
	else
		printf("%llu\n", (unsigned long long)n);
	return 0;
}

/* ---- what is said besides ---- */

static void say_warnings(struct search *s)
{
	const struct query_warning *w;
	size_t n = query_warnings(s->query, &w);
	for (size_t i = 0; i < n; i++)
		log_line(LOG_WARN, "column %d: %.*s", w[i].column, STR_ARG(w[i].text));
}

static void say_stopped(struct search *s, const struct query_progress *p)
{
	struct str until = STR(""), day = str_cut(present_time(&s->arena, p->back, 0), 0, 10);
	if (p->has_back && day.n && s->options.sort <= QUERY_OLDEST)
		until = arena_fmt(&s->arena, "; everything %s %.*s was searched",
				  s->options.sort == QUERY_NEWEST ? "after" : "before",
				  STR_ARG(day));
	if (no_index)
		log_line(LOG_WARN, "time was up after %llu messages of %llu",
			 (unsigned long long)p->scanned,
			 (unsigned long long)(p->scanned + p->not_searched));
	else
		log_line(LOG_WARN,
			 "time was up after %llu of %s%llu candidates%.*s; found so far: %llu",
			 (unsigned long long)p->passed, p->unplanned ? "at least " : "",
			 (unsigned long long)p->candidates, STR_ARG(until),
			 (unsigned long long)s->shown);
	if (s->next.n)
		fprintf(stderr, "sheaf: go on with --cursor %.*s\n", STR_ARG(s->next));
}

static int say_rest(struct search *s, struct err *err)
{
	uint64_t not_fully;
	struct query_progress p;
	if (query_not_fully(s->db, &not_fully, err) < 0)
		return -1;
	query_progress(s->query, &p);
	if (explain && !is("json")) {
		struct str text = term_clean(&s->arena, query_explain(s->query, &s->arena), true);
		fprintf(stderr, "%.*s", STR_ARG(text));
		if (!str_ends(text, STR("\n")))
			fputc('\n', stderr);
	}
	if (s->meant.n && !is("json"))
		fprintf(stderr, "sheaf: did you mean: %.*s\n",
			STR_ARG(term_clean(&s->arena, s->meant.v[0].query, false)));
	if (s->stopped)
		say_stopped(s, &p);
	else if (s->more && is("text"))
		fprintf(stderr, "sheaf: there is more; see it with --limit N or --cursor %.*s\n",
			STR_ARG(s->next));
	if (not_fully)
		log_line(LOG_WARN, "%llu messages could not be searched fully",
			 (unsigned long long)not_fully);
	if (p.unjudged)
		log_line(LOG_WARN,
			 "%llu messages could not be judged: parsing them takes too much memory or "
			 "time", (unsigned long long)p.unjudged);
	if (p.not_searched && !no_index)
		log_line(LOG_WARN,
			 "%llu messages are not indexed yet and were not searched (sheaf index)",
			 (unsigned long long)p.not_searched);
	return 1;
}

/* A query with RETURN says itself what is shown, and how much of it. */
static int show_return(struct search *s, struct err *err)
{
	enum returned_format f = is("json")     ? RETURNED_JSON
				 : is("ndjson") ? RETURNED_NDJSON
						: RETURNED_TEXT;
	if (count || limit != UNSET || cursor != NULL || *sort != '-' || is("ids") || is("uids"))
		return err_set(err, ERR_USAGE, "with RETURN in the query there is no --count, "
			       "--limit, --cursor, --sort, --format ids or uids");
	return returned_show(s->query, s->db, &s->arena, f, &s->shown, err) < 0 ? -1 : 0;
}

static int show(struct search *s, struct err *err)
{
	if (query_return(s->query) != NULL)
		return show_return(s, err);
	return count ? show_count(s, err) : is("uids") ? show_uids(s, err) : show_list(s, err);
}

static int certify(struct search *s, struct err *err)
{
	struct str text;
	int r = certificate_make(&s->arena, s->db, s->text, &s->options, &text, err);
	return r > 0 ? file_replace(certificate, text, err) : -1;
}

static int search(struct search *s, struct err *err)
{
	if (query_db_open(&s->db, cmd_dir(s->env), err) < 0 ||
	    query_open(&s->query, s->db, &s->arena, s->text, &s->options, err) < 0)
		return -1;
	say_warnings(s);
	int r = show(s, err);
	if (r < 0 || say_rest(s, err) < 0)
		return -1;
	if (certificate && certify(s, err) < 0)
		return -1;
	if (s->stopped)
		return err_exit(ERR_LATER);
	return s->shown ? 0 : CMD_NOTHING;
}

static int run(struct cmd_env *env, struct opts_args *args, struct err *err)
{
	struct search s = {.env = env, .started_ms = log_now_ms()};
	if (args->n == 0)
		return err_set(err, ERR_USAGE, "search for what?");
	if (read_options(&s, err) < 0 || cmd_exists(env, err) < 0)
		return -1;
	s.text = join_words(&s.arena, args);
	int r = search(&s, err);
	/* The text must outlive the arena for the error message. */
	static char kept[4096];
	size_t n = s.text.n < sizeof kept ? s.text.n : sizeof kept;
	memcpy(kept, s.text.p, n);
	env->query = (struct str){kept, n};
	note(&s);
	query_close(&s.query);
	query_db_close(&s.db);
	arena_free(&s.hit);
	arena_free(&s.arena);
	return r;
}

const struct cmd cmd_search = {
	.name = "search",
	.run = run,
	.line = "find messages",
	.usage = "[OPTIONS] QUERY…",
	.options = options,
	.mode = OPTS_QUERY,
	.about = "Words are looked for in the whole message; all of them must be there. What one "
		 "may\n"
		 "write: from: to: subject: after: before: \"a phrase\" -not (with --dialect imap: "
		 "the\n"
		 "keys of IMAP SEARCH). Exit status 0: found; 1: nothing found; 75: time was up "
		 "(--timeout).\n"
		 "\n"
		 "  sheaf search annual report\n"
		 "  sheaf search 'from:ann subject:\"annual report\" after:2020-01-01 -draft'\n"
		 "  sheaf search --dialect imap 'OR FROM smith SUBJECT budget SINCE 5-Mar-2020'\n"
		 "  sheaf search --dialect imap 'RETURN (COUNT) FROM smith'\n"
		 "  sheaf search --mailbox alice/INBOX --format uids --dialect imap UNSEEN\n"
		 "  sheaf search --format ids budget | while read id; do sheaf show $id --raw; "
		 "done\n",
};
