/* SPDX-License-Identifier: MIT
 *
 * The NVM interface of STM32L0 and L1 as the chip shows it: program memory that is erased to 0 and
 * written by words or half pages, data EEPROM, option words with complements (RM0377 section 3,
 * RM0038 section 3). Strict: what silicon punishes is punished here. Three files: registers
 * (flash_l1.c), arrays (flash_l1_cells.c), option words (flash_l1_option.c).
 *
 * Not modelled: parallel half pages (PARALLBANK), swapped banks, power-down modes.
 */
#ifndef PROBE_VIRTUAL_FLASH_L1_H
#define PROBE_VIRTUAL_FLASH_L1_H

#include "probe/virtual/flash/nvm.h"

enum flash_l1_kind { L1_WORD, L1_HALF_PAGE, L1_PAGE_ERASE, L1_DATA, L1_OPTION, L1_MASS_ERASE };

enum { L1_HALF_PAGE_WORDS = 32, L1_WRPR = 4 };

struct flash_l1_job {
	enum flash_l1_kind kind;
	struct nvm_array *array;
	uint32_t offset, length;
	uint32_t words[L1_HALF_PAGE_WORDS];
};

/* An area of cells: a bank of program memory, or the data EEPROM. */
struct flash_l1_area {
	struct flash_l1 *flash;
	struct nvm_array cells;
	uint32_t present;		/* bytes of the array that are there */
	unsigned bank;
};

/* What L0 and L1 differ in. */
struct flash_l1_kin {
	uint32_t half_page;		/* bytes */
	uint32_t pecr_bits;
	bool checks_zero;		/* NOTZEROERR; else 1s are added to what is there */
	bool has_fetch_error;		/* FWWERR */
	unsigned irq;
};

struct flash_l1 {
	struct soc *soc;
	const struct flash_l1_kin *kin;
	struct flash_l1_area banks[2], eeprom;
	size_t bank_count;
	bool has_eeprom;
	struct nvm_array options;	/* a page: option words, and what the factory wrote */
	struct nvm_work work;
	struct flash_l1_job job;	/* in work, or being collected */
	uint32_t collected;		/* words of a half page so far */
	bool special;			/* reads have to ask: in work, shut or collecting */
	unsigned busy_bank;
	uint32_t acr, pecr, sr, obr, wrpr[L1_WRPR];
	struct nvm_lock lock, program_lock, option_lock, power_lock;
	unsigned level;			/* of read protection, in force */
	bool pcrop;			/* WPRMOD or SPRMOD: a 0 protects, against reading too */
};

/* Puts controller, flash, EEPROM and option words on the bus. E_CONFIG, E_MEMORY. */
int flash_l1_add(struct soc *soc, struct why *why);

enum flash_l1_pecr { L1_PROG = 1 << 3, L1_DATA_ERASE = 1 << 4, L1_FIX = 1 << 8, L1_ERASE = 1 << 9,
		     L1_FPRG = 1 << 10, L1_NZDISABLE = 1 << 22 };

enum flash_l1_sr { L1_EOP = 1 << 1, L1_WRPERR = 1 << 8, L1_PGAERR = 1 << 9, L1_SIZERR = 1 << 10,
		   L1_OPTVERR = 1 << 11, L1_RDERR = 1 << 13, L1_NOTZEROERR = 1 << 16,
		   L1_FWWERR = 1 << 17 };

/* flash_l1.c */
enum { L1_PROGRAM_NS = 3280000 };	/* a word, a half page, or the erase of a page */
void flash_l1_fail(struct flash_l1 *flash, uint32_t errors, const char *reason);
void flash_l1_update(struct flash_l1 *flash);	/* interrupt and what reads have to ask */
void flash_l1_start(struct flash_l1 *flash, unsigned bank, uint64_t ns);
/* Read protection keeps a debugger out, and the core with it. */
bool flash_l1_shut(const struct flash_l1 *flash);

/* flash_l1_cells.c */
int flash_l1_cells_new(struct flash_l1 *flash);
void flash_l1_cells_add(struct flash_l1 *flash);
/* The effect of the job at its end, and of one cut short. */
void flash_l1_apply(struct flash_l1 *flash);
void flash_l1_cut(struct flash_l1 *flash, unsigned done);
/* FPRG or PROG was cleared, or something came between: drops a half page that is not complete. */
void flash_l1_drop_half_page(struct flash_l1 *flash, uint32_t errors, const char *reason);

/* flash_l1_option.c */
void flash_l1_option_init(struct flash_l1 *flash);
void flash_l1_option_add(struct flash_l1 *flash);
/* From the option words into OBR and WRPR: at power-on and at OBL_LAUNCH. */
void flash_l1_option_load(struct flash_l1 *flash);
/* By WRPR, whatever its bits mean. */
bool flash_l1_write_protected(const struct flash_l1 *flash, uint32_t offset);

#endif
