/* SPDX-License-Identifier: MIT
 *
 * The command layer: one ST-LINK command, its reply, its status; and being in step with the probe.
 * Private to probe/.
 */
#ifndef PROBE_STLINK_H
#define PROBE_STLINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "probe/link.h"
#include "probe/stlink_status.h"

/* First byte of a command block. */
enum {
	ST_GET_VERSION = 0xF1,
	ST_DEBUG = 0xF2,
	ST_DFU = 0xF3,
	ST_SWIM = 0xF4,
	ST_GET_MODE = 0xF5,
	ST_GET_VOLTAGE = 0xF7,
	ST_GET_VERSION3 = 0xFB,
	ST_POWER = 0xFD,
};

/* Second byte, after ST_DEBUG. */
enum {
	DEBUG_READ_MEM32 = 0x07,
	DEBUG_WRITE_MEM32 = 0x08,
	DEBUG_READ_MEM8 = 0x0C,
	DEBUG_WRITE_MEM8 = 0x0D,
	DEBUG_EXIT = 0x21,
	DEBUG_ENTER = 0x30,
	DEBUG_READ_IDCODES = 0x31,
	DEBUG_WRITE_REGISTER = 0x35,
	DEBUG_READ_REGISTER = 0x36,
	DEBUG_READ_ALL_REGISTERS = 0x3A,
	DEBUG_LAST_STATUS = 0x3B,
	DEBUG_DRIVE_NRST = 0x3C,
	DEBUG_LAST_STATUS2 = 0x3E,
	DEBUG_START_TRACE = 0x40,
	DEBUG_STOP_TRACE = 0x41,
	DEBUG_COUNT_TRACE = 0x42,
	DEBUG_SET_DIVISOR = 0x43,
	DEBUG_READ_DAP = 0x45,
	DEBUG_WRITE_DAP = 0x46,
	DEBUG_READ_MEM16 = 0x47,
	DEBUG_WRITE_MEM16 = 0x48,
	DEBUG_INIT_AP = 0x4B,
	DEBUG_BATCH_OUT = 0x51,
	DEBUG_BATCH_IN = 0x52,
	DEBUG_SET_SPEED = 0x61,
	DEBUG_GET_SPEEDS = 0x62,
};

enum { DFU_EXIT = 0x07, SWIM_EXIT = 0x01, ENTER_SWD = 0xA3 };

/* Replies to ST_GET_MODE. */
enum stlink_mode { MODE_DFU, MODE_MASS, MODE_DEBUG, MODE_SWIM, MODE_BOOTLOADER };

/* Some links are slow: a target on the same USB controller can hold it up for seconds. */
enum { COMMAND_MS = 3000 };

struct stlink {
	struct link *link;
	uint8_t version[6];	/* the F1 reply: a probe that is in step answers just this */
	bool in_debug;		/* ENTER was sent, EXIT was not */
	enum stlink_mode mode;	/* as last asked */
	bool out_of_step;	/* a reply may still be on its way: nothing read is to be believed */
	bool gone;		/* unplugged, until it is found again */
	const struct stlink_status *failure;	/* the last status that was none of success */
	uint64_t resyncs;
};

/* A command block with nothing else in it. */
struct link_exchange stlink_command(uint8_t first, uint8_t second);

/* Runs a command and takes the reply as it is. A reply shorter than asked for is E_PROTOCOL. When
 * an earlier command was cut off the probe is brought in step first. */
int stlink_run(struct stlink *stlink, struct link_exchange *x);
/* The same for a reply that begins with a status: its error is returned. */
int stlink_run_status(struct stlink *stlink, struct link_exchange *x);
/* The error of a status byte; failures are remembered and logged. */
int stlink_judge(struct stlink *stlink, uint8_t code);

/* Into stlink->mode. */
int stlink_get_mode(struct stlink *stlink);
int stlink_enter_swd(struct stlink *stlink);
int stlink_exit(struct stlink *stlink);
/* How the last memory command went. *fault is its address; only firmware with status2 tells, and
 * otherwise it is left alone. */
int stlink_last_status(struct stlink *stlink, bool status2, uint32_t *fault);

/* Asks who the probe is and its mode (into stlink->version and mode), through the recovery ladder
 * when it has to be. */
int stlink_identify(struct stlink *stlink);
/* Back in step without disturbing the target: drain, compare, clear halt, compare. */
int stlink_realign(struct stlink *stlink);
/* The last step: reset of the device. Debug mode and speed are lost. */
int stlink_reset_device(struct stlink *stlink);

#endif
