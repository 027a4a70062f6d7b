#define _GNU_SOURCE
#include "ocr.h"

#include "dynlib.h"
#include "log.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <tesseract/capi.h>
#include <unistd.h>

/* In percent. What is below is noise more often than a word. */
enum { SURE = 50 };

/* The functions of the library that are used. */
static struct {
	__typeof__(TessBaseAPICreate) *create;
	__typeof__(TessBaseAPIInit3) *init;
	__typeof__(TessBaseAPIGetLoadedLanguagesAsVector) *loaded;
	__typeof__(TessDeleteTextArray) *free_array;
	__typeof__(TessBaseAPISetPageSegMode) *set_mode;
	__typeof__(TessBaseAPISetVariable) *set;
	__typeof__(TessBaseAPISetImage) *set_bytes;
	__typeof__(TessBaseAPISetImage2) *set_pix;
	__typeof__(TessBaseAPISetSourceResolution) *set_resolution;
	__typeof__(TessMonitorCreate) *monitor;
	__typeof__(TessMonitorDelete) *monitor_free;
	__typeof__(TessMonitorSetDeadlineMSecs) *deadline;
	__typeof__(TessBaseAPIRecognize) *recognize;
	__typeof__(TessBaseAPIGetIterator) *iterator;
	__typeof__(TessResultIteratorDelete) *iterator_free;
	__typeof__(TessResultIteratorNext) *next;
	__typeof__(TessResultIteratorGetPageIteratorConst) *place;
	__typeof__(TessPageIteratorIsAtBeginningOf) *begins;
	__typeof__(TessResultIteratorConfidence) *confidence;
	__typeof__(TessResultIteratorGetUTF8Text) *text;
	__typeof__(TessDeleteText) *free_text;
	__typeof__(TessBaseAPIClear) *clear;
} lib;

static const struct dynlib_function functions[] = {
	{"TessBaseAPICreate", &lib.create},
	{"TessBaseAPIInit3", &lib.init},
	{"TessBaseAPIGetLoadedLanguagesAsVector", &lib.loaded},
	{"TessDeleteTextArray", &lib.free_array},
	{"TessBaseAPISetPageSegMode", &lib.set_mode},
	{"TessBaseAPISetVariable", &lib.set},
	{"TessBaseAPISetImage", &lib.set_bytes},
	{"TessBaseAPISetImage2", &lib.set_pix},
	{"TessBaseAPISetSourceResolution", &lib.set_resolution},
	{"TessMonitorCreate", &lib.monitor},
	{"TessMonitorDelete", &lib.monitor_free},
	{"TessMonitorSetDeadlineMSecs", &lib.deadline},
	{"TessBaseAPIRecognize", &lib.recognize},
	{"TessBaseAPIGetIterator", &lib.iterator},
	{"TessResultIteratorDelete", &lib.iterator_free},
	{"TessResultIteratorNext", &lib.next},
	{"TessResultIteratorGetPageIteratorConst", &lib.place},
	{"TessPageIteratorIsAtBeginningOf", &lib.begins},
	{"TessResultIteratorConfidence", &lib.confidence},
	{"TessResultIteratorGetUTF8Text", &lib.text},
	{"TessDeleteText", &lib.free_text},
	{"TessBaseAPIClear", &lib.clear},
};
static void *library;
static TessBaseAPI *api;

/* ---- loading ---- */

static bool has(char **list, struct str language)
{
	for (size_t i = 0; list && list[i]; i++)
		if (str_eq(str_of(list[i]), language))
			return true;
	return false;
}

/* Debian has "-" for "_" in the names of packages. */
static int lacks(struct str language, struct err *err)
{
	char package[EXTRACT_LANGUAGES];
	snprintf(package, sizeof package, "%.*s", STR_ARG(language));
	for (char *c = package; *c; c++)
		if (*c == '_')
			*c = '-';
	return err_set(err, ERR_DENIED,
		       "tesseract has no language '%.*s' here (Debian: tesseract-ocr-%s)",
		       STR_ARG(language), package);
}

/* tesseract goes on without a language that it cannot find, unless it is the first. */
static int check_languages(struct str all, bool any, struct err *err)
{
	char **list = any ? lib.loaded(api) : NULL;
	int r = 1;
	while (r > 0 && all.n) {
		ptrdiff_t plus = str_chr(all, '+');
		struct str one = str_cut(all, 0, plus < 0 ? all.n : (size_t)plus);
		all = plus < 0 ? STR("") : str_cut(all, (size_t)plus + 1, all.n);
		if (!has(list, one))
			r = lacks(one, err);
	}
	if (list)
		lib.free_array(list);
	return r;
}

int ocr_load(struct str languages, struct err *err)
{
	char z[EXTRACT_LANGUAGES] = "";
	setenv("OMP_THREAD_LIMIT", "1", 1); /* a child cannot make threads */
	library = dynlib_open("libtesseract.so.5");
	if (library == NULL)
		return err_set(err, ERR_DENIED,
			       "tesseract is not installed (Debian: tesseract-ocr)");
	if (!dynlib_take(library, functions, sizeof functions / sizeof *functions))
		return err_set(err, ERR_DENIED, "libtesseract.so.5 lacks functions of version 5");
	if (languages.n < sizeof z)
		memcpy(z, languages.p, languages.n);
	api = lib.create();
	int complaints = dup(STDERR_FILENO), null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	dup2(null, STDERR_FILENO); /* it says in many words which file is not there */
	bool any = lib.init(api, NULL, z) == 0;
	dup2(complaints, STDERR_FILENO);
	close(complaints);
	close(null);
	if (check_languages(languages, any, err) < 0)
		return -1;
	lib.set_mode(api, PSM_AUTO);
	lib.set(api, "debug_file", "/dev/null");
	return 1;
}

bool ocr_is_loaded(void)
{
	return api != NULL;
}

void *ocr_library(void)
{
	return library;
}

/* ---- reading ---- */

static void put_words(struct board *b)
{
	TessResultIterator *it = lib.iterator(api);
	if (it == NULL)
		return;
	do {
		char *word = lib.text(it, RIL_WORD);
		if (word && lib.confidence(it, RIL_WORD) >= SURE) {
			if (lib.begins(lib.place(it), RIL_TEXTLINE))
				board_line(b);
			board_text(b, str_of(word));
			board_text(b, STR(" "));
		}
		if (word)
			lib.free_text(word);
	} while (lib.next(it, RIL_WORD));
	lib.iterator_free(it);
	board_line(b);
}

/* Of the picture that was set. */
static bool read_it(struct board *b)
{
	static uint64_t until; /* of this child, from its first picture on */
	uint64_t now = log_now_ms();
	if (until == 0)
		until = now + OCR_SECONDS * 1000;
	bool late = now >= until;
	if (!late) {
		ETEXT_DESC *monitor = lib.monitor();
		lib.deadline(monitor, (int)(until - now));
		lib.recognize(api, monitor);
		lib.monitor_free(monitor);
		uint32_t quiet = b->quiet;
		b->quiet = 0;
		put_words(b);
		b->quiet = quiet;
		late = log_now_ms() >= until;
	}
	lib.clear(api);
	if (late)
		board_fault(b, EXTRACT_TRUNCATED, "recognising its words took longer than %d s",
			    OCR_SECONDS);
	return !late;
}

bool ocr_pix(struct board *b, struct Pix *pix)
{
	lib.set_pix(api, pix);
	return read_it(b);
}

bool ocr_grey(struct board *b, const unsigned char *p, int width, int height, int row, int dpi)
{
	lib.set_bytes(api, p, width, height, 1, row);
	lib.set_resolution(api, dpi);
	return read_it(b);
}
