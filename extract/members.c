#define _GNU_SOURCE
#include "members.h"

#include "err.h"

#include <archive.h>
#include <archive_entry.h>
#include <locale.h>
#include <stdlib.h>

enum { PIECE = 64 * 1024 };

struct members {
	struct document *d;
	struct archive *a;
	struct str name;
	bool over; /* nothing more is read */
	char piece[PIECE];
};

void members_load(void)
{
	locale_t utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
	if (utf8)
		uselocale(utf8);
}

static void damaged(struct members *m)
{
	const char *why = archive_error_string(m->a);
	if (archive_read_has_encrypted_entries(m->a) > 0)
		board_fault(m->d->board, EXTRACT_ENCRYPTED, "it is packed with a password");
	else
		board_fault(m->d->board, EXTRACT_FAILED, "damaged: %s", why ? why : "cut off");
}

struct members *members_open(struct document *d)
{
	struct members *m = err_alloc(sizeof *m);
	m->d = d;
	m->a = archive_read_new();
	if (m->a == NULL)
		err_die("members: out of memory");
	archive_read_support_format_zip(m->a);
	archive_read_support_format_tar(m->a);
	archive_read_support_format_7zip(m->a);
	archive_read_support_format_raw(m->a);
	archive_read_support_filter_gzip(m->a);
	archive_read_support_filter_bzip2(m->a);
	archive_read_support_filter_xz(m->a);
	archive_read_support_filter_lzma(m->a);
	archive_read_support_filter_zstd(m->a);
	if (archive_read_open_memory(m->a, d->doc.bytes.p, d->doc.bytes.n) < ARCHIVE_WARN) {
		damaged(m);
		members_close(&m);
	}
	return m;
}

void members_close(struct members **m)
{
	if (*m == NULL)
		return;
	archive_read_free((*m)->a);
	free(*m);
	*m = NULL;
}

int members_next(struct members *m, struct str *name)
{
	struct archive_entry *e;
	while (!m->over) {
		int r = archive_read_next_header(m->a, &e);
		if (r == ARCHIVE_EOF)
			return 0;
		if (r < ARCHIVE_WARN) {
			damaged(m);
			m->over = true;
			return 0;
		}
		if (archive_entry_filetype(e) != AE_IFREG || archive_entry_hardlink(e))
			continue;
		const char *utf8 = archive_entry_pathname_utf8(e);
		m->name = str_of(utf8 ? utf8 : archive_entry_pathname(e));
		if (archive_format(m->a) == ARCHIVE_FORMAT_RAW)
			m->name = STR("");
		*name = m->name;
		if (!archive_entry_is_data_encrypted(e))
			return 1;
		board_fault(m->d->board, EXTRACT_ENCRYPTED, "'%.*s' in it has a password",
			    STR_ARG(m->name));
	}
	return 0;
}

int members_read(struct members *m, const char **p, size_t *got)
{
	if (m->over)
		return -1;
	la_ssize_t n = archive_read_data(m->a, m->piece, sizeof m->piece);
	if (n < 0)
		damaged(m);
	if (n > 0 && !document_may_expand(m->d, (size_t)n))
		n = -1;
	m->over = n < 0;
	*p = m->piece;
	*got = n > 0 ? (size_t)n : 0;
	return n < 0 ? -1 : n > 0;
}

int members_all(struct members *m, struct buf *out)
{
	const char *p;
	size_t n;
	int r;
	while ((r = members_read(m, &p, &n)) > 0) {
		buf_add(out, p, n);
		if (!out->full)
			continue;
		board_fault(m->d->board, EXTRACT_TOO_BIG, "'%.*s' in it is too large",
			    STR_ARG(m->name));
		return 0;
	}
	return r == 0;
}
