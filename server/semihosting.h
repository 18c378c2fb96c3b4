/* SPDX-License-Identifier: MIT
 *
 * Semihosting: the console and the exit of programs that ask a debugger for them (Arm "Semihosting
 * for AArch32 and AArch64", 2.0). Files of the host are not served.
 */
#ifndef SERVER_SEMIHOSTING_H
#define SERVER_SEMIHOSTING_H

#include "server/engine_state.h"

enum semihosting_outcome {
	SEMIHOSTING_SERVED,	/* r0 is set, PC is behind the BKPT */
	SEMIHOSTING_ENDED,	/* likewise, and the program asked to end */
	SEMIHOSTING_FAILED,	/* the target could not be read: a stop like others */
};

/* Serves the call at which the core stands (STOP_SEMIHOSTING). *status is set by SYS_EXIT only. */
enum semihosting_outcome semihosting_serve(struct session *session, uint8_t *status);

#endif
