/* SPDX-License-Identifier: MIT
 *
 * What the models of flash controllers have in common: locks with keys, arrays of cells, the
 * operation in work. What a register means and what is a mistake is theirs.
 */
#ifndef PROBE_VIRTUAL_NVM_H
#define PROBE_VIRTUAL_NVM_H

#include "probe/virtual/chips/soc.h"

/* A pair of keys in the right order opens; anything else jams until reset. */
struct nvm_lock {
	const char *name;		/* of the key register */
	uint32_t keys[2];
	bool lenient;			/* keys while open are ignored; else they jam too */
	unsigned seen;
	bool open, jammed;
};

/* A key was written; BUS_FAULT for a wrong one. */
enum bus_result nvm_lock_key(struct nvm_lock *lock, uint32_t key);
void nvm_lock_close(struct nvm_lock *lock);
void nvm_lock_reset(struct nvm_lock *lock);

/* Cells that outlive power: flash, option bytes, OTP. */
struct nvm_array {
	struct soc *soc;
	uint32_t base, size;
	uint8_t *bytes;
	uint8_t erased;			/* 0xFF or 0x00 */
	/* Cells of an erase that was cut short near its end: blank for now, noise after the next
	 * power-on. */
	uint32_t faint_offset, faint_length;
};

/* Erased cells, as an area of the image file. E_MEMORY. */
int nvm_array_new(struct nvm_array *array, struct soc *soc, const char *name, uint32_t base,
		  uint32_t size, uint8_t erased);
void nvm_array_free(struct nvm_array *array);
/* The cells take this value, and the bus hears of it; length 1 to 4, little-endian. */
void nvm_array_put(struct nvm_array *array, uint32_t offset, unsigned length, uint32_t value);
uint32_t nvm_array_get(const struct nvm_array *array, uint32_t offset, unsigned length);
void nvm_array_erase(struct nvm_array *array, uint32_t offset, uint32_t length);
bool nvm_array_blank(const struct nvm_array *array, uint32_t offset, uint32_t length);
/* What a reset or a power cut leaves: done = how much of the time had passed, in percent. */
void nvm_array_cut_erase(struct nvm_array *array, uint32_t offset, uint32_t length, unsigned done);
/* Some of the bits that were to change did. */
void nvm_array_cut_program(struct nvm_array *array, uint32_t offset, unsigned length,
			   uint32_t value);
void nvm_array_power_on(struct nvm_array *array);

/* The operation in work: its effect comes at its end. */
struct nvm_work {
	struct soc *soc;
	void *context;
	void (*finish)(void *context);
	struct vclock_alarm alarm;
	bool active;
	bool blocked;			/* set by nvm_work_block */
	bool special;			/* active or blocked: bus reads have to ask */
	uint64_t started_ns, until_ns;
};

void nvm_work_init(struct nvm_work *work, struct soc *soc, void (*finish)(void *context),
		   void *context);
/* Nothing may be in work. */
void nvm_work_start(struct nvm_work *work, uint64_t ns);
/* True until the time of the operation is over. */
bool nvm_work_busy(const struct nvm_work *work);
/* Lets an access wait for the end: BUS_OK for the core (it is stalled), BUS_STALL for the debug
 * port. */
enum bus_result nvm_work_wait(struct nvm_work *work, enum bus_master master);
/* The core looks at a busy flag: while the end is far away each look takes a little longer than on
 * silicon, so that polling through an erase costs the host less. */
void nvm_work_polled(struct nvm_work *work, enum bus_master master);
/* Ends it without effect; false if nothing was in work. *done = percent of its time. */
bool nvm_work_cut(struct nvm_work *work, unsigned *done);
void nvm_work_block(struct nvm_work *work, bool blocked);

/* Typical use by a register block: the part of a 32-bit value that a narrow access sees. */
uint32_t nvm_lane(uint32_t value, uint32_t offset, unsigned width);

#endif
