/* SPDX-License-Identifier: MIT
 *
 * A board from attach to detach: chip and cores found, debug bits set and put back. How the target is
 * reached is in connect.c, resets are in reset.c.
 */
#include "targets/board.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "probe/bytes.h"
#include "probe/log.h"
#include "targets/batch.h"
#include "targets/connect.h"
#include "targets/core_private.h"
#include "targets/cortexm.h"
#include "targets/detect.h"
#include "targets/traces.h"

enum { FLAGS_TRIES = 10, FLAGS_PAUSE_US = 1000 };

void board_init(struct board *board, struct probe *probe, const struct board_options *options)
{
	memset(board, 0, sizeof(*board));
	board->probe = probe;
	board->options = *options;
	board->core_count = 1;
	for (unsigned i = 0; i < BOARD_CORES; i++) {
		struct core *core = &board->cores[i];

		core->board = board;
		core->number = i;
		core->demcr = TRCENA | VC_HARDERR;
		core->step_masks_interrupts = true;
		core->stop_signal = 5;
	}
}

void board_clear(struct board *board)
{
	for (unsigned i = 0; i < BOARD_CORES; i++)
		core_clear(&board->cores[i]);
	probe_close(board->probe);
	board->probe = NULL;
}

void board_note(struct board *board, const char *format, ...)
{
	size_t used = strlen(board->notes);
	char text[sizeof(board->notes)];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	log_line(LOG_TARGET, "%s", text);
	snprintf(board->notes + used, sizeof(board->notes) - used, "%s%s", used ? "\n" : "", text);
}

void board_forget(struct board *board)
{
	for (unsigned i = 0; i < board->core_count; i++) {
		core_set_state(&board->cores[i], CORE_UNKNOWN, "forgotten");
		core_forget(&board->cores[i], true);
	}
	board->debugging = false;
	board->raised_hz = 0;
}

static bool is_skipped(const struct board *board, const struct chip_bits *bits)
{
	return bits->low_power && !board->options.low_power_debug;
}

/* What a register gets from all rows that name it. */
static uint32_t bits_wanted(const struct board *board, uint32_t address, bool clock)
{
	const struct chip *chip = &board->chip;
	uint32_t wanted = 0;

	for (size_t i = 0; i < chip->while_attached_count; i++) {
		const struct chip_bits *bits = &chip->while_attached[i];

		if (bits->address == address && bits->clock == clock && !is_skipped(board, bits))
			wanted |= bits->set;
	}
	return wanted;
}

/* Read all, remember, write all. */
static int set_bits(struct board *board, bool clock)
{
	const struct chip *chip = &board->chip;
	size_t index[CHIP_BITS_SET];
	struct batch reads, writes;
	int err;

	batch_begin(&reads, &board->cores[0]);
	for (size_t i = 0; i < chip->while_attached_count; i++) {
		if (chip->while_attached[i].clock == clock)
			index[i] = batch_read(&reads, chip->while_attached[i].address);
	}
	err = batch_run(&reads);
	if (err)
		return err;
	batch_begin(&writes, &board->cores[0]);
	for (size_t i = 0; i < chip->while_attached_count; i++) {
		const struct chip_bits *bits = &chip->while_attached[i];
		uint32_t value, wanted = bits_wanted(board, bits->address, clock);

		if (bits->clock != clock)
			continue;
		value = batch_value(&reads, index[i]);
		if ((value & wanted) == wanted)
			continue;
		traces_keep(board, bits->address, value);
		batch_write(&writes, bits->address, value | wanted);
	}
	return batch_run(&writes);
}

/* Freeze and low-power bits; where DBGMCU needs a clock, that comes first. */
static int set_attached_bits(struct board *board)
{
	int err = set_bits(board, true);

	return err ? err : set_bits(board, false);
}

int board_start_debugging(struct board *board)
{
	int err;

	if (board->debugging)
		return 0;
	err = set_attached_bits(board);
	if (err == E_FAULT) {
		board_note(board, "the debug freeze bits can't be set: watchdogs may reset the chip");
		err = 0;
	}
	for (unsigned i = 0; !err && i < board->core_count; i++)
		err = core_enable_debug(&board->cores[i]);
	if (!err)
		err = traces_put_back_code(board);
	board->debugging = !err;
	return err;
}

/* The chip before, whose journal is still in memory. */
int board_take_hold(struct board *board, struct why *why)
{
	char chip_before[sizeof(board->chip.file)];
	int err;

	memcpy(chip_before, board->chip.file, sizeof(chip_before));
	err = detect_chip(board, why);
	if (err)
		return err;
	connect_settle(board);
	traces_load(board, chip_before);
	if (board->woken.address && board->woken.address == board->chip.wake.address)
		traces_keep(board, board->chip.wake.same, board->woken_before);
	board->cores[0].fpu = board->chip.fpu;
	if (connect_writes_nothing(board))
		return 0;
	err = board_start_debugging(board);
	return err ? explain(why, err, "debugging can't be set up: %s", error_text(err)) : 0;
}

static int attach_once(struct board *board, struct why *why)
{
	int err;

	board->attached = false;
	board->notes[0] = 0;
	board->woken = (struct chip_wake){ 0 };
	board_forget(board);
	err = connect_target(board, why);
	board->attached = !err;
	return err;
}

int board_attach(struct board *board, struct why *why)
{
	int err = attach_once(board, why);
	bool still_in_swd;

	if (!connect_is_hiccup(err) || probe_resync(board->probe, &still_in_swd))
		return err;
	log_line(LOG_TARGET, "attach: %s; once more", error_text(err));
	return attach_once(board, why);
}

/* DBGMCU late, DEMCR and C_DEBUGEN last: until then the core stays under control. */
int board_detach(struct board *board, bool leave_halted)
{
	int err = 0;

	if (!board->attached)
		return 0;
	probe_trace_stop(board->probe);
	if (!leave_halted && board->debugging)
		err = traces_put_back(board);
	for (unsigned i = 0; i < board->core_count; i++) {
		int core_err = core_disable_debug(&board->cores[i], leave_halted);

		err = err ? err : core_err;
	}
	board->debugging = false;
	board->attached = false;
	return err;
}

size_t board_queue_reset_flags(const struct board *board, struct batch *batch)
{
	return board->chip.reset_cause_address ? batch_read(batch, board->chip.reset_cause_address) : 0;
}

void board_take_reset_flags(struct board *board, const struct batch *batch, size_t index)
{
	if (board->chip.reset_cause_address)
		board->reset_flags = batch_value(batch, index);
}

static const char *first_flag(const struct chip *chip, uint32_t value)
{
	for (size_t i = 0; i < chip->reset_flag_count; i++) {
		if (value & chip->reset_flags[i].mask)
			return chip->reset_flags[i].name;
	}
	return NULL;
}

/* The chip may be still in reset, where some give no access to RCC. */
static int read_reset_flags(struct board *board, uint32_t *value)
{
	uint32_t address = board->chip.reset_cause_address;
	int err = E_CHIP;

	for (unsigned tries = 0; address && err && tries < FLAGS_TRIES; tries++) {
		err = probe_read_u32(board->probe, board->cores[0].port, address, value);
		if (err)
			link_wait_us(probe_link(board->probe), FLAGS_PAUSE_US);
	}
	return err;
}

/* Flags stay until the firmware clears them, and most resets also pull NRST: without a new flag it was the old
 * cause once more, or the pin. */
void board_reset_cause(struct board *board, char *text, size_t size)
{
	const struct chip *chip = &board->chip;
	uint32_t value, before = board->reset_flags;
	const char *name;

	text[0] = 0;
	if (read_reset_flags(board, &value))
		return;
	board->reset_flags = value;
	name = first_flag(chip, value & ~before);
	if (name)
		snprintf(text, size, "%s", name);
	else if ((name = first_flag(chip, value)))
		snprintf(text, size, "%s once more, the pin, or a wake-up from Standby", name);
}

/* A stretch of the address map and what it is. */
struct area {
	uint32_t base, size;
	enum board_area kind;
};

enum { AREAS_MAX = CHIP_REGIONS + CHIP_ALIASES + CHIP_BANKS + 4 };

static enum board_area area_of(const struct chip_region *region)
{
	return region->kind == CHIP_ROM || region->kind == CHIP_EEPROM ? AREA_ROM : AREA_RAM;
}

static size_t list_areas(const struct chip *chip, struct area *list)
{
	size_t n = 0;

	for (size_t i = 0; i < chip->bank_count; i++)
		list[n++] = (struct area){ chip->banks[i].base, chip->banks[i].size, AREA_FLASH };
	for (size_t i = 0; i < chip->alias_count; i++)
		list[n++] = (struct area){ chip->aliases[i].base, chip->aliases[i].size, AREA_FLASH };
	for (size_t i = 0; i < chip->region_count; i++)
		list[n++] = (struct area){ chip->regions[i].base, chip->regions[i].size,
					   area_of(&chip->regions[i]) };
	if (chip->otp_size)
		list[n++] = (struct area){ chip->otp_base, chip->otp_size, AREA_ROM };
	if (chip->otp_locks && chip->otp_block)
		list[n++] = (struct area){ chip->otp_locks, chip->otp_size / chip->otp_block,
					   AREA_ROM };
	if (chip->uid_address)
		list[n++] = (struct area){ chip->uid_address, chip->uid_split ? 24 : 12,
					   AREA_ROM };
	if (chip->size_address)
		list[n++] = (struct area){ chip->size_address & ~3u, 4, AREA_ROM };
	return n;
}

/* Outside of what the chip file names: the architecture's regions (DDI 0403E B3.1). */
static enum board_area architecture_area(uint32_t address, uint32_t *end)
{
	*end = (address & 0xE0000000) + 0x20000000;
	return address >> 29 == 2 || address >> 29 == 7 ? AREA_PERIPHERAL : AREA_NONE;
}

enum board_area board_area_at(const struct board *board, uint32_t address, uint32_t *end)
{
	struct area list[AREAS_MAX];
	size_t count = list_areas(&board->chip, list);
	uint32_t unused, *stop = end ? end : &unused;
	enum board_area area = architecture_area(address, stop);

	for (size_t i = 0; i < count; i++) {
		if (address - list[i].base < list[i].size) {
			*stop = list[i].base + list[i].size;
			return list[i].kind;
		}
		if (list[i].base > address && list[i].base - address < *stop - address)
			*stop = list[i].base;
	}
	return area;
}
