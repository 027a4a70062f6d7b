/* ocr: the words in a picture, guessed by tesseract.
 *
 * What: optical character recognition of pictures and of scanned pages. Words that tesseract is
 *   least sure of are left out: a photograph has many of them.
 * Shape: ocr_load is called in a zygote of its own (extract.c), once, for its children: the
 *   languages take long to load. A child has one thread.
 * Source: tesseract's C API, loaded here and not before; leptonica comes with it.
 * Limits: OCR_SIDE pixels a side, OCR_SECONDS for all pictures of a document; what was recognised
 *   until then is kept.
 */
#ifndef OCR_H
#define OCR_H

#include "board.h"

enum { OCR_SIDE = 32767, OCR_SECONDS = 18 };

struct Pix;

/* Loads tesseract and these languages. 1 or -1 (ERR_DENIED, with what to install). */
int ocr_load(struct str languages, struct err *err);
/* Is this a process that recognises words? */
bool ocr_is_loaded(void);
/* The library, which knows leptonica's functions too. NULL: it is not loaded. */
void *ocr_library(void);
/* The words of a picture, onto a board that may be quiet. False: the time is up, and nothing more
 * shall be read. */
bool ocr_pix(struct board *b, struct Pix *pix);
/* The same of pixels of a byte each, so many bytes a row. */
bool ocr_grey(struct board *b, const unsigned char *p, int width, int height, int row, int dpi);

#endif
