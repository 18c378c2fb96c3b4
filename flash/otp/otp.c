/* SPDX-License-Identifier: MIT
 *
 * OTP of all families: what may be written where.
 */
#include "flash/otp/otp.h"

#include <string.h>

#include "flash/option/option.h"
#include "probe/bytes.h"
#include "targets/board.h"
#include "targets/protection.h"

struct row {
	const char *controller;
	const struct otp_kind *kind;
	uint16_t ecc;			/* register that shows and clears ECC errors (ECCD, bit 31); 0 = none */
	bool virgin_errs;		/* what was never written is such an error, or a bus fault (RM0481 7.3.9) */
};

static const struct row rows[] = {
	{ "f2", &otp_kind_f4, 0, false },
	{ "f4", &otp_kind_f4, 0, false },
	{ "f4db", &otp_kind_f4, 0, false },
	{ "f7", &otp_kind_f4, 0, false },
	{ "f7db", &otp_kind_f4, 0, false },
	{ "l4", &otp_kind_once, 0x18, false },
	{ "l4sb", &otp_kind_once, 0x18, false },
	{ "l4plus", &otp_kind_once, 0x18, false },
	{ "g0", &otp_kind_once, 0x18, false },
	{ "g0db", &otp_kind_once, 0x18, false },
	{ "g4", &otp_kind_once, 0x18, false },
	{ "g4db", &otp_kind_once, 0x18, false },
	{ "c0", &otp_kind_once, 0x18, false },
	{ "u0", &otp_kind_once, 0x18, false },
	{ "wb", &otp_kind_once, 0x18, false },
	{ "wl", &otp_kind_once, 0x18, false },
	{ "l5", &otp_kind_once, 0x30, false },
	{ "u5", &otp_kind_once, 0x30, false },
	{ "u3", &otp_kind_once, 0x34, false },
	{ "wba", &otp_kind_once, 0x30, false },
	{ "wba2", &otp_kind_once, 0x30, false },
	{ "h5", &otp_kind_half, 0x104, true },
	{ "h7a3", &otp_kind_half, 0, false },
	{ "h7rs", &otp_kind_half, 0, false },
};

enum { NOT_ERRORS = 0x3FFFFFFF };	/* ECCC and ECCD are cleared by writing 1, the rest stays */

static const struct row *find_row(const char *controller)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (!strcmp(rows[i].controller, controller))
			return &rows[i];
	return NULL;
}

static uint32_t block_size(const struct chip *chip)
{
	return chip->otp_block && chip->otp_block <= OTP_BLOCK ? chip->otp_block : OTP_BLOCK;
}

static uint32_t unit_size(const struct chip *chip)
{
	return chip->otp_unit ? chip->otp_unit : 1;
}

unsigned otp_block_count(const struct chip *chip)
{
	return chip->otp_size / block_size(chip);
}

static int read_bytes(struct core *core, uint32_t address, void *data, uint32_t length,
		      enum probe_width width, struct why *why)
{
	int err = probe_read(core->board->probe, core->port, address, data, length, width, NULL);

	if (err == E_FAULT)
		return explain(why, E_PROTECTED, "OTP at 0x%08x can't be read: bus fault. Read protection covers "
			       "OTP as well (`protect`).", address);
	return err ? explain(why, err, "OTP at 0x%08x can't be read: %s.", address, error_text(err)) : OK;
}

/* ---- units that were never written ---- */

/* Whether an ECC error was noted, which is cleared: the core would take an NMI for it. */
static int take_ecc_error(struct core *core, bool *found)
{
	const struct chip *chip = &core->board->chip;
	const struct row *row = find_row(chip->controller);
	uint32_t address = row ? chip->flash_registers + row->ecc : 0, value = 0;
	struct probe *probe = core->board->probe;
	int err = OK;

	*found = false;
	if (!row || !row->ecc)
		return OK;
	err = probe_read_u32(probe, core->port, address, &value);
	*found = value >> 31;
	if (!err && value & ~(uint32_t)NOT_ERRORS)
		err = probe_write_u32(probe, core->port, address, value);
	return err;
}

static int read_unit(struct core *core, struct otp_block *block, uint32_t at, uint32_t unit, struct why *why)
{
	const struct chip *chip = &core->board->chip;
	const struct row *row = find_row(chip->controller);
	int err = probe_read(core->board->probe, core->port, block->address + at, block->data + at, unit,
			     unit == 2 ? PROBE_16 : PROBE_32, NULL), ecc_err;
	bool noted, faulted = err == E_FAULT, errs = row && row->virgin_errs;

	if (err && !faulted)
		return explain(why, err, "OTP at 0x%08x can't be read: %s.", block->address + at, error_text(err));
	ecc_err = take_ecc_error(core, &noted);
	if (ecc_err)
		return explain(why, ecc_err, "Clearing the ECC error of OTP at 0x%08x: %s.", block->address + at,
			       error_text(ecc_err));
	if (faulted || (noted && errs))
		memset(block->data + at, chip->erased, unit);
	memset(block->virgin + at, faulted || (noted && errs), unit);
	return OK;
}

static int read_units(struct core *core, struct otp_block *block, struct why *why)
{
	uint32_t unit = unit_size(&core->board->chip);
	int err = OK;

	for (uint32_t at = 0; at < block->size && !err; at += unit)
		err = read_unit(core, block, at, unit, why);
	return err;
}

/* All at once where that may be; a fault is looked at unit by unit, unless everything is kept from debuggers. */
static int read_data(struct core *core, struct otp_block *block, struct why *why)
{
	const struct chip *chip = &core->board->chip;
	struct why reason = { "" };
	int err = E_PROTECTED;

	if (!otp_reading_disturbs(chip))
		err = read_bytes(core, block->address, block->data, block->size, PROBE_ANY, &reason);
	if (err != E_PROTECTED)
		return err ? explain(why, err, "%s", reason.text) : OK;
	if (unit_size(chip) == 1 || protection_is_on(chip))
		return explain(why, err, "%s", reason.text);
	return read_units(core, block, why);
}

const struct chip_option_field *otp_lock_field(const struct chip *chip)
{
	for (size_t i = 0; i < chip->option_field_count; i++)
		if (chip->option_fields[i].role == CHIP_OTP_LOCKS)
			return &chip->option_fields[i];
	return NULL;
}

static int read_lock(struct core *core, unsigned number, struct otp_block *block, struct why *why)
{
	const struct chip *chip = &core->board->chip;
	const struct chip_option_field *field = otp_lock_field(chip);
	uint32_t words[CHIP_OPTION_WORDS] = { 0 };
	int err = OK;

	if (chip->otp_locks) {
		/* Only two values mean anything; one that began to change is not written to any more. */
		err = read_bytes(core, chip->otp_locks + number, &block->lock, 1, PROBE_8, why);
		block->locked = block->lock != chip->erased;
	} else if (field) {
		err = probe_read_u32(core->board->probe, core->port, chip->option_words[field->word].address,
				     &words[field->word]);
		block->locked = number < 32 && option_field_value(field, words) >> number & 1;
		if (err)
			explain(why, err, "%s can't be read: %s.", field->name, error_text(err));
	}
	return err;
}

int otp_read_block(struct core *core, unsigned number, struct otp_block *block, struct why *why)
{
	const struct chip *chip = &core->board->chip;
	int err;

	memset(block, 0, sizeof(*block));
	block->size = block_size(chip);
	block->address = chip->otp_base + number * block->size;
	block->blank = true;
	err = read_data(core, block, why);
	if (!err)
		err = read_lock(core, number, block, why);
	for (uint32_t i = 0; i < block->size; i++)
		block->blank &= block->virgin[i] || (!otp_reading_disturbs(chip) && block->data[i] == chip->erased);
	return err;
}

bool otp_reading_disturbs(const struct chip *chip)
{
	const struct row *row = find_row(chip->controller);

	return row && row->virgin_errs;
}

int otp_writable(const struct chip *chip, struct why *why)
{
	if (!chip->otp_size)
		return explain(why, E_CHIP, "%s has no OTP area that is known.", chip->name);
	if (find_row(chip->controller))
		return OK;
	return explain(why, E_REFUSED, "OTP of %s (controller %s) is shown; writing it is not supported yet.",
		       chip->name, chip->controller);
}

int otp_lockable(const struct chip *chip, struct why *why)
{
	int err = otp_writable(chip, why);

	if (err || chip->otp_locks || otp_lock_field(chip))
		return err;
	return explain(why, E_REFUSED, "OTP of %s has no locks, it is write-once: each %u bytes can be written once, and "
		       "then never again.", chip->name, unit_size(chip));
}

/* What is there, and which bytes lie in units that are used. */
struct contents {
	uint8_t *before;
	bool used[OTP_MOST];
};

static void take_block(const struct chip *chip, const struct otp_block *block, uint32_t address, uint32_t length,
		       struct contents *contents)
{
	for (uint32_t i = 0; i < block->size; i++) {
		uint32_t at = block->address + i - address;

		if (block->address + i < address || at >= length)
			continue;
		contents->before[at] = block->data[i];
		contents->used[at] = !block->virgin[i] && (otp_reading_disturbs(chip) || block->data[i] != chip->erased);
	}
}

static int read_blocks(struct core *core, uint32_t address, uint32_t length, struct contents *contents,
		       struct why *why)
{
	const struct chip *chip = &core->board->chip;
	uint32_t first = (address - chip->otp_base) / block_size(chip);
	uint32_t last = (address + (length - 1) - chip->otp_base) / block_size(chip);
	int err = OK;

	for (uint32_t i = first; i <= last && !err; i++) {
		struct otp_block block;

		err = otp_read_block(core, i, &block, why);
		if (!err && block.locked)
			err = explain(why, E_PROTECTED, "OTP block %u (0x%08x) is locked for ever; nothing was written.", i,
				      block.address);
		take_block(chip, &block, address, length, contents);
	}
	return err;
}

/* OTP bits go one way: from what erased flash is made of to the other. */
static int check_bits(const struct chip *chip, uint32_t address, const uint8_t *data, uint32_t length,
		      const uint8_t *before, struct why *why)
{
	for (uint32_t i = 0; i < length; i++) {
		uint8_t back = chip->erased ? data[i] & (uint8_t)~before[i] : (uint8_t)~data[i] & before[i];

		if (back)
			return explain(why, E_REFUSED, "0x%08x holds 0x%02x: 0x%02x would need bits 0x%02x back, which "
				       "OTP can't do; nothing was written.", address + i, before[i], data[i], back);
	}
	return OK;
}

/* A unit has ECC: it is written whole, and once. */
static int check_units(const struct chip *chip, uint32_t address, const uint8_t *data, uint32_t length,
		       const struct contents *contents, struct why *why)
{
	uint32_t unit = unit_size(chip);

	if (address % unit || length % unit)
		return explain(why, E_REFUSED, "OTP of this chip is written in whole units of %u bytes, once: 0x%08x and "
			       "%u bytes would leave the rest of one unusable.", unit, address, length);
	for (uint32_t i = 0; i < length; i++) {
		uint32_t start = i - i % unit;

		if (contents->used[i] && memcmp(contents->before + start, data + start, unit))
			return explain(why, E_REFUSED, "The %u bytes at 0x%08x are written already, and can be written "
				       "once only; nothing was written.", unit, address + start);
	}
	return OK;
}

int otp_check(struct core *core, uint32_t address, const uint8_t *data, uint32_t length, uint8_t *before,
	      struct why *why)
{
	const struct chip *chip = &core->board->chip;
	struct contents contents = { .before = before };
	int err = otp_writable(chip, why);

	if (err)
		return err;
	if (!length || address - chip->otp_base >= chip->otp_size ||
	    length > chip->otp_size - (address - chip->otp_base))
		return explain(why, E_RANGE, "OTP goes from 0x%08x to 0x%08x; %u bytes at 0x%08x are not in it.",
			       chip->otp_base, chip->otp_base + (chip->otp_size - 1), length, address);
	err = read_blocks(core, address, length, &contents, why);
	if (err)
		return err;
	return unit_size(chip) > 1 ? check_units(chip, address, data, length, &contents, why) :
	       check_bits(chip, address, data, length, before, why);
}

/* Programs the units that differ; the controller is opened once for each run of them. */
static int program_changes(struct core *core, uint32_t address, const uint8_t *data, uint32_t length,
			   const uint8_t *before, struct why *why)
{
	const struct otp_kind *kind = find_row(core->board->chip.controller)->kind;
	uint32_t unit = unit_size(&core->board->chip), from = 0;
	int err = OK;

	while (from < length && !err) {
		uint32_t to = from;

		while (to < length && memcmp(data + to, before + to, unit))
			to += unit;
		if (to > from)
			err = kind->program(core, address + from, data + from, to - from, why);
		from = to > from ? to : from + unit;
	}
	return err;
}

/* Block by block: what stays virgin can't be read all at once everywhere. */
static int verify(struct core *core, uint32_t address, const uint8_t *data, uint32_t length, struct why *why)
{
	uint8_t now[OTP_MOST];
	struct contents contents = { .before = now };
	int err = read_blocks(core, address, length, &contents, why);

	for (uint32_t i = 0; i < length && !err; i++)
		if (now[i] != data[i])
			err = explain(why, E_VERIFY, "0x%08x holds 0x%02x after the write and not 0x%02x.",
				      address + i, now[i], data[i]);
	return err;
}

int otp_write(struct core *core, uint32_t address, const uint8_t *data, uint32_t length, struct why *why)
{
	struct probe *probe = core->board->probe;
	uint8_t before[OTP_MOST];
	int err;

	if (length > OTP_MOST)
		return explain(why, E_RANGE, "OTP is not that large.");
	probe_critical_begin(probe);
	err = otp_check(core, address, data, length, before, why);
	if (!err)
		err = program_changes(core, address, data, length, before, why);
	if (!err)
		err = verify(core, address, data, length, why);
	probe_critical_end(probe);
	memory_cache_drop(core);
	return err;
}

int otp_lock(struct core *core, unsigned number, struct why *why)
{
	const struct chip *chip = &core->board->chip;
	const struct row *row = find_row(chip->controller);
	uint32_t address = chip->otp_locks + number;
	uint8_t lock = 0;
	int err = otp_lockable(chip, why);

	if (!err && number >= otp_block_count(chip))
		return explain(why, E_RANGE, "There is no OTP block %u that could be locked.", number);
	if (err)
		return err;
	probe_critical_begin(core->board->probe);
	err = read_bytes(core, address, &lock, 1, PROBE_8, why);
	if (!err && lock != chip->otp_locked)
		err = row->kind->program(core, address, &chip->otp_locked, 1, why);
	if (!err)
		err = read_bytes(core, address, &lock, 1, PROBE_8, why);
	if (!err && lock != chip->otp_locked)
		err = explain(why, E_VERIFY, "The lock byte at 0x%08x is 0x%02x after the write and not 0x%02x.", address,
			      lock, chip->otp_locked);
	probe_critical_end(core->board->probe);
	memory_cache_drop(core);
	return err;
}
