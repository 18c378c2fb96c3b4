/* SPDX-License-Identifier: MIT
 *
 * Monitor commands: what `monitor ...` in GDB and `tether run` can do. One row per command gives
 * dispatch, help, completion and the manual page.
 */
#ifndef SERVER_MONITOR_H
#define SERVER_MONITOR_H

#include "server/engine_state.h"

enum {
	MONITOR_TARGET = 1,	/* connects first; an error if it can't */
	MONITOR_HALTED = 2,	/* needs a halted core */
	MONITOR_CONTROL = 4,	/* not for observers */
	MONITOR_CHANGES = 8,	/* writes; refused while another client loads */
	MONITOR_SPELLING = 16,	/* what some IDE sends for another command; not in the help */
};

struct monitor_call {
	struct engine *engine;
	struct session *session;
	struct peer *peer;		/* NULL outside of a session */
	unsigned argc;			/* words after the command's name */
	char **argv;
	void (*print)(void *context, const char *text);
	void *context;
	struct why *why;		/* the reason when the handler fails */
};

struct monitor_command {
	const char *name;		/* one or two words; NULL ends a table */
	const char *arguments;		/* as shown: "[halt|run]" */
	const char *help;		/* one line; behind a line end an example for `help NAME` */
	unsigned rules;
	int (*run)(struct monitor_call *call);	/* NULL = runs the command that help names */
};

/* Splits and runs a line. 0, or an error with its sentence in why (text was printed before).
 * E_ARGUMENT for an unknown command, which names near ones. */
int monitor_run(struct engine *engine, struct peer *peer, const char *line,
		void (*print)(void *context, const char *text), void *context, struct why *why);

/* All rows, in the order of the help; NULL past the end. */
const struct monitor_command *monitor_row(size_t i);
/* The names that begin with prefix (completion): calls found for each. */
void monitor_complete(const char *prefix, void (*found)(void *context, const char *name),
		      void *context);

/* For handlers. */
void monitor_print(struct monitor_call *call, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* Argument i as a number: decimal, 0x hex, with k or M (1024). E_ARGUMENT with the reason. */
int monitor_number(struct monitor_call *call, unsigned i, uint32_t *value);
/* Argument i as on/off, 1/0, enable/disable, yes/no. */
int monitor_switch(struct monitor_call *call, unsigned i, bool *on);
/* "usage: NAME ARGUMENTS" as an error. */
int monitor_usage(struct monitor_call *call, const char *usage);
/* The client that asks, or NO_CLIENT outside of a session. */
unsigned monitor_client(const struct monitor_call *call);
bool monitor_is(const struct monitor_call *call, unsigned i, const char *word);

extern const struct monitor_command monitor_general[], monitor_control[], monitor_catch[], monitor_memory[],
	monitor_chip[], monitor_flash[], monitor_flash_files[], monitor_option[], monitor_otp[], monitor_protect[],
	monitor_rehearse[], monitor_probe[], monitor_swo[], monitor_semihosting[], monitor_rtt[],
	monitor_spellings[];

#endif
