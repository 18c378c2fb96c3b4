/* SPDX-License-Identifier: MIT
 *
 * Monitor commands about flash: what is in it, erasing, and how the next loads are done.
 */
#include "server/load.h"
#include "server/monitor/monitor.h"
#include "server/session/session.h"

#include "flash/checksum.h"
#include "flash/survey.h"

#include "targets/protection.h"

#include "probe/bytes.h"

#include <stdlib.h>

/* ---- flash info: a map ---- */

enum { MARKS = 64 };		/* in a line of the map */

static char mark_of(const struct flash_survey_row *row)
{
	static const char marks[][2] = {	/* open, protected */
		[FLASH_BLANK] = { '.', 'p' }, [FLASH_SEEMS_BLANK] = { ':', 'p' },
		[FLASH_WRITTEN] = { '#', 'P' }, [FLASH_UNREADABLE] = { '?', '?' },
	};

	return marks[row->content][row->is_protected];
}

static bool is_like(const struct flash_survey_row *row, const struct flash_survey_row *first)
{
	return row->sector.bank == first->sector.bank && row->sector.size == first->sector.size;
}

/* How many rows from the first on go into one line: of one bank and size; more than fit when they are all
 * the same. */
static size_t line_length(const struct flash_survey_row *rows, size_t count)
{
	size_t n = 1, same = 1;

	while (same < count && is_like(&rows[same], rows) && mark_of(&rows[same]) == mark_of(rows))
		same++;
	while (n < count && n < MARKS && is_like(&rows[n], rows))
		n++;
	if (same < 2 * MARKS)
		return n;
	return same < count && is_like(&rows[same], rows) ? same - same % MARKS : same;
}

static void print_line(struct monitor_call *call, const struct flash_survey_row *rows, size_t count)
{
	uint32_t size = rows[0].sector.size;
	char marks[MARKS + 1];
	size_t shown = count > MARKS ? 1 : count;

	for (size_t i = 0; i < shown; i++)
		marks[i] = mark_of(&rows[i]);
	marks[shown] = '\0';
	monitor_print(call, "  0x%08x %4zu x %3u %-5s %s%s\n", rows[0].sector.base, count,
		      size % 1024 ? size : size / 1024, size % 1024 ? "bytes" : "KiB", marks,
		      count > shown ? " all of them" : "");
}

static void print_map(struct monitor_call *call, const struct flash_survey_row *rows, size_t count)
{
	const struct chip *chip = &call->engine->board.chip;

	for (size_t i = 0, n; i < count; i += n) {
		const struct chip_bank *bank = &chip->banks[rows[i].sector.bank];

		if (!rows[i].sector.number)
			monitor_print(call, "bank %u  0x%08x to 0x%08x, %u KiB\n", rows[i].sector.bank,
				      bank->base, bank->base + (bank->size - 1), bank->size / 1024);
		n = line_length(rows + i, count - i);
		print_line(call, rows + i, n);
	}
	for (size_t i = 0; i < chip->region_count; i++) {
		const struct chip_region *region = &chip->regions[i];

		if (region->sector)
			monitor_print(call, "data    0x%08x to 0x%08x, %u KiB in sectors of %u KiB, of bank %u\n", region->base,
				      region->base + (region->size - 1), region->size / 1024, region->sector / 1024,
				      region->sector_bank);
	}
}

static void print_legend(struct monitor_call *call, const struct flash_survey_row *rows, size_t count)
{
	static const struct {
		char mark;
		const char *text;
	} legend[] = {
		{ '#', "written" }, { '.', "blank" }, { ':', "begins blank (halt to know more)" },
		{ 'P', "written, protected" }, { 'p', "blank, protected" },
		{ '?', "can't be read" },
	};
	size_t counts[ARRAY_SIZE(legend)] = { 0 };
	const char *comma = "  ";
	char text[PROTECTION_TEXT];

	for (size_t l = 0; l < ARRAY_SIZE(legend); l++) {
		for (size_t i = 0; i < count; i++)
			counts[l] += mark_of(&rows[i]) == legend[l].mark;
		if (!counts[l])
			continue;
		monitor_print(call, "%s%c %s: %zu", comma, legend[l].mark, legend[l].text, counts[l]);
		comma = ", ";
	}
	monitor_print(call, "\n");
	if (protection_read(call->session->core) == OK &&
	    protection_text(&call->engine->board.chip, text, sizeof(text))[0])
		monitor_print(call, "%s\n", text);
}

static void print_field(struct monitor_call *call, const struct chip_option_field *field, uint32_t value)
{
	const struct chip_value *named = field->values, *end = named + field->value_count;

	while (named < end && named->value != value)
		named++;
	monitor_print(call, "%s=%u: %s", field->name, value, field->about);
	if (named < end)
		monitor_print(call, ": %s", named->about[0] ? named->about : named->name);
	monitor_print(call, "\n");
}

static void print_mode(struct monitor_call *call)
{
	const struct chip *chip = &call->engine->board.chip;

	for (size_t i = 0; i < chip->option_field_count; i++) {
		const struct chip_option_field *field = &chip->option_fields[i];
		uint64_t bits = (uint64_t)chip->option_words[field->word].now & ((2ull << field->high) - 1);

		if (chip_field_matters(chip, field))
			print_field(call, field, (uint32_t)(bits >> field->low));
	}
	if (chip->swapped)
		monitor_print(call, "The banks are swapped: bank 0 here is the controller's bank %u.\n",
			      chip->banks[0].physical + 1u);
}

static void print_settings(struct monitor_call *call)
{
	const struct engine *engine = call->engine;
	const struct flash_options *flash = &engine->flash;

	monitor_print(call, "loader %s, reset after loads %s, preserve %s, voltage %u mV%s\n",
		      flash->no_loader ? "off" : "on", flash->reset_after ? "on" : "off",
		      flash->preserve ? "on" : "off",
		      flash->supply_mv ? flash->supply_mv : engine->board.supply_mv,
		      flash->supply_mv ? " (set)" : "");
}

static int run_info(struct monitor_call *call)
{
	struct flash_survey_row *rows;
	char text[100];
	size_t count;
	int err = flash_survey(call->session->core, &call->engine->flash, &rows, &count, call->why);

	if (err)
		return err;
	print_map(call, rows, count);
	print_legend(call, rows, count);
	print_mode(call);
	free(rows);
	print_settings(call);
	if (engine_unfinished_text(call->engine, text, sizeof(text))[0])
		monitor_print(call, "%s\n", text);
	return OK;
}

/* ---- flash erase ---- */

static int plan_all(struct flash_plan *plan, const struct chip *chip, struct why *why)
{
	int err = OK;

	for (size_t i = 0; i < chip->bank_count && !err; i++)
		err = flash_plan_erase(plan, chip->banks[i].base, chip->banks[i].size, why);
	return err;
}

static int erase(struct monitor_call *call, bool all, uint32_t address, uint32_t length)
{
	struct flash_report report = { 0 };
	struct flash_plan *plan;
	char text[200];
	int err = flash_plan_new(&plan, call->session->core);

	if (err)
		return err;
	err = all ? plan_all(plan, &call->engine->board.chip, call->why)
		  : flash_plan_erase(plan, address, length, call->why);
	if (!err && flash_plan_empty(plan))
		err = explain(call->why, E_CHIP, "There is nothing to erase%s.",
			      length ? ": data EEPROM takes new bytes as it is" : "");
	if (!err)
		err = load_commit(call->session, monitor_client(call), plan, &report, call->why);
	flash_plan_free(plan);
	if (err)
		return err;
	flash_report_text(&report, text, sizeof(text));
	monitor_print(call, "%s\n", text);
	return OK;
}

static int run_erase(struct monitor_call *call)
{
	uint32_t address, length;
	int err;

	if (monitor_is(call, 0, "all"))
		return erase(call, true, 0, 0);
	if (call->argc != 2)
		return monitor_usage(call, "flash erase all|ADDRESS LENGTH");
	err = monitor_number(call, 0, &address);
	if (!err)
		err = monitor_number(call, 1, &length);
	return err ? err : erase(call, false, address, length);
}

/* ---- the rest ---- */

/* The checksum of what is there now, by the target; GDB's compare-sections prints the same. */
static int run_checksum(struct monitor_call *call)
{
	uint32_t address, length, crc = 0xFFFFFFFF;
	int err = monitor_number(call, 0, &address);

	if (!err)
		err = monitor_number(call, 1, &length);
	if (!err)
		err = checksum_target(call->session->core, address, length, &crc, call->why);
	if (!err)
		monitor_print(call, "0x%08x\n", crc);
	return err;
}

static int run_voltage(struct monitor_call *call)
{
	struct flash_options *flash = &call->engine->flash;
	uint32_t mv;
	int err;

	if (monitor_is(call, 0, "auto")) {
		flash->supply_mv = 0;
		return OK;
	}
	err = monitor_number(call, 0, &mv);
	if (!err && (mv < 1600 || mv > 3600))
		err = explain(call->why, E_ARGUMENT, "%u mV is no supply of an STM32 (1600 to 3600).", mv);
	if (!err)
		flash->supply_mv = mv;
	return err;
}

static int run_reset_after(struct monitor_call *call)
{
	return monitor_switch(call, 0, &call->engine->flash.reset_after);
}

static int run_preserve(struct monitor_call *call)
{
	return monitor_switch(call, 0, &call->engine->flash.preserve);
}

static int run_loader(struct monitor_call *call)
{
	bool on = true;
	int err = monitor_switch(call, 0, &on);

	if (!err)
		call->engine->flash.no_loader = !on;
	return err;
}

enum { ERASE = MONITOR_TARGET | MONITOR_CONTROL | MONITOR_CHANGES };

const struct monitor_command monitor_flash[] = {
	{ "flash info", "", "Map of what is written, blank, protected; how loads are done", MONITOR_TARGET,
	  run_info },
	{ "flash erase", "all|ADDRESS LENGTH", "Erase all, or the sectors that a range touches\n"
	  "flash erase 0x08000000 128k", ERASE, run_erase },
	{ "flash checksum", "ADDRESS LENGTH", "CRC-32 of target memory, as GDB's qCRC\n"
	  "flash checksum 0x08000000 512k", MONITOR_TARGET | MONITOR_HALTED, run_checksum },
	{ "flash voltage", "MV|auto", "Supply to assume for programming\nflash voltage 3300",
	  MONITOR_CONTROL, run_voltage },
	{ "flash reset-after", "on|off", "End loads in reset-halt (default on)\nflash reset-after off",
	  MONITOR_CONTROL, run_reset_after },
	{ "flash preserve", "on|off", "Keep what a load does not write of its sectors (default off)\n"
	  "flash preserve on", MONITOR_CONTROL, run_preserve },
	{ "flash loader", "on|off", "Program through a loader in RAM (default on)\nflash loader off",
	  MONITOR_CONTROL, run_loader },
	{ NULL, NULL, NULL, 0, NULL },
};
