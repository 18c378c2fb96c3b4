/* SPDX-License-Identifier: MIT
 *
 * The status byte that ST-LINK firmware answers, in words. Private to probe/ but for the struct.
 */
#ifndef PROBE_STLINK_STATUS_H
#define PROBE_STLINK_STATUS_H

#include <stdint.h>

struct stlink_status {
	uint8_t code;
	int err;		/* enum error */
	const char *name;
	const char *cause;
	const char *advice;	/* what the user may try, or "" */
};

enum { STATUS_OK = 0x80, STATUS_OTHER_MODE = 0x0E, STATUS_UNKNOWN_COMMAND = 0x42 };

/* The row of a status byte; never NULL: unknown codes get a row of their own (E_PROTOCOL). */
const struct stlink_status *stlink_status(uint8_t code);

#endif
