/* SPDX-License-Identifier: MIT
 *
 * What a kind of flash controller has to know: one table of functions per kind, one file each. The
 * order of erase, program and verify, and everything about GDB, is not here but in writer.c.
 *
 * An operation on the flash is a control word that a loader (or direct.c) writes to the controller:
 * drivers make these words, they do not carry them out. The loader of a driver is
 * loaders/NAME.S: loaders/queue.inc plus three routines (start, wait, program), and that file says
 * what they get. New drivers are listed in drivers.c.
 */
#ifndef FLASH_CONTROLLER_H
#define FLASH_CONTROLLER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "flash/registers.h"
#include "targets/board.h"

struct flash_controller;

/* The flash of a chip as one job sees it. */
struct flash_device {
	struct core *core;			/* whose port reaches the registers; borrowed */
	struct board *board;			/* of that core */
	const struct flash_controller *controller;
	uint32_t registers;			/* base address, of the first bank's where each has some */
	uint32_t supply_mv;			/* 0 = unknown */

	/* The rest is filled in by the controller's open(); zero before. */
	const void *variant;		/* the driver's own: its row for this chip's controller name */
	unsigned parallel_bits;		/* of a write, where the supply decides it; 0 = it does not */
	uint32_t unit_bytes;		/* 1 to 32: runs begin and end at multiples of it */
	uint32_t granule_bytes;		/* erased stretches are left out in steps of this, a multiple of
					 * unit_bytes (0 = the same); equal where programming the erased
					 * value does harm (ECC) */
	uint32_t row_bytes;		/* of fast rows or half pages; 0 = there are none */
	uint32_t row_least_hz;		/* core clock that rows want; 0 = any */
	bool row_wants_whole;		/* only in a bank that was erased as a whole */
	bool banks_apart;		/* each bank has its own controller: both can be at work (H7) */

	bool whole[CHIP_BANKS];		/* set by the job: it erases this bank as a whole */
};

/* Every bank at once, in place of a bank's number. */
enum { FLASH_ALL_BANKS = CHIP_BANKS };

/* Something for the controller to do. */
struct flash_operation {
	uint32_t control;		/* its control word, without the start bit */
	uint32_t address;		/* where: for messages, and for controllers that want to know */
	uint32_t registers;		/* offset of this bank's registers from device->registers */
};

/* Bytes that go to flash. */
struct flash_piece {
	uint32_t address, length;
	const uint8_t *data;		/* borrowed */
};

struct flash_duration {
	uint32_t typical_us, maximum_us;	/* from the data sheets; maximum is a deadline */
};

struct flash_controller {
	const uint8_t *loader;		/* code for RAM, made from loaders/NAME.S */
	size_t loader_size;

	/* Fills in the device for this chip and its supply; 0 mV = unknown has to end in something
	 * that is always right. May look at registers. E_CHIP, E_PROTECTED with a sentence when
	 * this flash can't be written as the chip stands (secure, owned by a second core). */
	int (*open)(struct flash_device *device, struct why *why);

	/* Looks at read and write protection of these sectors (ordered by address, maybe none).
	 * E_PROTECTED names the first one. Changes nothing. */
	int (*check)(const struct flash_device *device, const struct chip_sector *sectors,
		     size_t count, struct why *why);
	/* All banks: waits for the end of what is under way, clears old error flags, unlocks. E_LOCKED. */
	int (*unlock)(const struct flash_device *device, struct why *why);
	/* All banks: waits for the end of what is under way, ends program mode, puts right what new
	 * contents leave stale (caches, the mark of an empty chip), locks. */
	int (*lock)(const struct flash_device *device, struct why *why);

	struct flash_operation (*erase_operation)(const struct flash_device *device,
						  const struct chip_sector *sector);
	/* A run of whole units; a run of whole rows when row_bytes is set and it begins and ends at
	 * multiples of it. Only the loader uses this. */
	struct flash_operation (*program_operation)(const struct flash_device *device,
						    uint32_t address, uint32_t length);
	/* A bank, or FLASH_ALL_BANKS in one operation. NULL = there is no such thing. */
	struct flash_operation (*bank_erase_operation)(const struct flash_device *device,
						       unsigned bank);

	struct flash_duration (*erase_time)(const struct flash_device *device, uint32_t size);
	/* Typical 0: not possible (all banks in one operation, for instance). */
	struct flash_duration (*bank_erase_time)(const struct flash_device *device, unsigned bank);
	/* Of length bytes, a multiple of the unit, in the way that program_operation() takes. */
	struct flash_duration (*program_time)(const struct flash_device *device, uint32_t address,
					      uint32_t length);

	/* The same operations through the debug port, one at a time. E_FLASH with the status. */
	int (*erase)(const struct flash_device *device, const struct flash_operation *operation,
		     uint64_t timeout_us, uint32_t *status);
	/* *done = how many bytes were programmed before an error. */
	int (*program)(const struct flash_device *device, uint32_t address, const uint8_t *data,
		       uint32_t length, uint32_t *done, uint32_t *status);

	/* Data EEPROM, where there is some (else NULL): opens its lock only; E_LOCKED. Then a word at a
	 * time, with what it holds now. E_FLASH with the status. */
	int (*unlock_eeprom)(const struct flash_device *device, struct why *why);
	int (*write_eeprom)(const struct flash_device *device, uint32_t address, uint32_t now,
			    uint32_t value, uint32_t *status);

	/* Data flash with sectors of its own (chip_region.sector), where there is some (else NULL): whole half-words
	 * that are erased. E_FLASH with the status. */
	int (*program_data)(const struct flash_device *device, uint32_t address, const uint8_t *data,
			    uint32_t length, uint32_t *status);

	/* The error flags of a status in words: "the sector is write-protected (WRPERR)". */
	void (*status_text)(uint32_t status, char *text, size_t size);
};

/* NULL when no driver has that name. */
const struct flash_controller *flash_controller_find(const char *name);

/* Prepares the device of a core's chip: driver, registers, supply (0 = ask the probe), parallelism.
 * E_CHIP when the chip has no flash that can be written; whatever the controller's open() says. */
int flash_device_open(struct flash_device *device, struct core *core, uint32_t supply_mv,
		      struct why *why);
/* The size of rows that may be programmed at this address, as core clock and erases are now; 0 = none. Runs of
 * whole rows are given to the controller apart from what stands before and behind them. */
uint32_t flash_row_bytes(const struct flash_device *device, uint32_t address);
/* The same for a run, true when it is one of whole rows. */
bool flash_is_rows(const struct flash_device *device, uint32_t address, uint32_t length);
/* What may be believed of a measured supply; 0 = nothing. */
uint32_t flash_plausible_supply(uint32_t supply_mv);

/* The registers of the controller, or of a bank's own at an offset from them. */
void flash_registers(struct registers *r, const struct flash_device *device, uint32_t offset);

/* The end of a driver's unlock() after waited_us for what was going on before, with LOCK as it reads now; and of its
 * lock(): 0, or the sentence for what went wrong. */
int flash_explain_unlock(const struct registers *r, bool locked, uint32_t waited_us, struct why *why);
int flash_explain_lock(int err, struct why *why);

/* The typical and the longest time of so many operations. */
struct flash_duration flash_duration_of(uint32_t count, uint32_t typical_ns, uint32_t maximum_us);

/* For status_text(): the words of the flags that are set, with commas; the register's value when none
 * is. */
struct flash_flag {
	uint32_t bit;
	const char *words;
};
void flash_status_words(uint32_t status, const struct flash_flag *flags, size_t count, char *text,
			size_t size);

#endif
