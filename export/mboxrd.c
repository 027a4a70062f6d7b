#define _POSIX_C_SOURCE 200809L

#include "mboxrd.h"

#include <time.h>

/* Readers look for "From " in the first 1,000 bytes of a line only. */
#define RUN_MOST 900
#define YEAR_9999 253402300799

void mboxrd_start(struct mboxrd *m)
{
	*m = (struct mboxrd){.bol = true, .ended = true};
}

void mboxrd_check(struct mboxrd *m, struct str piece)
{
	for (size_t i = 0; i < piece.n; i++) {
		char c = piece.p[i];
		m->ended = c == '\n';
		if (m->ended) {
			m->unfit |= m->crs != 1;
			m->bol = true;
			m->run = 0;
		} else if (m->bol && c == '>') {
			m->unfit |= ++m->run > RUN_MOST;
		} else {
			m->bol = false;
		}
		m->crs = c == '\r' ? m->crs + 1 : 0;
	}
}

bool mboxrd_fits(const struct mboxrd *m)
{
	return !m->unfit && m->ended;
}

void mboxrd_from(struct buf *out, int64_t internaldate)
{
	static const char days[] = "SunMonTueWedThuFriSat";
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	struct tm t;
	time_t when = internaldate < 0		     ? 0
		      : internaldate > YEAR_9999 ? (time_t)YEAR_9999
						 : (time_t)internaldate;
	gmtime_r(&when, &t);
	buf_fmt(out, "From MAILER-DAEMON %.3s %.3s %2d %02d:%02d:%02d %04d\n", days + 3 * t.tm_wday,
		months + 3 * t.tm_mon, t.tm_mday, t.tm_hour, t.tm_min, t.tm_sec,
		1900 + t.tm_year);
}

/* Up to the end of the line or of what is there; the CR before an LF is left out. Returns how
 * many bytes that were. */
static size_t rest_of_line(struct mboxrd *m, struct str s, struct buf *out)
{
	ptrdiff_t lf = str_chr(s, '\n');
	size_t n = lf < 0 ? s.n : (size_t)lf, text = n;
	if (m->cr && n)
		buf_chr(out, '\r');
	m->cr = false;
	if (n && s.p[n - 1] == '\r') {
		text--;
		m->cr = lf < 0;
	}
	buf_add(out, s.p, text);
	if (lf < 0)
		return n;
	buf_chr(out, '\n');
	m->bol = true;
	return n + 1;
}

void mboxrd_write(struct mboxrd *m, struct str piece, struct buf *out)
{
	static const char from[] = "From ";
	for (size_t i = 0; i < piece.n;) {
		char c = piece.p[i];
		if (!m->bol) {
			i += rest_of_line(m, str_cut(piece, i, piece.n), out);
		} else if (m->matched == 0 && c == '>') {
			buf_chr(out, c);
			i++;
		} else if (c == from[m->matched]) {
			i++;
			if (++m->matched < sizeof from - 1)
				continue;
			buf_str(out, STR(">From "));
			m->matched = 0;
			m->bol = false;
		} else {
			buf_add(out, from, m->matched);
			m->matched = 0;
			m->bol = false;
		}
	}
}

void mboxrd_end(struct buf *out)
{
	buf_chr(out, '\n');
}
