/* SPDX-License-Identifier: MIT
 *
 * The flash controller of STM32F2, F4 and F7 as the chip shows it: keys, errors, busy times, data
 * cache, option bytes, OTP (RM0090 section 3, DS8626 tables 40 and 41; RM0385 and RM0410 section
 * 3). Written from the manuals; strict: what silicon punishes is punished here. Five files:
 * registers (flash_f4.c), what the families differ in (flash_f4_kin.c), operations
 * (flash_f4_jobs.c), the arrays (flash_f4_cells.c), option bytes and protection
 * (flash_f4_option.c).
 */
#ifndef PROBE_VIRTUAL_FLASH_F4_H
#define PROBE_VIRTUAL_FLASH_F4_H

#include "probe/virtual/chips/soc.h"

/* Puts controller, flash, option bytes, OTP and identification on the bus. E_CONFIG, E_MEMORY. */
struct flash_f4;
int flash_f4_add(struct soc *soc, struct flash_f4 **out, struct why *why);

/* A pair of keys in the right order opens; anything else jams until reset. */
struct flash_lock {
	uint32_t keys[2];
	unsigned keys_seen;
	bool open, jammed;
};

enum flash_job_kind { FLASH_IDLE, FLASH_PROGRAM, FLASH_ERASE, FLASH_OPTIONS };

/* The operation in work. Its effect comes at its end, or half of it when it is cut short. */
struct flash_job {
	enum flash_job_kind kind;
	uint8_t *cells;			/* array worked on: flash, OTP */
	uint32_t offset, length;	/* of that array; also what an option change erases */
	uint32_t value;			/* to program */
	bool weak;			/* parallelism too high for the supply */
	uint64_t started_ns;
};

/* One 128-bit line of the data cache (RM0090 3.4.2: 8 lines). */
struct flash_line {
	bool valid;
	uint32_t offset;
	uint8_t bytes[16];
};

enum { FLASH_F4_LINES = 8, FLASH_F4_INFO = 1024, FLASH_F4_INFO_MAX = 2048, FLASH_F4_MIRROR = 1024,
       FLASH_F4_WORDS = 4 };

/* What the families differ in. */
struct flash_f4_kin {
	const char *controller;
	uint32_t acr_bits, cr_bits;	/* implemented */
	uint32_t alias;			/* where the flash is also read: 0, or the ITCM's window */
	bool boot_words;		/* OPTCR1 holds boot addresses, not write protection */
	bool boots_by_address;		/* the vectors are where BOOT_ADD0 says */
	bool pairs;			/* in dual-bank mode one nWRP bit covers two sectors */
	/* Typical times by PSIZE: sectors of the smallest size, 4 and 8 times that, and a MiB of mass
	 * erase. */
	struct { uint16_t sector_ms[3][4]; uint32_t mib_ms[4]; } times[2];	/* one bank, two */
};

struct flash_f4 {
	struct soc *soc;
	const struct flash_f4_kin *kin;
	const struct virtual_bank *banks;	/* by the option bytes in force */
	size_t bank_count;
	uint32_t base, size;
	uint8_t *cells;		/* what the array holds */
	uint8_t *seen;		/* what the bus reads: the cells, but for stale cache lines */
	uint8_t info[FLASH_F4_INFO_MAX];	/* the page with OTP, lock bytes, UID, size */
	uint8_t mirror[2][FLASH_F4_MIRROR];	/* option bytes as memory: of each bank */
	uint32_t info_base, info_size;
	uint8_t stored[4 * FLASH_F4_WORDS];	/* option bytes in the array, laid out as OPTCR */

	uint32_t acr, cr, sr;
	uint32_t optcr[FLASH_F4_WORDS];		/* the registers */
	struct flash_lock lock, option_lock;
	uint8_t rdp;		/* the level byte in force */
	bool special;		/* bus reads have to ask: busy or read-protected */
	bool blocked;		/* read protection is in force */

	struct flash_job job;
	uint64_t busy_until_ns;
	struct vclock_alarm done;
	struct flash_line lines[FLASH_F4_LINES];
	unsigned next_line;
	/* Cells of an erase that was cut short near its end: blank for now, noise after the next
	 * power-on. */
	struct { uint32_t offset, length; } faint;

	struct {		/* mistakes that silicon swallows without a word; for tests */
		unsigned bits_not_set;		/* programmed 1 onto 0 */
		unsigned weak_writes;		/* parallelism too high for the supply */
	} silent;
};

/* flash_f4.c */
enum flash_cr { CR_PG = 1 << 0, CR_SER = 1 << 1, CR_MER = 1 << 2, CR_SNB = 0x1F, CR_SNB_SHIFT = 3,
		CR_PSIZE_SHIFT = 8, CR_MER2 = 1 << 15, CR_STRT = 1 << 16, CR_EOPIE = 1 << 24,
		CR_ERRIE = 1 << 25 };
#define CR_LOCK (1u << 31)

enum flash_sr { FLASH_EOP = 1 << 0, FLASH_OPERR = 1 << 1, FLASH_WRPERR = 1 << 4,
		FLASH_PGAERR = 1 << 5, FLASH_PGPERR = 1 << 6, FLASH_PGSERR = 1 << 7 };

/* Sets an error flag, logs why. */
void flash_f4_fail(struct flash_f4 *flash, enum flash_sr error, const char *reason);
void flash_f4_update_irq(struct flash_f4 *flash);
bool flash_f4_busy(const struct flash_f4 *flash);
unsigned flash_f4_psize(const struct flash_f4 *flash);
bool flash_f4_too_wide_for_supply(const struct flash_f4 *flash);

/* flash_f4_kin.c */
/* By controller name and chip; NULL if there is none. */
const struct flash_f4_kin *flash_f4_kin(const struct virtual_spec *spec);

/* flash_f4_jobs.c */
enum { FLASH_PROGRAM_NS = 16000 };	/* one write of any width; DS8626 table 40 */
/* Starts a job that takes ns. */
void flash_f4_start(struct flash_f4 *flash, const struct flash_job *job, uint64_t ns);
/* CR.STRT was set. */
void flash_f4_start_erase(struct flash_f4 *flash);
/* The alarm at a job's end. */
void flash_f4_ring(void *context);
/* Lets an access wait for the end of the operation in work: BUS_OK for the core (it is stalled),
 * BUS_STALL for the debug port. */
enum bus_result flash_f4_wait(struct flash_f4 *flash, enum bus_master master);
/* The same, for an access to the array: the bank that is not worked on can be read. */
enum bus_result flash_f4_wait_for_bank(struct flash_f4 *flash, uint32_t offset,
				       enum bus_master master);
/* Sector n as SNB counts; false if there is none. */
bool flash_f4_sector(const struct flash_f4 *flash, unsigned snb, uint32_t *offset, uint32_t *size);
uint64_t flash_f4_sector_ns(const struct flash_f4 *flash, uint32_t size);
/* Erasing this much of one bank at once. */
uint64_t flash_f4_mass_ns(const struct flash_f4 *flash, uint32_t length);

/* flash_f4_cells.c */
int flash_f4_cells_new(struct flash_f4 *flash);
void flash_f4_cells_add(struct flash_f4 *flash);
/* The effect of a job that came to its end, or of one cut short. */
void flash_f4_apply(struct flash_f4 *flash);
void flash_f4_cut(struct flash_f4 *flash);
/* ACR was written: what the bus sees depends on the data cache. */
void flash_f4_cache_changed(struct flash_f4 *flash, uint32_t old_acr);
/* Power is back: faint cells turn to noise, and the bus sees the cells again. */
void flash_f4_cells_power_on(struct flash_f4 *flash);

/* flash_f4_option.c */
void flash_f4_option_init(struct flash_f4 *flash);
/* Loads the option bytes into their registers; at power-on the protection level takes force, too.
 *  */
void flash_f4_option_load(struct flash_f4 *flash, bool at_power_on);
enum bus_result flash_f4_option_write(struct flash_f4 *flash, unsigned word, uint32_t value);
void flash_f4_option_apply(struct flash_f4 *flash);
void flash_f4_option_cut(struct flash_f4 *flash);
/* Works out whether read protection is in the way right now. */
void flash_f4_option_notice(struct flash_f4 *flash);
bool flash_f4_option_protects(const struct flash_f4 *flash, uint32_t offset);
bool flash_f4_option_protects_any(const struct flash_f4 *flash, uint32_t from, uint32_t to);
void flash_f4_otp_add(struct flash_f4 *flash);

#endif
