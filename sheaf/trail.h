/* trail: the section [audit], and commands in the audit log.
 *
 * Source: docs/operate.md, "Audit"; docs/formats/audit.md.
 * Shape: with "command_line = yes", commands that show, take out or change something have an entry
 *   before they run and one when they have ended. Whoever runs them can write to the files: this
 *   helps people who want to show what they did, and stops nobody.
 */
#ifndef TRAIL_H
#define TRAIL_H

#include "cmd.h"

struct trail_conf {
	bool log, required, command_line;
	uint64_t file_bytes;
};

/* Reads the section. 1 or -1. */
int trail_read(const struct conf *c, struct trail_conf *out, struct err *err);
/* The words of a command, before its options are read. */
json_t *trail_words(const struct opts_args *args);
/* Logs that a command begins, if such commands are logged; words is taken over. 1 or -1: the
 * command must not run. */
int trail_begin(const struct cmd_env *env, const char *command, json_t *words, struct err *err);
/* Adds a member to the entry at the end; takes value over. */
void trail_note(const char *name, json_t *value);
/* Logs how the command ended that trail_begin logged. */
void trail_end(int status);

#endif
