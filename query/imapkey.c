#include "imapkey.h"

#include "archive.h"

#define SESSION "needs an IMAP session, and each query here is by itself"
#define PRIVATE "is Dovecot's own, and nothing of the kind is recorded"

static const struct imapkey keys[] = {
	{"ALL", IMAPKEY_BARE, QNODE_ALL, 0, NULL},
	{"ANSWERED", IMAPKEY_FLAG, QNODE_FLAG, ARCHIVE_ANSWERED, NULL},
	{"BCC", IMAPKEY_STRING, QNODE_BCC, 0, NULL},
	{"BEFORE", IMAPKEY_DATE, QNODE_BEFORE, 0, NULL},
	{"BODY", IMAPKEY_STRING, QNODE_BODY, 0, NULL},
	{"CC", IMAPKEY_STRING, QNODE_CC, 0, NULL},
	{"DELETED", IMAPKEY_FLAG, QNODE_FLAG, ARCHIVE_DELETED, NULL},
	{"DRAFT", IMAPKEY_FLAG, QNODE_FLAG, ARCHIVE_DRAFT, NULL},
	{"EMAILID", IMAPKEY_ID, QNODE_EMAILID, 0, NULL},
	{"FLAGGED", IMAPKEY_FLAG, QNODE_FLAG, ARCHIVE_FLAGGED, NULL},
	{"FROM", IMAPKEY_STRING, QNODE_FROM, 0, NULL},
	{"FUZZY", IMAPKEY_FUZZY, QNODE_ALL, 0, NULL},
	{"HEADER", IMAPKEY_HEADER, QNODE_HEADER, 0, NULL},
	{"KEYWORD", IMAPKEY_KEYWORD, QNODE_KEYWORD, 0, NULL},
	{"LARGER", IMAPKEY_SIZE, QNODE_LARGER, 0, NULL},
	{"MODSEQ", IMAPKEY_MODSEQ, QNODE_MODSEQ, 0, NULL},
	{"NEW", IMAPKEY_BARE, QNODE_RECENT, 1, NULL},
	{"NOT", IMAPKEY_NOT, QNODE_NOT, 0, NULL},
	{"OLD", IMAPKEY_BARE, QNODE_RECENT, 2, NULL},
	{"OLDER", IMAPKEY_AGE, QNODE_OLDER, 0, NULL},
	{"ON", IMAPKEY_DATE, QNODE_ON, 0, NULL},
	{"OR", IMAPKEY_OR, QNODE_OR, 0, NULL},
	{"RECENT", IMAPKEY_BARE, QNODE_RECENT, 0, NULL},
	{"SAVEDATESUPPORTED", IMAPKEY_BARE, QNODE_SAVED, 0, NULL},
	{"SAVEDBEFORE", IMAPKEY_DATE, QNODE_SAVEDBEFORE, 0, NULL},
	{"SAVEDON", IMAPKEY_DATE, QNODE_SAVEDON, 0, NULL},
	{"SAVEDSINCE", IMAPKEY_DATE, QNODE_SAVEDSINCE, 0, NULL},
	{"SEEN", IMAPKEY_FLAG, QNODE_FLAG, ARCHIVE_SEEN, NULL},
	{"SENTBEFORE", IMAPKEY_DATE, QNODE_SENTBEFORE, 0, NULL},
	{"SENTON", IMAPKEY_DATE, QNODE_SENTON, 0, NULL},
	{"SENTSINCE", IMAPKEY_DATE, QNODE_SENTSINCE, 0, NULL},
	{"SINCE", IMAPKEY_DATE, QNODE_SINCE, 0, NULL},
	{"SMALLER", IMAPKEY_SIZE, QNODE_SMALLER, 0, NULL},
	{"SUBJECT", IMAPKEY_STRING, QNODE_SUBJECT, 0, NULL},
	{"TEXT", IMAPKEY_STRING, QNODE_TEXT, 0, NULL},
	{"THREADID", IMAPKEY_ID, QNODE_THREADID, 0, NULL},
	{"TO", IMAPKEY_STRING, QNODE_TO, 0, NULL},
	{"UID", IMAPKEY_SET, QNODE_UID, 0, NULL},
	{"UNANSWERED", IMAPKEY_UNFLAG, QNODE_FLAG, ARCHIVE_ANSWERED, NULL},
	{"UNDELETED", IMAPKEY_UNFLAG, QNODE_FLAG, ARCHIVE_DELETED, NULL},
	{"UNDRAFT", IMAPKEY_UNFLAG, QNODE_FLAG, ARCHIVE_DRAFT, NULL},
	{"UNFLAGGED", IMAPKEY_UNFLAG, QNODE_FLAG, ARCHIVE_FLAGGED, NULL},
	{"UNKEYWORD", IMAPKEY_UNKEYWORD, QNODE_KEYWORD, 0, NULL},
	{"UNSEEN", IMAPKEY_UNFLAG, QNODE_FLAG, ARCHIVE_SEEN, NULL},
	{"X-GM-LABELS", IMAPKEY_LABEL, QNODE_KEYWORD, 0, NULL},
	{"X-GM-MSGID", IMAPKEY_GMID, QNODE_EMAILID, 0, NULL},
	{"X-GM-RAW", IMAPKEY_RAW, QNODE_ALL, 0, NULL},
	{"X-GM-THRID", IMAPKEY_GMID, QNODE_THREADID, 0, NULL},
	{"X-TAG", IMAPKEY_TAG, QNODE_TAG, 0, NULL},
	{"YOUNGER", IMAPKEY_AGE, QNODE_YOUNGER, 0, NULL},
	{"$", IMAPKEY_REFUSED, QNODE_ALL, 0,
	 "is the result an earlier search saved; it " SESSION ": write its keys again"},
	{"ANNOTATION", IMAPKEY_REFUSED, QNODE_ALL, 0,
	 "cannot be answered: annotations (RFC 5257) are not harvested"},
	{"FILTER", IMAPKEY_REFUSED, QNODE_ALL, 0,
	 "cannot be answered: a server's named filters (RFC 5466) are not harvested; write out the "
	 "keys the filter stands for"},
	{"INTHREAD", IMAPKEY_REFUSED, QNODE_ALL, 0,
	 "cannot be answered: no RFC says what it means; THREADID finds the messages of one "
	 "thread"},
	{"MIMEPART", IMAPKEY_REFUSED, QNODE_ALL, 0, PRIVATE},
	{"X-GUID", IMAPKEY_REFUSED, QNODE_ALL, 0, PRIVATE},
	{"X-MAILBOX", IMAPKEY_REFUSED, QNODE_ALL, 0,
	 "is Dovecot's own: the mailbox is chosen by IN (mailboxes NAME), or beside the query"},
	{"X-REAL-UID", IMAPKEY_REFUSED, QNODE_ALL, 0, PRIVATE},
	{"X-SAVEDBEFORE", IMAPKEY_REFUSED, QNODE_ALL, 0, "is written SAVEDBEFORE (RFC 8514)"},
	{"X-SAVEDON", IMAPKEY_REFUSED, QNODE_ALL, 0, "is written SAVEDON (RFC 8514)"},
	{"X-SAVEDSINCE", IMAPKEY_REFUSED, QNODE_ALL, 0, "is written SAVEDSINCE (RFC 8514)"},
	/* What people write, coming from elsewhere. */
	{"AFTER", IMAPKEY_REFUSED, QNODE_ALL, 0,
	 "is written SINCE, or SENTSINCE for the Date field"},
	{"DATE", IMAPKEY_REFUSED, QNODE_ALL, 0, "is written ON, or SENTON for the Date field"},
	{"SENT", IMAPKEY_REFUSED, QNODE_ALL, 0, "is written SENTON, SENTSINCE or SENTBEFORE"},
	{"READ", IMAPKEY_REFUSED, QNODE_ALL, 0, "is written SEEN"},
	{"UNREAD", IMAPKEY_REFUSED, QNODE_ALL, 0, "is written UNSEEN"},
	{"STARRED", IMAPKEY_REFUSED, QNODE_ALL, 0, "is written FLAGGED"},
	{"FLAG", IMAPKEY_REFUSED, QNODE_ALL, 0, "is written SEEN, FLAGGED and so on, or KEYWORD"},
	{"LABEL", IMAPKEY_REFUSED, QNODE_ALL, 0, "is written X-GM-LABELS"},
	{"SIZE", IMAPKEY_REFUSED, QNODE_ALL, 0, "is written LARGER or SMALLER"},
	{"AND", IMAPKEY_REFUSED, QNODE_ALL, 0,
	 "is not written: keys that stand side by side must all hold"},
	{"&", IMAPKEY_REFUSED, QNODE_ALL, 0,
	 "is not written: keys that stand side by side must all hold"},
	{"CHARSET", IMAPKEY_REFUSED, QNODE_ALL, 0, "stands before the first key, with a name"},
	{"IN", IMAPKEY_REFUSED, QNODE_ALL, 0,
	 "stands first in a query, with its mailboxes in parentheses"},
	{"RETURN", IMAPKEY_REFUSED, QNODE_ALL, 0,
	 "stands before CHARSET and the first key, with its options in parentheses"},
	{"SEARCH", IMAPKEY_REFUSED, QNODE_ALL, 0,
	 "is the command; a query begins behind it, with a key"},
	{"ESEARCH", IMAPKEY_REFUSED, QNODE_ALL, 0,
	 "is the command; a query begins behind it, with IN, RETURN or a key"},
};

const struct imapkey *imapkey_find(struct str name)
{
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
		if (str_ieq(name, str_of(keys[i].name)))
			return &keys[i];
	return NULL;
}

/* ---- hints ---- */

#define LONGEST 20

static size_t least(size_t a, size_t b, size_t c)
{
	size_t m = a < b ? a : b;
	return m < c ? m : c;
}

/* How many letters must be put in, taken out, exchanged or swapped with the next one. */
static size_t distance(struct str x, struct str y)
{
	size_t row[3][LONGEST + 1] = {{0}};
	size_t *before = row[0], *last = row[1], *now = row[2];
	for (size_t j = 0; j <= y.n; j++)
		last[j] = j;
	for (size_t i = 1; i <= x.n; i++) {
		now[0] = i;
		for (size_t j = 1; j <= y.n; j++) {
			bool same = (x.p[i - 1] | 0x20) == (y.p[j - 1] | 0x20);
			now[j] = least(last[j] + 1, now[j - 1] + 1, last[j - 1] + !same);
			if (i > 1 && j > 1 && (x.p[i - 1] | 0x20) == (y.p[j - 2] | 0x20) &&
			    (x.p[i - 2] | 0x20) == (y.p[j - 1] | 0x20) && before[j - 2] < now[j])
				now[j] = before[j - 2] + 1;
		}
		size_t *spare = before;
		before = last;
		last = now;
		now = spare;
	}
	return last[y.n];
}

/* The key that is spelled nearly so: one fault in a short name, two in a long one. */
static const struct imapkey *near(struct str name)
{
	const struct imapkey *best = NULL;
	size_t fewest = name.n >= 6 ? 3 : 2;
	if (name.n < 3 || name.n > LONGEST)
		return NULL;
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
		size_t d = distance(name, str_of(keys[i].name));
		if (keys[i].shape != IMAPKEY_REFUSED && d < fewest) {
			fewest = d;
			best = &keys[i];
		}
	}
	return best;
}

struct str imapkey_hint(struct arena *a, struct str name)
{
	const struct imapkey *k;
	ptrdiff_t colon = str_chr(name, ':');
	if (colon > 0 && (k = imapkey_find(str_cut(name, 0, (size_t)colon))) != NULL)
		return arena_fmt(a, ": a space follows a key, no colon (%s …)", k->name);
	if (colon > 0)
		return STR(": fields with a colon are of the search box (dialect box)");
	if (name.n > 1 && (name.p[0] == '-' || name.p[0] == '!') &&
	    (k = imapkey_find(str_cut(name, 1, name.n))) != NULL)
		return arena_fmt(a, ": did you mean NOT %s?", k->name);
	k = near(name);
	return k != NULL ? arena_fmt(a, ": did you mean %s?", k->name) : STR("");
}
