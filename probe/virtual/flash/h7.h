/* SPDX-License-Identifier: MIT
 *
 * The flash controllers with a write buffer, as the chip shows them: STM32H7 (RM0433 section 4),
 * H7A3 (RM0455), H7R/S (RM0477 section 5) and H5 (RM0481 section 7). Writes fill a flash word of 16
 * or 32 bytes that is programmed when it is complete; each has an ECC. Strict: what silicon punishes
 * is punished here. Files: life and mapping (flash_h7.c), what the families differ in
 * (flash_h7_kin.c), registers (flash_h7_registers.c), program and erase (flash_h7_jobs.c), cells with
 * their ECC (flash_h7_cells.c), option words (flash_h7_option.c), OTP and EDATA (flash_h7_half.c).
 *
 * Not modelled: the CRC unit, secure areas, TrustZone, the key store of the H5.
 */
#ifndef PROBE_VIRTUAL_FLASH_H7_H
#define PROBE_VIRTUAL_FLASH_H7_H

#include "probe/virtual/flash/nvm.h"

enum { FLASH_H7_UNIT_MAX = 32, FLASH_H7_BANKS = 2, FLASH_H7_OPTIONS = 24, FLASH_H7_BANK2 = 0x100 };

/* Bits that all of them have in CR. */
enum flash_h7_cr { H7_LOCK = 1 << 0, H7_PG = 1 << 1, H7_SER = 1 << 2, H7_BER = 1 << 3 };

/* Flags. INCERR is elsewhere on the H5. */
enum flash_h7_flag { H7_BSY = 1 << 0, H7_WBNE = 1 << 1, H7_QW = 1 << 2, H7_EOP = 1 << 16,
		     H7_WRPERR = 1 << 17, H7_PGSERR = 1 << 18, H7_STRBERR = 1 << 19,
		     H7_INCERR_H5 = 1 << 20, H7_INCERR = 1 << 21, H7_OPERR = 1 << 22,
		     H7_RDPERR = 1 << 23, H7_OPTCHANGEERR_H5 = 1 << 23, H7_SNECCERR = 1 << 25,
		     H7_DBECCERR = 1 << 26 };

enum flash_h7_role {		/* of a register; those of a bank first */
	H7_ROLE_NONE, H7_KEYR, H7_CR, H7_SR, H7_FLAGS, H7_CLEAR, H7_ECC_CORRECTED, H7_ECC_DETECTED,
	H7_ACR, H7_OPTKEYR, H7_OPTCR, H7_OPTION_FLAGS, H7_OPTION_CLEAR,
};

struct flash_h7_kin {
	const char *controller;
	uint32_t unit;			/* bytes of a flash word */
	unsigned register_sets;		/* 2: one for each bank */
	uint32_t cr_bits, cr_fw, cr_start, cr_mass, cr_bank2;	/* masks; 0 = not there */
	unsigned snb_shift;
	uint32_t snb_mask;
	bool has_psize;
	uint32_t incerr, queue;		/* its bit in SR that tells of a second flash word */
	uint32_t clearable;
	uint32_t blocking;		/* errors that have to be cleared before anything starts */
	struct { uint16_t offset; uint8_t role; } map[14];
	unsigned irq;			/* 0 = not modelled */
	/* Typical times by PSIZE (else the first). */
	uint32_t program_ns[4], sector_us[4], mib_ms[4], option_ms;

	/* Options; offsets of the words in force. */
	uint16_t optsr, wrp, wrp_step;	/* the step to bank 2's */
	unsigned wrp_group;		/* sectors to a bit */
	uint16_t pcrop;			/* 0 = none */
	uint16_t otp_locks;
	uint32_t late[4];		/* words that take force at the next reset, by offset; 0 ends */
	uint8_t level0, level2;		/* RDP; level2 0 = it has a life cycle instead */
	bool words_at_once;		/* each option word is programmed when it is written */
	uint16_t watchdog_word;
	uint32_t watchdog;		/* IWDG_SW in it */
	const uint8_t *states;		/* life cycle in the order that can't be gone back */
	size_t state_count;
	uint16_t boot;			/* word with the boot address; 0 = none */
	unsigned boot_shift;		/* its lower half shifted by this; 0 = it is the address */

	uint32_t cr_otp;		/* bit of CR that OTP needs */
	bool optcr_otp;			/* PG_OTP is in OPTCR */
	bool otp_words;			/* takes 32 bits, too */
	bool virgin_otp_faults;
	uint32_t edata;			/* base of the high-cycle data area; 0 = none */
	unsigned edata_word;		/* offset of EDATA1R_CUR */
};

/* Cells with an ECC to each unit. */
struct flash_h7_cells {
	struct nvm_array array;
	uint16_t *ecc;			/* 0xFFFF = never programmed since the erase */
	uint32_t unit;
	uint32_t bad;			/* units whose ECC does not match */
};

struct flash_h7_bank {
	struct flash_h7 *flash;
	unsigned number;		/* as on the die: 0 or 1 */
	struct flash_h7_cells cells;
	bool guarded;			/* has PCROP or EDATA */
	bool watched;			/* reads have to ask */
};

enum flash_h7_kind { H7_PROGRAM, H7_ERASE, H7_PROGRAM_HALF };

struct flash_h7_job {
	enum flash_h7_kind kind;
	struct flash_h7_bank *bank;	/* NULL: all banks, or none */
	struct flash_h7_cells *cells;	/* of H7_PROGRAM_HALF */
	uint32_t offset, length;
	uint8_t bytes[FLASH_H7_UNIT_MAX];
};

/* A set of registers with its write buffer. */
struct flash_h7_control {
	struct flash_h7 *flash;
	uint32_t cr, flags;
	struct nvm_lock lock;
	struct nvm_work work;
	struct flash_h7_job job, queued;
	bool has_queued;
	struct flash_h7_job buffer;	/* being filled */
	uint32_t filled;		/* a bit for each word of it; 0 = WBNE is clear */
	uint32_t ecc_corrected, ecc_detected;
};

struct flash_h7 {
	struct soc *soc;
	const struct flash_h7_kin *kin;
	struct flash_h7_bank banks[FLASH_H7_BANKS];
	size_t bank_count;
	struct flash_h7_control controls[FLASH_H7_BANKS];
	uint32_t acr;
	bool swapped;			/* bank 2 stands at the first address */
	bool blocked;			/* read protection is in force */

	struct nvm_lock option_lock;
	struct nvm_work option_work;
	uint32_t optcr;			/* bits that stay */
	bool option_error, regress;
	uint32_t current[FLASH_H7_OPTIONS], wanted[FLASH_H7_OPTIONS];
	uint8_t stored[4 * FLASH_H7_OPTIONS];

	struct flash_h7_cells otp, edata;
};

/* Puts controller, flash, options and OTP on the bus. E_CONFIG, E_MEMORY. */
int flash_h7_add(struct soc *soc, struct why *why);

/* flash_h7_kin.c; NULL if there is none of that name */
const struct flash_h7_kin *flash_h7_kin(const char *controller);

/* flash_h7.c */
/* The registers that drive a bank. With banks swapped this is not known of the H7: they stay with
 * the bank, or go with the address. */
struct flash_h7_control *flash_h7_control_of(struct flash_h7_bank *bank);
/* The bank that these registers drive now, by BKSEL where there is one set; may be NULL. */
struct flash_h7_bank *flash_h7_bank_of(struct flash_h7_control *control);
/* Puts the banks where the options in force say. */
void flash_h7_place_banks(struct flash_h7 *flash);
/* Works out which reads have to ask. */
void flash_h7_update_watch(struct flash_h7 *flash);
void flash_h7_fail(struct flash_h7_control *control, uint32_t error, const char *reason);
void flash_h7_update_irq(struct flash_h7 *flash);
uint32_t flash_h7_sector_size(const struct flash_h7_bank *bank);
/* The ECC of what is read; tags = what the ECC registers of the H5 say of the place. */
enum bus_result flash_h7_check_ecc(struct flash_h7_control *control,
				   const struct flash_h7_cells *cells, uint32_t offset,
				   unsigned width, uint32_t tags);

/* flash_h7_registers.c */
void flash_h7_registers_add(struct flash_h7 *flash);

/* flash_h7_jobs.c */
enum bus_result flash_h7_write(void *context, uint32_t address, unsigned width, uint32_t value,
			       enum bus_master master);
/* 0, or the error of starting anything now. */
uint32_t flash_h7_start_error(const struct flash_h7_control *control, const char **reason);
void flash_h7_force_write(struct flash_h7_control *control);
void flash_h7_start_erase(struct flash_h7_control *control);
void flash_h7_submit(struct flash_h7_control *control, const struct flash_h7_job *job);
void flash_h7_finish(void *context);	/* of a control */
void flash_h7_cut(struct flash_h7_control *control);
uint64_t flash_h7_mass_ns(const struct flash_h7_bank *bank, unsigned psize);

/* flash_h7_cells.c */
int flash_h7_cells_new(struct flash_h7_cells *cells, struct soc *soc, const char *name,
		       uint32_t base, uint32_t size, uint32_t unit);
void flash_h7_cells_free(struct flash_h7_cells *cells);
void flash_h7_cells_program(struct flash_h7_cells *cells, uint32_t offset, const uint8_t *bytes);
void flash_h7_cells_erase(struct flash_h7_cells *cells, uint32_t offset, uint32_t length);
void flash_h7_cells_cut_program(struct flash_h7_cells *cells, uint32_t offset,
				const uint8_t *bytes);
void flash_h7_cells_cut_erase(struct flash_h7_cells *cells, uint32_t offset, uint32_t length,
			      unsigned done);
/* Words whose erase only seemed complete are noise now. */
void flash_h7_cells_power_on(struct flash_h7_cells *cells);
enum flash_h7_ecc { H7_ECC_GOOD, H7_ECC_SINGLE, H7_ECC_DOUBLE };
enum flash_h7_ecc flash_h7_cells_check(const struct flash_h7_cells *cells, uint32_t offset);
bool flash_h7_cells_virgin(const struct flash_h7_cells *cells, uint32_t offset);

/* flash_h7_option.c */
int flash_h7_option_new(struct flash_h7 *flash);
/* From option memory, at every reset. */
void flash_h7_option_load(struct flash_h7 *flash);
uint32_t flash_h7_option(const struct flash_h7 *flash, uint32_t offset, uint32_t absent);
bool flash_h7_option_read(const struct flash_h7 *flash, uint32_t offset, uint32_t *value);
bool flash_h7_option_write(struct flash_h7 *flash, uint32_t offset, uint32_t value);
void flash_h7_write_optcr(struct flash_h7 *flash, uint32_t value);
uint32_t flash_h7_read_optcr(const struct flash_h7 *flash);
void flash_h7_option_finish(void *context);
void flash_h7_option_cut(struct flash_h7 *flash);
void flash_h7_option_notice(struct flash_h7 *flash);
bool flash_h7_write_protected(const struct flash_h7_bank *bank, uint32_t from, uint32_t to);
bool flash_h7_pcrop(const struct flash_h7_bank *bank, uint32_t offset);
/* Bytes at the end of a bank that are EDATA now. */
uint32_t flash_h7_edata_size(const struct flash_h7_bank *bank);

/* flash_h7_half.c */
int flash_h7_half_new(struct flash_h7 *flash);
void flash_h7_half_add(struct flash_h7 *flash);
/* A sector of a bank was erased: the part of EDATA that lies in it. */
void flash_h7_half_erase(struct flash_h7_bank *bank, uint32_t offset, uint32_t length);

#endif
