#include "rfc2047.h"

#include "buf.h"
#include "charset.h"
#include "codec.h"

struct word {
	struct str charset, text;
	char encoding;
	size_t n; /* octets from "=?" to "?=" */
};

struct reader {
	struct arena *a;
	struct buf out;
	struct buf octets;  /* decoded, still in `charset`: neighbours are joined here */
	struct str charset;
};

/* Reads "=?charset?encoding?text?=" at the beginning of s. As in Dovecot only the first letter
 * of the encoding counts, and the third '?' must be followed by '='. */
static bool read_word(struct str s, struct word *w)
{
	size_t mark[3];
	unsigned n = 0;
	for (size_t i = 2; i < s.n && n < 3; i++)
		if (s.p[i] == '?')
			mark[n++] = i;
	if (n < 3 || mark[2] + 1 >= s.n || s.p[mark[2] + 1] != '=')
		return false;
	w->charset = str_cut(s, 2, mark[0]);
	ptrdiff_t star = str_chr(w->charset, '*'); /* language, RFC 2231 section 5 */
	if (star >= 0)
		w->charset.n = (size_t)star;
	w->encoding = (char)(s.p[mark[0] + 1] | 0x20);
	w->text = str_cut(s, mark[1] + 1, mark[2]);
	w->n = mark[2] + 2;
	return w->encoding == 'b' || w->encoding == 'q';
}

static void flush(struct reader *r)
{
	bool bad;
	if (r->octets.n)
		buf_str(&r->out, charset_decode(r->a, r->charset, buf_all(&r->octets), &bad));
	buf_clear(&r->octets);
}

static void take_plain(struct reader *r, struct str s)
{
	flush(r);
	buf_str(&r->out, charset_guess(r->a, s));
}

static void take_word(struct reader *r, const struct word *w)
{
	bool bad;
	if (!str_ieq(r->charset, w->charset))
		flush(r);
	r->charset = w->charset;
	buf_str(&r->octets, w->encoding == 'q' ?
				    codec_q(r->a, w->text) :
				    codec_decode(r->a, CODEC_BASE64, w->text, &bad));
}

static bool only_blanks(struct str s)
{
	return str_trim(s).n == 0;
}

struct str rfc2047_decode(struct arena *a, struct str s)
{
	ptrdiff_t first = str_find(s, STR("=?"));
	if (first < 0)
		return charset_guess(a, s);
	struct reader r = {.a = a};
	buf_init(&r.out, SIZE_MAX / 2);
	buf_init(&r.octets, SIZE_MAX / 2);
	size_t from = 0; /* s[from..at) was not taken yet */
	for (size_t at = (size_t)first; at < s.n;) {
		struct word w;
		/* white space between two words, or before the first, is dropped */
		if (!only_blanks(str_cut(s, from, at)))
			take_plain(&r, str_cut(s, from, at));
		from = at;
		if (read_word(str_cut(s, at, s.n), &w)) {
			take_word(&r, &w);
			at += w.n;
			from = at;
		} else {
			at += 2;
		}
		ptrdiff_t next = str_find(str_cut(s, at, s.n), STR("=?"));
		if (next < 0)
			break;
		at += (size_t)next;
	}
	if (from < s.n)
		take_plain(&r, str_cut(s, from, s.n));
	flush(&r);
	struct str out = arena_str(a, buf_all(&r.out));
	buf_free(&r.out);
	buf_free(&r.octets);
	return out;
}
