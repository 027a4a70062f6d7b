#include "t.h"

#include "imapq.h"
#include "match.h"

#define H(x) x "\r\n"
#define PLAIN(fields, body) fields "\r\n" body
#define TYPE(t, cte) "MIME-Version: 1.0\r\nContent-Type: " t "\r\n" \
	"Content-Transfer-Encoding: " cte "\r\n\r\n"

/* After docs/search.md, sentence by sentence. */
static const struct {
	const char *raw, *query;
	bool want;
} row[] = {
	/* the header block ends at the first empty line only */
	{"From x y\r\nSubject: a\r\n\r\nb", "SUBJECT a", true},
	{"From x y\r\nSubject: a\r\n\r\nb", "TEXT \"x y\"", true},
	{"From x y\r\nSubject: a\r\n\r\nb", "HEADER From \"\"", false},
	{"Subject: a\r\nno colon here\r\nX-B: c\r\n\r\n", "HEADER X-B c", true},
	{"Subject: a\r\nno colon here\r\nX-B: c\r\n\r\n", "TEXT \"no colon\"", true},
	{"\r\nSubject: a\r\n", "SUBJECT a", false},
	{"\r\nSubject: a\r\n", "BODY \"Subject: a\"", true},
	/* fields */
	{"Subject: a\r\n b\r\n\tc\r\n\r\n", "SUBJECT \"a b c\"", true},
	{"X-Foo: a\r\n\tb\r\n\r\n", "HEADER X-Foo \"a b\"", true},
	{"X-Foo: a\tb\r\n\r\n", "HEADER X-Foo \"a b\"", false},
	{"X-Foo :  a\r\n\r\n", "HEADER X-Foo \" a\"", true},
	{"X-Foo :  a\r\n\r\n", "HEADER X-Foo \"  a\"", false},
	{"Subject:    many   blanks\r\n\r\n", "SUBJECT \"many blanks\"", true},
	{"Subject:    many   blanks\r\n\r\n", "HEADER Subject \"many blanks\"", false},
	{"Subject:    many   blanks\r\n\r\n", "HEADER Subject \"many   blanks\"", true},
	{"Subject: one\r\nSubject: two\r\n\r\n", "SUBJECT two", true},
	/* encoded words */
	{"Subject: =?UTF-8?Q?=C3=BCber?=\r\n\r\n", "SUBJECT \"ÜBER\"", true},
	{"Subject: =?UTF-8?Q?=C3=BCber?=\r\n\r\n", "SUBJECT uber", false},
	{"Subject: =?utf-8?Q?spli?=\r\n =?utf-8?Q?tew?= tail\r\n\r\n", "SUBJECT \"splitew tail\"",
	 true},
	{"Subject: =?utf-8?B?w6T=?=\r\n\r\n", "SUBJECT \"=?utf\"", false},
	{"Subject: pre=?utf-8?Q?fix?=post\r\n\r\n", "SUBJECT prefixpost", true},
	/* the empty string */
	{"X: y\r\n\r\nz", "SUBJECT \"\"", false},
	{"Subject:\r\n\r\nz", "SUBJECT \"\"", true},
	{"X-Foo:\r\n\r\n", "HEADER x-foo \"\"", true},
	{"X-Foo:\r\n\r\n", "HEADER X-Fo \"\"", false},
	{"X-Foo:\r\n\r\n", "HEADER \"\" \"\"", false},
	{"", "TEXT \"\"", true},
	{"", "BODY \"\"", true},
	{"To: a@b\r\n\r\n", "BCC \"\"", false},
	/* addresses written out */
	{"From: Ann  Lee <ann @ example.org>\r\n\r\n", "FROM \"Ann Lee <ann@example.org>\"", true},
	{"From: u@h (Real Name)\r\n\r\n", "FROM \"Real Name\"", true},
	{"From: a@b, c@d\r\n\r\n", "FROM \"<a@b>, <c@d>\"", true},
	{"From: \"Lee, Ann\" <a@b>\r\n\r\n", "FROM \"\\\"Lee, Ann\\\" <a\"", true},
	{"From: \"Lee, Ann\" <a@b>\r\n\r\n", "FROM \"Lee, Ann <a\"", true},
	{"To: team: a@b;\r\n\r\n", "TO \"team: <a@b>;\"", true},
	{"From: a@b\r\n\r\n", "TO a@b", false},
	/* BODY and TEXT */
	{"Subject: hello\r\n\r\nbody", "BODY hello", false},
	{"Subject: hello\r\n\r\nbody", "TEXT hello", true},
	{"X-Foo: v\r\n\r\nbody", "TEXT x-foo", true},
	{PLAIN(H("A: b"), "alpha\r\nbeta"), "BODY \"alpha beta\"", false},
	{PLAIN(H("A: b"), "alpha\r\nbeta"), "BODY {11}\r\nalpha\r\nbeta", true},
	{PLAIN(H("A: b"), "alpha\r\nbeta"), "BODY {10}\r\nalpha\nbeta", true},
	{PLAIN(H("A: b"), "a  b"), "BODY \"a b\"", false},
	{TYPE("text/plain; charset=utf-8", "base64") "c3RyYcOfZQ==", "BODY \"STRAßE\"", true},
	{TYPE("text/plain; charset=utf-8", "base64") "c3RyYcOfZQ==", "BODY STRASSE", false},
	{TYPE("text/plain; charset=iso-8859-1", "quoted-printable") "split=\r\nword caf=E9",
	 "BODY \"splitword café\"", true},
	{TYPE("text/html", "7bit") "bo<b>ld</b>", "BODY \"<b>\"", true},
	{TYPE("text/html", "7bit") "bo<b>ld</b>", "BODY bold", false},
	{TYPE("application/octet-stream", "7bit") "hidden", "BODY hidden", false},
	{TYPE("message/delivery-status", "7bit") "Action: failed", "BODY \"action: f\"", true},
	/* casemap */
	{"Subject: \xEF\xBC\xA6\xEF\xBD\x95\r\n\r\n", "SUBJECT fu", true},
	{"Subject: e\xCC\x81\r\n\r\n", "SUBJECT \"\xC3\xA9\"", true},
	{"Subject: a\xC2\xA0" "b\r\n\r\n", "SUBJECT \"a b\"", true},
	/* charsets: no charset, not UTF-8: windows-1252 */
	{PLAIN(H("A: b"), "caf\xE9 \x80"), "BODY \"café €\"", true},
	/* sizes count CRLF; dates are as written */
	{"A: b\r\n\r\n12", "LARGER 9", true},
	{"A: b\r\n\r\n12", "LARGER 10", false},
	{"A: b\r\n\r\n12", "SMALLER 10", false},
	{"A: b\r\n\r\n12", "SMALLER 11", true},
	{"Date: Wed, 05 Mar 2025 23:30:00 -0800\r\n\r\n", "SENTON 5-Mar-2025", true},
	{"Date: Wed, 05 Mar 2025 23:30:00 -0800\r\n\r\n", "SENTSINCE 6-Mar-2025", false},
	{"Date: Wed, 05 Mar 2025 23:30:00 -0800\r\n\r\n", "SENTBEFORE 6-Mar-2025", true},
	{"Date: nonsense\r\n\r\n", "SENTSINCE 1-Jan-1900", false},
	{"Date: nonsense\r\n\r\n", "NOT SENTSINCE 1-Jan-1900", true},
	/* the tree */
	{"Subject: a\r\n\r\nb", "SUBJECT a BODY b", true},
	{"Subject: a\r\n\r\nb", "SUBJECT a BODY c", false},
	{"Subject: a\r\n\r\nb", "OR SUBJECT x BODY b", true},
	{"Subject: a\r\n\r\nb", "NOT (SUBJECT a BODY b)", false},
	{"Subject: a\r\n\r\nb", "OR NOT TEXT a HEADER X-Nope \"\"", false},
};

static const char nested[] =
	"Content-Type: multipart/mixed; boundary=B\r\nSubject: outer\r\n\r\npreamble\r\n"
	"--B\r\nContent-Type: text/plain; name=part.txt\r\n\r\nfirst\r\n"
	"--B\r\nContent-Type: message/rfc822\r\n\r\nSubject: inner\r\nX-In: y\r\n\r\ndeep\r\n"
	"--B--\r\nepilogue\r\n";

static const struct {
	const char *query;
	bool want;
} inside[] = {
	{"BODY preamble", false}, {"BODY epilogue", false}, {"TEXT preamble", false},
	{"BODY first", true}, {"BODY deep", true}, {"BODY inner", false}, {"TEXT inner", true},
	{"SUBJECT inner", false}, {"HEADER X-In \"\"", false}, {"TEXT \"x-in: y\"", true},
	{"BODY part.txt", false}, {"TEXT part.txt", true},
	{"TEXT {11}\r\nfirst\r\ndeep", false}, /* parts are never joined */
};

static bool judge(const char *raw, const char *query, const struct archive_copy *c)
{
	struct arena a = {0};
	struct scope scope = {.a = &a};
	struct archive_msg msg = {.number = 1, .rfc822_size = strlen(raw)};
	struct match_tree tree;
	struct match *m;
	struct err err = {0};
	struct imapq q;
	int r = imapq_parse(&a, str_of(query), &q, &err);
	if (r > 0)
		r = match_tree(&tree, q.root, &scope, 1000000, &err);
	if (r < 0)
		printf("'%s': %s\n", query, err.text);
	T(r > 0);
	match_open(&m, NULL, &tree);
	mtext_begin_raw(match_texts(m), &msg, str_of(raw));
	r = match_copy(m, c, &err);
	match_close(&m);
	arena_free(&a);
	return r > 0;
}

static void messages(void)
{
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		bool got = judge(row[i].raw, row[i].query, NULL);
		T(got == row[i].want);
		if (got != row[i].want)
			printf("  '%s' in <<%s>>\n", row[i].query, row[i].raw);
	}
	for (size_t i = 0; i < sizeof inside / sizeof *inside; i++) {
		bool got = judge(nested, inside[i].query, NULL);
		T(got == inside[i].want);
		if (got != inside[i].want)
			printf("  '%s' in the nested message\n", inside[i].query);
	}
}

static void copies(void)
{
	static const struct {
		const char *query;
		bool want;
	} facts[] = {
		/* 1970-01-11 23:30 -0800 is the eleventh as the server wrote it */
		{"ON 11-Jan-1970", true}, {"ON 12-Jan-1970", false}, {"BEFORE 12-Jan-1970", true},
		{"SINCE 12-Jan-1970", false}, {"SAVEDON 11-Jan-1970", true},
		{"OLDER 26200", true}, {"OLDER 26201", false}, {"YOUNGER 26200", true},
		{"YOUNGER 26199", false}, {"SEEN", true}, {"UNSEEN", false}, {"FLAGGED", false},
		{"KEYWORD $JUNK", true}, {"KEYWORD Junk", false}, {"UNKEYWORD work", false},
		{"MODSEQ 7", true}, {"MODSEQ 8", false}, {"MODSEQ 0", true},
		{"EMAILID M1", true}, {"EMAILID m1", false}, {"EMAILID M", false},
		{"THREADID T1", true}, {"THREADID M1", false},
		{"X-GM-LABELS \\inbox", true}, {"X-GM-LABELS Inbox", false},
		{"X-GM-LABELS \"MÜLL\"", false}, {"X-GM-LABELS \"Müll\"", true},
		{"SAVEDATESUPPORTED", false},
	};
	struct archive_copy c = {.internaldate = 1000000 - 26200, .zone = -480,
				 .flags = ARCHIVE_SEEN,
				 .keywords = STR("$Junk Work label:M&APw-ll label:^Inbox"),
				 .modseq = 7, .emailid = STR("M1"), .threadid = STR("T1")};
	c.internaldate = 10 * 86400 + (23 * 60 + 30) * 60 + 8 * 3600;
	for (size_t i = 0; i < sizeof facts / sizeof *facts; i++) {
		struct archive_copy x = c;
		if (strncmp(facts[i].query, "OLDER", 5) == 0 ||
		    strncmp(facts[i].query, "YOUNGER", 7) == 0)
			x.internaldate = 1000000 - 26200;
		bool got = judge("A: b\r\n\r\n", facts[i].query, &x);
		T(got == facts[i].want);
		if (got != facts[i].want)
			printf("  '%s'\n", facts[i].query);
		/* Without a copy no fact holds; only what is negated does. */
		bool none = judge("A: b\r\n\r\n", facts[i].query, NULL);
		T(none == (strncmp(facts[i].query, "UN", 2) == 0));
	}
}

/* SAVEDATE, where it is known, is what SAVED* ask for, in its own zone. */
static void saved(void)
{
	static const struct {
		const char *query;
		bool want;
	} judged[] = {
		{"SAVEDATESUPPORTED", true}, {"SAVEDON 2-Jan-1970", true},
		{"SAVEDON 1-Jan-1970", false}, {"SAVEDBEFORE 3-Jan-1970", true},
		{"SAVEDBEFORE 2-Jan-1970", false}, {"SAVEDSINCE 2-Jan-1970", true},
		{"SAVEDSINCE 3-Jan-1970", false}, {"ON 1-Feb-1970", true},
		{"SINCE 2-Jan-1970", true},
	};
	struct archive_copy c = {.internaldate = 31 * 86400, .savedate = 86400 - 60,
				 .savezone = 1};
	for (size_t i = 0; i < sizeof judged / sizeof *judged; i++)
		T(judge("A: b\r\n\r\n", judged[i].query, &c) == judged[i].want);
	c.modseq = 0;
	T(!judge("A: b\r\n\r\n", "MODSEQ 0", &c)); /* not harvested */
}

static void fuzzy(void)
{
	static const struct {
		const char *query;
		bool want;
	} judged[] = {
		{"FUZZY SUBJECT \"report annual\"", true}, {"FUZZY SUBJECT reporting", true},
		{"FUZZY SUBJECT rep", false}, {"FUZZY FROM reports", false},
		{"FUZZY FROM muller", true}, {"FUZZY FROM \"jorg example\"", true},
		{"FUZZY BODY ponies", true}, {"FUZZY BODY die", true}, {"FUZZY BODY \"<b>\"", true},
		{"FUZZY BODY 314", false}, {"FUZZY BODY 3145", true}, {"FUZZY TEXT annual", true},
		{"FUZZY (TEXT nope)", false}, {"NOT FUZZY TEXT nope", true},
		{"FUZZY SUBJECT \"!\"", true}, {"FUZZY SUBJECT \"?\"", false},
	};
	static const char raw[] = "Subject: Annual Reports!\r\n"
				  "From: Jörg Müller <a@example.org>\r\n"
				  "\r\npony dying <b> 3145\r\n";
	for (size_t i = 0; i < sizeof judged / sizeof *judged; i++) {
		bool got = judge(raw, judged[i].query, NULL);
		T(got == judged[i].want);
		if (got != judged[i].want)
			printf("  '%s'\n", judged[i].query);
	}
}

int main(void)
{
	mail_init();
	saved();
	fuzzy();
	messages();
	copies();
	return t_done();
}
