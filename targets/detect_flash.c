/* SPDX-License-Identifier: MIT
 *
 * How much flash there is, and in which banks: the size register, and the option bytes that shape them.
 */
#include "targets/detect_private.h"

#include "probe/bytes.h"
#include "targets/batch.h"
#include "targets/cortexm.h"

/* What the option bytes can't say is as the factory has left it. */
static int read_option_words(struct board *board)
{
	struct chip *chip = &board->chip;
	size_t index[CHIP_OPTION_WORDS];
	struct batch batch;
	int err;

	batch_begin(&batch, &board->cores[0]);
	for (size_t i = 0; i < chip->option_word_count; i++) {
		if (chip_word_matters(chip, i))
			index[i] = batch_read(&batch, chip->option_words[i].address);
	}
	err = batch_run(&batch);
	if (err == E_FAULT) {
		board_note(board, "the option bytes can't be read: the banks of the flash are assumed");
		return 0;
	}
	for (size_t i = 0; !err && i < chip->option_word_count; i++) {
		if (chip_word_matters(chip, i))
			chip_set_option_word(chip, i, batch_value(&batch, index[i]));
	}
	return err;
}

/* Both answers of the register, in value: they have to be the same. */
static int read_size_register(struct board *board, bool halted, uint32_t value[2])
{
	uint32_t address = board->chip.size_address, shift = 8 * (address & 2);
	size_t index[2];
	struct batch batch;
	int err;

	batch_begin(&batch, &board->cores[0]);
	if (halted)
		batch_write(&batch, DHCSR, DHCSR_HALT);
	index[0] = batch_read(&batch, address & ~3u);
	index[1] = batch_read(&batch, address & ~3u);
	if (halted)
		batch_write(&batch, DHCSR, DHCSR_RUN);
	err = batch_run(&batch);
	for (unsigned i = 0; i < 2; i++)
		value[i] = batch_value(&batch, index[i]) >> shift & 0xFFFF;
	return err;
}

static bool makes_sense(const struct chip *chip, const uint32_t value[2])
{
	return value[0] == value[1] && chip_meant_size(chip, value[0]);
}

/* Firmware that sleeps or changes clocks spoils reads; a hot-plug writes nothing. */
static bool may_halt(const struct board *board)
{
	return board->cores[0].state == CORE_RUNNING && board->options.connect != CONNECT_HOT_PLUG;
}

/* A size that makes no sense (clones, protected chips) is not believed: the line's maximum is taken. */
static int find_flash_size(struct board *board)
{
	struct chip *chip = &board->chip;
	uint32_t value[2] = { 0, 0 };
	int err = read_size_register(board, false, value);

	if (!err && !makes_sense(chip, value) && may_halt(board))
		err = read_size_register(board, true, value);
	if (err == E_FAULT) {
		board_note(board, "the flash size register can't be read: %u KiB assumed",
			   chip->flash_kib_max);
		return 0;
	}
	if (err)
		return err;
	board->flash_kib_register = value[0];
	if (!makes_sense(chip, value) || chip_set_flash_size(chip, chip_meant_size(chip, value[0])))
		board_note(board, "the flash size register holds 0x%04x, which is no size of this chip: "
			   "%u KiB assumed", value[0], chip->flash_kib);
	return 0;
}

int detect_flash(struct board *board, struct why *why)
{
	struct chip *chip = &board->chip;
	int err = read_option_words(board);

	if (!err && chip_holds(chip, &chip->trustzone))
		return explain(why, E_CHIP, "TrustZone is enabled on this %s (option TZEN): that is not supported",
			       chip->name);
	if (!err && chip->size_address)
		err = find_flash_size(board);
	return err;
}
