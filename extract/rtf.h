/* rtf: the text of RTF.
 *
 * What: paragraphs, table cells, footnotes, headers; \'xx in the charset of \ansicpg or of the
 *   font's \fcharset, \u in Unicode. Pictures, styles, fonts and objects are passed over.
 * Source: RTF 1.9.1.
 * Limits: RTF_DEPTH groups in one another; deeper ones are taken as that deep.
 */
#ifndef RTF_H
#define RTF_H

#include "document.h"

enum { RTF_DEPTH = 500, RTF_FONTS = 1024 };

/* Reads it onto the board. */
void rtf_read(struct document *d);

#endif
