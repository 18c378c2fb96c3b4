/* SPDX-License-Identifier: MIT
 *
 * Monitor commands that move flash contents between files and the chip: write, verify, read.
 */
#include "server/load.h"
#include "server/monitor/flash_options.h"
#include "server/monitor/monitor.h"
#include "server/session/session.h"

#include "flash/checksum.h"
#include "flash/image/image.h"
#include "flash/secure.h"

#include "targets/protection.h"

#include "probe/bytes.h"

#include <stdlib.h>
#include <string.h>

enum { CHUNK = 24 * 1024, COMPARE = 4096 };

/* ---- files in ---- */

static uint32_t start_of_flash(const struct chip *chip)
{
	uint32_t start = chip->bank_count ? chip->banks[0].base : 0;

	for (size_t i = 1; i < chip->bank_count; i++)
		start = min_u32(start, chip->banks[i].base);
	return start;
}

/* FILE [ADDRESS]; the image is initialised in any case. */
static int read_file(struct monitor_call *call, struct flash_image *image)
{
	uint32_t base = start_of_flash(&call->engine->board.chip);
	int err = OK;

	flash_image_init(image, IMAGE_BINARY);
	if (call->argc > 1)
		err = monitor_number(call, 1, &base);
	if (!err)
		err = flash_image_read(image, call->argv[0], base, call->why);
	if (!err && call->argc > 1 && image->format != IMAGE_BINARY)
		err = explain(call->why, E_ARGUMENT, "%s (%s) says itself where it goes: ADDRESS is for binary "
			      "files.", call->argv[0], flash_image_format_text(image->format));
	return err;
}

static int plan_image(struct flash_plan *plan, const struct flash_image *image, struct why *why)
{
	int err = OK;

	for (size_t i = 0; i < image->piece_count && !err; i++) {
		const struct flash_image_piece *piece = &image->pieces[i];

		err = flash_plan_write(plan, piece->address, image->data + piece->offset, piece->length, why);
	}
	return err;
}

static int write_image(struct monitor_call *call, const struct flash_image *image)
{
	struct flash_report report = { 0 };
	struct flash_plan *plan;
	char text[200];
	int err = flash_plan_new(&plan, call->session->core);

	if (err)
		return err;
	call->engine->load.bytes = (uint32_t)image->length;
	err = plan_image(plan, image, call->why);
	if (!err)
		err = load_commit(call->session, monitor_client(call), plan, &report, call->why);
	flash_plan_free(plan);
	if (err)
		return err;
	flash_report_text(&report, text, sizeof(text));
	monitor_print(call, "%s (%s): %s\n", call->argv[0], flash_image_format_text(image->format), text);
	return OK;
}

static int run_write(struct monitor_call *call)
{
	struct flash_options_file options;
	struct flash_image image;
	int err = flash_options_take(call, &options);

	if (err)
		return err;
	if (call->argc < 1 || call->argc > 2)
		return monitor_usage(call, "flash write FILE [ADDRESS] [options]");
	err = read_file(call, &image);
	if (!err)
		err = flash_options_before(call, &options);
	if (!err)
		err = write_image(call, &image);
	if (!err)
		err = flash_options_after(call, &options);
	flash_image_clear(&image);
	return err;
}

/* ---- verify ---- */

/* How far a command is, over all pieces of a file. */
struct course {
	struct monitor_call *call;
	uint32_t done, total;
};

static void move_on(struct course *course, uint32_t length)
{
	course->done += length;
	load_tell_progress(course->call->engine, course->done, course->total);
}

static int read_part(struct monitor_call *call, uint32_t address, uint8_t *data, uint32_t length)
{
	const struct chip *chip = &call->engine->board.chip;
	uint32_t done = 0;
	int err;

	if (chip_is_secure(chip))
		chip_flash_address(chip, address, &address);
	err = memory_read(call->session->core, address, data, length, &done);

	if (!err && done == length)
		return OK;
	err = err ? err : E_FAULT;
	explain(call->why, err, "0x%08x can't be read: %s.", address + done, error_text(err));
	protection_explain(call->session->core, err, address + done, call->why);
	return err;
}

static int compare_part(struct monitor_call *call, uint32_t address, const uint8_t *wanted,
			uint32_t length)
{
	uint8_t data[COMPARE];
	int err = read_part(call, address, data, length);

	for (uint32_t i = 0; i < length && !err; i++)
		if (data[i] != wanted[i])
			err = explain(call->why, E_VERIFY, "0x%08x holds 0x%02x, and %s has 0x%02x there.",
				      address + i, data[i], call->argv[0], wanted[i]);
	return err;
}

static int compare(struct course *course, const struct flash_image_piece *piece, const uint8_t *data)
{
	uint32_t n;
	int err = OK;

	for (uint32_t done = 0; done < piece->length && !err; done += n) {
		n = min_u32(piece->length - done, COMPARE);
		err = compare_part(course->call, piece->address + done, data + done, n);
		if (!err)
			move_on(course, n);
	}
	return err;
}

/* By a checksum where the core is halted; a difference is looked for by reading. */
static int verify_piece(struct course *course, const struct flash_image_piece *piece,
			const uint8_t *data)
{
	struct core *core = course->call->session->core;
	uint32_t crc = 0;

	if (core->state == CORE_HALTED &&
	    !checksum_target(core, piece->address, piece->length, &crc, course->call->why) &&
	    crc == crc32_gdb(0xFFFFFFFF, data, piece->length)) {
		move_on(course, piece->length);
		return OK;
	}
	return compare(course, piece, data);
}

static int run_verify(struct monitor_call *call)
{
	struct course course = { .call = call };
	struct secure_pages pages = { .held = false };
	struct flash_image image;
	int err;

	if (call->argc < 1 || call->argc > 2)
		return monitor_usage(call, "flash verify FILE [ADDRESS]");
	err = read_file(call, &image);
	if (!err)
		err = secure_pages_begin(&pages, call->session->core, call->why);
	course.total = (uint32_t)image.length;
	for (size_t i = 0; i < image.piece_count && !err; i++)
		err = verify_piece(&course, &image.pieces[i], image.data + image.pieces[i].offset);
	secure_pages_end(&pages, call->session->core);
	if (!err)
		monitor_print(call, "%s (%s): %zu bytes are the same in the chip\n", call->argv[0],
			      flash_image_format_text(image.format), image.length);
	flash_image_clear(&image);
	return err;
}

/* ---- read ---- */

/* "0x... is outside of flash" and what there is. */
static int refuse_range(struct monitor_call *call, uint32_t address)
{
	const struct chip *chip = &call->engine->board.chip;

	explain(call->why, E_RANGE, "0x%08x is outside of flash. There is:", address);
	for (size_t i = 0; i < chip->bank_count; i++)
		explain_more(call->why, " flash 0x%08x to 0x%08x;", chip->banks[i].base,
			     chip->banks[i].base + (chip->banks[i].size - 1));
	for (size_t i = 0; i < chip->region_count; i++)
		explain_more(call->why, " %s 0x%08x to 0x%08x;", chip->regions[i].name, chip->regions[i].base,
			     chip->regions[i].base + (chip->regions[i].size - 1));
	explain_more(call->why, " `mem read` reads all of it.");
	return E_RANGE;
}

/* How many bytes follow on address within its bank or data EEPROM; 0 = it is neither. */
static uint32_t flash_from(const struct chip *chip, uint32_t address)
{
	const struct chip_region *region = chip_region_at(chip, address);

	for (size_t i = 0; i < chip->bank_count; i++)
		if (address - chip->banks[i].base < chip->banks[i].size)
			return chip->banks[i].size - (address - chip->banks[i].base);
	if (region && region->kind == CHIP_EEPROM)
		return region->size - (address - region->base);
	return 0;
}

/* Before anything is read: all of the range is flash or data EEPROM. */
static int check_range(struct monitor_call *call, uint32_t address, uint32_t length)
{
	const struct chip *chip = &call->engine->board.chip;
	uint32_t n;

	if (!length)
		return explain(call->why, E_ARGUMENT, "LENGTH is 0.");
	for (uint32_t done = 0; done < length; done += n) {
		n = min_u32(flash_from(chip, address + done), length - done);
		if (!n || address + done < address)
			return refuse_range(call, address + done);
	}
	return OK;
}

static int read_range(struct course *course, struct flash_image *image, uint32_t address, uint32_t length)
{
	uint8_t *data = malloc(CHUNK);
	uint32_t n;
	int err = data ? OK : E_MEMORY;

	for (uint32_t done = 0; done < length && !err; done += n) {
		n = min_u32(length - done, CHUNK);
		err = read_part(course->call, address + done, data, n);
		if (!err)
			err = flash_image_add(image, address + done, data, n, 0, course->call->why);
		if (!err)
			move_on(course, n);
	}
	free(data);
	return err;
}

/* Told before all of it is read. */
static int check_gaps(struct monitor_call *call, const struct chip *chip)
{
	for (size_t i = 1; i < chip->bank_count; i++) {
		uint32_t end = chip->banks[i - 1].base + chip->banks[i - 1].size;

		if (chip->banks[i].base != end)
			return explain(call->why, E_ARGUMENT, "Flash has a gap at 0x%08x, which a binary file can't "
				       "show: name it .hex, .srec or .elf, or read ADDRESS LENGTH.", end);
	}
	return OK;
}

static const struct chip_region *find_eeprom(const struct chip *chip, bool with_sectors)
{
	for (size_t i = 0; i < chip->region_count; i++)
		if (chip->regions[i].kind == CHIP_EEPROM && !chip->regions[i].sector == !with_sectors)
			return &chip->regions[i];
	return NULL;
}

/* Says what of a whole chip is not in the file. */
static void tell_what_is_left(struct monitor_call *call, const struct flash_image *image, bool options)
{
	const struct chip *chip = &call->engine->board.chip;
	const struct {
		bool left;
		const char *text;
	} rows[] = {
		{ image->format == IMAGE_BINARY && find_eeprom(chip, false),
		  "data EEPROM (name the file .hex, .srec or .elf)" },
		{ find_eeprom(chip, true), "data flash (what was never written in it can't be read)" },
		{ !options && chip->option_field_count, "option bytes (`flash read FILE options`)" },
		{ chip->otp_size, "OTP (`otp` shows it)" },
	};
	const char *before = "Not in it: ";

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (!rows[i].left)
			continue;
		monitor_print(call, "%s%s", before, rows[i].text);
		before = ", ";
	}
	if (*before == ',')
		monitor_print(call, ".\n");
}

static int read_all(struct course *course, struct flash_image *image)
{
	const struct chip *chip = &course->call->engine->board.chip;
	const struct chip_region *eeprom = find_eeprom(chip, false);
	int err = image->format == IMAGE_BINARY ? check_gaps(course->call, chip) : OK;

	course->total = chip_flash_size(chip) + (eeprom && image->format != IMAGE_BINARY ? eeprom->size : 0);
	if (err)
		return err;
	if (!course->total)
		return explain(course->call->why, E_CHIP, "%s has no flash that is known.", chip->name);
	for (size_t i = 0; i < chip->bank_count && !err; i++)
		err = read_range(course, image, chip->banks[i].base, chip->banks[i].size);
	if (!err && eeprom && image->format != IMAGE_BINARY)
		err = read_range(course, image, eeprom->base, eeprom->size);
	return err ? err : flash_image_sort(image, course->call->why);
}

static int read_some(struct course *course, struct flash_image *image)
{
	struct monitor_call *call = course->call;
	uint32_t address, length;
	int err = monitor_number(call, 1, &address);

	if (!err)
		err = monitor_number(call, 2, &length);
	if (err)
		return err;
	chip_flash_address(&call->engine->board.chip, address, &address);
	err = check_range(call, address, length);
	course->total = length;
	return err ? err : read_range(course, image, address, length);
}

static int run_read(struct monitor_call *call)
{
	struct course course = { .call = call };
	struct secure_pages pages = { .held = false };
	struct flash_options_file options;
	struct flash_image image;
	int err = flash_options_take(call, &options);

	if (err)
		return err;
	if (call->argc != 1 && call->argc != 3)
		return monitor_usage(call, "flash read FILE [ADDRESS LENGTH] [options]");
	flash_image_init(&image, flash_image_format_of(call->argv[0]));
	err = secure_pages_begin(&pages, call->session->core, call->why);
	if (!err)
		err = call->argc == 1 ? read_all(&course, &image) : read_some(&course, &image);
	secure_pages_end(&pages, call->session->core);
	if (!err)
		err = flash_image_save(&image, call->argv[0], call->why);
	if (!err)
		monitor_print(call, "%s (%s): %zu bytes from 0x%08x on\n", call->argv[0],
			      flash_image_format_text(image.format), image.length, image.pieces[0].address);
	if (!err)
		err = flash_options_save(call, &options);
	if (!err && call->argc == 1)
		tell_what_is_left(call, &image, options.wanted);
	flash_image_clear(&image);
	return err;
}

enum { WRITE = MONITOR_TARGET | MONITOR_CONTROL | MONITOR_CHANGES };

const struct monitor_command monitor_flash_files[] = {
	{ "flash write", "FILE [ADDRESS] [options]", "Write ELF, Intel HEX, S-records or binary; FILE.options too\n"
	  "flash write build/app.elf", WRITE, run_write },
	{ "flash verify", "FILE [ADDRESS]", "Compare a file with what is in the chip\n"
	  "flash verify app.bin 0x08004000", MONITOR_TARGET, run_verify },
	{ "flash read", "FILE [ADDRESS LENGTH] [options]", "All of flash, or a range, to a file; option bytes beside it\n"
	  "flash read backup.hex options", MONITOR_TARGET, run_read },
	{ NULL, NULL, NULL, 0, NULL },
};
