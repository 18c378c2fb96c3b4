/* SPDX-License-Identifier: MIT
 *
 * What the firmware keeps, and the shape of its command table. Private to firmware*.c.
 */
#ifndef PROBE_VIRTUAL_FIRMWARE_STATE_H
#define PROBE_VIRTUAL_FIRMWARE_STATE_H

#include "probe/virtual/dap.h"
#include "probe/virtual/firmware/firmware.h"
#include "probe/virtual/guesses.h"
#include "probe/virtual/firmware/replies.h"

enum {
	COMMAND_SIZE = 16,
	DATA_MAX = 65536,	/* a length is 16 bits */
	BATCH_MAX = 1227,
	AP_MAX = 8,		/* highest access port number that INIT_AP takes */
	APS_OPEN_MAX = 8,	/* assumed */
	TRACE_BYTES = 8192,	/* the largest ring; assumed */
	TRACE_STORE = TRACE_BYTES + 64,	/* with what is on its way */
};

enum status {
	STATUS_OK = 0x80,
	STATUS_RUNNING = 0x80, STATUS_HALTED = 0x81,	/* GETSTATUS only */
	STATUS_UNKNOWN_ERROR = 0x01,
	STATUS_JTAG_CHAIN = 0x04,
	STATUS_COMMAND_ERROR = 0x08,
	STATUS_IDCODE_ERROR = 0x09,
	STATUS_ALIGNMENT = 0x0A,
	STATUS_DEBUG_POWER = 0x0B,
	STATUS_WRITE_VERIFY = 0x0D,
	STATUS_AP_WAIT = 0x10, STATUS_AP_FAULT = 0x11, STATUS_AP_ERROR = 0x12,
	STATUS_DP_WAIT = 0x14, STATUS_DP_FAULT = 0x15, STATUS_DP_ERROR = 0x16,
	STATUS_BAD_AP = 0x1D,
	STATUS_NO_USB_LOADER = 0x21,
	STATUS_TOO_MANY_AP = 0x29,
	STATUS_CONFIG_CHANGED = 0x40,
	STATUS_UNKNOWN_COMMAND = 0x42,
	STATUS_NOT_AVAILABLE = 0x06,	/* FA and FD: this board can't */
};

/* When a command is taken. */
enum command_where {
	ANYWHERE,
	SILENT_IN_DFU,		/* no answer in DFU mode */
	OUT_OF_DFU,		/* refused with 08 in DFU mode */
	IN_DEBUG,		/* refused with 08 unless ENTER was done */
};

enum command_shape {
	NO_REPLY,
	STATUS_REPLY,		/* status in byte 0, then fixed length */
	PLAIN_REPLY,		/* fixed length without a status */
	DATA_IN,		/* as long as data_length says; the status is asked for by 3E */
	DATA_OUT,		/* a payload as long as data_length says; no reply */
};

/* SWO: a ring of bytes, each with the time when it has come. */
struct trace {
	bool on;
	uint32_t baud, size, first, count;
	uint64_t lost;
	uint8_t bytes[TRACE_STORE];
	uint64_t ends_ns[TRACE_STORE];
};

struct firmware;

struct command {
	uint16_t code;			/* group << 8 | code; group F2, F3 ... or 0 */
	const char *name;
	struct gate since;
	enum command_where where;
	enum command_shape shape;
	uint16_t reply_length;
	uint32_t (*data_length)(const struct firmware *fw, const uint8_t *block);
	/* data: the reply to fill (zeros, but for DATA_IN: left from before), or the payload. */
	void (*run)(struct firmware *fw, const uint8_t *block, uint8_t *data, uint32_t length);
};

struct firmware {
	const struct personality *personality;
	struct machine *machine;
	struct meter meter;
	struct dap dap;
	struct faults faults;
	struct replies replies;
	enum probe_mode mode;
	bool stalled, gone;
	bool wedged, hung;	/* deaf until a reset of the device; until it is unplugged */

	/* The command in work. */
	const struct command *command;
	uint8_t block[COMMAND_SIZE];
	uint32_t payload_length, payload_got;
	bool ignored, lost;		/* fault schedule: not done; done without a reply */
	bool deaf;			/* not done, and its payload not taken */
	bool silent;			/* no reply to this one */
	uint32_t cut_length;		/* where its reply ends early */
	uint32_t cut_payload;		/* and its payload */
	bool babbles;			/* it goes on too long */
	uint64_t late_ns, back_ns;	/* of the reply; of an unplugged probe */
	enum bus_result spoiled;	/* what the fault schedule makes of the access in work */
	uint64_t spoiled_until_ns;
	uint8_t data[DATA_MAX + 512];	/* babble goes on for a packet */

	/* Status of the last memory command, for 3B and 3E. */
	uint8_t rw_status;
	uint32_t rw_fault;

	/* What the firmware knows of the chip's registers; forgotten by ENTER. */
	bool select_known, csw_known;
	uint32_t select, csw;
	uint8_t csw_ap;
	uint32_t open_aps;		/* bit n: INIT_AP n */

	bool nrst_low;
	uint16_t divisor;		/* V2 */
	uint32_t khz;			/* V3: of the list */
	struct trace trace;

	uint32_t batch_count;
	uint32_t batch_result[BATCH_MAX];
	uint8_t batch_status[BATCH_MAX];
};

/* The row of a command block, or NULL. */
const struct command *firmware_command_find(const uint8_t *block);
/* Walks the table (tests): NULL after the last. */
const struct command *firmware_command_at(size_t index);

/* One line on the virtual channel about the command in work. */
void firmware_odd(const struct firmware *fw, const char *what);
/* True when this guess has its other answer. */
bool firmware_guesses(const struct firmware *fw, enum guess guess);
/* Switches the target's supply. */
void firmware_set_power(struct firmware *fw, bool on);
/* Status into the first half-word of a reply. */
void firmware_put_status(uint8_t *reply, uint8_t status);

#endif
