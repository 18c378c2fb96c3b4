/* SPDX-License-Identifier: MIT
 *
 * A semihosting call while it is served; for the files of this folder.
 */
#ifndef SERVER_SEMIHOSTING_CALL_H
#define SERVER_SEMIHOSTING_CALL_H

#include "server/semihosting/semihosting.h"

#include "targets/core.h"

struct call {
	struct session *session;
	struct semihosting *host;
	struct core *core;
	uint32_t argument;	/* r1 */
	uint32_t block[4];	/* the words at r1 */
	bool failed;		/* the target could not be read or written */
	bool ended, waits;
	uint8_t status;
};

enum { CALL_FAILED = -1 };

struct operation {
	uint8_t number;
	uint8_t words;		/* of the parameter block */
	const char *name;
	uint32_t (*run)(struct call *call);
};

/* End with a row without a name. */
extern const struct operation file_operations[], system_operations[];

/* False when the target's memory is not what it should be; the call has failed then. */
bool call_read(struct call *call, uint32_t address, void *data, uint32_t length);
bool call_write(struct call *call, uint32_t address, const void *data, uint32_t length);
/* As much as there is, at most length; 0 = nothing, and the call has failed. */
uint32_t call_read_some(struct call *call, uint32_t address, void *data, uint32_t length);
/* A text of length bytes, which the program counted; size has room for the NUL. */
bool call_read_text(struct call *call, uint32_t address, uint32_t length, char *text, size_t size);
/* -1, and errno for SYS_ERRNO (of the host, positive). */
uint32_t call_error(struct call *call, int error);

/* Asks GDB; finish makes the result of its answer. False when no GDB waits: the call fails. */
bool call_ask_gdb(struct session *session,
		  bool (*finish)(struct session *session, int32_t answer, uint32_t *result),
		  const char *format, ...) __attribute__((format(printf, 3, 4)));

#endif
