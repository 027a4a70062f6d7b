/* opts: command-line options from a table, which also prints their help.
 *
 * Shape: "--name value", "--name=value", "-C value", "-Cvalue", "-vv"; "--" ends the options;
 *   options may stand before and behind other arguments.
 * Errors: ERR_USAGE.
 */
#ifndef OPTS_H
#define OPTS_H

#include "err.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum opts_kind {
	OPTS_FLAG,   /* to: bool */
	OPTS_COUNT,  /* to: unsigned, one more each time */
	OPTS_TEXT,   /* to: const char *, borrowed from argv */
	OPTS_NUMBER, /* to: uint64_t */
	OPTS_CHOICE  /* to: const char *, one of the words of `arg` ("text|json") */
};

struct opts_spec {
	const char *name; /* without "--"; NULL ends the table */
	char letter;      /* 0: none */
	enum opts_kind kind;
	void *to;
	const char *arg;  /* what the help calls the value */
	const char *help; /* one line */
};

/* The end of a table. */
#define OPTS_END {NULL, 0, OPTS_FLAG, NULL, NULL, NULL}

/* How operands are told from options. */
enum opts_mode {
	OPTS_ANYWHERE,
	OPTS_FIRST, /* stop at the first operand: what follows belongs to somebody else */
	OPTS_SIGNS, /* only "--name" is an option; "--" stays, and ends the options */
	OPTS_QUERY  /* behind the first operand "-word" is an operand too ("--name" is not) */
};

/* Arguments before and after parsing. */
struct opts_args {
	int n;
	char **v;
};

/* Parses the arguments by one or two tables (`more` may be NULL). What is left in *args are the
 * operands, in order (OPTS_FIRST: everything from the first operand on). 1 or -1. */
int opts_parse(const struct opts_spec *specs, const struct opts_spec *more, enum opts_mode mode,
	       struct opts_args *args, struct err *err);
/* Prints a line for each option. */
void opts_help(const struct opts_spec *specs, FILE *to);

#endif
