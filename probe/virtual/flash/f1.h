/* SPDX-License-Identifier: MIT
 *
 * The flash controller (FPEC) of STM32F0, F1 and F3 as the chip shows it, and of the XL-density F1
 * with its second bank (RM0091 section 3, PM0075, PM0068). Strict: what silicon punishes is
 * punished here. Three files: registers (flash_f1.c), the array (flash_f1_cells.c), option bytes
 * (flash_f1_option.c).
 */
#ifndef PROBE_VIRTUAL_FLASH_F1_H
#define PROBE_VIRTUAL_FLASH_F1_H

#include "probe/virtual/flash/nvm.h"

enum flash_f1_kind { F1_PROGRAM, F1_ERASE, F1_OPTION_PROGRAM, F1_OPTION_ERASE };

struct flash_f1_job {
	enum flash_f1_kind kind;
	uint32_t offset, length;	/* of the flash or the option bytes */
	uint32_t value;			/* to program */
};

/* XL has two of these with registers of their own; all others have one. */
struct flash_f1_bank {
	struct flash_f1 *flash;
	uint32_t offset, size;		/* in the array */
	uint32_t cr, sr, ar;
	struct nvm_lock lock;
	struct nvm_work work;
	struct flash_f1_job job;
};

/* What the generations differ in: F1 on one side, F0 and F3 on the other. */
struct flash_f1_kin {
	uint8_t open;			/* RDP byte that means no protection */
	bool has_level2;
	bool has_launch;		/* CR.OBL_LAUNCH */
	bool raises_at_power_on;	/* a debugger keeps a raised protection from coming in force */
	bool core_reads_protected;	/* protection is for debug accesses only */
	unsigned irq;
	uint32_t program_ns;
};

struct flash_f1 {
	struct soc *soc;
	const struct flash_f1_kin *kin;
	struct nvm_array cells;
	struct nvm_array options;	/* a page, of which 16 bytes are there */
	struct flash_f1_bank banks[2];
	size_t bank_count;
	struct nvm_lock option_lock;	/* OPTWRE */
	uint32_t acr, obr, wrpr;
	unsigned level;			/* of read protection, in force */
};

/* Puts controller, flash and option bytes on the bus. E_CONFIG, E_MEMORY. */
int flash_f1_add(struct soc *soc, struct why *why);

enum flash_f1_cr { F1_PG = 1 << 0, F1_PER = 1 << 1, F1_MER = 1 << 2, F1_OPTPG = 1 << 4,
		   F1_OPTER = 1 << 5, F1_STRT = 1 << 6, F1_KINDS = F1_PER | F1_MER | F1_OPTER };

enum flash_f1_sr { F1_PGERR = 1 << 2, F1_WRPRTERR = 1 << 4, F1_EOP = 1 << 5 };

/* flash_f1.c */
enum { F1_ERASE_NS = 30000000 };	/* 20 to 40 ms */
void flash_f1_fail(struct flash_f1_bank *bank, enum flash_f1_sr error, const char *reason);
void flash_f1_start(struct flash_f1_bank *bank, const struct flash_f1_job *job, uint64_t ns);
/* Read protection keeps a debugger out. */
bool flash_f1_shut(const struct flash_f1 *flash);

/* flash_f1_cells.c */
/* The effect of a job at its end, and of one cut short at so many percent. */
void flash_f1_apply(struct flash_f1 *flash, const struct flash_f1_job *job);
void flash_f1_cut(struct flash_f1 *flash, const struct flash_f1_job *job, unsigned done);
/* CR.STRT was set. */
void flash_f1_start_erase(struct flash_f1_bank *bank);
void flash_f1_cells_add(struct flash_f1 *flash);

/* flash_f1_option.c */
/* Factory values; before the image file is read. */
void flash_f1_option_init(struct flash_f1 *flash);
void flash_f1_option_add(struct flash_f1 *flash);
/* From the option bytes into OBR and WRPR: at every reset. */
void flash_f1_option_load(struct flash_f1 *flash, bool at_power_on);
/* CR.STRT with OPTER. */
void flash_f1_option_start_erase(struct flash_f1 *flash);
bool flash_f1_write_protected(const struct flash_f1 *flash, uint32_t offset);

#endif
