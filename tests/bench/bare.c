/* The text of documents with the libraries that sheaf uses, in one process and in a bare loop: what
 * extracting.py measures sheaf against. Prints the number of bytes of text.
 *
 *     bare FILE...
 */
#include <archive.h>
#include <archive_entry.h>
#include <expat.h>
#include <poppler.h>
#include <string.h>

static size_t total;

static void count(void *arg, const char *s, int n)
{
	(void)arg, (void)s;
	total += (size_t)n;
}

static void read_pdf(GBytes *bytes)
{
	PopplerDocument *pdf = poppler_document_new_from_bytes(bytes, NULL, NULL);
	int n = pdf ? poppler_document_get_n_pages(pdf) : 0;
	for (int i = 0; i < n; i++) {
		PopplerPage *page = poppler_document_get_page(pdf, i);
		char *text = poppler_page_get_text(page);
		total += strlen(text);
		g_free(text);
		g_object_unref(page);
	}
	if (pdf)
		g_object_unref(pdf);
}

static void read_member(struct archive *a)
{
	static char piece[65536];
	XML_Parser p = XML_ParserCreate(NULL);
	la_ssize_t n;
	XML_SetCharacterDataHandler(p, count);
	while ((n = archive_read_data(a, piece, sizeof piece)) > 0)
		XML_Parse(p, piece, (int)n, 0);
	XML_Parse(p, "", 0, 1);
	XML_ParserFree(p);
}

static void read_office(GBytes *bytes)
{
	gsize n;
	const void *p = g_bytes_get_data(bytes, &n);
	struct archive *a = archive_read_new();
	struct archive_entry *e;
	archive_read_support_format_zip(a);
	if (archive_read_open_memory(a, p, n) == ARCHIVE_OK)
		while (archive_read_next_header(a, &e) == ARCHIVE_OK) {
			const char *name = archive_entry_pathname(e);
			if (g_str_has_suffix(name, ".xml") && !strstr(name, "manifest"))
				read_member(a);
		}
	archive_read_free(a);
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		char *p = NULL;
		gsize n = 0;
		if (!g_file_get_contents(argv[i], &p, &n, NULL))
			return 1;
		GBytes *bytes = g_bytes_new_take(p, n);
		if (n > 4 && memcmp(p, "%PDF", 4) == 0)
			read_pdf(bytes);
		else
			read_office(bytes);
		g_bytes_unref(bytes);
	}
	g_print("%zu\n", total);
	return 0;
}
