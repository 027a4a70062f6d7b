#define _GNU_SOURCE
#include "board.h"
#include "t.h"

static struct board *board(size_t max)
{
	struct board *b = calloc(1, sizeof *b + max);
	board_begin(b, max);
	return b;
}

static struct str text(const struct board *b)
{
	return (struct str){b->text, (size_t)b->n};
}

static void separators(void)
{
	struct board *b = board(100);
	board_line(b);
	board_cell(b);
	T_STR(text(b), STR(""));
	board_text(b, STR("a "));
	board_cell(b);
	board_cell(b);
	board_text(b, STR("b"));
	board_cell(b);
	board_line(b);
	board_line(b);
	board_text(b, STR("c"));
	T_STR(text(b), STR("a\tb\nc"));
	T(b->outcome == EXTRACT_EMPTY);
	free(b);
}

static void limits(void)
{
	struct board *b = board(8);
	board_text(b, STR("12345678"));
	T(board_full(b) && b->outcome == EXTRACT_EMPTY);
	board_text(b, STR("9"));
	T_STR(text(b), STR("12345678"));
	T(b->outcome == EXTRACT_TRUNCATED);
	free(b);
	b = board(8);
	board_text(b, STR("123"));
	board_text(b, STR("456789"));
	T_STR(text(b), STR("12345678"));
	free(b);
}

static void faults(void)
{
	struct board *b = board(8);
	board_fault(b, EXTRACT_UNKNOWN, "type %d", 1);
	board_fault(b, EXTRACT_UNKNOWN, "type %d", 2);
	T_STR(str_of(b->why), STR("type 1"));
	board_fault(b, EXTRACT_FAILED, "broken");
	board_fault(b, EXTRACT_ENCRYPTED, "locked");
	T_STR(str_of(b->why), STR("broken"));
	T(b->outcome == EXTRACT_FAILED);
	free(b);
}

int main(void)
{
	separators();
	limits();
	faults();
	return t_done();
}
