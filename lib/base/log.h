/* log: one line per event on standard error, and progress for people.
 *
 * Shape: one logger per process. Never mail content, never secrets.
 */
#ifndef LOG_H
#define LOG_H

#include <stdbool.h>
#include <stdint.h>

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };

/* What is shown from now on: everything up to `level`. The start is LOG_WARN. */
void log_level(enum log_level level);
/* One line. Control characters are shown as '?'. */
void log_line(enum log_level level, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Progress of long work: on a terminal a line that is rewritten at most 5 times a second
 * ("import  12,345 of 30,167  41%  3,201/s  5 s left"); elsewhere a line every 10 s at LOG_INFO. */
struct log_progress {
	const char *what; /* borrowed */
	uint64_t done, total; /* total 0: not known */
	uint64_t started_ms, shown_ms;
	bool tty;
};
void log_begin(struct log_progress *p, const char *what, uint64_t total);
void log_step(struct log_progress *p, uint64_t done);
/* Clears the line on a terminal. */
void log_end(struct log_progress *p);
/* Milliseconds, microseconds of a clock that only goes forward. */
uint64_t log_now_ms(void);
uint64_t log_now_us(void);
/* The same as milliseconds and parts of them, to measure by. */
double log_clock_ms(void);

#endif
