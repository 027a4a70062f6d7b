/* mail: the front door of lib/mail. Bytes of a message -> fields, parts, searchable text.
 *
 * What: one parse of a message after the rules of docs/search.md; pure, no I/O. GMime does
 *   content types, parameters (RFC 2231), display addresses and charsets behind this door.
 * Source: RFC 5322, RFC 2045-2049, RFC 2047, RFC 2231, RFC 5051.
 * Shape: plain const structs in the caller's arena. All texts are UTF-8 with LF line ends.
 * Nested: a message/rfc822 part has an entry with its own MIME fields (number "2"), and the
 *   message in it is the next entry, its child: fields and text are the nested message's own,
 *   its number is "2.1", or "2.TEXT" when it is a multipart, whose parts are "2.1", "2.2" …
 * Units: bytes. Days are counted from 1970-01-01.
 * Limits: struct mail_limits; what was hit is set in `marks` of the part and of the message.
 * Memory: everything lives in the arena; raw slices borrow the message's bytes.
 * Threads: call mail_init once before the first thread.
 */
#ifndef MAIL_H
#define MAIL_H

#include "arena.h"
#include "err.h"

/* What stood in the way of a full reading; bits. The names are in mail_mark_name. */
enum mail_mark {
	MAIL_MARK_CHARSET = 1,    /* octets that the charset does not have became U+FFFD */
	MAIL_MARK_ENCODING = 2,   /* unknown or broken transfer encoding */
	MAIL_MARK_DEPTH = 4,      /* deeper than max_depth (not split), or boundary too long */
	MAIL_MARK_PARTS = 8,      /* more than max_parts: the rest was not split */
	MAIL_MARK_TRUNCATED = 16, /* text beyond max_text was not read */
	MAIL_MARK_NO_BODY = 32    /* multipart without a (matching) boundary */
};

struct mail_limits {
	size_t max_text;   /* searchable text of the whole message, bytes; default 64 MiB */
	unsigned max_depth; /* 100 */
	unsigned max_parts; /* 10,000 */
};
extern const struct mail_limits mail_default_limits;

/* One header field, decoded and unfolded. A line without a colon is a field without a name. */
struct mail_field {
	struct str name;  /* as written, without blanks before the colon; borrows the raw bytes;
			   * "" for a field without a name */
	struct str value; /* encoded words decoded; no line ends; borrows from part.header */
	struct str raw;   /* the bytes after the colon (without a name: all), folded as they are */
};

struct mail_part {
	int parent;           /* index of the enclosing part, -1 for the message itself */
	struct str number;    /* IMAP section: "1.2"; "" what is taken apart; see "Nested" above */
	struct str type;      /* lower case "text/html"; default by RFC 2045 5.2 */
	struct str charset;   /* as declared, "" when not */
	struct str filename;  /* decoded, "" when none */
	bool attachment;      /* Content-Disposition: attachment, or a named non-text part */
	const struct mail_field *fields;
	size_t n_fields;
	struct str header;    /* the decoded header block, each field with '\n' behind it: the
			       * name, the separator as written (": "), the value */
	bool searched;        /* belongs to BODY: text, and message except message/rfc822 */
	struct str text;      /* its decoded text; "" when not searched */
	struct str body;      /* raw body bytes, still transfer-encoded */
	int encoding;         /* enum codec_kind of codec.h, for mail_part_bytes */
	unsigned marks;
};

struct mail {
	const struct mail_part *parts; /* [0] is the message; its fields are the top header */
	size_t n_parts;
	unsigned marks; /* all parts' together */
};

/* Prepares GMime. Once per process, before threads. */
void mail_init(void);
/* Parses a whole message. Never fails: what cannot be read is marked. */
void mail_parse(struct arena *a, struct str raw, const struct mail_limits *lim, struct mail *out);
/* The name of one mark bit, for people: "charset", "truncated", … */
const char *mail_mark_name(enum mail_mark mark);
/* The bytes of a part with the transfer encoding undone, in the arena. */
struct str mail_part_bytes(struct arena *a, const struct mail_part *p);
/* The first top field of that name, or NULL. */
const struct mail_field *mail_find(const struct mail *m, const char *name);

/* The texts that FROM, TO, CC, BCC and SUBJECT are matched against. */
enum mail_key { MAIL_FROM, MAIL_TO, MAIL_CC, MAIL_BCC, MAIL_SUBJECT, MAIL_KEYS };
/* "from", "to" … */
extern const char *const mail_key_names[MAIL_KEYS];
struct mail_text {
	enum mail_key key;
	struct str text;
};
/* All of them, one entry per form of each field (an address field has several forms: with and
 * without quotes; when malformed, the decoded field too). 0 entries for a key: no such field. */
size_t mail_texts(struct arena *a, const struct mail *m, const struct mail_text **out);

/* The first Date field as the sender wrote it. */
struct mail_date {
	bool usable;
	int32_t day;     /* calendar day as written, zone dropped */
	int64_t epoch;   /* seconds UTC; a missing or strange zone counts as UTC */
	int16_t zone;    /* minutes east of UTC as written */
};
struct mail_date mail_date(const struct mail *m);

/* Addresses of a field for people and programs (GMime): name and address, decoded. */
struct mail_address {
	struct str name, email;
};
size_t mail_addresses(struct arena *a, const struct mail *m, const char *field,
		      const struct mail_address **out);

#endif
