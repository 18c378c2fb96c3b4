/* SPDX-License-Identifier: MIT
 *
 * What a virtual board is made of: geometry and identity, handed down by targets/ from the chip
 * file. Plain data. Behaviour (registers, keys, busy times, rules) is not here: it is written
 * in this folder from the reference manuals.
 */
#ifndef PROBE_VIRTUAL_SPEC_H
#define PROBE_VIRTUAL_SPEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "probe/error.h"
#include "probe/link.h"

enum virtual_core { VIRTUAL_M0, VIRTUAL_M0PLUS, VIRTUAL_M3, VIRTUAL_M4, VIRTUAL_M7, VIRTUAL_M33 };

enum virtual_region_kind {
	VIRTUAL_RAM,
	VIRTUAL_RAM_DATA,	/* no instruction fetch (CCM on F4) */
	VIRTUAL_ROM,		/* system memory: contents made up, read-only */
	VIRTUAL_EEPROM,		/* data EEPROM: belongs to the flash controller, which puts it on the bus */
};

enum { VIRTUAL_REGIONS = 16, VIRTUAL_MODES = 6, VIRTUAL_CONDITIONS = 2, VIRTUAL_DBGMCU = 3 };

struct virtual_region {
	char name[16];
	enum virtual_region_kind kind;
	uint32_t base, size;
};

struct virtual_sector_run {	/* count sectors of size bytes, one after the other */
	uint32_t count, size;
};

struct virtual_bank {
	uint32_t base, size;	/* as this part has it */
	uint32_t registers;	/* of the controller that drives it */
	struct virtual_sector_run runs[8];
	size_t run_count;
};

struct virtual_option_word {
	char name[16];
	uint32_t address;	/* register; on F0, F1, F3, L0, L1 the option memory itself, complements included */
	uint32_t program;	/* register it is written through: *_PRG on H5 and H7; 0 = the same */
	uint32_t mirror;	/* address in option memory, 0 = none */
	uint32_t factory;
	uint32_t writable;	/* bits that belong to an option */
};

struct virtual_condition {	/* of the option words as they are loaded */
	uint32_t word, mask, value;	/* index into options; mask 0 = never */
};

/* A bank mode of this part (DBANK, DB1M, nDBANK...): it holds while all its conditions do. */
struct virtual_mode {
	struct virtual_condition conditions[VIRTUAL_CONDITIONS];
	size_t condition_count;
	struct virtual_bank banks[2];
	size_t bank_count;
};

struct virtual_place {		/* a register block as one access port sees it */
	uint8_t ap;
	uint32_t address;
};

struct virtual_content {	/* of flash, EEPROM or OTP, before the first power-on */
	uint32_t address, length;
	uint8_t bytes[64];
};

struct virtual_spec {
	char chip[32];		/* "STM32F407VG" */
	enum virtual_core core;
	bool fpu;
	uint32_t cpuid, dpidr;
	uint8_t ap;		/* access port of the core */
	uint32_t idcode_address, idcode;
	struct virtual_place dbgmcu[VIRTUAL_DBGMCU];	/* where IDCODE is; the first is idcode_address */
	size_t dbgmcu_count;
	uint32_t size_address;	/* u16; 0 = none */
	uint32_t size_value;	/* what it holds: KiB, or a code (L1 0x436); upper byte junk on L1 0x429 */
	uint32_t uid_address;	/* 12 bytes */
	bool uid_split;		/* its words are at +0x00, +0x04, +0x14 (L0, L1) */
	uint8_t uid[12];

	bool has_second;	/* another core: CPU2 of WB and WL, M4 of H745 */
	enum virtual_core second_core;
	uint8_t second_ap;

	/* The flash_ctrl_type of the facts: "f1" "f1xl" "f2" "f4" "f4db" "f7" "f7db" "l0" "l1" "g0" "g0db" "g4"
	 * "g4db" "c0" "u0" "l4" "l4sb" "l4plus" "wb" "wl" "l5" "u5" "u3" "wba" "wba2" "h5" "h7" "h7a3" "h7rs" */
	char controller[12];
	uint32_t flash_registers;
	uint32_t flash_secure;	/* secure alias of bank 1 (0x0C000000); 0 = none */
	uint8_t erased;		/* 0xFF or 0x00 */
	struct virtual_bank banks[2];	/* with the option words as they are in options[].factory */
	size_t bank_count;
	struct virtual_mode modes[VIRTUAL_MODES];	/* the first that holds; none = banks never change */
	size_t mode_count;
	struct virtual_condition swap;	/* the second bank stands at the first one's address */

	uint32_t otp_base, otp_size, otp_block;
	uint32_t otp_locks;	/* address of the lock bytes, or 0 */

	struct virtual_option_word options[24];
	size_t option_count;

	struct virtual_region regions[VIRTUAL_REGIONS];
	size_t region_count;

	uint32_t supply_mv;	/* default 3300 */
	uint32_t hsi_hz;	/* clock after reset: 16 MHz on F4 */

	char firmware[24];	/* personality: "V2J37S7" (default) */
	char serial[32];	/* of the virtual probe */
	char image[256];	/* file that keeps flash, option bytes and OTP; "" = none */
	char faults[256];	/* file with a fault schedule; "" = none */
	char mishaps[128];	/* what is wrong with the board: "NAME[:MS]+NAME..."; "" = nothing */
	bool paced;		/* real time */
	bool twin;		/* a copy of a board, to try things on */
	const struct virtual_content *contents;	/* borrowed until the link is open */
	size_t content_count;
	bool swap_keeps_registers;	/* with banks swapped each register set stays with its bank */
	uint32_t turned_guesses;	/* bit n: enum guess n has its other answer (guesses.h) */
	bool no_hearsay;	/* leave out behaviour that is known from hearsay only */
};

struct machine;

/* Makes the board and the probe and returns a link to it. The link owns them. E_CONFIG, E_SYSTEM
 * (image file), E_MEMORY with the reason in why. */
int virtual_link_open(struct link **out, const struct virtual_spec *spec, struct why *why);
/* The chip behind a link made by virtual_link_open (tests and reports look inside); not owned. */
struct machine *virtual_link_machine(struct link *link);

#endif
