/* SPDX-License-Identifier: MIT
 *
 * Feeding a loader. Bytes for the queue are collected until one full USB write is together; then
 * the producer index moves. The loader is asked how far it is only when there is no room left, so
 * that a load costs few exchanges.
 *
 * In target RAM, one after the other: code, stack for a fault, queue, control block (so far from the code that
 * an emulator does not take its stores for changes of code). The words of the control block and of an entry
 * are described in loaders/queue.inc.
 */
#include "flash/loader.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "flash/routine.h"
#include "probe/bytes.h"
#include "probe/link.h"
#include "probe/log.h"

enum { CONSUMER = 0, PRODUCER = 4, HEARTBEAT = 8, STATUS = 12, ADDRESS = 16, WATCHDOG = 20, WINDOW = 24,
       SPARE = 28, CONTROL_SIZE = 32 };
enum { CONSUMER_FAILED = 1 };
enum { REWIND, ERASE, START, WAIT, PROGRAM, PAIR };
enum { HEADER = 16, PAIR_ADDRESS = 4, KIND_REGISTERS_SHIFT = 8 };
enum { STACK = 96, QUEUE_LEAST = 1024 };

/* Bytes of one program entry: small enough for four in the queue, a multiple of every program unit
 * and, where there is room for it, of a row. */
enum { BLOCK_MOST = 2048, BLOCK_ALIGN = 64 };

/* In flight at most; a bound for entries of the smallest pages. */
enum { UNITS = 256 };

/* Pauses between two looks at the consumer index. */
enum { PAUSE_FIRST_US = 500, PAUSE_LONGEST_US = 20000 };

/* The heart is listened to each BEAT_US at most, and has to beat within SILENCE_US. */
enum { BEAT_US = 30000, SILENCE_US = 60000, GRACE_US = 100000 };

struct unit {			/* an entry of the queue that is not done yet */
	uint32_t end;		/* consumer index once it is done */
	uint32_t kind, address;
	uint32_t length;	/* of what stands behind the header */
	uint32_t bytes;		/* that are programmed */
	struct flash_duration duration;
};

struct loader {
	const struct flash_device *device;
	struct core *core;
	struct probe *probe;
	uint32_t control, queue, queue_end;	/* addresses in the target */
	uint32_t put;			/* where the next entry goes */
	uint32_t shown;			/* the producer index as the loader knows it */
	uint32_t taken;			/* the consumer index as we know it */
	uint8_t *staged;		/* bytes for staged_at.. that are not in the target yet */
	uint32_t staged_at, staged_length, staged_room;
	struct unit units[UNITS];	/* a ring */
	unsigned first_unit, unit_count;
	uint32_t done;
	uint64_t looked_us, moved_us;	/* when we asked last, and when the index was seen to move last */
	uint64_t began_us;		/* when the unit in work began, by the data sheet */
	uint32_t heartbeat;
	uint64_t beat_us;		/* when the heart was seen to beat last */
	unsigned beats_heard;		/* since the consumer index moved */
	uint64_t pause_us;		/* before the next look, at least */
};

/* ---- starting ---- */

static uint32_t code_room(const struct flash_device *device)
{
	return (uint32_t)(device->controller->loader_size + 7) / 8 * 8;
}

bool loader_possible(const struct flash_device *device)
{
	const struct flash_controller *controller = device->controller;
	uint32_t base, size;

	return controller->loader && routine_area(&device->board->chip, &base, &size) &&
	       size >= code_room(device) + CONTROL_SIZE + STACK + QUEUE_LEAST;
}

/* So much of the queue is filled, or waited for, at once: few exchanges, and the rest keeps the loader busy. */
static uint32_t quarter(const struct loader *l)
{
	return (l->queue_end - l->queue) / 4;
}

static int start(struct loader *l, uint32_t base, struct why *why)
{
	const struct flash_device *device = l->device;
	const struct routine_call call = {
		.code = device->controller->loader, .code_size = device->controller->loader_size,
		.entry = base, .stack_top = l->queue,
		.arguments = { l->control, device->registers, l->queue },
	};
	const struct chip *chip = &device->board->chip;
	uint8_t control[CONTROL_SIZE] = { 0 };
	int err;

	put_u32(control + CONSUMER, l->queue);
	put_u32(control + PRODUCER, l->queue);
	put_u32(control + WATCHDOG, routine_watchdog(chip, l->control + SPARE));
	put_u32(control + WINDOW, routine_window_watchdog(chip, l->control + SPARE));
	err = probe_write(l->probe, l->core->port, l->control, control, sizeof control, PROBE_ANY,
			  NULL);
	if (err)
		return explain(why, err, "writing to RAM at 0x%08X: %s", l->control, error_text(err));
	return routine_start(l->core, &call, why);
}

int loader_open(struct loader **out, const struct flash_device *device, struct why *why)
{
	struct loader *l = calloc(1, sizeof *l);
	uint32_t base = 0, size = 0;
	int err;

	*out = l;
	if (!l || !routine_area(&device->board->chip, &base, &size))
		return explain(why, l ? E_CHIP : E_MEMORY, "no place for a loader");
	l->device = device;
	l->core = device->core;
	l->probe = device->board->probe;
	l->queue = base + code_room(device) + STACK;
	l->queue_end = base + size - CONTROL_SIZE;
	l->control = l->queue_end;
	l->put = l->shown = l->taken = l->staged_at = l->queue;
	l->staged_room = min_u32(probe_abilities(l->probe)->mem32_max, quarter(l) / 4 * 4);
	l->pause_us = PAUSE_FIRST_US;
	l->staged = malloc(l->staged_room);
	if (!l->staged)
		return explain(why, E_MEMORY, "no memory for %u bytes", l->staged_room);
	err = start(l, base, why);
	l->moved_us = l->began_us = link_now_us(probe_link(l->probe));
	log_line(LOG_FLASH, "loader at 0x%08X, queue of %u bytes: %s", base,
		 l->queue_end - l->queue, error_text(err));
	return err;
}

void loader_free(struct loader *l)
{
	if (!l)
		return;
	free(l->staged);
	free(l);
}

uint32_t loader_block(const struct loader *l)
{
	uint32_t least = max_u32(BLOCK_ALIGN, l->device->granule_bytes);
	uint32_t align = max_u32(least, l->device->row_bytes);

	if (align > quarter(l))
		align = least;
	return min_u32(BLOCK_MOST, quarter(l) / align * align);
}

uint32_t loader_done(const struct loader *l)
{
	return l->done;
}

/* ---- hearing from the loader ---- */

static struct unit *oldest(struct loader *l)
{
	return &l->units[l->first_unit];
}

/* Takes what the consumer index has passed off the list. */
static void settle_units(struct loader *l, uint32_t consumer)
{
	while (l->unit_count && l->taken != consumer) {
		struct unit *unit = oldest(l);

		l->taken = unit->end;
		l->began_us += unit->duration.typical_us;
		l->done += unit->bytes;
		l->first_unit = (l->first_unit + 1) % UNITS;
		l->unit_count--;
	}
	l->taken = consumer;
}

static const char *unit_words(const struct unit *unit)
{
	return unit->bytes ? "programming" : "erasing";
}

/* The loader has stopped with an error of the controller. */
static int explain_failure(struct loader *l, struct why *why)
{
	const struct unit *unit = oldest(l);
	uint8_t control[CONTROL_SIZE];
	char words[200];
	int err = probe_read(l->probe, l->core->port, l->control, control, sizeof control, PROBE_ANY,
			     NULL);

	if (err)
		return explain(why, err, "asking the loader: %s", error_text(err));
	l->device->controller->status_text(get_u32(control + STATUS), words, sizeof words);
	return explain(why, E_FLASH, "%s at 0x%08X: %s", unit_words(unit), get_u32(control + ADDRESS),
		       words);
}

static int explain_silence(struct loader *l, struct why *why)
{
	const struct unit *unit = oldest(l);
	char doing[80];

	snprintf(doing, sizeof doing, "the loader died %s at 0x%08X", unit_words(unit), unit->address);
	return routine_explain_death(l->core, doing, why);
}

static bool is_index(const struct loader *l, uint32_t value)
{
	return value >= l->queue && value < l->queue_end && value % 4 == 0;
}

/* Looks for a sign of life of a loader whose consumer index stands still. A unit is late only when
 * the heart was heard twice meanwhile: the last look may have been long ago. */
static int check_life(struct loader *l, uint64_t now_us, struct why *why)
{
	const struct unit *unit = oldest(l);
	uint32_t beat = 0;
	int err;

	if (l->beats_heard && now_us - l->beat_us < BEAT_US)
		return 0;
	err = probe_read_u32(l->probe, l->core->port, l->control + HEARTBEAT, &beat);
	if (err)
		return explain(why, err, "asking the loader: %s", error_text(err));
	if (!l->beats_heard || beat != l->heartbeat) {
		l->heartbeat = beat;
		l->beat_us = now_us;
		l->beats_heard++;
	} else if (now_us - l->beat_us >= SILENCE_US) {
		return explain_silence(l, why);
	}
	if (l->beats_heard > 1 && now_us - l->moved_us > (uint64_t)unit->duration.maximum_us + GRACE_US)
		return explain(why, E_TIMEOUT, "%s at 0x%08X: the controller is still busy after %u ms",
			       unit_words(unit), unit->address,
			       (unsigned)((now_us - l->moved_us) / 1000));
	return 0;
}

/* The unit in work began just now or after earliest_us: the last look may have been the length of an
 * erase ago, and so may have been its start. */
static void note_start(struct loader *l, uint64_t now_us, uint64_t earliest_us)
{
	l->moved_us = now_us;
	if (l->began_us < earliest_us)
		l->began_us = earliest_us;
	if (l->began_us > now_us)
		l->began_us = now_us;
	l->beats_heard = 0;
}

/* Asks for the consumer index. *moved = something was done since. */
static int look(struct loader *l, bool *moved, struct why *why)
{
	uint64_t now_us = link_now_us(probe_link(l->probe)), before_us = l->looked_us;
	uint32_t consumer = 0;
	int err = probe_read_u32(l->probe, l->core->port, l->control + CONSUMER, &consumer);

	if (err)
		return explain(why, err, "asking the loader: %s", error_text(err));
	l->looked_us = now_us;
	if (!is_index(l, consumer & ~CONSUMER_FAILED))
		return explain(why, E_LOADER, "the loader's queue was overwritten (consumer index "
			       "0x%08X)", consumer);
	*moved = (consumer & ~CONSUMER_FAILED) != l->taken;
	settle_units(l, consumer & ~CONSUMER_FAILED);
	if (consumer & CONSUMER_FAILED)
		return explain_failure(l, why);
	if (*moved)
		note_start(l, now_us, before_us);
	return *moved || !l->unit_count ? 0 : check_life(l, now_us, why);
}

/* How long the loader will need, by the data sheet, until so many bytes of its queue are free. */
static uint64_t expected_us(const struct loader *l, uint32_t bytes)
{
	uint64_t now_us = link_now_us(probe_link(l->probe)), worked_us = now_us - l->began_us, sum = 0;
	uint32_t freed = 0;

	if (now_us - l->looked_us > PAUSE_LONGEST_US)	/* what we know is old: ask first */
		return 0;
	for (unsigned i = 0; i < l->unit_count && freed < bytes; i++) {
		const struct unit *unit = &l->units[(l->first_unit + i) % UNITS];

		sum += unit->duration.typical_us;
		freed += HEADER + unit->length;
	}
	return sum > worked_us ? sum - worked_us : 0;
}

/* Looks when so many bytes should be free, or a bit before; pauses grow while nothing moves. */
static int look_later(struct loader *l, uint32_t bytes, struct why *why)
{
	uint64_t wait_us = expected_us(l, bytes) * 7 / 8;
	bool moved = false;
	int err = routine_pause(l->probe, wait_us > l->pause_us ? wait_us : l->pause_us);

	err = err ? explain(why, err, "interrupted") : look(l, &moved, why);
	l->pause_us = moved ? PAUSE_FIRST_US
		: l->pause_us * 2 < PAUSE_LONGEST_US ? l->pause_us * 2 : PAUSE_LONGEST_US;
	return err;
}

/* ---- the queue ---- */

/* Bytes that can be put at once, one behind the other; one word stays free so that a full queue
 * does not look empty, and room for a REWIND stays at the end. */
static uint32_t room(const struct loader *l)
{
	if (l->put >= l->taken)
		return l->queue_end - l->put - HEADER;
	return l->taken - l->put - 4;
}

static int flush(struct loader *l, struct why *why)
{
	uint64_t now_us;
	int err = 0;

	if (l->staged_length)
		err = probe_write(l->probe, l->core->port, l->staged_at, l->staged, l->staged_length,
				  PROBE_ANY, NULL);
	if (!err && l->shown != l->put)
		err = probe_write_u32(l->probe, l->core->port, l->control + PRODUCER, l->put);
	if (err)
		return explain(why, err, "filling the loader's queue: %s", error_text(err));
	now_us = link_now_us(probe_link(l->probe));
	if (l->shown == l->taken)	/* it was idle: its time starts now */
		note_start(l, now_us, now_us);
	l->staged_at += l->staged_length;
	l->staged_length = 0;
	l->shown = l->put;
	return 0;
}

/* Adds bytes behind those that are staged; a full stage goes out. */
static int stage(struct loader *l, const uint8_t *data, uint32_t length, struct why *why)
{
	int err = 0;

	while (length && !err) {
		uint32_t n = min_u32(length, l->staged_room - l->staged_length);

		memcpy(l->staged + l->staged_length, data, n);
		l->staged_length += n;
		data += n;
		length -= n;
		if (l->staged_length == l->staged_room)
			err = flush(l, why);
	}
	return err;
}

static void remember(struct loader *l, const struct unit *unit)
{
	l->units[(l->first_unit + l->unit_count) % UNITS] = *unit;
	l->unit_count++;
}

/* Goes back to the start of the queue. */
static int rewind_queue(struct loader *l, struct why *why)
{
	const struct unit unit = { .end = l->queue, .kind = REWIND };
	uint8_t header[HEADER] = { REWIND };
	int err = stage(l, header, sizeof header, why);

	if (err)
		return err;
	remember(l, &unit);
	l->put = l->queue;
	err = flush(l, why);
	l->staged_at = l->queue;
	return err;
}

static uint32_t size_of(const struct unit *unit)
{
	return HEADER + (unit->length + 3) / 4 * 4;
}

/* Waits until an entry of this size can be put, going back to the start where that helps. */
static int wait_for_room(struct loader *l, uint32_t size, struct why *why)
{
	int err = 0;

	l->pause_us = PAUSE_FIRST_US;
	while (!err && (room(l) < size || l->unit_count + 2 > UNITS)) {
		bool at_end = l->put >= l->taken;

		if (at_end && l->taken > l->queue && l->unit_count + 2 <= UNITS)
			err = rewind_queue(l, why);
		else if (l->shown != l->put || l->staged_length)
			err = flush(l, why);
		else
			err = look_later(l, quarter(l), why);
	}
	return err;
}

static int put_header(struct loader *l, const struct unit *unit, const struct flash_operation *operation,
		      struct why *why)
{
	uint8_t header[HEADER];
	int err = wait_for_room(l, size_of(unit), why);

	put_u32(header, unit->kind | operation->registers << KIND_REGISTERS_SHIFT);
	put_u32(header + 4, operation->control);
	put_u32(header + 8, operation->address);
	put_u32(header + 12, unit->length);
	return err ? err : stage(l, header, sizeof header, why);
}

/* All of its data is staged. */
static int put_end(struct loader *l, const struct unit *unit, struct why *why)
{
	static const uint8_t padding[3];
	struct unit entry = *unit;
	int err = stage(l, padding, -unit->length & 3, why);

	if (err)
		return err;
	l->put += size_of(unit);
	entry.end = l->put;
	remember(l, &entry);
	return l->shown == l->taken ? flush(l, why) : 0;	/* nothing to do there: hurry */
}

static int put(struct loader *l, const struct unit *unit, const struct flash_operation *operation,
	       const uint8_t *data, struct why *why)
{
	int err = put_header(l, unit, operation, why);

	if (!err)
		err = stage(l, data, unit->length, why);
	return err ? err : put_end(l, unit, why);
}

static int put_erase(struct loader *l, uint32_t kind, const struct flash_operation *operation,
		     struct flash_duration duration, struct why *why)
{
	const struct unit unit = {
		.kind = kind, .address = operation->address, .duration = duration,
	};

	return put(l, &unit, operation, NULL, why);
}

int loader_erase(struct loader *l, const struct flash_operation *operation,
		 struct flash_duration duration, struct why *why)
{
	return put_erase(l, ERASE, operation, duration, why);
}

int loader_erase_start(struct loader *l, const struct flash_operation *operation, struct why *why)
{
	return put_erase(l, START, operation, (struct flash_duration){ 0, 0 }, why);
}

int loader_erase_wait(struct loader *l, const struct flash_operation *operation,
		      struct flash_duration duration, struct why *why)
{
	return put_erase(l, WAIT, operation, duration, why);
}

int loader_program(struct loader *l, const struct flash_piece *piece, struct why *why)
{
	const struct flash_controller *controller = l->device->controller;
	const struct flash_operation operation =
		controller->program_operation(l->device, piece->address, piece->length);
	const struct unit unit = {
		.kind = PROGRAM, .address = piece->address, .length = piece->length,
		.bytes = piece->length,
		.duration = controller->program_time(l->device, piece->address, piece->length),
	};

	return put(l, &unit, &operation, piece->data, why);
}

int loader_program_both(struct loader *l, const struct flash_piece *first,
			const struct flash_piece *second, uint32_t length, struct why *why)
{
	const struct flash_controller *controller = l->device->controller;
	const struct flash_operation operation =
		controller->program_operation(l->device, first->address, length);
	const struct unit unit = {
		.kind = PAIR, .address = first->address, .length = PAIR_ADDRESS + 2 * length,
		.bytes = 2 * length,
		.duration = controller->program_time(l->device, first->address, length),
	};
	uint8_t address[PAIR_ADDRESS];
	int err = put_header(l, &unit, &operation, why);

	put_u32(address, second->address);
	if (!err)
		err = stage(l, address, sizeof address, why);
	if (!err)
		err = stage(l, first->data, length, why);
	if (!err)
		err = stage(l, second->data, length, why);
	return err ? err : put_end(l, &unit, why);
}

/* ---- the end ---- */

int loader_drain(struct loader *l, bool *empty, struct why *why)
{
	int err = flush(l, why);

	if (!err && l->unit_count)
		err = look_later(l, quarter(l), why);
	*empty = !l->unit_count;
	return err;
}

int loader_stop(struct loader *l)
{
	return routine_stop(l->core);
}
