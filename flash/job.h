/* SPDX-License-Identifier: MIT
 *
 * One commit of a plan on its way: what has to be done with each sector, and how far it is.
 * Private to writer.c, compare.c, whole_banks.c, execute.c, pieces.c, together.c, eeprom.c and edata.c.
 */
#ifndef FLASH_JOB_H
#define FLASH_JOB_H

#include "flash/controller.h"
#include "flash/flash.h"
#include "flash/plan.h"
#include "flash/routine.h"
#include "flash/secure.h"

enum work {
	WORK_NONE,		/* holds already what it should */
	WORK_PROGRAM,		/* is erased: program only */
	WORK_ERASE,		/* erase, then program */
};

struct job_sector {
	struct chip_sector sector;
	uint32_t wanted_crc;
	uint32_t covered;	/* bytes that the plan writes into it */
	enum work work;
};

struct job {
	struct flash_plan *plan;
	const struct flash_options *options;
	struct flash_report *report;
	struct flash_device device;
	struct core *core;
	struct board *board;
	struct loader *loader;		/* NULL: through the debug port */
	struct job_sector *sectors;
	size_t sector_count;
	bool at_once;			/* all of device.whole by one operation */
	bool acted;			/* flash may have changed */
	struct secure_pages secure_pages;
	uint8_t *kept;			/* RAM in the loader's area that a client wrote, or NULL */
	uint32_t kept_base, kept_size;
	struct routine_context context_before;	/* after the first reset; for options->reset_after = false */
	uint32_t doubt_base, doubt_size;	/* what an earlier job left unfinished */
	uint32_t done, total;		/* bytes, for progress */
	void (*progress)(void *context, uint32_t done, uint32_t total);
	void *context;
};

enum { JOB_BLOCK = 2048 };		/* bytes that are composed and programmed at once */

/* Fills wanted_crc and decides what work each sector needs, by checksums computed on the target. */
int job_compare(struct job *job, struct why *why);
/* Fills device.whole[] and at_once; sectors that would lose what they hold become work. */
int job_choose_banks(struct job *job, struct why *why);
/* Erases and programs what needs it. The controller is unlocked; job->loader may be left open. */
int job_execute(struct job *job, struct why *why);
/* The work that a sector needs once whole banks are erased. */
enum work job_work_left(const struct job *job, const struct job_sector *sector);
void job_tell_progress(const struct job *job);
/* The plan's part in data EEPROM: writes the words that differ, through the debug port, and checks them.
 * The controller is locked again however it ends. E_VERIFY, E_FLASH with the address. */
int job_write_eeprom(struct job *job, struct why *why);
/* The same for data flash (EDATA): what was not sent stays, and a sector is erased only when something in it has to
 * change that was written before. */
int job_write_edata(struct job *job, struct why *why);
/* Checks every sector that had work. E_VERIFY names the first address that differs. A sector that was
 * taken for blank and is not right gets WORK_ERASE and *again = true instead. */
int job_verify(struct job *job, bool *again, struct why *why);
/* Reads words of flash together. One whose ECC is broken, by an erase or a write that was cut off, is no
 * error: its result is E_FAULT. */
int job_read_words(struct job *job, struct probe_op *ops, size_t count, struct why *why);
/* A sector in which an earlier job was cut off may read as anything. */
bool job_in_doubt(const struct job *job, const struct chip_sector *sector);
/* The checksum of so many erased bytes. */
uint32_t job_blank_crc(const struct job *job, uint32_t size);
/* What the transfer of so many bytes takes, roughly: as on a V2 at 4 MHz, unless it is a V3 at full speed.
 * Only order and choice depend on it. */
uint64_t job_wire_us(const struct job *job, uint32_t bytes);
/* The checksum of what a sector will hold. */
uint32_t job_wanted_crc(const struct flash_plan *plan, const struct chip_sector *sector);

#endif
