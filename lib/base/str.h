/* str: a slice of bytes.
 *
 * What: pointer and length; never NUL-terminated by promise, may hold NUL.
 * Memory: borrows. The owner is whoever made the bytes.
 * Units: bytes. Case folding here is ASCII only; Unicode is in lib/mail/casemap.h.
 */
#ifndef STR_H
#define STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct str {
	const char *p;
	size_t n;
};

/* A slice of a string literal, and its printf arguments for "%.*s". */
#define STR(lit) ((struct str){(lit), sizeof(lit) - 1})
#define STR_ARG(s) (int)(s).n, (s).n ? (s).p : ""

/* The slice of a NUL-terminated string; NULL gives the empty slice. */
struct str str_of(const char *z);
/* The slice s[from..to), both clamped to s.n. */
struct str str_cut(struct str s, size_t from, size_t to);
/* Equal bytes; str_ieq ignores ASCII case. */
bool str_eq(struct str a, struct str b);
bool str_ieq(struct str a, struct str b);
/* Byte order, shorter first on a tie: <0, 0, >0. */
int str_cmp(struct str a, struct str b);
/* Does s begin (end) with x? str_istarts ignores ASCII case. */
bool str_starts(struct str s, struct str x);
bool str_istarts(struct str s, struct str x);
bool str_ends(struct str s, struct str x);
/* Position of the first x (or byte c) in s, or -1. */
ptrdiff_t str_find(struct str s, struct str x);
ptrdiff_t str_chr(struct str s, char c);
/* s without SP, TAB, CR and LF at both ends. */
struct str str_trim(struct str s);
/* Cuts the piece before the next sep off *rest. 1: *piece is set; 0: *rest was empty.
 * "a,,b" gives "a", "", "b". */
int str_split(struct str *rest, char sep, struct str *piece);
/* Cuts the next line, without its LF or CRLF, off *rest. 1: *line is set; 0: end. */
int str_line(struct str *rest, struct str *line);
/* Decimal digits only, the whole slice, no overflow. 1: *out is set; 0: not a number. */
int str_u64(struct str s, uint64_t *out);
int str_u32(struct str s, uint32_t *out);
/* Does the shell pattern (star and question mark only) match all of s? ASCII case kept. */
bool str_glob(struct str pattern, struct str s);
/* Is s well-formed UTF-8 (RFC 3629: no surrogates, no overlong forms)? */
bool str_utf8(struct str s);

#endif
