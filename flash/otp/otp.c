/* SPDX-License-Identifier: MIT
 *
 * OTP of all families: what may be written where.
 */
#include "flash/otp/otp.h"

#include <string.h>

#include "flash/option/option.h"
#include "probe/bytes.h"
#include "targets/board.h"

static const struct otp_kind *find_kind(const char *controller)
{
	static const struct {
		const char *name;
		const struct otp_kind *kind;
	} kinds[] = {
		{ "f2", &otp_kind_f4 },
		{ "f4", &otp_kind_f4 },
		{ "f4db", &otp_kind_f4 },
		{ "f7", &otp_kind_f4 },
		{ "f7db", &otp_kind_f4 },
		{ "l4", &otp_kind_once },
		{ "l4sb", &otp_kind_once },
		{ "l4plus", &otp_kind_once },
		{ "g0", &otp_kind_once },
		{ "g0db", &otp_kind_once },
		{ "g4", &otp_kind_once },
		{ "g4db", &otp_kind_once },
		{ "c0", &otp_kind_once },
		{ "u0", &otp_kind_once },
		{ "wb", &otp_kind_once },
		{ "wl", &otp_kind_once },
		{ "l5", &otp_kind_once },
		{ "u5", &otp_kind_once },
		{ "u3", &otp_kind_once },
		{ "wba", &otp_kind_once },
		{ "wba2", &otp_kind_once },
	};

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (!strcmp(kinds[i].name, controller))
			return kinds[i].kind;
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

int otp_read_block(struct core *core, unsigned number, struct otp_block *block, struct why *why)
{
	const struct chip *chip = &core->board->chip;
	int err;

	memset(block, 0, sizeof(*block));
	block->size = block_size(chip);
	block->address = chip->otp_base + number * block->size;
	block->blank = true;
	err = read_bytes(core, block->address, block->data, block->size, PROBE_ANY, why);
	if (!err && chip->otp_locks)
		err = read_bytes(core, chip->otp_locks + number, &block->lock, 1, PROBE_8, why);
	for (uint32_t i = 0; i < block->size; i++)
		block->blank &= block->data[i] == chip->erased;
	/* Only two values mean anything; one that began to change is not written to any more. */
	block->locked = chip->otp_locks && block->lock != chip->erased;
	return err;
}

int otp_writable(const struct chip *chip, struct why *why)
{
	if (!chip->otp_size)
		return explain(why, E_CHIP, "%s has no OTP area that is known.", chip->name);
	if (find_kind(chip->controller))
		return OK;
	return explain(why, E_REFUSED, "OTP of %s (controller %s) is shown; writing it is not supported yet.",
		       chip->name, chip->controller);
}

int otp_lockable(const struct chip *chip, struct why *why)
{
	int err = otp_writable(chip, why);

	if (err || chip->otp_locks)
		return err;
	return explain(why, E_REFUSED, "OTP of %s has no locks: each %u bytes can be written once, and then never "
		       "again.", chip->name, unit_size(chip));
}

static int check_blocks(struct core *core, uint32_t address, uint32_t length, struct why *why)
{
	const struct chip *chip = &core->board->chip;
	uint32_t first = (address - chip->otp_base) / block_size(chip);
	uint32_t last = (address + (length - 1) - chip->otp_base) / block_size(chip);
	int err = OK;

	for (uint32_t i = first; i <= last && !err; i++) {
		struct otp_block block;

		err = otp_read_block(core, i, &block, why);
		if (!err && block.locked)
			err = explain(why, E_PROTECTED, "OTP block %u (0x%08x) is locked for ever (lock byte 0x%02x); "
				      "nothing was written.", i, block.address, block.lock);
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
		       const uint8_t *before, struct why *why)
{
	uint32_t unit = unit_size(chip);

	if (address % unit || length % unit)
		return explain(why, E_REFUSED, "OTP of this chip is written in whole units of %u bytes, once: 0x%08x and "
			       "%u bytes would leave the rest of one unusable.", unit, address, length);
	for (uint32_t i = 0; i < length; i++) {
		uint32_t start = i - i % unit;

		if (before[i] != chip->erased && memcmp(before + start, data + start, unit))
			return explain(why, E_REFUSED, "The %u bytes at 0x%08x are written already, and can be written "
				       "once only; nothing was written.", unit, address + start);
	}
	return OK;
}

int otp_check(struct core *core, uint32_t address, const uint8_t *data, uint32_t length, uint8_t *before,
	      struct why *why)
{
	const struct chip *chip = &core->board->chip;
	int err = otp_writable(chip, why);

	if (err)
		return err;
	if (!length || address - chip->otp_base >= chip->otp_size ||
	    length > chip->otp_size - (address - chip->otp_base))
		return explain(why, E_RANGE, "OTP goes from 0x%08x to 0x%08x; %u bytes at 0x%08x are not in it.",
			       chip->otp_base, chip->otp_base + (chip->otp_size - 1), length, address);
	err = check_blocks(core, address, length, why);
	if (!err)
		err = read_bytes(core, address, before, length, PROBE_8, why);
	if (err)
		return err;
	return unit_size(chip) > 1 ? check_units(chip, address, data, length, before, why) :
	       check_bits(chip, address, data, length, before, why);
}

/* Programs the units that differ; the controller is opened once for each run of them. */
static int program_changes(struct core *core, uint32_t address, const uint8_t *data, uint32_t length,
			   const uint8_t *before, struct why *why)
{
	const struct otp_kind *kind = find_kind(core->board->chip.controller);
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

static int verify(struct core *core, uint32_t address, const uint8_t *data, uint32_t length, struct why *why)
{
	uint8_t now[OTP_MOST];
	int err = read_bytes(core, address, now, length, PROBE_8, why);

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
	const struct otp_kind *kind = find_kind(chip->controller);
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
		err = kind->program(core, address, &chip->otp_locked, 1, why);
	if (!err)
		err = verify(core, address, &chip->otp_locked, 1, why);
	probe_critical_end(core->board->probe);
	memory_cache_drop(core);
	return err;
}
