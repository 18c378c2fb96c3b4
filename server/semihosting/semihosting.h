/* SPDX-License-Identifier: MIT
 *
 * Semihosting: console, files, time and exit for programs that ask a debugger for them (Arm
 * "Semihosting for AArch32 and AArch64", 2.0). Off unless asked for; files only under a folder that
 * the command line names.
 */
#ifndef SERVER_SEMIHOSTING_H
#define SERVER_SEMIHOSTING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "server/semihosting/host_files.h"

struct session;

enum console_route { CONSOLE_GDB, CONSOLE_STDOUT, CONSOLE_TCP };

struct semihosting_options {
	bool on;
	bool by_gdb;			/* files and console input through GDB's File-I/O */
	enum console_route console;
	bool input_comes;		/* what it reads from the console will come */
	const char *folder;		/* for files; NULL = none */
	const char *arguments;		/* the program's command line; NULL = empty */
};

enum { CONSOLE_INPUT_SIZE = 8192, ARGUMENTS_SIZE = 256 };

/* A call whose answer is still to come: from GDB, or as input on the console. */
struct semihosting_pending {
	enum { WAITS_FOR_NOTHING, WAITS_FOR_INPUT, WAITS_FOR_GDB } what;
	/* Makes the call's result from what GDB answered; true when GDB was asked once more. */
	bool (*finish)(struct session *session, int32_t answer, uint32_t *result);
	uint32_t handle, length;
	int32_t position;
};

struct semihosting {
	bool on, by_gdb;
	enum console_route console;
	bool input_comes;		/* false: a read at the console is at the end */
	char arguments[ARGUMENTS_SIZE];
	struct host_files files;
	int error;			/* of the last call that failed, in newlib's numbers */
	uint64_t started_us;
	char input[CONSOLE_INPUT_SIZE];	/* typed, and not read yet */
	size_t input_length;
	struct semihosting_pending pending;
};

void semihosting_init(struct session *session, const struct semihosting_options *options);
void semihosting_clear(struct session *session);
/* The program starts anew: its files are closed, its clock begins. */
void semihosting_restart(struct session *session);

enum semihosting_outcome {
	SEMIHOSTING_SERVED,	/* r0 is set, PC is behind the BKPT */
	SEMIHOSTING_WAITS,	/* PC is at the BKPT; semihosting_reply or _input will go on */
	SEMIHOSTING_ENDED,	/* served, and the program asked to end */
	SEMIHOSTING_FAILED,	/* the target could not be read: a stop like others */
};

/* Serves the call at which the core stands (STOP_SEMIHOSTING). *status is set by SYS_EXIT only. */
enum semihosting_outcome semihosting_serve(struct session *session, uint8_t *status);
/* GDB's answer to the File-I/O request that is pending; error as GDB numbers it. */
enum semihosting_outcome semihosting_reply(struct session *session, int32_t answer, int error);
/* Text for the program. True when a call waits for it: serve that one again. */
bool semihosting_input(struct session *session, const void *text, size_t length);
/* Nobody will answer any more: the call that waits fails. */
enum semihosting_outcome semihosting_give_up(struct session *session);

#endif
