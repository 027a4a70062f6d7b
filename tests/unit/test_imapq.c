#include "t.h"

#include "imapq.h"

static struct arena a;

static void trees(void)
{
	static const struct {
		const char *query, *want;
	} row[] = {
		{"ALL", "(all)"},
		{"all", "(all)"},
		{"FROM smith", "(from \"smith\")"},
		{"  FROM   smith ", "(from \"smith\")"},
		{"FROM \"a \\\"b\\\\\"", "(from \"a \\\"b\\\\\")"},
		{"SUBJECT {5}\r\nhello", "(subject \"hello\")"},
		{"SUBJECT {5+}\r\nhello SEEN", "(and (subject \"hello\") (seen))"},
		{"TEXT \"\"", "(text \"\")"},
		{"BODY über", "(body \"über\")"},
		{"CC a]b", "(cc \"a]b\")"},
		{"HEADER X-Foo \"\"", "(header \"X-Foo\" \"\")"},
		{"UNSEEN", "(not (seen))"},
		{"KEYWORD $Forwarded", "(keyword \"$Forwarded\")"},
		{"NOT X-TAG \"a b\" x-tag c", "(and (not (tag \"a b\")) (tag \"c\"))"},
		{"UNKEYWORD x", "(not (keyword \"x\"))"},
		{"NEW", "(and (recent) (not (seen)))"},
		{"OLD", "(not (recent))"},
		{"RECENT ANSWERED DELETED DRAFT FLAGGED",
		 "(and (recent) (answered) (deleted) (draft) (flagged))"},
		{"SINCE 5-Mar-2020", "(since 2020-03-05)"},
		{"SENTBEFORE \"05-mAR-2020\"", "(sentbefore 2020-03-05)"},
		{"ON 29-Feb-2000", "(on 2000-02-29)"},
		{"SAVEDON 1-Jan-1970", "(savedon 1970-01-01)"},
		{"LARGER 0 SMALLER 9223372036854775807", "(and (larger 0) (smaller "
		 "9223372036854775807))"},
		{"OLDER 60 YOUNGER 1", "(and (older 60) (younger 1))"},
		{"MODSEQ 0", "(modseq 0)"},
		{"UID 5:3,*,7:*", "(uid 3:5,*,7:*)"},
		{"2,4:7", "(seq 2,4:7)"},
		{"*", "(seq *)"},
		{"NOT SEEN", "(not (seen))"},
		{"NOT NOT SEEN", "(seen)"},
		{"NOT (SEEN DRAFT)", "(not (and (seen) (draft)))"},
		{"OR SEEN DRAFT", "(or (seen) (draft))"},
		{"OR SEEN OR DRAFT ALL", "(or (seen) (draft) (all))"},
		{"OR OR SEEN DRAFT ALL FLAGGED", "(and (or (seen) (draft) (all)) (flagged))"},
		{"OR (SEEN ALL) NOT OR DRAFT DELETED",
		 "(or (and (seen) (all)) (not (or (draft) (deleted))))"},
		{"( ( SEEN ) )", "(seen)"},
		{"CHARSET UTF-8 SUBJECT a", "(subject \"a\")"},
		{"CHARSET ISO-8859-1 SUBJECT {4}\r\n\xFC" "ber", "(subject \"über\")"},
		{"CHARSET iso-2022-jp SUBJECT {8}\r\n\x1B$B$\"\x1B(B", "(subject \"あ\")"},
		{"RETURN (MIN MAX) ALL", "(all)"},
		{"SUBJECT ~{4}\r\n\xC3\xBC!x", "(subject \"ü!x\")"},
		{"SUBJECT ~{1+}\r\na SUBJECT ~a", "(and (subject \"a\") (subject \"~a\"))"},
		{"UID 4294967295,*:3", "(uid 4294967295,3:*)"},
		{"EMAILID M_a-1", "(emailid \"M_a-1\")"},
		{"THREADID t1", "(threadid \"t1\")"},
		{"X-GM-MSGID 18446744073709551615", "(emailid \"18446744073709551615\")"},
		{"X-GM-THRID 007", "(threadid \"7\")"},
		{"X-GM-LABELS Work", "(keyword \"label:Work\")"},
		{"X-GM-LABELS \\Inbox", "(keyword \"label:^Inbox\")"},
		{"X-GM-LABELS \"\\\\Inbox\"", "(keyword \"label:^Inbox\")"},
		{"NOT X-GM-LABELS \"a b\"", "(not (keyword \"label:a%20b\"))"},
		{"X-GM-LABELS Müll", "(or (keyword \"label:M%C3%BCll\") (keyword "
		 "\"label:M&APw-ll\"))"},
		{"X-GM-LABELS R&D", "(or (keyword \"label:R&D\") (keyword \"label:R&-D\"))"},
		{"X-GM-RAW \"from:ann -x\"", "(and (word from \"ann\") (not (word \"x\")))"},
		{"OR X-GM-RAW \"a OR b\" SEEN", "(or (or (word \"a\") (word \"b\")) (seen))"},
		{"SAVEDATESUPPORTED SAVEDSINCE 1-Jan-2020",
		 "(and (savedatesupported) (savedsince 2020-01-01))"},
		{"MODSEQ \"/flags/\\\\draft\" all 5", "(modseq 5)"},
		{"MODSEQ \"/FLAGS/x\" PRIV 5", "(modseq 5)"},
		{"FUZZY SUBJECT \"Annual reports!\"",
		 "(and (fuzzy subject \"annual\") (fuzzy subject \"report\"))"},
		{"FUZZY (TEXT running SEEN NOT BODY été) SUBJECT Running",
		 "(and (and (fuzzy \"run\") (seen) (not (fuzzy body \"ete\"))) (subject "
		 "\"Running\"))"},
		{"FUZZY FROM \"-!-\"", "(from \"-!-\")"},
		{"FUZZY SINCE 1-Jan-2020", "(since 2020-01-01)"},
		{"IN (inboxes) ALL", "(and (mailbox \"INBOX\") (all))"},
		{"IN (personal) SEEN", "(and (mailbox \"*\") (seen))"},
		{"IN (subtree Lists subtree-one (\"A b\" c) mailboxes x) RETURN () "
		 "CHARSET UTF-8 ALL",
		 "(and (or (mailbox \"subtree:Lists\") (mailbox \"subtree-one:A b\") (mailbox "
		 "\"subtree-one:c\") (mailbox \"x\")) (all))"},
		{"RETURN () ALL", "(all)"},
		{"RETURN (ALL COUNT) CHARSET US-ASCII SEEN", "(seen)"},
	};
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct imapq q;
		struct err err = {0};
		T(imapq_parse(&a, str_of(row[i].query), &q, &err) == 1);
		if (q.root == NULL)
			printf("  '%s': %s\n", row[i].query, err.text);
		else
			T_STR(qnode_text(&a, q.root), str_of(row[i].want));
	}
}

/* What a new user may write, and what is said to it. */
static const struct {
	const char *query;
	int column;
	const char *text; /* a part of it */
} mistakes[] = {
	{"", 1, "expected a search key"},
	{"FRM x", 1, "unknown key 'FRM': did you mean FROM?"},
	{"UNSEN", 1, "did you mean UNSEEN?"},
	{"SUBEJCT x", 1, "did you mean SUBJECT?"},
	{"SEEN FOO x", 6, "unknown key 'FOO': expected a search key such as TEXT"},
	{"SUBJECT \"ü\" FOO", 13, "unknown key 'FOO'"},
	{"subject:foo", 1, "a space follows a key, no colon (SUBJECT"},
	{"FROM: ann", 1, "a space follows a key, no colon (FROM"},
	{"has:attachment", 1, "fields with a colon are of the search box"},
	{"SUBJECT annual report", 16, "stands in double quotes"},
	{"FROM ann, bob", 11, "stands in double quotes"},
	{"SUBJECT 'annual report'", 17, "stands in double quotes"},
	{"SUBJECT \"a\" report", 13, "expected a search key such as"},
	{"!SEEN", 1, "did you mean NOT SEEN?"},
	{"-FLAGGED", 1, "did you mean NOT FLAGGED?"},
	{"UNREAD", 1, "is written UNSEEN"},
	{"AFTER 1-Jan-2020", 1, "is written SINCE"},
	{"SENT 5-Mar-2020", 1, "SENTON, SENTSINCE or SENTBEFORE"},
	{"FLAG seen", 1, "KEYWORD"},
	{"\"annual report\"", 1, "expected a search key before the string"},
	{"a OR b", 1, "unknown key 'a'"},
	{"SEEN OR DRAFT", 14, "one more search key: OR stands before its two keys"},
	{"FROM ann AND SEEN", 10, "side by side must all hold"},
	{"SEARCH ALL", 1, "a query begins behind it"},
	{"SUBJECT", 8, "expected a space and a string"},
	{"SUBJECT ", 8, "expected a space and a string"},
	{"SUBJECT \"abc", 9, "closing"},
	{"SUBJECT \"a\\b\"", 12, "after a backslash"},
	{"SUBJECT \"a\r\nb\"", 11, "before the line ends"},
	{"SUBJECT {5}\r\nabc", 9, "5 octets"},
	{"SUBJECT {x}\r\nabc", 9, "a literal"},
	{"SUBJECT {3}abc", 9, "a literal"},
	{"SUBJECT ~{3}abc", 9, "a literal"},
	{"SUBJECT (a)", 9, "a string"},
	{"SUBJECT a*b", 10, "quotes"},
	{"SUBJECT \xFF", 9, "UTF-8"},
	{"HEADER X-Foo", 13, "expected a space and a string"},
	{"HEADER Subject: foo", 8, "a field name without a colon"},
	{"SEEN)", 5, "')' without '('"},
	{"(SEEN", 6, "expected ')'"},
	{"()", 2, "expected a search key"},
	{"(SEEN DRAFT", 12, "expected ')'"},
	{"SEEN\"x\"", 5, "expected a space"},
	{"SINCE", 6, "a date such as 5-Mar-2020"},
	{"SINCE 2020-03-05", 7, "a date such as 5-Mar-2020"},
	{"SINCE 5-March-2020", 7, "a date such as 5-Mar-2020"},
	{"SINCE 5-Mar-20", 7, "a date such as 5-Mar-2020"},
	{"SINCE \"5 Mar 2020\"", 7, "a date such as 5-Mar-2020"},
	{"SINCE 31-Feb-2020", 7, "no such day '31-Feb-2020'"},
	{"SINCE 29-Feb-1900", 7, "no such day '29-Feb-1900'"},
	{"SINCE 1-Foo-2020", 7, "expected a date such as"},
	{"LARGER -1", 8, "a number of octets"},
	{"LARGER 5M", 8, "a number of octets"},
	{"LARGER 9223372036854775808", 8, "a number of octets"},
	{"OLDER 0", 7, "seconds above 0"},
	{"YOUNGER 3d", 9, "seconds above 0"},
	{"UID 0", 5, "from 1"},
	{"UID 1:", 7, "from 1"},
	{"UID 1,,2", 7, "from 1"},
	{"UID 4294967296", 5, "from 1"},
	{"UID 1-5", 6, "expected ','"},
	{"UID", 4, "a set of UIDs such as"},
	{"KEYWORD \\Seen", 9, "SEEN"},
	{"KEYWORD \"a b\"", 9, "a keyword, without quotes"},
	{"X-TAG \"\"", 7, "expected a tag"},
	{"X-TAG", 6, "a tag"},
	{"NOT", 4, "a search key"},
	{"OR", 3, "two search keys"},
	{"OR SEEN", 8, "one more search key"},
	{"CHARSET X-NOPE ALL", 9, "BADCHARSET"},
	{"CHARSET UTF-8//IGNORE ALL", 9, "BADCHARSET"},
	{"CHARSET US-ASCII SUBJECT ü", 26, "in the CHARSET"},
	{"CHARSET UTF-8", 14, "a space and a search key"},
	{"CHARSET", 1, "before the first key"},
	{"ALL CHARSET UTF-8 SEEN", 5, "before the first key"},
	{"ALL RETURN (MIN)", 5, "before CHARSET and the first key"},
	{"RETURN MIN ALL", 8, "expected '(' after RETURN"},
	{"RETURN (MIN", 12, "expected ')' or a RETURN option"},
	{"RETURN (MIN)", 13, "a space and a search key"},
	{"RETURN (FOO) ALL", 9, "unknown RETURN option 'FOO': expected MIN, MAX"},
	{"RETURN (MIN\"x\") ALL", 12, "expected a space or ')'"},
	{"RETURN (SAVE) ALL", 9, "each query here is by itself"},
	{"RETURN (UPDATE) ALL", 9, "each query here is by itself"},
	{"RETURN (RELEVANCY) ALL", 9, "needs a FUZZY key"},
	{"RETURN (MIN RELEVANCY) CHARSET utf-8 TEXT a", 13, "needs a FUZZY key"},
	{"RETURN (PARTIAL) ALL", 16, "a range such as 1:50"},
	{"RETURN (PARTIAL 0:5) ALL", 17, "a range such as 1:50 or -1:-50"},
	{"RETURN (PARTIAL 1-5) ALL", 18, "expected ':'"},
	{"RETURN (PARTIAL 1:-5) ALL", 17, "from the same side"},
	{"RETURN (PARTIAL 1:5 ALL) ALL", 21, "one of ALL and PARTIAL"},
	{"RETURN (PARTIAL 1:5 PARTIAL 1:5) ALL", 21, "one of ALL and PARTIAL"},
	{"ALL IN (inboxes)", 5, "stands first"},
	{"IN INBOX ALL", 4, "expected '(' after IN"},
	{"IN (INBOX) ALL", 5, "inboxes, personal, subtree, subtree-one or mailboxes"},
	{"IN () ALL", 5, "inboxes, personal"},
	{"IN (selected) ALL", 5, "name the mailbox"},
	{"IN (subscribed) ALL", 5, "subscriptions are not harvested"},
	{"IN (subtree) ALL", 12, "the name of a mailbox"},
	{"IN (mailboxes ()) ALL", 16, "the name of a mailbox"},
	{"IN (mailboxes (a) ALL", 19, "inboxes, personal"},
	{"IN (mailboxes (a", 17, "expected ')' behind"},
	{"IN (inboxes", 12, "expected ')'"},
	{"IN (inboxes (x)) ALL", 13, "no scope options"},
	{"IN (inboxes)", 13, "RETURN, CHARSET or a search key"},
	{"$", 1, "write its keys again"},
	{"ANNOTATION /comment value x", 1, "annotations (RFC 5257) are not harvested"},
	{"SEEN FILTER work", 6, "write out the keys"},
	{"INTHREAD REFS ALL", 1, "THREADID"},
	{"X-GUID 1", 1, "Dovecot's own"},
	{"MODSEQ x", 8, "a mod-sequence"},
	{"MODSEQ \"flags\" all 5", 8, "an entry name such as"},
	{"MODSEQ \"/flags/x\" some 5", 19, "all, priv or shared"},
	{"EMAILID", 8, "an id of up to 255"},
	{"EMAILID (M1)", 9, "an id of up to 255"},
	{"THREADID a.b", 10, "an id of up to 255"},
	{"X-GM-MSGID M1", 12, "a number of Gmail's"},
	{"X-GM-THRID 18446744073709551616", 12, "a number of Gmail's"},
	{"X-GM-LABELS \"\"", 13, "a label"},
	{"X-GM-RAW", 9, "a query of the search box"},
	{"FUZZY", 6, "a search key"},
};

static void errors(void)
{
	for (size_t i = 0; i < sizeof mistakes / sizeof *mistakes; i++) {
		struct imapq q;
		struct err err = {0};
		int r = imapq_parse(&a, str_of(mistakes[i].query), &q, &err);
		bool good = r == -1 && err.kind == ERR_INPUT && err.column == mistakes[i].column &&
			    strstr(err.text, mistakes[i].text) != NULL;
		T(good);
		if (!good)
			printf("  '%s': %d, column %d: %s\n", mistakes[i].query, r, err.column,
			       err.text);
	}
}

static struct str repeated(const char *s, size_t n, const char *end)
{
	size_t k = strlen(s), e = strlen(end);
	char *p = arena_alloc(&a, n * k + e);
	for (size_t i = 0; i < n; i++)
		memcpy(p + i * k, s, k);
	memcpy(p + n * k, end, e);
	return (struct str){p, n * k + e};
}

static void limits(void)
{
	struct imapq q;
	struct err err;
	T(imapq_parse(&a, repeated("(", 99, repeated("SEEN", 1, "").p), &q, &err) == -1);
	T(imapq_parse(&a, repeated("(", 200, "SEEN"), &q, &err) == -1);
	T(strstr(err.text, "deep") != NULL && err.column == 101);
	T(imapq_parse(&a, repeated("OR SEEN ", 5000, "DRAFT"), &q, &err) == 1);
	T(q.root->n_kids == 5001);
	T(imapq_parse(&a, repeated("NOT ", 5001, "DRAFT"), &q, &err) == 1);
	T(q.root->kind == QNODE_NOT);
	T(imapq_parse(&a, repeated("ALL ", 9999, "ALL"), &q, &err) == 1);
	T(imapq_parse(&a, repeated("ALL ", 10001, "ALL"), &q, &err) == -1);
	T(imapq_parse(&a, repeated("x", QNODE_MAX_TEXT, "y"), &q, &err) == -1);
}

/* RETURN, whether a MODSEQ is told, and the warnings of X-GM-RAW with their columns. */
static void beside(void)
{
	struct imapq q;
	struct err err;
	T(imapq_parse(&a, STR("SEEN"), &q, &err) == 1 && !q.ret.asked && !q.modseq);
	T(imapq_parse(&a, STR("RETURN () MODSEQ 5"), &q, &err) == 1 && q.modseq);
	T(q.ret.asked && q.ret.all && !q.ret.count && !q.ret.partial);
	T(imapq_parse(&a, STR("return ( min  COUNT partial 9:2 )  ALL"), &q, &err) == 1);
	T(q.ret.min && !q.ret.max && q.ret.count && !q.ret.all && q.ret.partial);
	T_STR(imapret_range(&a, &q.ret), STR("2:9"));
	T(imapq_parse(&a, STR("RETURN (RELEVANCY) NOT FUZZY SEEN"), &q, &err) == 1);
	T(q.ret.all && q.ret.relevancy);
	T(imapq_parse(&a, STR("RETURN (PARTIAL -4294967295:-1) ALL"), &q, &err) == 1);
	T_STR(imapret_range(&a, &q.ret), STR("-1:-4294967295"));
	T(imapq_parse(&a, STR("SEEN X-GM-RAW \"ü zz:b\" X-GM-RAW yy:c"), &q, &err) == 1);
	T(q.n_warnings == 2 && q.warnings[0].column == 18 && q.warnings[1].column == 33);
}

int main(void)
{
	beside();
	trees();
	errors();
	limits();
	arena_free(&a);
	return t_done();
}
