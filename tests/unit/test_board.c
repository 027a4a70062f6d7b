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

/* What is laid aside takes its room from the end of the text's. */
static void sealed(void)
{
	struct board *b = board(10);
	T(board_seal(b, STR("x")) == 0 && board_seal(b, STR("")) == 0); /* nobody has keys */
	b->room = 10;
	board_text(b, STR("123"));
	T(board_seal(b, STR("")) == 1 && b->sealed[0].n == 0);
	T(board_seal(b, STR("abcd")) == 1);
	T_STR(str_cut((struct str){b->text, 10}, b->sealed[1].from, 10), STR("abcd"));
	T(board_seal(b, STR("efgh")) == -1);
	board_text(b, STR("45678"));
	T_STR(text(b), STR("123456"));
	T(b->outcome == EXTRACT_TRUNCATED && board_seal(b, STR("z")) == -1);
	for (int i = 2; i < BOARD_SEALED; i++)
		T(board_seal(b, STR("")) == 1);
	T(board_seal(b, STR("")) == -1 && b->n_sealed == BOARD_SEALED);
	T(board_worse(EXTRACT_UNKNOWN, EXTRACT_FAILED));
	T(!board_worse(EXTRACT_FAILED, EXTRACT_ENCRYPTED) &&
	  !board_worse(EXTRACT_FAILED, EXTRACT_FAILED));
	free(b);
}

int main(void)
{
	separators();
	limits();
	faults();
	sealed();
	return t_done();
}
