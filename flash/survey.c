/* SPDX-License-Identifier: MIT
 *
 * The beginning of a sector tells most written ones; the rest is settled by checksums over neighbours, halved
 * where they are not all blank. Protection is found by halving too: drivers name the first sector only.
 */
#include "flash/survey.h"

#include <stdlib.h>
#include <string.h>

#include "flash/checksum.h"
#include "flash/controller.h"
#include "flash/secure.h"
#include "probe/bytes.h"
#include "targets/remap.h"

enum { SAMPLE = 64 };

static int list_sectors(const struct chip *chip, struct flash_survey_row **rows, size_t *count,
			struct why *why)
{
	struct chip_sector sector;

	for (*count = 0; chip_sector_number(chip, (unsigned)*count, &sector); )
		++*count;
	if (!*count)
		return explain(why, E_CHIP, "%s has no flash that is known", chip->name);
	*rows = calloc(*count, sizeof(**rows));
	if (!*rows)
		return explain(why, E_MEMORY, "no memory for %zu sectors", *count);
	for (size_t i = 0; i < *count; i++)
		chip_sector_number(chip, (unsigned)i, &(*rows)[i].sector);
	return 0;
}

static bool is_blank(const uint8_t *data, uint32_t length, uint8_t erased)
{
	for (uint32_t i = 0; i < length; i++)
		if (data[i] != erased)
			return false;
	return true;
}

static int sample(struct core *core, struct flash_survey_row *row, struct why *why)
{
	uint32_t length = min_u32(SAMPLE, row->sector.size), done = 0;
	uint8_t data[SAMPLE];
	int err = memory_read(core, row->sector.base, data, length, &done);

	if (err && err != E_FAULT)
		return explain(why, err, "reading flash at 0x%08X: %s", row->sector.base, error_text(err));
	if (err || done < length)
		row->content = FLASH_UNREADABLE;
	else
		row->content = is_blank(data, length, core->board->chip.erased) ? FLASH_SEEMS_BLANK
										: FLASH_WRITTEN;
	return 0;
}

static uint32_t blank_crc(uint8_t erased, uint32_t length)
{
	uint32_t crc = 0xFFFFFFFF;
	uint8_t block[1024];

	memset(block, erased, sizeof(block));
	for (; length > sizeof(block); length -= sizeof(block))
		crc = crc32_gdb(crc, block, sizeof(block));
	return crc32_gdb(crc, block, length);
}

/* Rows that follow each other without a gap; at most what halves of it are of use. */
static int settle(struct core *core, struct flash_survey_row *rows, size_t count, struct why *why)
{
	const struct chip_sector *last = &rows[count - 1].sector;
	uint32_t base = rows[0].sector.base, length = last->base - base + last->size, crc = 0;
	int err = checksum_target(core, base, length, &crc, why);
	bool blank = crc == blank_crc(core->board->chip.erased, length);

	if (err == E_FAULT || (!err && !blank)) {
		if (count > 1) {
			err = settle(core, rows, count / 2, why);
			return err ? err : settle(core, rows + count / 2, count - count / 2, why);
		}
		rows[0].content = err ? FLASH_UNREADABLE : FLASH_WRITTEN;
		return 0;
	}
	for (size_t i = 0; i < count && !err; i++)
		rows[i].content = FLASH_BLANK;
	return err;
}

/* How many rows from the first on seem blank and lie side by side. */
static size_t run_of_blanks(const struct flash_survey_row *rows, size_t count)
{
	size_t n = 0;

	while (n < count && rows[n].content == FLASH_SEEMS_BLANK &&
	       (!n || rows[n - 1].sector.base + rows[n - 1].sector.size == rows[n].sector.base))
		n++;
	return n;
}

static int settle_all(struct core *core, struct flash_survey_row *rows, size_t count, struct why *why)
{
	int err = 0;

	for (size_t i = 0; i < count && !err; ) {
		size_t n = run_of_blanks(rows + i, count - i);

		if (n)
			err = settle(core, rows + i, n, why);
		i += n ? n : 1;
	}
	return err;
}

static int find_protected(const struct flash_device *device, const struct chip_sector *sectors,
			  struct flash_survey_row *rows, size_t count)
{
	struct why unused;
	int err = device->controller->check(device, sectors, count, &unused);

	if (err != E_PROTECTED)
		return err;
	if (count == 1) {
		rows[0].is_protected = true;
		return 0;
	}
	err = find_protected(device, sectors, rows, count / 2);
	return err ? err : find_protected(device, sectors + count / 2, rows + count / 2, count - count / 2);
}

static void survey_protection(struct core *core, const struct flash_options *options,
			      struct flash_survey_row *rows, size_t count)
{
	struct chip_sector *sectors = calloc(count, sizeof(*sectors));
	struct flash_device device;
	struct why unused;

	for (size_t i = 0; sectors && i < count; i++)
		sectors[i] = rows[i].sector;
	if (sectors && !flash_device_open(&device, core, options->supply_mv, &unused))
		find_protected(&device, sectors, rows, count);
	free(sectors);
}

int flash_survey(struct core *core, const struct flash_options *options, struct flash_survey_row **rows,
		 size_t *count, struct why *why)
{
	struct secure_pages pages = { .held = false };
	int err;

	*rows = NULL;
	*count = 0;
	err = remap_read(core, why);
	if (!err)
		err = list_sectors(&core->board->chip, rows, count, why);
	if (!err)
		err = secure_pages_begin(&pages, core, why);
	for (size_t i = 0; i < *count && !err; i++)
		err = sample(core, &(*rows)[i], why);
	if (!err && core->state == CORE_HALTED)
		err = settle_all(core, *rows, *count, why);
	if (!err)
		survey_protection(core, options, *rows, *count);
	secure_pages_end(&pages, core);
	if (err) {
		free(*rows);
		*rows = NULL;
	}
	return err;
}
