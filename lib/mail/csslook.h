/* csslook: what of a style decides whether text is seen.
 *
 * Source: CSS 2.2 (sections 8 to 11, 14, 15), CSS Color Level 4 (opacity).
 * What: declarations -> for each property below one value and its rank; a later one of the same
 *   rank or of a higher one takes its place. What is not understood makes text seen: a colour that
 *   may be any, a size that is some. Not looked at: escapes, positions off the page, clipping
 *   paths, transforms, variables.
 * Shape: a plain struct; all zero is empty.
 */
#ifndef CSSLOOK_H
#define CSSLOOK_H

#include "csscolour.h"

enum csslook_property {
	CSSLOOK_DISPLAY, CSSLOOK_VISIBILITY, CSSLOOK_OPACITY, CSSLOOK_SIZE, CSSLOOK_LINE,
	CSSLOOK_COLOUR, CSSLOOK_GROUND, CSSLOOK_IMAGE, CSSLOOK_HEIGHT, CSSLOOK_MAX_HEIGHT,
	CSSLOOK_MIN_HEIGHT, CSSLOOK_WIDTH, CSSLOOK_MAX_WIDTH, CSSLOOK_MIN_WIDTH, CSSLOOK_PADDING,
	CSSLOOK_OVERFLOW, CSSLOOK_PROPERTIES
};

enum csslook_kind {
	CSSLOOK_UNSET,
	CSSLOOK_INHERIT,
	CSSLOOK_NONE,  /* none, hidden, transparent, at most a pixel: what may hide text */
	CSSLOOK_BOX,   /* display: a box of its own, with a height */
	CSSLOOK_OTHER, /* anything else */
	CSSLOOK_PIXELS, CSSLOOK_TIMES, /* a size: so many, so many times the parent's */
	CSSLOOK_PAINT  /* a colour */
};

struct csslook_value {
	uint32_t rank; /* 0: unset */
	enum csslook_kind kind;
	float number;
	struct csscolour colour;
};

struct csslook {
	struct csslook_value of[CSSLOOK_PROPERTIES];
	bool any;
};

/* Ranks: "!important" is above all; then these; then what comes later. */
#define CSSLOOK_IMPORTANT ((uint32_t)1 << 31)
#define CSSLOOK_LATER 24 /* bits for what comes later */
enum { CSSLOOK_BY_ATTRIBUTE = 1, CSSLOOK_BY_TAG, CSSLOOK_BY_CLASS, CSSLOOK_BY_TAG_AND_CLASS,
       CSSLOOK_BY_ID, CSSLOOK_BY_STYLE };

/* Reads declarations ("color:red; display:none"), without comments. */
void csslook_read(struct csslook *look, struct str declarations, uint32_t rank);
/* Sets one property; to a colour from an old attribute, if it is one. */
void csslook_set(struct csslook *look, enum csslook_property p, enum csslook_kind kind,
		 uint32_t rank);
void csslook_paint(struct csslook *look, enum csslook_property p, struct str colour,
		   uint32_t rank);
/* Adds what `from` has and does not rank lower. */
void csslook_merge(struct csslook *look, const struct csslook *from);

#endif
