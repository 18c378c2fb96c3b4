/* SPDX-License-Identifier: MIT
 *
 * How much flash there is, and in which banks: the size register, and the option bytes that shape them.
 */
#include "targets/detect_private.h"

#include "probe/bytes.h"
#include "targets/batch.h"
#include "targets/connect.h"
#include "targets/cortexm.h"
#include "targets/protection.h"

/* Option words that shape the banks, or tell whether a debugger may read them, and the size register twice: its
 * answers have to be the same. */
struct questions {
	struct batch batch;
	size_t words[CHIP_OPTION_WORDS], size[2];
};

static bool is_wanted(const struct chip *chip, size_t word)
{
	const struct chip_option_field *field = protection_field(chip);

	return chip_word_matters(chip, word) || (field && field->word == word);
}

static void ask_words(const struct board *board, struct questions *q)
{
	for (size_t i = 0; i < board->chip.option_word_count; i++) {
		if (is_wanted(&board->chip, i))
			q->words[i] = batch_read(&q->batch, board->chip.option_words[i].address);
	}
}

static void ask_size(const struct board *board, struct questions *q)
{
	for (unsigned i = 0; i < 2 && board->chip.size_address; i++)
		q->size[i] = batch_read(&q->batch, board->chip.size_address & ~3u);
}

static void take_words(struct board *board, const struct questions *q)
{
	for (size_t i = 0; i < board->chip.option_word_count; i++) {
		if (is_wanted(&board->chip, i))
			chip_set_option_word(&board->chip, i, batch_value(&q->batch, q->words[i]));
	}
}

static void take_size(const struct board *board, const struct questions *q, uint32_t value[2])
{
	uint32_t shift = 8 * (board->chip.size_address & 2);

	for (unsigned i = 0; i < 2 && board->chip.size_address; i++)
		value[i] = batch_value(&q->batch, q->size[i]) >> shift & 0xFFFF;
}

static int read_size_halted(struct board *board, uint32_t value[2])
{
	struct questions q;
	int err;

	batch_begin(&q.batch, &board->cores[0]);
	batch_write(&q.batch, DHCSR, DHCSR_HALT);
	ask_size(board, &q);
	batch_write(&q.batch, DHCSR, DHCSR_RUN);
	err = batch_run(&q.batch);
	take_size(board, &q, value);
	return err;
}

static int read_words_apart(struct board *board)
{
	struct chip *chip = &board->chip;
	bool missed = false;

	for (size_t i = 0; i < chip->option_word_count; i++) {
		uint32_t value;
		int err = is_wanted(chip, i) ? probe_read_u32(board->probe, board->cores[0].port,
							      chip->option_words[i].address, &value) : E_FAULT;

		if (err && err != E_FAULT)
			return err;
		if (!err)
			chip_set_option_word(chip, i, value);
		missed |= err && chip_word_matters(chip, i);
	}
	if (missed)
		board_note(board, "the option bytes can't be read: the banks of the flash are assumed");
	return OK;
}

/* Where one of them faults each is asked alone; what can't be read is as the factory has left it. */
static int read_apart(struct board *board, uint32_t value[2])
{
	struct questions q;
	int err = read_words_apart(board);

	if (err)
		return err;
	batch_begin(&q.batch, &board->cores[0]);
	ask_size(board, &q);
	err = batch_run(&q.batch);
	if (err == E_FAULT)
		board_note(board, "the flash size register can't be read: %u KiB assumed", board->chip.flash_kib_max);
	else if (!err)
		take_size(board, &q, value);
	return err;
}

static int read_all(struct board *board, uint32_t value[2])
{
	struct questions q;
	int err;

	batch_begin(&q.batch, &board->cores[0]);
	ask_words(board, &q);
	ask_size(board, &q);
	err = batch_run(&q.batch);
	if (err == E_FAULT)
		return read_apart(board, value);
	if (err)
		return err;
	take_words(board, &q);
	take_size(board, &q, value);
	return OK;
}

static bool makes_sense(const struct chip *chip, const uint32_t value[2])
{
	return value[0] == value[1] && chip_meant_size(chip, value[0]);
}

/* Firmware that sleeps or changes clocks spoils reads; a hot-plug writes nothing. */
static bool may_halt(const struct board *board)
{
	return board->cores[0].state == CORE_RUNNING && !connect_writes_nothing(board);
}

/* A size that makes no sense (clones, protected chips) is not believed: the line's maximum is taken. */
static int settle_size(struct board *board, uint32_t value[2])
{
	struct chip *chip = &board->chip;
	int err = OK;

	if (!makes_sense(chip, value) && may_halt(board))
		err = read_size_halted(board, value);
	if (err)
		return err;
	board->flash_kib_register = value[0];
	if (!makes_sense(chip, value) || chip_set_flash_size(chip, chip_meant_size(chip, value[0])))
		board_note(board, "the flash size register holds 0x%04x, which is no size of this chip: "
			   "%u KiB assumed", value[0], chip->flash_kib);
	return OK;
}

/* RM0438 3.4.2, RM0456 7.6; H5: product states. */
static const char *way_out_of_trustzone(const struct chip *chip)
{
	const struct chip_option_field *field = protection_field(chip);

	return field && protection_is_state(field) ?
	       "Only the regression of debug authentication turns it off; ST's tools speak it" :
	       "It goes off only together with read protection, from level 1 or 0.5 to 0 in one change, which ERASES the "
	       "chip; ST's tools do that";
}

/* A debugger that is let into the secure side reaches all of the chip; one that is not hardly anything. */
static int enter_trustzone(struct board *board, struct why *why)
{
	struct chip *chip = &board->chip;
	uint32_t dhcsr;
	int err = probe_read_u32(board->probe, board->cores[0].port, DHCSR, &dhcsr);

	if (err)
		return explain(why, err, "asking whether secure debug is allowed: %s", error_text(err));
	if (!(dhcsr & S_SDE))
		return explain(why, E_CHIP, "TrustZone is enabled on this %s (option TZEN), and secure debug is closed "
			       "(S_SDE = 0 in DHCSR): its secure flash, RAM and registers can't be read or written. %s",
			       chip->name, way_out_of_trustzone(chip));
	if (chip_set_secure(chip))
		return explain(why, E_CHIP, "TrustZone is enabled on this %s (option TZEN): that is not supported for "
			       "it. %s", chip->name, way_out_of_trustzone(chip));
	board_note(board, "TrustZone is on, secure debug is allowed: flash is at 0x%08X, and non-secure images at "
		   "0x%08X are loaded too", chip->banks[0].base, chip->layouts[0].banks[0].base);
	return OK;
}

int detect_flash(struct board *board, struct why *why)
{
	struct chip *chip = &board->chip;
	uint32_t value[2] = { 0, 0 };
	int err = read_all(board, value);

	if (err && err != E_FAULT)
		return err;
	if (!err && chip->size_address)
		err = settle_size(board, value);
	if (err == E_FAULT)
		err = OK;
	return err || !chip_holds(chip, &chip->trustzone) ? err : enter_trustzone(board, why);
}
