/* imapparse: what one response says.
 *
 * What: reads a response that imapframe has cut out: its kind, status, code, and the data of
 *   FETCH, LIST, STATUS and NAMESPACE. Unknown items are skipped, balanced, in any order.
 * Source: RFC 9051 9, RFC 3501 9, RFC 7162 (MODSEQ); tolerant of what servers were seen to send.
 * Limits: nesting 64; 256 keywords of 4,000 bytes together.
 * Memory: slices borrow from the response, or live in the arena given.
 * Errors: ERR_INPUT: the stream cannot be trusted any more: hang up.
 */
#ifndef IMAPPARSE_H
#define IMAPPARSE_H

#include "arena.h"
#include "buf.h"
#include "err.h"

enum imapparse_kind {
	IMAPPARSE_TAGGED,   /* tag status [code] text */
	IMAPPARSE_STATUS,   /* * status [code] text */
	IMAPPARSE_DATA,     /* * [number] name args */
	IMAPPARSE_CONTINUE, /* + text */
	IMAPPARSE_EMPTY     /* a blank line, which is no response but happens */
};
enum imapparse_status {
	IMAPPARSE_OK = 1, IMAPPARSE_NO, IMAPPARSE_BAD, IMAPPARSE_BYE, IMAPPARSE_PREAUTH
};

struct imapparse_resp {
	enum imapparse_kind kind;
	enum imapparse_status status; /* of TAGGED and STATUS */
	struct str tag;
	struct str code, code_args, text; /* "[code code_args] text" */
	struct str name, args;        /* of DATA: "FETCH", "(…)" */
	bool numbered;                /* DATA had a number before its name, perhaps an odd one */
	uint32_t number;              /* 0 when it was odd */
};
/* 1, or -1 (ERR_INPUT). */
int imapparse_resp(struct str line, struct imapparse_resp *out, struct err *err);

enum imapparse_body {
	IMAPPARSE_ABSENT,
	IMAPPARSE_NIL,
	IMAPPARSE_QUOTED, /* the message came as a string: `quoted` */
	IMAPPARSE_LITERAL /* it came as the literal that imapframe handed out */
};
/* A piece of a message. */
enum imapparse_piece {
	IMAPPARSE_PART = 1, /* BODY[]<origin> */
	IMAPPARSE_HEAD,     /* BODY[HEADER] */
	IMAPPARSE_TEXT      /* BODY[TEXT] */
};
struct imapparse_fetch {
	uint32_t uid;          /* 0: not given, or odd */
	bool has_flags, has_date;
	unsigned flags;        /* enum archive_flag */
	struct str keywords;   /* sorted, each once, separated by SP; Gmail's labels as
				* "label:Name", see docs/protocol.md */
	bool has_labels;
	int64_t date;          /* INTERNALDATE: seconds UTC */
	int16_t zone;          /* and minutes east */
	uint64_t modseq;       /* 0: not given, or odd */
	bool has_size;
	uint64_t size;         /* RFC822.SIZE, as the server reports it */
	struct str emailid;    /* EMAILID, or X-GM-MSGID; "": not given */
	struct str threadid;   /* THREADID, or X-GM-THRID; "": not given */
	int64_t savedate;      /* SAVEDATE, seconds UTC; 0: not given */
	int16_t savezone;      /* and minutes east */
	bool has_header;
	struct str header;     /* BODY[HEADER.FIELDS (…)] */
	enum imapparse_body body;
	enum imapparse_piece piece; /* 0: none */
	enum imapparse_body part;   /* how it came */
	uint64_t origin;            /* of a PART */
	struct str quoted;          /* of the message, or of the piece */
};
/* The args of a FETCH response. 1, or -1 (ERR_INPUT: not balanced, or bytes after the end). */
int imapparse_fetch(struct arena *a, struct str args, struct imapparse_fetch *out, struct err *err);
/* Of any response: 1 it is a FETCH or UIDFETCH (RFC 9586); 0 another one; -1 as above. */
int imapparse_message(struct arena *a, const struct imapparse_resp *r, struct imapparse_fetch *out,
		      struct err *err);

struct imapparse_list {
	bool selectable; /* neither \Noselect nor \NonExistent */
	char delimiter;  /* 0: none */
	struct str name; /* raw octets */
	struct str attributes; /* "\HasNoChildren \All" */
};
/* The args of a LIST response. 1, or -1. */
int imapparse_list(struct arena *a, struct str args, struct imapparse_list *out, struct err *err);

struct imapparse_mailbox {
	struct str name; /* raw octets */
	bool has_messages, has_modseq;
	uint32_t messages, uidnext, uidvalidity; /* 0: not given, or odd */
	uint64_t modseq;
};
/* The args of a STATUS response (RFC 9051 7.3.4). Odd values count as not given. 1, or -1. */
int imapparse_mailbox(struct arena *a, struct str args, struct imapparse_mailbox *out,
		      struct err *err);
/* The args of a NAMESPACE response: the prefixes of other users' and of shared mailboxes, as a
 * row of them, each ended by LF, appended to *out. 1, or -1. */
int imapparse_foreign(struct arena *a, struct str args, struct buf *out, struct err *err);

/* Is the word in a list of words separated by SP, in any case? */
bool imapparse_word(struct str words, struct str word);
/* "06-Mar-2025 10:00:00 +0100", the day also with SP. 1; 0: not a date. */
int imapparse_date(struct str s, int64_t *out, int16_t *zone);

#endif
