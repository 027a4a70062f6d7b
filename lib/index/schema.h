/* schema: what stands in an index segment. The front door of lib/index.
 *
 * What: docs/formats/index.md in C. An index segment covers messages first..last and is one
 *   directory "<first>-<last>/", immutable once published:
 *     xapian/    postings                             (lib/xapian)
 *     lexicon    the distinct text terms, sorted      (lexicon.h)
 *     filter     n-gram bitmaps of other header text  (filter.h)
 *     order      dates, days, sizes                   (order.h)
 *     records    what results show and the matcher reads (records.h)
 *     headers    the header lines, mapped             (headtext.h)
 *     columns    what facets count                    (column.h)
 *   Document number: docid = message number - first + 1. Every message has a document, also
 *   one that could not be indexed (SCHEMA_MARK_QUARANTINED and nothing else).
 * Terms: one byte of prefix, then mapped text (lib/mail/casemap.h), cut by lib/mail/token.h:
 *     S F T C R   tokens of Subject, From, To, Cc, Bcc of the top header: of every form of
 *                 mail_texts and of the decoded field as it stands
 *     B           tokens of the searched parts' text (HTML: the source, as IMAP BODY sees it)
 *     V           box dialect only: tokens of an HTML part's visible text, and every token of
 *                 S F T C R B V with marks, again without them (casemap_bare)
 *     D           box dialect only: tokens of the text inside attachments (inside.h) and of parts'
 *                 file names; and every such token with marks, again without them
 *     L N         header lines that recur, whole: "NAME: VALUE"; L of the top header, N of other
 *                 parts. What no L or N tells stands in the filter
 *     U           names of the top header's fields with a value that no L tells
 *     H           names of the top header's fields, mapped, whole
 *     M           marks: 'M' and one letter, see enum schema_mark
 *     P           kinds of attachments: 'P' and a name of partkind.h
 *     O           outcomes of looking into attachments: 'O' and record_outcome_name
 *     I           the first 16 hex digits of the SHA-256 of the Message-ID, as struct record has
 *                 it (with <>): messages of one Message-ID meet here
 * Limits: tokens longer than SCHEMA_MAX_TOKEN bytes are cut there and the message is marked
 *   SCHEMA_MARK_LONG, so that it stays a candidate of every text search.
 */
#ifndef SCHEMA_H
#define SCHEMA_H

#include "str.h"

#define SCHEMA_MAX_TOKEN 200

/* What a token takes in a term: its bytes, NUL counted twice, as Xapian's keys have it. */
size_t schema_cost(struct str token);

/* Prefixes of text terms, in the order of the lexicon. */
#define SCHEMA_TEXT_PREFIXES "BCDFLNRSTV"

/* The letter after 'M'. Lower case: from mail marks, the message could not be searched fully. */
enum schema_mark {
	SCHEMA_MARK_LONG = 'L',        /* a token was cut: candidate of every text search */
	SCHEMA_MARK_INSIDE = 'D',      /* the same of terms D: candidate of what uses them */
	SCHEMA_MARK_BIG = 'B',         /* text too large for the record: read the message */
	SCHEMA_MARK_QUARANTINED = 'Q', /* killed its worker: candidate of everything */
	SCHEMA_MARK_PARTIAL = 'P'      /* some mail_mark is set: not fully searchable */
};

#define SCHEMA_ID_TERM 18
/* The term of a Message-ID, 'I' included, and a NUL. */
void schema_message_id(struct str id, char out[SCHEMA_ID_TERM]);

#endif
