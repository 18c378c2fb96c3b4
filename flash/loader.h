/* SPDX-License-Identifier: MIT
 *
 * The host's side of a loader: fills the queue in target RAM while the loader erases and programs. Between
 * loader_open() and the end of loader_stop() the host touches nothing of the target but the queue's RAM and
 * the core's debug registers.
 */
#ifndef FLASH_LOADER_H
#define FLASH_LOADER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "flash/controller.h"

struct loader;

/* True when this chip has RAM and a core for the loader of its controller. */
bool loader_possible(const struct flash_device *device);

/* Copies the loader to RAM and starts it. The core is halted before, the controller unlocked. */
int loader_open(struct loader **out, const struct flash_device *device, struct why *why);

/* Puts an operation into the queue; waits while there is no room. Data is copied. E_FLASH, E_LOADER,
 * E_TIMEOUT with the place and the cause, E_INTERRUPTED; the operation that failed is mostly an
 * earlier one. After an error only loader_stop() may follow. */
int loader_erase(struct loader *loader, const struct flash_operation *operation,
		 struct flash_duration duration, struct why *why);
/* The same in two parts, between which operations of other banks may come (device->banks_apart);
 * duration is what is left then. */
int loader_erase_start(struct loader *loader, const struct flash_operation *operation,
		       struct why *why);
int loader_erase_wait(struct loader *loader, const struct flash_operation *operation,
		      struct flash_duration duration, struct why *why);
/* Whole units; the operation is the driver's program_operation(). */
int loader_program(struct loader *loader, const struct flash_piece *piece, struct why *why);

/* A piece of each bank of the same length, at the same time (device->banks_apart); first is of the bank whose
 * registers come first. Together at most loader_block(). */
int loader_program_both(struct loader *loader, const struct flash_piece *first,
			const struct flash_piece *second, uint32_t length, struct why *why);

/* The most that loader_program() takes at once. */
uint32_t loader_block(const struct loader *loader);
/* Bytes programmed so far, as far as the host has heard. */
uint32_t loader_done(const struct loader *loader);

/* Waits until a part of the queue is done; *empty = all of it is. To be called until then. */
int loader_drain(struct loader *loader, bool *empty, struct why *why);
/* Halts the core wherever it is; an operation that the controller has begun runs on (the
 * controller's lock() waits for it). Not interruptible. */
int loader_stop(struct loader *loader);
/* Frees; NULL is allowed. */
void loader_free(struct loader *loader);

#endif
