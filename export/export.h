/* export: the front door of the exporter. Archive -> files that other programs read.
 *
 * What: writes messages, one after the other, as an mbox, Maildirs, or .eml files in folders or in
 *   a tar; with a list of SHA-256 sums and a manifest. docs/export.md says what stands where.
 * Source: RFC 4155 (mboxrd); Maildir and Maildir++; POSIX.1-2001 pax; sha256sum(1).
 * Shape: begin, add each message once, end. Everything grows under the name "<to>.partial" and is
 *   renamed by export_end; before that the manifest is not there. The bytes of a message are
 *   checked against its hash before any of them is written.
 * Limits: none on messages. Memory: 8 MiB for the message at hand; larger ones stream.
 * Errors: ERR_INPUT the target is not free; ERR_BROKEN it cannot be written (the disk is full).
 *   A message that is damaged in the archive is counted, listed, and passed over.
 */
#ifndef EXPORT_H
#define EXPORT_H

#include "archive.h"

enum export_format {
	EXPORT_MBOXRD, EXPORT_MAILDIR, EXPORT_EML, /* folders */
	EXPORT_TAR, EXPORT_TAR_ZST, EXPORT_MAILDIR_TAR, EXPORT_MBOX /* one file */
};
/* The names of the formats, in this order; NULL at the end. */
extern const char *const export_formats[];

/* What is exported; everything but format and to is only told in the manifest. */
struct export_options {
	enum export_format format;
	const char *to; /* a path; "-" is standard output (tars only) */
	const char *manifest; /* a file to have the manifest too, NULL: none (EXPORT_MBOX: TO and
			       * ".manifest.ndjson") */
	struct str dialect, query, tree, account, mailbox, who, at;
	struct str seal; /* SHA-256 of the newest seal, in hexadecimal */
	uint64_t stored_to, indexed_to;
};
struct export_result {
	uint64_t messages; /* written */
	uint64_t files;    /* written, each copy of a message counted (mbox: records and .eml) */
	uint64_t bytes;    /* of the messages, each once */
	uint64_t as_eml;   /* files of messages that no mbox can carry exactly */
	uint64_t inexact;  /* EXPORT_MBOX: records that cannot be got back exactly */
	uint64_t failed;   /* damaged in the archive */
};

struct export;

/* Checks that the target is free and makes "<to>.partial". 1 or -1. */
int export_begin(struct export **out, struct archive *ar, const struct export_options *o,
		 struct err *err);
/* Writes a message, of which these copies are wanted. 1; 0 it is damaged, which is recorded (*err
 * says how); -1 the target cannot be written: close it. */
int export_add(struct export *x, const struct archive_msg *m, const struct archive_copy *copies,
	       size_t n, struct err *err);
/* Writes the sums, then the manifest, and gives everything its name, durably. 1 or -1. */
int export_end(struct export *x, struct export_result *r, struct err *err);
/* Removes what has not been ended. Accepts NULL. */
void export_close(struct export **x);

#endif
