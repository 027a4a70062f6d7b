#define _GNU_SOURCE
#include "t.h"

#include "trace.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static struct trace t;

static void client(const char *s)
{
	trace_client(&t, str_of(s));
}

static void server(const char *s)
{
	trace_server(&t, str_of(s));
}

/* The file without the process in front of each line. */
static void check(const char *want)
{
	char text[4000];
	size_t n = 0;
	ssize_t got = pread(t.fd, text, sizeof text - 1, 0);
	struct str rest = {text, got > 0 ? (size_t)got : 0}, line;
	char out[4000];
	while (str_line(&rest, &line)) {
		ptrdiff_t sp = str_chr(line, ' ');
		n += (size_t)snprintf(out + n, sizeof out - n, "%.*s\n", (int)line.n - (int)sp - 1,
				      line.p + sp + 1);
	}
	out[n] = '\0';
	T_STR(str_of(out), str_of(want));
	T(ftruncate(t.fd, 0) == 0 && lseek(t.fd, 0, SEEK_SET) == 0);
}

int main(void)
{
	FILE *f = tmpfile();
	t.fd = fileno(f);
	client("a1 LOGIN \"ann\" \"pw\"\r\n");
	server("a1 OK in");
	client("a2 LIST \"\" \"*\"\r\n");
	check("C: a1 LOGIN\nC: (cut)\nS: a1 OK in\nC: a2 LIST \"\" \"*\"\n");
	client("a3 login {3}\r\n");
	server("+ go on, ann");
	client("ann {2+}\r\npw\r\n");
	server("* CAPABILITY IMAP4rev1");
	server("a3 NO wrong");
	client("a4 NOOP\r\n");
	check("C: a3 login\nC: (cut)\nS: + (cut)\nC: (cut)\nC: (cut)\n"
	      "S: * CAPABILITY IMAP4rev1\nS: a3 NO wrong\nC: a4 NOOP\n");
	client("a5 AUTHENTICATE SCRAM-SHA-256 bixhPWFubg==\r\n");
	server("+ cj1yZXN0");
	client("Yz1iaXdz\r\n");
	server("a5 OK in");
	check("C: a5 AUTHENTICATE SCRAM-SHA-256\nC: (cut)\nS: + (cut)\nC: (cut)\nS: a5 OK in\n");
	client("a6 AUTHENTICATE PLAIN\r\n");
	server("+ ");
	server("a6 OK in");
	server("* 1 FETCH (UID 1 BODY[HEADER.FIELDS (A)] {9}\r\nSecret: 1)");
	server("* 2 FETCH (\x1b[31m)");
	trace_note(&t, "bytes", 5);
	check("C: a6 AUTHENTICATE PLAIN\nS: + (cut)\nS: a6 OK in\n"
	      "S: * 1 FETCH (UID 1 BODY[HEADER.FIELDS (A)] {9}\nS: * 2 FETCH (?[31m)\n"
	      "S: (5 bytes)\n");
	t.pop3 = true;
	t.secret = false;
	client("USER ann\r\n");
	server("+OK go on");
	client("PASS s3cret word\r\n");
	server("-ERR [AUTH] no");
	client("AUTH PLAIN AGFubgBwdw==\r\n");
	server("+OK in");
	client("auth scram-sha-256 bixhPWFubg==\r\n");
	server("+ cj1yZXN0");
	client("Yz1iaXdz\r\n");
	server("+OK in");
	client("STAT\r\nLIST\r\n");
	check("C: USER\nC: (cut)\nS: +OK go on\nC: PASS\nC: (cut)\nS: -ERR [AUTH] no\n"
	      "C: AUTH PLAIN\nC: (cut)\nS: +OK in\nC: auth scram-sha-256\nC: (cut)\nS: + (cut)\n"
	      "C: (cut)\nS: +OK in\nC: STAT\nC: LIST\n");
	t.fd = 0;
	client("a7 NOOP\r\n"); /* nowhere */
	fclose(f);
	return t_done();
}
