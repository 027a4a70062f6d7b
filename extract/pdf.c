#include "pdf.h"

#include "err.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <poppler.h>
#include <stdlib.h>
#include <unistd.h>

/* The functions of the library that are used, by their names without "poppler_". */
static struct {
	__typeof__(poppler_document_new_from_bytes) *document_new_from_bytes;
	__typeof__(poppler_document_get_n_pages) *document_get_n_pages;
	__typeof__(poppler_document_get_page) *document_get_page;
	__typeof__(poppler_document_get_title) *document_get_title;
	__typeof__(poppler_document_get_author) *document_get_author;
	__typeof__(poppler_document_get_subject) *document_get_subject;
	__typeof__(poppler_document_get_keywords) *document_get_keywords;
	__typeof__(poppler_document_has_attachments) *document_has_attachments;
	__typeof__(poppler_document_get_attachments) *document_get_attachments;
	__typeof__(poppler_attachment_get_name) *attachment_get_name;
	__typeof__(poppler_attachment_save_to_callback) *attachment_save_to_callback;
	__typeof__(poppler_page_get_text) *page_get_text;
	__typeof__(poppler_error_quark) *error_quark;
} lib;

static const struct {
	const char *name;
	void *at;
} functions[] = {
	{"poppler_document_new_from_bytes", &lib.document_new_from_bytes},
	{"poppler_document_get_n_pages", &lib.document_get_n_pages},
	{"poppler_document_get_page", &lib.document_get_page},
	{"poppler_document_get_title", &lib.document_get_title},
	{"poppler_document_get_author", &lib.document_get_author},
	{"poppler_document_get_subject", &lib.document_get_subject},
	{"poppler_document_get_keywords", &lib.document_get_keywords},
	{"poppler_document_has_attachments", &lib.document_has_attachments},
	{"poppler_document_get_attachments", &lib.document_get_attachments},
	{"poppler_attachment_get_name", &lib.attachment_get_name},
	{"poppler_attachment_save_to_callback", &lib.attachment_save_to_callback},
	{"poppler_page_get_text", &lib.page_get_text},
	{"poppler_error_quark", &lib.error_quark},
};
static bool loaded;

/* A page with a word: whoever reads it has made the tables that each reader needs. */
static void warm(void)
{
	static const char page[] =
		"%PDF-1.4\n1 0 obj <</Type /Catalog /Pages 2 0 R>> endobj\n"
		"2 0 obj <</Type /Pages /Kids [3 0 R] /Count 1>> endobj\n"
		"3 0 obj <</Type /Page /Parent 2 0 R /MediaBox [0 0 99 99] /Contents 4 0 R "
		"/Resources <</Font <</F <</Type /Font /Subtype /Type1 /BaseFont /Helvetica>> >> "
		">> >> endobj\n"
		"4 0 obj <</Length 28>> stream\nBT /F 9 Tf 9 9 Td (w) Tj ET \nendstream endobj\n"
		"trailer <</Root 1 0 R>>\n%%EOF\n";
	struct board *b = err_alloc(sizeof *b + 100);
	struct document d = {.board = b, .doc.bytes = {page, sizeof page - 1}};
	int complaints = dup(STDERR_FILENO), null = open("/dev/null", O_WRONLY);
	dup2(null, STDERR_FILENO); /* it has no table of its objects */
	board_begin(b, 100);
	pdf_read(&d);
	dup2(complaints, STDERR_FILENO);
	close(complaints);
	close(null);
	free(b);
}

void pdf_load(void)
{
	void *so = dlopen("libpoppler-glib.so.8", RTLD_NOW | RTLD_LOCAL);
	if (so == NULL)
		return;
	loaded = true;
	for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
		void *function = dlsym(so, functions[i].name);
		memcpy(functions[i].at, &function, sizeof function);
		loaded = loaded && function;
	}
	if (loaded)
		warm();
}

static void add_fact(struct document *d, char *text)
{
	if (text)
		board_text(d->board, str_of(text));
	board_line(d->board);
	g_free(text);
}

/* ---- files in it ---- */

static gboolean keep(const gchar *p, gsize n, gpointer arg, GError **error)
{
	(void)error;
	buf_add(arg, p, n);
	return !((struct buf *)arg)->full;
}

static void read_attachment(struct document *d, PopplerAttachment *at)
{
	struct buf bytes;
	buf_init(&bytes, EXTRACT_BYTES);
	bool whole = lib.attachment_save_to_callback(at, keep, &bytes, NULL);
	struct extract_document in = {.bytes = buf_all(&bytes),
				      .name = str_of(lib.attachment_get_name(at))};
	if (bytes.full)
		board_fault(d->board, EXTRACT_TOO_BIG, "the file '%.*s' in it is too large",
			    STR_ARG(in.name));
	else if (!whole)
		board_fault(d->board, EXTRACT_FAILED, "the file '%.*s' in it is damaged",
			    STR_ARG(in.name));
	else if (document_may_open(d) && document_may_expand(d, in.bytes.n))
		document_nested(d, &in);
	buf_free(&bytes);
}

static void read_attachments(struct document *d, PopplerDocument *pdf)
{
	if (!lib.document_has_attachments(pdf))
		return;
	/* The list is not freed: the child ends soon. */
	for (GList *l = lib.document_get_attachments(pdf); l; l = l->next)
		read_attachment(d, l->data);
}

/* ---- pages ---- */

static void read_pages(struct document *d, PopplerDocument *pdf)
{
	int n = lib.document_get_n_pages(pdf), missing = 0;
	for (int i = 0; i < n; i++) {
		PopplerPage *page = lib.document_get_page(pdf, i);
		if (page == NULL) {
			missing++;
			continue;
		}
		char *text = lib.page_get_text(page);
		add_fact(d, text);
		g_object_unref(page);
	}
	if (missing || n <= 0)
		board_fault(d->board, EXTRACT_FAILED, "%d of its %d pages cannot be read", missing,
			    n);
}

void pdf_read(struct document *d)
{
	GError *error = NULL;
	if (!loaded) {
		board_fault(d->board, EXTRACT_UNKNOWN, "PDF: libpoppler-glib is not installed");
		return;
	}
	GBytes *bytes = g_bytes_new_static(d->doc.bytes.p, d->doc.bytes.n);
	PopplerDocument *pdf = lib.document_new_from_bytes(bytes, NULL, &error);
	if (pdf == NULL) {
		bool locked = error && error->domain == lib.error_quark() &&
			      error->code == POPPLER_ERROR_ENCRYPTED;
		if (locked)
			board_fault(d->board, EXTRACT_ENCRYPTED, "the PDF has a password");
		else
			board_fault(d->board, EXTRACT_FAILED, "PDF: %s",
				    error ? error->message : "it cannot be read");
	} else {
		add_fact(d, lib.document_get_title(pdf));
		add_fact(d, lib.document_get_author(pdf));
		add_fact(d, lib.document_get_subject(pdf));
		add_fact(d, lib.document_get_keywords(pdf));
		read_pages(d, pdf);
		read_attachments(d, pdf);
		g_object_unref(pdf);
	}
	if (error)
		g_error_free(error);
	g_bytes_unref(bytes);
}
