#include "board.h"

#include <stdarg.h>
#include <stdio.h>

void board_begin(struct board *b, size_t max)
{
	memset(b, 0, sizeof *b);
	b->max = max;
	b->outcome = EXTRACT_EMPTY;
}

void board_text(struct board *b, struct str s)
{
	size_t left = (size_t)(b->max - b->n);
	if (b->quiet)
		return;
	if (s.n > left) {
		memcpy(b->text + b->n, s.p, left);
		b->n += left;
		board_fault(b, EXTRACT_TRUNCATED, "only the first %zu bytes of its text",
			    (size_t)b->max);
		if (b->when_full) {
			b->done = 1;
			b->when_full();
		}
		return;
	}
	if (s.n == 0)
		return;
	memcpy(b->text + b->n, s.p, s.n);
	b->n += s.n;
}

bool board_full(const struct board *b)
{
	return b->n >= b->max;
}

static void end(struct board *b, char c)
{
	if (b->quiet)
		return;
	while (b->n && (b->text[b->n - 1] == ' ' || (c == '\n' && b->text[b->n - 1] == '\t')))
		b->n--;
	if (b->n && b->text[b->n - 1] != '\n' && b->text[b->n - 1] != '\t')
		board_text(b, (struct str){&c, 1});
}

void board_line(struct board *b)
{
	end(b, '\n');
}

void board_cell(struct board *b)
{
	end(b, '\t');
}

int board_seal(struct board *b, struct str s)
{
	if (b->room == 0)
		return 0;
	if (b->n_sealed == BOARD_SEALED || b->room < b->n || s.n > b->room - b->n)
		return -1;
	b->room -= s.n;
	if (b->max > b->room)
		b->max = b->room;
	if (s.n)
		memcpy(b->text + b->room, s.p, s.n);
	b->sealed[b->n_sealed].from = b->room;
	b->sealed[b->n_sealed++].n = s.n;
	return 1;
}

/* How much more this says than another outcome. */
static int weight(enum extract_outcome o)
{
	static const int weights[] = {
		[EXTRACT_SEARCHED] = 1, [EXTRACT_EMPTY] = 0,	 [EXTRACT_UNKNOWN] = 2,
		[EXTRACT_TRUNCATED] = 3, [EXTRACT_TOO_BIG] = 4, [EXTRACT_ENCRYPTED] = 5,
		[EXTRACT_FAILED] = 6};
	return weights[o];
}

bool board_worse(enum extract_outcome is, enum extract_outcome other)
{
	return weight(other) > weight(is);
}

void board_fault(struct board *b, enum extract_outcome what, const char *fmt, ...)
{
	va_list args;
	if (b->outcome <= EXTRACT_LAST && weight(what) <= weight(b->outcome))
		return;
	b->outcome = what;
	va_start(args, fmt);
	vsnprintf(b->why, sizeof b->why, fmt, args);
	va_end(args);
}
