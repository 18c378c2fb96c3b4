/* SPDX-License-Identifier: MIT
 *
 * Flash programming: a plan is collected (what to erase, what to write), then carried out, then
 * verified by a checksum computed on the target. Nothing is done before flash_commit().
 */
#ifndef FLASH_FLASH_H
#define FLASH_FLASH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "probe/error.h"
#include "targets/board.h"

struct flash_plan;

struct flash_options {
	uint32_t supply_mv;	/* 0 = ask the probe; a value set by the user counts for the session */
	bool no_loader;		/* write through the debug port only */
	bool preserve;		/* bytes of touched sectors that were not sent are kept */
	bool verify;		/* default true; only tests turn it off */
	bool reset_after;	/* end in reset-halt; else registers as after the reset before */
};
void flash_options_default(struct flash_options *options);

struct flash_report {
	uint32_t bytes, skipped_bytes, erased_sectors, skipped_sectors;
	uint32_t eeprom_bytes;	/* of bytes: those that changed words of data EEPROM */
	uint32_t supply_mv, parallel_bits;
	bool used_loader, verified;
	uint64_t total_us, compare_us, write_us, verify_us;	/* link time */
	uint64_t exchanges;
};

int flash_plan_new(struct flash_plan **out, struct core *core);
void flash_plan_free(struct flash_plan *plan);
/* Sectors to be erased whole; address and length as GDB sends them. Data EEPROM is not: what is not written
 * of it stays. E_RANGE. */
int flash_plan_erase(struct flash_plan *plan, uint32_t address, uint32_t length, struct why *why);
/* Bytes to be written (copied). Sectors they touch are erased even if not asked for.
 * Overlap with earlier bytes: E_ARGUMENT. E_RANGE outside flash and data EEPROM; says if it is OTP or
 * option bytes. */
int flash_plan_write(struct flash_plan *plan, uint32_t address, const void *data, uint32_t length,
		     struct why *why);
bool flash_plan_empty(const struct flash_plan *plan);

/* Halts, resets the chip to a known state (old firmware never runs), erases, programs, verifies; ends in
 * reset-halt. progress (may be NULL) is called between blocks. On any error the controller is locked
 * again, the core is halted and why says what is unfinished. The interrupt flag ends it after the block in work. */
int flash_commit(struct flash_plan *plan, const struct flash_options *options,
		 struct flash_report *report,
		 void (*progress)(void *context, uint32_t done, uint32_t total), void *context,
		 struct why *why);

/* Erases everything (all banks), by mass erase where that is allowed and quicker. report may be NULL. */
int flash_erase_all(struct core *core, const struct flash_options *options,
		    struct flash_report *report, struct why *why);

/* Ends what a killed process was doing to the flash: halts the core and locks the controller. */
int flash_close_abandoned(struct core *core, struct why *why);

/* One line for GDB's console: "524288 bytes in 7.1 s (72.1 KiB/s), 8 sectors erased, verified". */
void flash_report_text(const struct flash_report *report, char *text, size_t size);

#endif
