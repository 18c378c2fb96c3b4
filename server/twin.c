/* SPDX-License-Identifier: MIT
 *
 * Reading a chip for its twin.
 */
#include "server/twin.h"

#include <inttypes.h>
#include <string.h>

#include "flash/option/option.h"
#include "probe/bytes.h"
#include "server/load.h"

enum { CHUNK = 4096 };

void twin_part(const struct chip *chip, char *text, size_t size)
{
	snprintf(text, size, "%.*s,size=%u", (int)strcspn(chip->file, "."), chip->file, chip->flash_kib);
}

static int describe_identity(const struct core *core, FILE *file, struct why *why)
{
	const struct board *board = core->board;
	const struct chip *chip = &board->chip;
	uint32_t word;

	if (board->idcode && !board->options.chip)
		fprintf(file, "id 0x%08x\n", board->idcode);
	if (board->supply_mv)
		fprintf(file, "supply %u\n", board->supply_mv);
	if (!chip->uid_address)
		return OK;
	fprintf(file, "uid");
	for (unsigned i = 0; i < 3; i++) {
		uint32_t offset = chip->uid_split && i == 2 ? 0x14 : 4 * i;
		int err = probe_read_u32(board->probe, core->port, chip->uid_address + offset, &word);

		if (err && err != E_FAULT)
			return explain(why, err, "The unique id can't be read: %s.", error_text(err));
		fprintf(file, " 0x%08x", err ? 0 : word);
	}
	fprintf(file, "\n");
	return OK;
}

static int describe_options(struct core *core, FILE *file, struct why *why)
{
	const struct chip *chip = &core->board->chip;
	struct option_plan plan;
	int err = chip->option_field_count ? option_plan_begin(&plan, core, why) : OK;

	for (size_t i = 0; i < chip->option_field_count && !err; i++)
		fprintf(file, "option %s 0x%" PRIx32 "\n", chip->option_fields[i].name,
			option_field_value(&chip->option_fields[i], plan.before));
	return err;
}

/* What is blank is blank in a new chip, too. */
static void print_memory(uint32_t address, const uint8_t *data, uint32_t length, uint8_t erased, FILE *file)
{
	for (uint32_t at = 0, n; at < length; at += n) {
		bool blank = true;

		n = min_u32(TWIN_LINE, length - at);
		for (uint32_t i = 0; i < n; i++)
			blank &= data[at + i] == erased;
		if (blank)
			continue;
		fprintf(file, "memory 0x%08x ", address + at);
		for (uint32_t i = 0; i < n; i++)
			fprintf(file, "%02x", data[at + i]);
		fprintf(file, "\n");
	}
}

/* What can't be read is looked at in halves down to a unit, and left out. */
static int describe_memory(struct core *core, uint32_t address, uint32_t length, uint32_t unit, FILE *file,
			   uint32_t *unread)
{
	uint8_t data[CHUNK];
	uint32_t done = 0, half = length / 2;
	int err = memory_read(core, address, data, length, &done);

	if (err && err != E_FAULT)
		return err;
	if (!err && done == length) {
		print_memory(address, data, length, core->board->chip.erased, file);
		return OK;
	}
	if (length <= unit) {
		*unread += length;
		return OK;
	}
	err = describe_memory(core, address, half, unit, file, unread);
	return err ? err : describe_memory(core, address + half, length - half, unit, file, unread);
}

static int describe_otp(struct core *core, FILE *file, struct twin_extent *extent)
{
	const struct chip *chip = &core->board->chip;
	uint32_t unit = chip->otp_unit ? chip->otp_unit : TWIN_LINE, unread = 0;
	int err = OK;

	for (uint32_t at = 0; at < chip->otp_size && !err; at += TWIN_LINE)
		err = describe_memory(core, chip->otp_base + at, min_u32(TWIN_LINE, chip->otp_size - at), unit, file,
				      &unread);
	extent->otp_closed = chip->otp_size && unread == chip->otp_size;
	if (!err && chip->otp_locks && chip->otp_block)
		err = describe_memory(core, chip->otp_locks, chip->otp_size / chip->otp_block, TWIN_LINE, file,
				      &unread);
	return err;
}

static int describe_flash(struct engine *engine, struct core *core, FILE *file, struct twin_extent *extent)
{
	const struct chip *chip = &core->board->chip;
	uint32_t total = chip_flash_size(chip), unread = 0;
	int err = OK;

	for (size_t i = 0; i < chip->bank_count; i++)
		for (uint32_t at = 0; at < chip->banks[i].size && !err; at += CHUNK) {
			err = describe_memory(core, chip->banks[i].base + at,
					      min_u32(CHUNK, chip->banks[i].size - at), CHUNK, file, &unread);
			extent->flash_bytes += CHUNK;
			load_tell_progress(engine, extent->flash_bytes, total);
			if (probe_interrupted(core->board->probe))
				return E_INTERRUPTED;
			if (unread && unread == extent->flash_bytes) {
				extent->flash_closed = true;
				return OK;
			}
		}
	for (size_t i = 0; i < chip->region_count; i++)
		for (uint32_t at = 0; chip->regions[i].kind == CHIP_EEPROM && !chip->regions[i].sector &&
				      at < chip->regions[i].size && !err;
		     at += CHUNK)
			err = describe_memory(core, chip->regions[i].base + at,
					      min_u32(CHUNK, chip->regions[i].size - at), CHUNK, file, &unread);
	return err;
}

int twin_describe(struct engine *engine, struct core *core, bool with_flash, FILE *file,
		  struct twin_extent *extent, struct why *why)
{
	int err = describe_identity(core, file, why);

	*extent = (struct twin_extent){ .flash_asked = with_flash };
	if (!err)
		err = describe_options(core, file, why);
	if (!err)
		err = describe_otp(core, file, extent);
	if (!err && with_flash)
		err = describe_flash(engine, core, file, extent);
	if (!err && fflush(file) != 0)
		err = E_SYSTEM;
	return err && !why->text[0] ? explain(why, err, "The chip could not be copied: %s.", error_text(err)) : err;
}
