#define _GNU_SOURCE
#include "askpass.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

static int line(char *out, size_t n, struct err *err)
{
	if (fgets(out, (int)n, stdin) == NULL)
		return err_set(err, ERR_INPUT, "no password was given");
	size_t len = strcspn(out, "\r\n");
	if (out[len] == '\0' && len == n - 1)
		return err_set(err, ERR_INPUT, "the password is too long");
	out[len] = '\0';
	return 1;
}

static int asked(const char *prompt, char *out, size_t n, struct err *err)
{
	fputs(prompt, stderr);
	fflush(stderr);
	int r = line(out, n, err);
	fputc('\n', stderr);
	return r;
}

static int twice(const char *prompt, char *out, size_t n, struct err *err)
{
	char again[2000];
	int r = asked(prompt, out, n, err);
	if (r > 0)
		r = asked("once more: ", again, sizeof again, err);
	if (r > 0 && strcmp(out, again) != 0)
		r = err_set(err, ERR_INPUT, "the two passwords differ");
	explicit_bzero(again, sizeof again);
	return r;
}

int askpass_new(const char *prompt, char *out, size_t n, struct err *err)
{
	struct termios old, quiet;
	if (tcgetattr(STDIN_FILENO, &old) < 0)
		return line(out, n, err);
	quiet = old;
	quiet.c_lflag &= ~(tcflag_t)ECHO;
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
	int r = twice(prompt, out, n, err);
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &old);
	return r;
}
