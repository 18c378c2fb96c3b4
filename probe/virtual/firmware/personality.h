/* SPDX-License-Identifier: MIT
 *
 * Which ST-LINK this is: model, firmware version, and everything that differs between them, as one
 * table. A command says from which version on it exists (struct gate).
 */
#ifndef PROBE_VIRTUAL_PERSONALITY_H
#define PROBE_VIRTUAL_PERSONALITY_H

#include <stdbool.h>
#include <stdint.h>

/* What GET_CURRENT_MODE answers. */
enum probe_mode { MODE_DFU = 0, MODE_MASS = 1, MODE_DEBUG = 2, MODE_SWIM = 3 };

struct personality {
	const char *name;		/* "V2J37S7" */
	uint16_t product;		/* USB product id; the vendor is always 0483 */
	const char *product_text;	/* USB product string */
	uint8_t major, jtag;		/* J number: decides which commands exist */
	uint8_t minor;			/* S number (V2) or M number (V2-1, V3) */
	uint8_t swim, bridge, power;	/* V3 only */
	enum probe_mode start;		/* after plugging in */
	bool binary_serial;		/* serial number as 12 raw bytes */
	bool old_memory;		/* 16-byte groups and single bytes, no address increment */
	bool keeps_nrst;		/* a repeated ENTER leaves nRST as it is */
	bool power_switch;		/* can switch the target's supply */
	bool high_speed;		/* USB 2.0 high speed */
	uint16_t mem8_max;		/* bytes of an 8-bit memory command */
	uint16_t batch_max;		/* items of RW_MISC; 0 = has none */
	uint16_t wait_retries;		/* how often a WAIT is retried before it is reported */
	const char *board_id;		/* 4 characters of GET_BOARD_IDENTIFIERS, or "" */
};

/* The version from which on a command exists; NEVER where no version has it. */
enum { NEVER = 255 };
struct gate {
	uint8_t v2, v3;
};

/* NULL when there is no personality of that name. */
const struct personality *personality_find(const char *name);
/* Walks the table: index 0 is the default, NULL after the last. */
const struct personality *personality_at(unsigned index);
bool personality_has(const struct personality *personality, struct gate gate);
/* Bytes in a USB packet: 64 or 512. */
unsigned personality_packet(const struct personality *personality);

#endif
