/* codec: the transfer encodings of RFC 2045, section 6.
 *
 * Source: RFC 2045 6.7, 6.8; docs/search.md says what is done with broken input.
 * Memory: results are in the arena, or are the input itself for CODEC_NONE.
 */
#ifndef CODEC_H
#define CODEC_H

#include "arena.h"

enum codec_kind {
	CODEC_NONE, /* 7bit, 8bit, binary, or no field */
	CODEC_BASE64,
	CODEC_QP,
	CODEC_UNKNOWN /* taken as it stands */
};

/* The kind a Content-Transfer-Encoding token names, without case. */
enum codec_kind codec_of(struct str token);
/* The bytes of s with the encoding undone. *broken is set when something that is not white
 * space was left out. */
struct str codec_decode(struct arena *a, enum codec_kind kind, struct str s, bool *broken);
/* The Q encoding of RFC 2047: like quoted-printable, and '_' is a space. */
struct str codec_q(struct arena *a, struct str s);

#endif
