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

static void errors(void)
{
	static const struct {
		const char *query;
		int column;
		const char *text; /* a part of it */
	} row[] = {
		{"", 1, "expected a search key"},
		{"FRM x", 1, "unknown key 'FRM'"},
		{"SEEN FRM x", 6, "unknown key 'FRM'"},
		{"SUBJECT \"ü\" FRM", 13, "unknown key 'FRM'"},
		{"SUBJECT", 8, "expected a space and a string"},
		{"SUBJECT ", 8, "expected a space and a string"},
		{"SUBJECT \"abc", 9, "closing"},
		{"SUBJECT \"a\\b\"", 12, "after a backslash"},
		{"SUBJECT \"a\r\nb\"", 11, "before the line ends"},
		{"SUBJECT {5}\r\nabc", 9, "5 octets"},
		{"SUBJECT {x}\r\nabc", 9, "a literal"},
		{"SUBJECT {3}abc", 9, "a literal"},
		{"SUBJECT (a)", 9, "a string"},
		{"SUBJECT a*b", 10, "quotes"},
		{"SUBJECT \xFF", 9, "UTF-8"},
		{"SEEN)", 5, "expected a space"},
		{"(SEEN", 6, "expected ')'"},
		{"()", 2, "expected a search key"},
		{"(SEEN DRAFT", 12, "expected ')'"},
		{"SEEN\"x\"", 5, "expected a space"},
		{"SINCE 2020-03-05", 7, "a date such as"},
		{"SINCE 31-Feb-2020", 7, "a date such as"},
		{"SINCE 29-Feb-1900", 7, "a date such as"},
		{"SINCE 1-Foo-2020", 7, "a date such as"},
		{"LARGER -1", 8, "a number"},
		{"LARGER 9223372036854775808", 8, "a number"},
		{"OLDER 0", 7, "above 0"},
		{"UID 0", 5, "from 1"},
		{"UID 1:", 7, "from 1"},
		{"UID 1,,2", 7, "from 1"},
		{"UID 4294967296", 5, "from 1"},
		{"UID 1x", 6, "expected ','"},
		{"UID", 4, "a set of UIDs"},
		{"KEYWORD \\Seen", 9, "a keyword"},
		{"NOT", 4, "a search key"},
		{"OR SEEN", 8, "a search key"},
		{"CHARSET X-NOPE ALL", 9, "BADCHARSET"},
		{"CHARSET UTF-8//IGNORE ALL", 9, "BADCHARSET"},
		{"CHARSET US-ASCII SUBJECT ü", 26, "in the CHARSET"},
		{"CHARSET UTF-8", 14, "a space and a search key"},
		{"CHARSET", 1, "unknown key 'CHARSET'"},
		{"ALL CHARSET UTF-8 SEEN", 5, "unknown key"},
		{"RETURN (MIN) ALL", 9, "'MIN' is not supported yet"},
		{"RETURN (FOO) ALL", 9, "unknown RETURN option"},
		{"FUZZY SUBJECT x", 1, "'FUZZY' is not supported yet"},
		{"SEEN X-GM-RAW x", 6, "'X-GM-RAW' is not supported yet"},
		{"EMAILID x", 1, "not supported yet"},
		{"$", 1, "not supported yet"},
		{"MODSEQ \"/flags/x\" all 5", 8, "entry name"},
	};
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct imapq q;
		struct err err = {0};
		int r = imapq_parse(&a, str_of(row[i].query), &q, &err);
		bool good = r == -1 && err.kind == ERR_INPUT && err.column == row[i].column &&
			    strstr(err.text, row[i].text) != NULL;
		T(good);
		if (!good)
			printf("  '%s': %d, column %d: %s\n", row[i].query, r, err.column,
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

int main(void)
{
	trees();
	errors();
	limits();
	arena_free(&a);
	return t_done();
}
