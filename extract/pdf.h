/* pdf: the text of a PDF.
 *
 * What: title, author, subject and keywords, then the text of each page, then the files in it.
 *   A PDF whose pages hold no text (a scan) is empty.
 * Source: poppler-glib, loaded by pdf_load and not before: the program starts without it.
 */
#ifndef PDF_H
#define PDF_H

#include "document.h"

/* Loads the library. */
void pdf_load(void);
/* Reads it onto the board. */
void pdf_read(struct document *d);

#endif
