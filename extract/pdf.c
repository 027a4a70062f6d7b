#include "pdf.h"

#include "dynlib.h"
#include "err.h"
#include "ocr.h"
#include "picture.h"

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
	__typeof__(poppler_page_get_image_mapping) *page_get_image_mapping;
	__typeof__(poppler_page_free_image_mapping) *page_free_image_mapping;
	__typeof__(poppler_page_get_image) *page_get_image;
	__typeof__(poppler_page_get_size) *page_get_size;
	__typeof__(poppler_page_render) *page_render;
	__typeof__(cairo_image_surface_create) *surface_create;
	__typeof__(cairo_image_surface_get_data) *surface_get_data;
	__typeof__(cairo_image_surface_get_stride) *surface_get_stride;
	__typeof__(cairo_surface_flush) *surface_flush;
	__typeof__(cairo_surface_destroy) *surface_destroy;
	__typeof__(cairo_create) *create;
	__typeof__(cairo_set_source_rgb) *set_source_rgb;
	__typeof__(cairo_paint) *paint;
	__typeof__(cairo_scale) *scale;
	__typeof__(cairo_destroy) *destroy;
} lib;

static const struct dynlib_function functions[] = {
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
	{"poppler_page_get_image_mapping", &lib.page_get_image_mapping},
	{"poppler_page_free_image_mapping", &lib.page_free_image_mapping},
	{"poppler_page_get_image", &lib.page_get_image},
	{"poppler_page_get_size", &lib.page_get_size},
	{"poppler_page_render", &lib.page_render},
	{"cairo_image_surface_create", &lib.surface_create},
	{"cairo_image_surface_get_data", &lib.surface_get_data},
	{"cairo_image_surface_get_stride", &lib.surface_get_stride},
	{"cairo_surface_flush", &lib.surface_flush},
	{"cairo_surface_destroy", &lib.surface_destroy},
	{"cairo_create", &lib.create},
	{"cairo_set_source_rgb", &lib.set_source_rgb},
	{"cairo_paint", &lib.paint},
	{"cairo_scale", &lib.scale},
	{"cairo_destroy", &lib.destroy},
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
	struct document_sum sum = {0};
	struct document d = {.board = b, .doc.bytes = {page, sizeof page - 1}, .sum = &sum};
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
	void *so = dynlib_open("libpoppler-glib.so.8");
	loaded = so && dynlib_take(so, functions, sizeof functions / sizeof *functions);
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

/* ---- pages that were scanned ---- */

/* Dots an inch, fewer where a page would have more pixels than that. */
enum { DOTS = 300, PAGE_PIXELS = 1 << 24 };

static bool has_image(PopplerPage *page)
{
	GList *images = lib.page_get_image_mapping(page);
	lib.page_free_image_mapping(images);
	return images != NULL;
}

/* How many pixels there are to a point of the page, and in its rows and columns. False: it has no
 * size. */
static bool measure(PopplerPage *page, double *scale, int *width, int *height)
{
	double w = 0, h = 0;
	lib.page_get_size(page, &w, &h);
	if (!(w >= 1 && h >= 1 && w < 1e6 && h < 1e6))
		return false;
	*scale = DOTS / 72.0;
	while (w * h * *scale * *scale > PAGE_PIXELS || w * *scale > OCR_SIDE - 1 ||
	       h * *scale > OCR_SIDE - 1)
		*scale *= 0.9;
	*width = (int)(w * *scale) + 1;
	*height = (int)(h * *scale) + 1;
	return true;
}

/* Pixels of four bytes to pixels of one, in their rows. False: all of them are white. */
static bool make_grey(unsigned char *p, int width, int height, int row)
{
	unsigned char least = 255;
	for (int y = 0; y < height; y++, p += row)
		for (int x = 0; x < width; x++) {
			uint32_t c;
			memcpy(&c, p + 4 * x, sizeof c);
			p[x] = (unsigned char)(((c >> 16 & 255) * 77 + (c >> 8 & 255) * 150 +
						(c & 255) * 29) >> 8);
			least = p[x] < least ? p[x] : least;
		}
	return least < 255;
}

/* Draws the page on white. NULL: it cannot be had. */
static cairo_surface_t *draw(PopplerPage *page, double scale, int width, int height)
{
	cairo_surface_t *s = lib.surface_create(CAIRO_FORMAT_RGB24, width, height);
	cairo_t *c = lib.create(s);
	lib.set_source_rgb(c, 1, 1, 1);
	lib.paint(c);
	lib.scale(c, scale, scale);
	lib.page_render(page, c);
	lib.destroy(c);
	lib.surface_flush(s);
	if (lib.surface_get_data(s))
		return s;
	lib.surface_destroy(s);
	return NULL;
}

/* poppler leaves out an image that it has no memory for, and does not say so. */
static bool can_draw(PopplerPage *page)
{
	bool all = true;
	GList *images = lib.page_get_image_mapping(page);
	for (GList *l = images; l && all; l = l->next) {
		PopplerImageMapping *m = l->data;
		cairo_surface_t *s = lib.page_get_image(page, m->image_id);
		all = s && lib.surface_get_data(s);
		if (s)
			lib.surface_destroy(s);
	}
	lib.page_free_image_mapping(images);
	return all;
}

/* The words of a page as it is drawn. 1; 0 the time is up; -1 it cannot be drawn. */
static int read_drawn(struct document *d, PopplerPage *page, double scale, int width, int height)
{
	cairo_surface_t *s = draw(page, scale, width, height);
	int r = s ? 1 : -1;
	if (r < 0)
		return r;
	int row = lib.surface_get_stride(s);
	unsigned char *p = lib.surface_get_data(s);
	if (make_grey(p, width, height, row))
		r = ocr_grey(d->board, p, width, height, row, (int)(scale * 72));
	else if (!can_draw(page))
		r = -1;
	lib.surface_destroy(s);
	return r;
}

/* A page without text, but with images. False: the time is up. */
static bool read_scan(struct document *d, PopplerPage *page)
{
	double scale;
	int width, height;
	/* Where nobody reads it, it is only said that there may be one. */
	if ((d->sum->pictures && !has_image(page)) || !picture_wanted(d) ||
	    !measure(page, &scale, &width, &height))
		return true;
	int r = read_drawn(d, page, scale, width, height);
	if (r < 0) /* smaller, there is more memory for its images */
		r = read_drawn(d, page, scale / 2, width / 2, height / 2);
	if (r < 0)
		board_fault(d->board, EXTRACT_TOO_BIG, "an image that takes more memory than there"
			    " is to draw its page");
	return r != 0;
}

/* ---- pages ---- */

static void read_pages(struct document *d, PopplerDocument *pdf)
{
	int n = lib.document_get_n_pages(pdf), missing = 0;
	bool more = true;
	for (int i = 0; i < n && more; i++) {
		PopplerPage *page = lib.document_get_page(pdf, i);
		if (page == NULL) {
			missing++;
			continue;
		}
		char *text = lib.page_get_text(page);
		if (text == NULL || str_trim(str_of(text)).n == 0)
			more = read_scan(d, page);
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
