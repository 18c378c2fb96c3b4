/* SPDX-License-Identifier: MIT
 *
 * Log lines by channel. Each line is written whole, from any thread. Off channels cost one test.
 */
#ifndef PROBE_LOG_H
#define PROBE_LOG_H

#include <stdbool.h>
#include <stddef.h>

enum log_channel {
	LOG_ERROR,	/* always on */
	LOG_WARN,	/* always on */
	LOG_INFO,	/* on by default */
	LOG_GDB,	/* one line per RSP packet */
	LOG_SESSION,	/* state changes */
	LOG_FLASH,
	LOG_TARGET,
	LOG_PROBE,	/* one line per probe command */
	LOG_USB,	/* bytes */
	LOG_VIRTUAL,	/* what the virtual probe and chip do */
	LOG_CHANNELS
};

/* Turns on the channels of a comma list ("gdb,usb", "all", "-info" turns one off). Returns 0, or
 * E_ARGUMENT with the unknown name in *bad (points into names). Before any thread starts. */
int log_enable(const char *names, const char **bad);

/* Sends the log to a file (appended) instead of stderr. E_SYSTEM with errno on failure. */
int log_to_file(const char *path);

/* Receives lines instead of stderr (tests). NULL = back to stderr. */
void log_to(void (*sink)(void *context, enum log_channel channel, const char *line), void *context);

bool log_is_on(enum log_channel channel);
void log_line(enum log_channel channel, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The comma list of all channel names, for --help. */
const char *log_channel_names(void);

#endif
