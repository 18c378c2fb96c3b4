/* SPDX-License-Identifier: MIT
 *
 * The flash controllers that program whole units with ECC, as the chip shows them: STM32L4, L4+, G0,
 * G4, C0, U0, WB, WL (RM0351, RM0432, RM0444, RM0440, RM0490, RM0503, RM0434, RM0453) and their
 * successors in L5, U5, U3, WBA (RM0438, RM0456, RM0487, RM0493). One engine, a row of a table for
 * each of them. Strict: what silicon punishes is punished here. Files: rows (flash_l4_variants.c),
 * registers (flash_l4.c), writes (flash_l4_program.c), erases (flash_l4_erase.c), banks and reads
 * (flash_l4_map.c), option bytes (flash_l4_option.c), protection (flash_l4_guard.c).
 */
#ifndef PROBE_VIRTUAL_FLASH_L4_H
#define PROBE_VIRTUAL_FLASH_L4_H

#include "probe/virtual/flash/nvm.h"

enum flash_l4_trait {
	L4_CFGBSY = 1 << 0,	/* CR can't be written between the halves of a unit, nor while busy */
	L4_EMPTY_ACR = 1 << 1,	/* a blank chip boots its ROM; the flag is ACR bit 16 */
	L4_EMPTY_SR = 1 << 2,	/* the same; SR bit 17 */
	L4_DBG_SWEN = 1 << 3,	/* ACR bit 18 cleared: no more SWD */
	L4_PLAIN_CELLS = 1 << 4,	/* no ECC: a unit programmed to all FF is as good as erased */
	L4_OPTVERR = 1 << 5,	/* SR.OPTVERR is set after reset (a wart, not an error) */
	L4_SUSPENDS = 1 << 6,	/* ACR.PES keeps operations from starting */
	L4_BFB2 = 1 << 7,	/* OPTR bit 20 boots the second bank, if it looks bootable */
	L4_FAST_AFTER_MASS = 1 << 8,	/* fast rows only in a bank that was mass-erased */
	L4_BURST = 1 << 9,	/* row_bit beside PG collects a row and programs it at once */
	L4_TRUSTZONE = 1 << 10,	/* option rules of L5 and later; OPTWERR */
	L4_WRP_LATCH = 1 << 11,	/* WRPxxR bit 31 written 0 freezes that area */
	L4_WIDE_SINGLE = 1 << 12,	/* with one bank PCROP counts twice as many bytes */
	L4_SECURE_TOP = 1 << 13,	/* SFR: the pages above belong to the second core */
	L4_DATA_WAIT = 1 << 14,	/* SR.WDW: part of a unit is waiting */
	L4_FAST_AFTER_ERASE = 1 << 15,	/* fast rows only there, or in the page erased last (field report) */
};

enum flash_l4_boot {
	L4_BOOT_PIN,		/* only the pin decides; it is low */
	L4_BOOT_SEL,		/* nBOOT_SEL 24, nBOOT1 25, nBOOT0 26 */
	L4_BOOT_SW,		/* nSWBOOT0 26, nBOOT0 27, nBOOT1 23 */
	L4_BOOT_ADDRESS,	/* NSBOOTADD0, NSBOOTADD1; chosen as before */
};

struct flash_l4_times {		/* typical */
	uint32_t unit_ns;
	uint32_t fast_ns;	/* a unit of a fast row, or a whole burst */
	uint32_t page_ns;
	uint32_t bank_ns;	/* 0 = page after page */
	uint32_t option_ns;
};

struct flash_l4_variant {
	const char *controller;
	uint32_t traits;
	uint8_t keyr, optkeyr, sr, cr, optr;	/* offsets */
	uint8_t unit;		/* bytes programmed at once */
	uint16_t row;		/* bytes of a fast row or a burst; 0 = none */
	uint32_t row_bit;	/* FSTPG, BWR */
	uint8_t page_bits;	/* width of PNB */
	uint32_t bker, mer2;	/* 0 = one bank */
	uint32_t busy2;		/* SR bit of an operation in bank 2; 0 = the same as bank 1 */
	uint32_t errors;	/* SR bits that writing 1 clears, but EOP */
	uint32_t acr_bits, acr_reset;
	uint8_t irq;
	enum flash_l4_boot boot;
	uint8_t wrp[4];		/* offsets: 1A, 1B, 2A, 2B; 0 = none */
	uint8_t pcrop[4];	/* offsets of start registers, end 4 later: 1A, 1B, 2A, 2B */
	uint16_t pcrop_unit;	/* bytes; 0 = half a page */
	uint8_t secure[2];	/* SECR of each bank: SEC_SIZE, BOOT_LOCK */
	uint16_t oem_key;	/* offset of OEM1KEYR1; 0 = none */
	uint8_t oem_words;	/* of one key */
	const struct flash_l4_times *times;
};

/* The row of a controller name, or NULL. */
const struct flash_l4_variant *flash_l4_variant(const char *controller);

enum flash_l4_kind { L4_PROGRAM, L4_ERASE, L4_OPTIONS };

enum { L4_SECURE_WORDS = 16 };

enum { L4_ROW_WORDS = 128, L4_WORDS = 24, L4_OPTION_BYTES = 4 * L4_WORDS + 8, L4_OTP_PAGE = 1024 };

struct flash_l4_job {
	enum flash_l4_kind kind;
	struct nvm_array *array;	/* the flash or OTP */
	uint32_t offset, length;
	unsigned slots;			/* that can't be read meanwhile; a mask */
	uint64_t ns;
	bool regress;			/* options: read protection is lifted, the flash erased */
	struct flash_l4_side *side;	/* that started it */
};

struct flash_l4_side {
	uint32_t sr, cr;
	struct nvm_lock lock;
};

struct flash_l4_line {		/* words that wait for the rest of their unit, row or burst */
	struct nvm_array *array;
	uint32_t offset;		/* of the first */
	unsigned count;
	uint32_t words[L4_ROW_WORDS];
	uint64_t deadline_ns;		/* for the next word of a fast row */
};

struct flash_l4 {
	struct soc *soc;
	const struct flash_l4_variant *variant;
	uint32_t unit;			/* bytes programmed at once */
	/* Flash in the order of its addresses: with swapped banks the second comes first. */
	struct nvm_array cells;
	struct nvm_array otp;
	uint8_t *sealed;		/* a bit for each unit of both: programmed to all FF */
	uint32_t sealed_size;

	const struct virtual_bank *banks;	/* of the mode in force */
	size_t bank_count;
	bool swapped;
	uint32_t gap_base;		/* of a second bank that does not follow the first; 0 = none */

	uint32_t acr;
	struct flash_l4_side sides[2], *side;	/* of non-secure and secure accesses; the one in use */
	bool trustzone;			/* TZEN is in force */
	uint8_t alias_first, alias_count;	/* rows of the bus */
	uint32_t secure_pages[L4_SECURE_WORDS];	/* SECBB1R1 to SECBB2R8 */
	bool empty, hidden[2];
	uint8_t mass_erased;		/* slots, since reset */
	uint32_t last_erased;		/* offset of a page */
	struct nvm_lock option_lock;
	struct nvm_work work;
	bool waiting;			/* for PES to be cleared */
	struct flash_l4_job job;
	struct flash_l4_line line;

	uint32_t reg[L4_WORDS];		/* the option registers */
	uint32_t active[L4_WORDS];	/* as loaded */
	uint8_t stored[L4_OPTION_BYTES];	/* in option memory; the last words: OEM keys set */
	uint8_t *mirrors[4];		/* option memory as it reads, a KiB each */
	uint32_t mirror_bases[4];
	bool reload;			/* at the reset that comes */
	bool torn;			/* option memory was left half-written */
	unsigned level;			/* of read protection, in force */
	bool blocked;			/* by it */
};

/* Puts controller, flash, option bytes and OTP on the bus. E_CONFIG, E_MEMORY. */
int flash_l4_add(struct soc *soc, struct why *why);

enum flash_l4_sr { L4_EOP = 1 << 0, L4_OPERR = 1 << 1, L4_PROGERR = 1 << 3, L4_WRPERR = 1 << 4,
		   L4_PGAERR = 1 << 5, L4_SIZERR = 1 << 6, L4_PGSERR = 1 << 7, L4_MISERR = 1 << 8,
		   L4_FASTERR = 1 << 9, L4_OPTWERR = 1 << 13, L4_RDERR = 1 << 14 };
#define L4_SR_OPTVERR (1u << 15)

enum flash_l4_cr { L4_PG = 1 << 0, L4_PER = 1 << 1, L4_MER1 = 1 << 2, L4_STRT = 1 << 16,
		   L4_OPTSTRT = 1 << 17, L4_EOPIE = 1 << 24, L4_ERRIE = 1 << 25 };

/* flash_l4.c */
static inline bool flash_l4_has(const struct flash_l4 *flash, enum flash_l4_trait trait)
{
	return flash->variant->traits & (uint32_t)trait;
}
/* Sets error flags, logs why. */
void flash_l4_fail(struct flash_l4 *flash, uint32_t errors, const char *reason);
/* Error flags that keep the next operation from starting: all but OPTVERR. */
uint32_t flash_l4_pending_errors(const struct flash_l4 *flash);
bool flash_l4_busy(const struct flash_l4 *flash);
void flash_l4_start(struct flash_l4 *flash, const struct flash_l4_job *job);
enum bus_result flash_l4_wait(struct flash_l4 *flash, enum bus_master master);
/* Bus reads have to ask while anything stands in their way. */
void flash_l4_update_special(struct flash_l4 *flash);

/* flash_l4_map.c: banks in the order of addresses are slots. */
int flash_l4_map_new(struct flash_l4 *flash, struct why *why);
void flash_l4_map_add(struct flash_l4 *flash);
/* Lays out the banks by the options in force. */
void flash_l4_map_update(struct flash_l4 *flash);
/* The banks change places, or are put in order; no more than that where there is one, or unequal ones. */
void flash_l4_map_exchange(struct flash_l4 *flash, bool swapped);
/* l4_remap.c: SYSCFG of chips with BFB2. E_MEMORY. */
int flash_l4_remap_add(struct flash_l4 *flash);
/* Puts the banks into their order on the die: before the image file is written. */
void flash_l4_map_park(struct flash_l4 *flash);
uint32_t flash_l4_slot_offset(const struct flash_l4 *flash, unsigned slot);
unsigned flash_l4_slot_of(const struct flash_l4 *flash, unsigned bank);
unsigned flash_l4_slot_at(const struct flash_l4 *flash, uint32_t offset);
uint32_t flash_l4_page_size(const struct flash_l4 *flash);
/* Cells of the flash changed: tells the bus where it shows them. */
void flash_l4_changed(const struct flash_l4 *flash, uint32_t offset, uint32_t length);
/* The cells from offset on as memory at base. */
struct bus_memory flash_l4_cells_row(struct flash_l4 *flash, uint32_t base, uint32_t offset, uint32_t size);
/* What stands at address 0. */
void flash_l4_map_boot(struct flash_l4 *flash, uint32_t base);

/* flash_l4_program.c */
enum bus_result flash_l4_cells_write(void *context, uint32_t address, unsigned width,
				     uint32_t value, enum bus_master master);
enum bus_result flash_l4_otp_write(void *context, uint32_t address, unsigned width, uint32_t value,
				   enum bus_master master);
void flash_l4_apply_program(struct flash_l4 *flash);
void flash_l4_cut_program(struct flash_l4 *flash);
void flash_l4_unseal(struct flash_l4 *flash, uint32_t offset, uint32_t length);
/* The words collected so far are lost. */
void flash_l4_drop_line(struct flash_l4 *flash);

/* flash_l4_erase.c */
void flash_l4_start_erase(struct flash_l4 *flash);
void flash_l4_erase(struct flash_l4 *flash, uint32_t offset, uint32_t length);
/* All but what PCROP keeps: read protection is lifted. */
void flash_l4_regress(struct flash_l4 *flash);
uint64_t flash_l4_mass_ns(const struct flash_l4 *flash);

/* flash_l4_option.c */
void flash_l4_option_init(struct flash_l4 *flash);
int flash_l4_option_new(struct flash_l4 *flash);
/* From option memory: at power-on, after OBL_LAUNCH. */
void flash_l4_option_load(struct flash_l4 *flash);
/* What every reset does with them. */
void flash_l4_option_reset(struct flash_l4 *flash);
/* Index of the option word at a register offset, or -1. */
int flash_l4_option_index(const struct flash_l4 *flash, uint32_t offset);
/* The word in force; absent when the chip has no such register. */
uint32_t flash_l4_option(const struct flash_l4 *flash, uint32_t offset, uint32_t absent);
uint32_t flash_l4_option_read(const struct flash_l4 *flash, int index);
void flash_l4_option_write(struct flash_l4 *flash, int index, uint32_t value);
void flash_l4_option_start(struct flash_l4 *flash);
void flash_l4_option_apply(struct flash_l4 *flash);
void flash_l4_option_cut(struct flash_l4 *flash);
void flash_l4_option_notice(struct flash_l4 *flash);
/* SR bits that tell which OEM keys are set. */
uint32_t flash_l4_oem_locks(const struct flash_l4 *flash);

/* flash_l4_secure.c */
/* The world that the options in force ask for: aliases, what a debugger may. At every reset. */
void flash_l4_secure_reset(struct flash_l4 *flash);
/* Whether this access is one of the secure world. */
bool flash_l4_is_secure(const struct flash_l4 *flash, enum bus_master master);
/* The page's own, by watermark or bit. */
bool flash_l4_page_is_secure(const struct flash_l4 *flash, uint32_t offset);
/* Whether the side in use may change all of these pages. */
bool flash_l4_side_reaches(const struct flash_l4 *flash, uint32_t from, uint32_t to);
/* Takes the side of a register; false where it does not answer. *offset: as of the non-secure one. */
bool flash_l4_take_side(struct flash_l4 *flash, uint32_t *offset, enum bus_master master);
/* The word of SECBBxRy at an offset, or NULL. */
uint32_t *flash_l4_secure_word(struct flash_l4 *flash, uint32_t offset);
/* TZEN is about to be set: all pages become secure. */
void flash_l4_secure_all(struct flash_l4 *flash);

/* flash_l4_guard.c; offsets into the flash */
bool flash_l4_write_protected(const struct flash_l4 *flash, uint32_t from, uint32_t to);
bool flash_l4_pcrop(const struct flash_l4 *flash, uint32_t from, uint32_t to);
/* PCROP_RDP is 0: lifting read protection leaves it alone. */
bool flash_l4_pcrop_stays(const struct flash_l4 *flash);
/* SEC_PROT was set, or another core's. */
bool flash_l4_hidden(const struct flash_l4 *flash, uint32_t from, uint32_t to);
bool flash_l4_guards_reads(const struct flash_l4 *flash);
/* What a protection register reads that the spec does not list; 0 for any other. */
uint32_t flash_l4_unlisted(const struct flash_l4 *flash, uint32_t offset);
/* What an option change must not take away from the words in force. */
uint32_t flash_l4_keep_protection(const struct flash_l4 *flash, uint32_t offset, uint32_t value,
				  bool regress);

#endif
