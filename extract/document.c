#include "document.h"

#include "card.h"
#include "compound.h"
#include "eml.h"
#include "kind.h"
#include "mail.h"
#include "members.h"
#include "ocr.h"
#include "packed.h"
#include "pdf.h"
#include "pgp.h"
#include "picture.h"
#include "plain.h"
#include "rtf.h"
#include "smime.h"
#include "tnef.h"

#include <stdio.h>
#include <unistd.h>

struct format {
	const char *type;
	void (*read)(struct document *d);
};

/* A star at the end stands for the rest. The first that fits is taken. */
static const struct format formats[] = {
	{"application/pdf", pdf_read},
	{"application/zip", packed_zip},
	{"application/gzip", packed_read},
	{"application/x-bzip2", packed_read},
	{"application/x-xz", packed_read},
	{"application/x-lzma", packed_read},
	{"application/zstd", packed_read},
	{"application/x-tar", packed_read},
	{"application/x-ustar", packed_read},
	{"application/x-7z-compressed", packed_read},
	{"application/x-ole-storage", compound_read},
	{"text/rtf", rtf_read},
	{"text/vcard", card_read},
	{"text/calendar", card_read},
	{"message/rfc822", eml_read},
	{"application/vnd.ms-tnef", tnef_read},
	{"application/pkcs7-mime", smime_read},
	{"text/x-pgp-signed", pgp_clear},
	{"application/pgp-encrypted", pgp_message},
	{"application/pgp-signature", pgp_nothing},
	{"application/pgp-keys", pgp_nothing},
	{"text/html", plain_html},
	{"application/xhtml+xml", plain_html},
	{"text/*", plain_read},
	{"application/json", plain_read},
	{"application/xml", plain_read},
	{"application/javascript", plain_read},
	{"application/x-ndjson", plain_read},
	{"image/*", picture_read},
};

static const struct format *find(struct str type)
{
	for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
		if (str_glob(str_of(formats[i].type), type))
			return &formats[i];
	return NULL;
}

void document_type(struct document *d)
{
	if (d->depth == 0)
		snprintf(d->board->type, sizeof d->board->type, "%.*s", STR_ARG(d->type));
}

void document_unknown(struct document *d)
{
	board_fault(d->board, EXTRACT_UNKNOWN, "nothing here reads %.*s", STR_ARG(d->type));
}

static void dispatch(struct document *d)
{
	d->type = arena_str(d->a, kind_of(&d->doc));
	document_type(d);
	const struct format *f = find(d->type);
	if (f)
		f->read(d);
	else if (d->doc.bytes.n)
		document_unknown(d);
	board_line(d->board);
}

static _Noreturn void stop(void)
{
	_exit(0);
}

int document_load(struct str ocr, struct err *err)
{
	kind_load();
	plain_load();
	mail_init();
	members_load();
	smime_load();
	pdf_load();
	return ocr.n ? picture_load(ocr, err) : 1;
}

void document_work(struct board *b, const struct extract_document *from)
{
	struct arena a = {0};
	struct document_sum sum = {.most = DOCUMENT_SLACK + DOCUMENT_RATIO * from->bytes.n,
				   .pictures = from->ocr.n > 0};
	if (sum.most > DOCUMENT_EXPANDED)
		sum.most = DOCUMENT_EXPANDED;
	struct document d = {.a = &a, .board = b, .doc = *from, .sum = &sum};
	b->when_full = stop;
	b->quiet = ocr_is_loaded();
	dispatch(&d);
	arena_free(&a);
}

bool document_may_open(struct document *d)
{
	if (d->depth + 1 > DOCUMENT_DEPTH) {
		board_fault(d->board, EXTRACT_TOO_BIG, "more than %d containers in one another",
			    DOCUMENT_DEPTH);
		return false;
	}
	if (++d->sum->members > DOCUMENT_MEMBERS) {
		board_fault(d->board, EXTRACT_TOO_BIG, "more than %d members", DOCUMENT_MEMBERS);
		return false;
	}
	return true;
}

bool document_may_expand(struct document *d, size_t n)
{
	size_t most = d->sum->most;
	if (n > most - d->sum->expanded) {
		board_fault(d->board, EXTRACT_TOO_BIG, "unpacks to more than %zu MiB", most >> 20);
		return false;
	}
	d->sum->expanded += n;
	return true;
}

void document_nested(struct document *d, const struct extract_document *from)
{
	struct arena a = {0};
	struct document in = {.a = &a, .board = d->board, .doc = *from, .depth = d->depth + 1,
			    .sum = d->sum};
	board_line(d->board);
	board_text(d->board, from->name);
	board_line(d->board);
	dispatch(&in);
	arena_free(&a);
}
