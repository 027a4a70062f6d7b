#include "t.h"

#include "archive.h"
#include "casemap.h"
#include "current.h"
#include "file.h"
#include "indexer.h"
#include "iseg.h"
#include "live.h"
#include "log.h"
#include "merge.h"
#include "schema.h"
#include "token.h"

#include <sys/stat.h>
#include <unistd.h>

static char dir[3000];

static const char *path_of(const char *name)
{
	static char path[4000];
	snprintf(path, sizeof path, "%s/%s", dir, name);
	return path;
}

/* ---- an archive ---- */

static void append(const struct str *mails, size_t n)
{
	struct archive_epoch e = {.account = STR("test"), .mailbox = STR("INBOX")};
	struct archive *ar;
	struct arena a = {0};
	struct err err;
	T(archive_create(dir, &err) >= 0);
	T(archive_open(&ar, dir, ARCHIVE_WRITE, &err) == 1);
	e.uidvalidity = 1;
	T(archive_epoch(ar, &a, &e, &err) >= 0);
	for (size_t i = 0; i < n; i++) {
		struct archive_copy c = {.epoch = e.id, .internaldate = 1000000};
		T(archive_begin(ar, &err) == 1);
		T(archive_write(ar, mails[i].p, mails[i].n, &err) == 1);
		T(archive_end(ar, &c, &err) == 1);
	}
	T(archive_commit(ar, &err) == 1);
	archive_close(&ar);
	arena_free(&a);
}

/* Mails number first..last: "odd" or "even", a word of their own, and some header text. */
static void append_numbered(int first, int last)
{
	struct arena a = {0};
	struct str *mails = arena_alloc(&a, (size_t)(last - first + 1) * sizeof *mails);
	for (int i = first; i <= last; i++)
		mails[i - first] = arena_fmt(
			&a, "From: Sender%d <s%d@example.org>\r\nSubject: number n%dn\r\n"
			    "X-Trace: trace-%dx-end\r\n\r\n%s body w%dw\r\n",
			i, i, i, i, i % 2 ? "odd" : "even", i);
	append(mails, (size_t)(last - first + 1));
	arena_free(&a);
}

/* ---- looking at the index ---- */

static void load(struct arena *a, struct current *c)
{
	struct err err = {0};
	T(current_load(a, dir, c, &err) == 1);
}

static void open_segment(struct arena *a, const struct current *c, size_t i, struct iseg *s)
{
	struct err err = {0};
	struct str p = arena_fmt(a, "%s/index/%.*s", dir, STR_ARG(c->generation));
	T(iseg_open(s, p.p, c->runs[i].first, c->runs[i].last, &err) == 1);
	if (err.kind)
		printf("%s\n", err.text);
}

/* The numbers of all messages that have the term, as "1 3 ". */
static struct str with_term(struct arena *a, const char *term)
{
	struct current c;
	struct buf out;
	struct err err;
	buf_init(&out, 100000);
	load(a, &c);
	for (size_t i = 0; i < c.n; i++) {
		struct iseg s;
		struct str t = str_of(term);
		open_segment(a, &c, i, &s);
		size_t n = (size_t)(s.last - s.first + 1);
		uint64_t *bits = arena_alloc(a, (n / 64 + 1) * 8);
		T(xap_mark(s.db, &t, 1, bits, n, &err) == 1);
		for (size_t k = 0; k < n; k++)
			if (bits[k / 64] >> (k % 64) & 1)
				buf_fmt(&out, "%d ", (int)(s.first + k));
		iseg_close(&s);
	}
	struct str r = arena_str(a, buf_all(&out));
	buf_free(&out);
	return r;
}

static void check_term(const char *term, const char *want)
{
	struct arena a = {0};
	T_STR(with_term(&a, term), str_of(want));
	arena_free(&a);
}

static size_t segments(void)
{
	struct arena a = {0};
	struct current c;
	load(&a, &c);
	arena_free(&a);
	return c.n;
}

/* Every numbered message is found by its terms and its header text, and its record is there. */
static void check_numbered(uint64_t first, uint64_t last)
{
	struct arena a = {0};
	struct current c;
	load(&a, &c);
	for (size_t i = 0; i < c.n; i++) {
		struct iseg s;
		open_segment(&a, &c, i, &s);
		for (uint64_t m = s.first; m <= s.last; m++) {
			struct record r;
			struct err err;
			uint64_t bits[64] = {0};
			size_t bit = (size_t)(m - s.first);
			if (m < first || m > last)
				continue;
			T(iseg_record(&s, &a, m, &r, &err) == 1);
			T_STR(r.subject, arena_fmt(&a, "number n%dn", (int)m));
			T(r.sort_date == 1000000 &&
			  order_date(&s.order, (uint32_t)bit + 1) == 1000000);
			struct str needle = arena_fmt(&a, "TRACE-%dX-END", (int)m);
			struct headtext lines;
			T(iseg_headers(&s, &a, m, &lines, &err) == 1 && lines.whole);
			T(headtext_has(&lines, needle));
			T(filter_mark(s.filter, needle, bits, 64 * 64) == 1);
			T(bits[bit / 64] >> (bit % 64) & 1);
			struct str own = arena_fmt(&a, "W%dW", (int)m);
			const struct str *terms;
			size_t n;
			struct lexicon_ask ask = {'B', own, LEXICON_INFIX, 9, {"", 0}};
			T(lexicon_expand(s.lexicon, &a, &ask, &terms, &n) == 1);
			T(n == 1);
			memset(bits, 0, sizeof bits);
			T(n == 1 && xap_mark(s.db, terms, 1, bits, 64 * 64, &err) == 1);
			T(bits[bit / 64] == UINT64_C(1) << (bit % 64));
		}
		iseg_close(&s);
	}
	arena_free(&a);
}

static struct indexer_result update(const struct indexer_options *o, int want)
{
	struct indexer_result r;
	struct err err = {0};
	T(indexer_update(dir, o, &r, &err) == want);
	if (err.kind)
		printf("%s\n", err.text);
	return r;
}

/* ---- the tests ---- */

static void begin(const char *name)
{
	static char base[2000];
	struct err err;
	if (base[0] == '\0')
		snprintf(base, sizeof base, "%s", t_dir());
	snprintf(dir, sizeof dir, "%s/%s", base, name);
	T(file_mkdirs(dir, &err) == 1);
}

/* Records before, with and after the dictionary of a generation are all read; merging keeps it. */
static void dictionary(void)
{
	struct indexer_options o = {.workers = 2, .run = 400};
	begin("dictionary");
	append_numbered(1, 5);
	update(&o, 1);
	T(access(path_of("index/g1/dictionary"), F_OK) < 0);
	append_numbered(6, 2600);
	update(&o, 1);
	T(access(path_of("index/g1/dictionary"), F_OK) == 0);
	append_numbered(2601, 2605);
	update(&o, 1);
	T(access(path_of("index/g1/dictionary"), F_OK) == 0);
	check_numbered(1, 2605);
}

/* One of the two dictionaries may be there alone: segments may need it, so it stays as it is. */
static void half_of_them(void)
{
	struct indexer_options o = {.workers = 2, .run = 400};
	struct buf was, is;
	struct err err;
	buf_init(&was, DICT_BYTES);
	buf_init(&is, DICT_BYTES);
	T(file_load(path_of("index/g1/dictionary-headers"), &was, &err) == 1);
	begin("half");
	append_numbered(1, 5);
	update(&o, 1);
	T(file_replace(path_of("index/g1/dictionary-headers"), buf_all(&was), &err) == 1);
	append_numbered(6, 2600);
	update(&o, 1);
	T(access(path_of("index/g1/dictionary"), F_OK) == 0);
	T(file_load(path_of("index/g1/dictionary-headers"), &is, &err) == 1);
	T(str_eq(buf_all(&was), buf_all(&is)));
	check_numbered(1, 2600);
	buf_free(&was);
	buf_free(&is);
}

static void growing(void)
{
	struct indexer_options o = {.workers = 2, .run = 10};
	struct err err;
	begin("growing");
	T(archive_create(dir, &err) == 1);
	update(&o, 0); /* nothing there */
	append_numbered(1, 25);
	struct indexer_result r = update(&o, 1);
	T(r.indexed == 25 && r.quarantined == 0 && r.last == 25);
	T(segments() == 3);
	check_numbered(1, 25);
	update(&o, 0);
	append_numbered(26, 26);
	r = update(&o, 1);
	T(r.indexed == 1 && r.last == 26);
	T(segments() == 4);
	check_numbered(1, 26);
	check_term("BW26W", "26 ");
	check_term("FS7", "7 ");
	check_term("SN8N", "8 ");
	check_term("BEVEN", "2 4 6 8 10 12 14 16 18 20 22 24 26 ");
	check_term("HX-TRACE", "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 "
			       "21 22 23 24 25 26 ");
	check_term("MQ", "");
}

/* Eight neighbours of one size become one, and the directories left are those of the list. */
static void merging(void)
{
	struct indexer_options o = {.workers = 1, .run = 3};
	begin("merging");
	for (int i = 1; i <= 8; i++) {
		append_numbered(i, i);
		update(&o, 1);
	}
	T(segments() == 1);
	check_numbered(1, 8);
	check_term("BODD", "1 3 5 7 ");
	append_numbered(9, 40);
	update(&o, 1);
	check_numbered(1, 40);
	check_term("BW39W", "39 ");
	T(segments() < 8);
	T(access(path_of("index/g1/1-1"), F_OK) != 0);
	T(access(path_of("index/g1/.tmp-1-8"), F_OK) != 0);
}

/* Eight segments of the body; a ninth message comes while nobody merges. */
static void grow_body(void)
{
	struct indexer_options o = {.workers = 1, .run = 512};
	append_numbered(1, 8 * 512);
	update(&o, 1);
	T(segments() == 8);
	append_numbered(8 * 512 + 1, 8 * 512 + 1);
	update(&o, 1);
	T(segments() == 9);
}

static void merging_body(void)
{
	struct indexer_options o = {.workers = 1};
	struct err err;
	int fd;
	begin("merging the body");
	grow_body();
	T(file_lock(path_of("index/merge.lock"), &fd, &err) == 1);
	T(indexer_merge(dir, &o, &err) == 0 && segments() == 9); /* somebody else does */
	close(fd);
	/* The updater may be at work. */
	T(file_lock(path_of("index/lock"), &fd, &err) == 1);
	T(file_mkdirs(path_of("index/g1/.merge-1-1024"), &err) == 1);
	T(indexer_merge(dir, &o, &err) == 1 && segments() == 2);
	close(fd);
	T(access(path_of("index/g1/.merge-1-1024"), F_OK) != 0);
	T(access(path_of("index/g1/1-512"), F_OK) != 0);
	T(access(path_of("index/g1/1-4096"), F_OK) == 0);
	T(indexer_merge(dir, &o, &err) == 0);
	check_term("BW4000W", "4000 ");
	check_term("BW4097W", "4097 ");
	append_numbered(4098, 4099);
	update(&o, 1);
	check_term("BW4099W", "4099 ");
}

/* What one publishes stays when another publishes what it began before. */
static void side_by_side(void)
{
	struct indexer_options o = {.workers = 1, .run = 2};
	struct arena a = {0};
	struct current c, other;
	struct current_run run = {7, 7};
	struct live_join j = {.n = 2};
	struct err err;
	begin("side by side");
	append_numbered(1, 6);
	update(&o, 1);
	load(&a, &c);
	T(c.n == 3);
	/* 1-4 is merged; meanwhile 7 comes; 5-6 is not touched. */
	j.runs = c.runs;
	T(segdir_name_merge(&j.made, dir, c.generation, (struct current_run){1, 4}, &err) == 1);
	T(merge_build(dir, c.generation, c.runs, 2, &j.made, &err) == 1);
	append_numbered(7, 7);
	update(&o, 1);
	T(access(j.made.tmp, F_OK) != 0); /* nobody had the merger's duty: it was waste */
	T(merge_build(dir, c.generation, c.runs, 2, &j.made, &err) == 1);
	T(live_replace(dir, &a, &c, &j, &err) == 1);
	load(&a, &other);
	T(other.n == 3 && other.runs[0].last == 4 && other.runs[1].last == 6 && c.n == 3);
	check_numbered(1, 7);
	T(live_append(dir, &a, &c, &run, 1, &err) == -1 && err.kind == ERR_LATER);
	/* The inputs are gone, or of another generation: nothing is done. */
	const struct current_run gone[] = {{1, 2}, {3, 4}};
	j.runs = gone;
	T(live_replace(dir, &a, &c, &j, &err) == 0);
	j.runs = c.runs;
	T(merge_build(dir, c.generation, c.runs, 2, &j.made, &err) == 1);
	struct indexer_result r;
	T(indexer_rebuild(dir, &o, &r, &err) == 1);
	T(live_replace(dir, &a, &c, &j, &err) == 0);
	check_numbered(1, 7);
	arena_free(&a);
}

static void rebuilding(void)
{
	struct indexer_options o = {.workers = 2, .run = 5};
	struct indexer_result r;
	struct err err;
	struct arena a = {0};
	struct current c;
	begin("rebuilding");
	append_numbered(1, 12);
	update(&o, 1);
	append_numbered(13, 20);
	T(indexer_rebuild(dir, &o, &r, &err) == 1);
	T(r.indexed == 20 && r.last == 20);
	load(&a, &c);
	T_STR(c.generation, STR("g2"));
	T(access(path_of("index/g1"), F_OK) != 0);
	check_numbered(1, 20);
	/* A list nobody can read stops an update; a rebuild does not need it. */
	T(file_replace(path_of("index/CURRENT"), STR("sheaf-index 9\n"), &err) == 1);
	T(indexer_update(dir, &o, &r, &err) == -1 && err.kind == ERR_BROKEN);
	T(indexer_rebuild(dir, &o, &r, &err) == 1);
	check_numbered(1, 20);
	arena_free(&a);
}

/* What a crash leaves behind is removed and does no harm. */
static void leftovers(void)
{
	struct indexer_options o = {.workers = 1};
	struct err err;
	begin("leftovers");
	append_numbered(1, 4);
	update(&o, 1);
	T(file_mkdirs(path_of("index/g1/.tmp-5-6/xapian"), &err) == 1);
	T(file_mkdirs(path_of("index/g1/5-6"), &err) == 1); /* renamed, never published */
	T(file_mkdirs(path_of("index/g7/1-6"), &err) == 1); /* an unfinished rebuild */
	T(file_mkdirs(path_of("index/g1/.merge-1-4"), &err) == 1);
	append_numbered(5, 6);
	struct indexer_result r = update(&o, 1);
	T(r.indexed == 2);
	check_numbered(1, 6);
	T(access(path_of("index/g1/.tmp-5-6"), F_OK) != 0);
	T(access(path_of("index/g7"), F_OK) != 0);
	T(access(path_of("index/g1/.merge-1-4"), F_OK) != 0);
	/* What somebody is at work on stays: a merge, another generation. */
	static const char *const at_work[][2] = {{"index/merge.lock", "index/g1/.merge-1-4"},
						 {"index/rebuild.lock", "index/g7"}};
	for (size_t i = 0; i < 2; i++) {
		int fd;
		T(file_mkdirs(path_of(at_work[i][1]), &err) == 1);
		T(file_lock(path_of(at_work[i][0]), &fd, &err) == 1);
		update(&o, 0);
		T(access(path_of(at_work[i][1]), F_OK) == 0);
		close(fd);
		update(&o, 0);
		T(access(path_of(at_work[i][1]), F_OK) != 0);
	}
}

static void locked(void)
{
	struct indexer_options o = {.workers = 1};
	struct indexer_result r;
	struct err err;
	int fd;
	begin("locked");
	append_numbered(1, 1);
	update(&o, 1);
	T(file_lock(path_of("index/lock"), &fd, &err) == 1);
	T(indexer_update(dir, &o, &r, &err) == -1 && err.kind == ERR_LATER);
	close(fd);
}

/* One message needs more memory than a worker may have. It alone is set aside. */
static void poisoned(void)
{
	/* The bytes alone take a buffer of 64 MiB. */
	struct indexer_options o = {.workers = 2, .run = 100, .memory = (size_t)48 << 20};
	struct arena a = {0};
	size_t n = (size_t)40 << 20;
	char *body = arena_alloc(&a, n);
	begin("poisoned");
	append_numbered(1, 9);
	memset(body, 'x', n);
	memcpy(body, "Subject: huge\r\n\r\n", 17);
	for (size_t i = 1000; i < n; i += 70)
		body[i] = '\n';
	append(&(struct str){body, n}, 1);
	append_numbered(11, 20);
	struct indexer_result r = update(&o, 1);
	T(r.indexed == 20 && r.quarantined == 1 && r.last == 20);
	check_term("MQ", "10 ");
	check_numbered(1, 9);
	check_numbered(11, 20);
	/* With memory enough it is read, and too large to be kept whole in the index. */
	o.memory = 0;
	struct err err;
	T(indexer_rebuild(dir, &o, &r, &err) == 1 && r.quarantined == 0);
	check_term("MQ", "");
	check_term("MB", "10 ");
	check_term("SHUGE", "10 ");
	arena_free(&a);
}

/* ---- which terms there are ---- */

static const char odd[] =
	"From: \"Doe, Jane\" <jane.doe@example.org>\r\n"
	"To: x@example.net (Comment)\r\n"
	"Subject: =?utf-8?q?=C3=9Cber?= alles\r\n"
	"Date: Tue, 5 Mar 2019 14:05:06 +0200\r\n"
	"X-Odd: needle-in-header\r\n"
	"Message-ID: <a@example.org>\r\n"
	"no colon here\r\n"
	"Content-Type: multipart/mixed; boundary=b\r\n\r\n"
	"preamble\r\n--b\r\n\r\nplain text\r\n"
	"--b\r\nContent-Type: text/html\r\nX-Part: inner-part-header\r\n\r\n"
	"<p>see<b>n</b></p>\r\n"
	"--b\r\nContent-Type: application/pdf\r\nContent-Disposition: attachment\r\n\r\nzz\r\n"
	"--b--\r\nepilogue\r\n";

static const char long_token[] =
	"Subject: y\r\n\r\n"
	"aaaaaaaaaabbbbbbbbbbaaaaaaaaaabbbbbbbbbbaaaaaaaaaabbbbbbbbbbaaaaaaaaaabbbbbbbbbb"
	"aaaaaaaaaabbbbbbbbbbaaaaaaaaaabbbbbbbbbbaaaaaaaaaabbbbbbbbbbaaaaaaaaaabbbbbbbbbb"
	"aaaaaaaaaabbbbbbbbbbaaaaaaaaaabbbbbbbbbbTAIL\r\n";

static void terms(void)
{
	static const struct {
		const char *term, *want;
	} row[] = {
		{"FJANE", "1 "},     {"FDOE", "1 "},	 {"TCOMMENT", "1 "}, {"TX", "1 "},
		{"SU\xCC\x88" "BER", "1 "}, {"VUBER", "1 "}, {"SALLES", "1 "},	 {"BPLAIN", "1 "},
		{"BSEE", "1 "},	     {"BP", "1 "},	 {"VSEEN", "1 "},    {"BPREAMBLE", ""},
		{"BEPILOGUE", ""},   {"BZZ", ""},	 {"HX-ODD", "1 "},   {"Pattachment", "1 "},
		{"HX-PART", ""},     {"ML", "2 "},	 {"MB", ""},	     {"MP", ""},
		{"BNEEDLE", ""},     {"I48ca6375ef052663", "1 "},
	};
	static const char *const filtered[] = {"X-ODD: NEEDLE-IN-HEADER", "NO COLON HERE",
					       "INNER-PART-HEADER"};
	struct indexer_options o = {.workers = 1};
	struct arena a = {0};
	struct current c;
	struct iseg s;
	struct str mails[] = {STR(odd), STR(long_token)};
	uint64_t bits = 0;
	begin("terms");
	append(mails, 2);
	update(&o, 1);
	for (size_t i = 0; i < sizeof row / sizeof *row; i++)
		check_term(row[i].term, row[i].want);
	load(&a, &c);
	open_segment(&a, &c, 0, &s);
	for (size_t i = 0; i < sizeof filtered / sizeof *filtered; i++) {
		bits = 0;
		T(filter_mark(s.filter, str_of(filtered[i]), &bits, 2) == 1 && (bits & 1));
	}
	bits = 0;
	order_mark_days(&s.order, 17960, 17960, &bits); /* 2019-03-05 */
	T(bits == 1);
	bits = 0;
	order_mark_sizes(&s.order, sizeof odd - 1, sizeof odd - 1, &bits);
	T(bits == 1);
	T(order_at(&s.order, 0) == 1 && order_date(&s.order, 1) == 1551787506);
	iseg_close(&s);
	arena_free(&a);
}

int main(void)
{
	struct err err;
	log_level(LOG_ERROR);
	growing();
	dictionary();
	half_of_them();
	merging();
	merging_body();
	side_by_side();
	rebuilding();
	leftovers();
	locked();
	poisoned();
	terms();
	*strrchr(dir, '/') = '\0';
	T(file_remove_tree(dir, &err) == 1);
	return t_done();
}
