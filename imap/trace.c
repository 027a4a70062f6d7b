#define _GNU_SOURCE
#include "trace.h"

#include <stdio.h>
#include <unistd.h>

/* One write a line: several processes may have the file open for appending. */
static void put(const struct trace *t, char who, struct str line)
{
	char text[TRACE_MOST + 64];
	size_t n = (size_t)snprintf(text, sizeof text, "%d %c: ", (int)getpid(), who);
	for (size_t i = 0; i < line.n && i < TRACE_MOST; i++) {
		unsigned char c = (unsigned char)line.p[i];
		text[n++] = c < ' ' || c == 0x7F ? '?' : (char)c;
	}
	text[n++] = '\n';
	if (write(t->fd, text, n) < 0)
		return; /* a transcript that cannot be written stops no harvest */
}

/* "a2 LOGIN", "a2 AUTHENTICATE PLAIN": as much as may be shown. 0: this is no login. */
static size_t login_words(struct str line, struct str *tag)
{
	struct str rest = line, verb;
	if (!str_split(&rest, ' ', tag) || !str_split(&rest, ' ', &verb))
		return 0;
	size_t n = tag->n + 1 + verb.n;
	if (str_ieq(verb, STR("LOGIN")))
		return n;
	if (!str_ieq(verb, STR("AUTHENTICATE")))
		return 0;
	ptrdiff_t sp = str_chr(rest, ' ');
	return n + 1 + (sp < 0 ? rest.n : (size_t)sp);
}

/* "AUTH PLAIN", "PASS". */
static size_t pop3_words(struct str line)
{
	struct str rest = line, verb;
	if (!str_split(&rest, ' ', &verb))
		return 0;
	if (str_ieq(verb, STR("USER")) || str_ieq(verb, STR("PASS")))
		return verb.n;
	if (!str_ieq(verb, STR("AUTH")))
		return 0;
	ptrdiff_t sp = str_chr(rest, ' ');
	return verb.n + 1 + (sp < 0 ? rest.n : (size_t)sp);
}

static void client_line(struct trace *t, struct str line)
{
	struct str tag = {0};
	size_t shown = t->secret ? 0 : t->pop3 ? pop3_words(line) : login_words(line, &tag);
	if (t->secret) {
		put(t, 'C', STR("(cut)"));
		return;
	}
	if (shown == 0) {
		put(t, 'C', line);
		return;
	}
	t->secret = true;
	snprintf(t->tag, sizeof t->tag, "%.*s", STR_ARG(tag));
	put(t, 'C', str_cut(line, 0, shown));
	if (shown < line.n)
		put(t, 'C', STR("(cut)"));
}

void trace_client(struct trace *t, struct str bytes)
{
	struct str line;
	while (t->fd > 0 && str_line(&bytes, &line))
		client_line(t, line);
}

void trace_server(struct trace *t, struct str response)
{
	struct str line = response, tag;
	if (t->fd <= 0)
		return;
	size_t end = 0; /* of what stands before a literal, or the mark of one */
	while (end < line.n && line.p[end] != '\r' && line.p[end] != '\0')
		end++;
	line = str_cut(line, 0, end);
	bool asks = str_starts(line, STR("+")) && !(t->pop3 && str_istarts(line, STR("+OK")));
	if (t->secret && asks)
		line = STR("+ (cut)");
	put(t, 'S', line);
	if (t->pop3 && !asks)
		t->secret = false;
	else if (!t->pop3 && str_split(&line, ' ', &tag) && str_eq(tag, str_of(t->tag)))
		t->secret = false;
}

void trace_note(struct trace *t, const char *what, uint64_t n)
{
	char text[100];
	if (t->fd <= 0)
		return;
	int len = snprintf(text, sizeof text, "(%llu %s)", (unsigned long long)n, what);
	put(t, 'S', (struct str){text, (size_t)len});
}
