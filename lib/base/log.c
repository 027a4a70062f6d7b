#define _GNU_SOURCE
#include "log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static enum log_level shown = LOG_WARN;
static bool line_open;

void log_level(enum log_level level)
{
	shown = level;
}

uint64_t log_now_us(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

uint64_t log_now_ms(void)
{
	return log_now_us() / 1000;
}

double log_clock_ms(void)
{
	return (double)log_now_us() / 1000;
}

void log_line(enum log_level level, const char *fmt, ...)
{
	static const char *const name[] = {"error", "warning", "info", "debug"};
	char text[1024];
	va_list ap;
	if (level > shown)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	for (char *p = text; *p; p++)
		if ((unsigned char)*p < 32 || *p == 127)
			*p = '?';
	fprintf(stderr, "%ssheaf: %s: %s\n", line_open ? "\r\033[K" : "", name[level], text);
	line_open = false;
}

void log_begin(struct log_progress *p, const char *what, uint64_t total)
{
	*p = (struct log_progress){.what = what, .total = total, .started_ms = log_now_ms()};
	p->shown_ms = p->started_ms;
	p->tty = isatty(STDERR_FILENO) == 1;
}

static void show(const struct log_progress *p, uint64_t now)
{
	char left[64] = "", of[64] = "";
	uint64_t ms = now - p->started_ms;
	double rate = ms ? (double)p->done * 1000.0 / (double)ms : 0;
	if (p->total && p->total >= p->done) {
		double share = 100.0 * (double)p->done / (double)p->total;
		snprintf(of, sizeof of, " of %llu (%.0f%%)", (unsigned long long)p->total, share);
		if (rate > 0)
			snprintf(left, sizeof left, ", %.0f s left",
				 (double)(p->total - p->done) / rate);
	}
	fprintf(stderr, "%s%s %llu%s, %.0f/s%s%s", p->tty ? "\r\033[K" : "sheaf: info: ", p->what,
		(unsigned long long)p->done, of, rate, left, p->tty ? "" : "\n");
	fflush(stderr);
	line_open = p->tty;
}

void log_step(struct log_progress *p, uint64_t done)
{
	uint64_t now = log_now_ms();
	p->done = done;
	if (now - p->shown_ms < (p->tty ? 200u : 10000u) || (!p->tty && shown < LOG_INFO))
		return;
	p->shown_ms = now;
	show(p, now);
}

void log_end(struct log_progress *p)
{
	if (p->tty && line_open)
		fputs("\r\033[K", stderr);
	line_open = false;
}
