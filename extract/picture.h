/* picture: the words in PNG, JPEG, GIF, TIFF, BMP, WebP and PNM.
 *
 * What: the picture is looked at before it is unpacked, made grey, and handed to ocr.h. Of a GIF
 *   the first frame is read, of a TIFF every page.
 * Source: leptonica, which tesseract brings along.
 * Limits: PICTURE_PIXELS of a picture, PICTURE_BYTES of it unpacked (a JPEG beyond is unpacked
 *   smaller); above PICTURE_LARGE it is read at half its size. Below PICTURE_SMALL it is a logo or
 *   a tracker, and is not read.
 */
#ifndef PICTURE_H
#define PICTURE_H

#include "document.h"

enum { PICTURE_SMALL = 64 * 64, PICTURE_NARROW = 8 };
#define PICTURE_PIXELS ((uint64_t)64 << 20)
#define PICTURE_LARGE ((uint64_t)16 << 20)
#define PICTURE_BYTES ((uint64_t)48 << 20)

/* Loads what is needed, and the languages. 1 or -1 (ERR_DENIED). */
int picture_load(struct str languages, struct err *err);
/* There is a picture: shall it be read now? */
bool picture_wanted(struct document *d);
/* Reads one. */
void picture_read(struct document *d);

#endif
