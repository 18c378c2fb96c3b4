/* SPDX-License-Identifier: MIT
 *
 * Locks, cells and operations of the virtual flash controllers.
 */
#include "probe/virtual/flash/nvm.h"

#include "probe/log.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { LONG_WAIT_NS = 1000000, POLL_NS = 20000, NEARLY_DONE = 75 };

/* --- locks ------------------------------------------------------------------------------------ */

enum bus_result nvm_lock_key(struct nvm_lock *lock, uint32_t key)
{
	if (lock->open && lock->lenient)
		return BUS_OK;
	if (!lock->open && !lock->jammed && key == lock->keys[lock->seen]) {
		lock->open = ++lock->seen == 2;
		return BUS_OK;
	}
	log_line(LOG_VIRTUAL, "flash: wrong key %08X to %s: locked until reset", (unsigned)key,
		 lock->name);
	lock->open = false;
	lock->jammed = true;
	return BUS_FAULT;
}

void nvm_lock_close(struct nvm_lock *lock)
{
	lock->open = false;
	lock->seen = 0;
}

void nvm_lock_reset(struct nvm_lock *lock)
{
	nvm_lock_close(lock);
	lock->jammed = false;
}

/* --- cells ------------------------------------------------------------------------------------ */

int nvm_array_new(struct nvm_array *array, struct soc *soc, const char *name, uint32_t base,
		  uint32_t size, uint8_t erased)
{
	*array = (struct nvm_array){ .soc = soc, .base = base, .size = size, .erased = erased };
	array->bytes = malloc(size);
	if (!array->bytes)
		return E_MEMORY;
	memset(array->bytes, erased, size);
	soc_add_area(soc, name, array->bytes, size);
	return OK;
}

void nvm_array_free(struct nvm_array *array)
{
	free(array->bytes);
}

void nvm_array_put(struct nvm_array *array, uint32_t offset, unsigned length, uint32_t value)
{
	assert(offset < array->size && length <= array->size - offset);
	for (unsigned i = 0; i < length; i++)
		array->bytes[offset + i] = (uint8_t)(value >> 8 * i);
	bus_changed(array->soc->bus, array->base + offset, length);
}

uint32_t nvm_array_get(const struct nvm_array *array, uint32_t offset, unsigned length)
{
	uint32_t value = 0;

	assert(offset < array->size && length <= array->size - offset);
	for (unsigned i = 0; i < length; i++)
		value |= (uint32_t)array->bytes[offset + i] << 8 * i;
	return value;
}

void nvm_array_erase(struct nvm_array *array, uint32_t offset, uint32_t length)
{
	assert(offset <= array->size && length <= array->size - offset);
	memset(array->bytes + offset, array->erased, length);
	if (offset <= array->faint_offset &&
	    offset + length >= array->faint_offset + array->faint_length)
		array->faint_length = 0;
	bus_changed(array->soc->bus, array->base + offset, length);
}

bool nvm_array_blank(const struct nvm_array *array, uint32_t offset, uint32_t length)
{
	for (uint32_t i = 0; i < length; i++)
		if (array->bytes[offset + i] != array->erased)
			return false;
	return true;
}

/* Garbage that is the same in every run. */
static uint8_t noise(uint32_t *seed)
{
	*seed = *seed * 1664525u + 1013904223u;
	return (uint8_t)(*seed >> 24);
}

/* An erase that was nearly done looks done: cells read blank by a hair's breadth. */
void nvm_array_cut_erase(struct nvm_array *array, uint32_t offset, uint32_t length, unsigned done)
{
	uint32_t seed = offset ^ done;

	if (done >= NEARLY_DONE) {
		nvm_array_erase(array, offset, length);
		array->faint_offset = offset;
		array->faint_length = length;
		return;
	}
	for (uint32_t i = 0; i < length; i++)
		array->bytes[offset + i] = noise(&seed);
	bus_changed(array->soc->bus, array->base + offset, length);
}

void nvm_array_cut_program(struct nvm_array *array, uint32_t offset, unsigned length,
			   uint32_t value)
{
	uint32_t seed = offset, old = nvm_array_get(array, offset, length), through = 0;

	for (unsigned i = 0; i < length; i++)
		through |= (uint32_t)noise(&seed) << 8 * i;
	nvm_array_put(array, offset, length, old ^ ((old ^ value) & through));
}

void nvm_array_power_on(struct nvm_array *array)
{
	uint32_t seed = array->faint_offset;

	for (uint32_t i = 0; i < array->faint_length; i++)
		array->bytes[array->faint_offset + i] ^= noise(&seed);
	bus_changed(array->soc->bus, array->base, array->size);
	array->faint_length = 0;
}

/* --- the operation in work -------------------------------------------------------------------- */

static void update_special(struct nvm_work *work)
{
	work->special = work->active || work->blocked;
}

static void finish(struct nvm_work *work)
{
	vclock_disarm(&work->alarm);
	work->active = false;
	update_special(work);
	work->finish(work->context);
}

static void ring(void *context)
{
	finish(context);
}

void nvm_work_init(struct nvm_work *work, struct soc *soc, void (*finished)(void *context),
		   void *context)
{
	*work = (struct nvm_work){ .soc = soc, .context = context, .finish = finished };
	work->alarm.ring = ring;
	work->alarm.context = work;
	vclock_add(soc->clock, &work->alarm);
}

bool nvm_work_busy(const struct nvm_work *work)
{
	return vclock_now(work->soc->clock) < work->until_ns;
}

void nvm_work_start(struct nvm_work *work, uint64_t ns)
{
	uint64_t now = vclock_now(work->soc->clock);
	/* A core that waited for the last operation is still on its way to its end. */
	uint64_t from = now > work->until_ns ? now : work->until_ns;

	assert(!work->active);
	work->active = true;
	work->started_ns = from;
	work->until_ns = from + soc_flash_takes(work->soc, ns);
	update_special(work);
	vclock_arm(work->soc->clock, &work->alarm, work->until_ns - now);
}

enum bus_result nvm_work_wait(struct nvm_work *work, enum bus_master master)
{
	const struct soc_host *host = work->soc->host;

	if (!nvm_work_busy(work))
		return BUS_OK;
	if (master == BUS_DEBUG)
		return BUS_STALL;
	host->stall_core(host->context, work->until_ns - vclock_now(work->soc->clock));
	if (work->active)
		finish(work);
	return BUS_OK;
}

void nvm_work_polled(struct nvm_work *work, enum bus_master master)
{
	const struct soc_host *host = work->soc->host;

	if (master == BUS_CPU && vclock_now(work->soc->clock) + LONG_WAIT_NS < work->until_ns)
		host->stall_core(host->context, POLL_NS);
}

bool nvm_work_cut(struct nvm_work *work, unsigned *done)
{
	uint64_t now = vclock_now(work->soc->clock), whole_ns = work->until_ns - work->started_ns;
	bool cut = work->active;

	*done = 0;
	if (cut) {
		log_line(LOG_VIRTUAL, "flash: operation cut short by a reset");
		if (now < work->until_ns)
			work->soc->flash_busy_ns -= work->until_ns - now;
		*done = (unsigned)(vclock_since(work->soc->clock, work->started_ns) * 100 /
				   (whole_ns ? whole_ns : 1));
	}
	vclock_disarm(&work->alarm);
	work->active = false;
	work->until_ns = 0;
	update_special(work);
	return cut;
}

void nvm_work_block(struct nvm_work *work, bool blocked)
{
	work->blocked = blocked;
	update_special(work);
}

uint32_t nvm_lane(uint32_t value, uint32_t offset, unsigned width)
{
	value >>= 8 * (offset & 3);
	return width == 4 ? value : value & ((1u << 8 * width) - 1);
}
