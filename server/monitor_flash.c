/* SPDX-License-Identifier: MIT
 *
 * Monitor commands about flash: its layout, erasing, and how the next loads are done.
 */
#include "server/monitor.h"
#include "server/session.h"

#include "flash/checksum.h"

#include "probe/bytes.h"

static void print_bank(struct monitor_call *call, const struct chip_bank *bank, unsigned number)
{
	uint32_t address = bank->base, end = bank->base + bank->size;

	for (size_t i = 0; i < bank->run_count && address < end; i++) {
		const struct chip_sectors *run = &bank->runs[i];
		uint32_t count = min_u32(run->count, (end - address) / run->size);

		monitor_print(call, "bank %u  0x%08x  %3u x %u KiB\n", number, address, count,
			      run->size / 1024);
		address += count * run->size;
	}
}

static int run_info(struct monitor_call *call)
{
	const struct engine *engine = call->engine;
	const struct chip *chip = &engine->board.chip;
	char text[100];

	for (size_t i = 0; i < chip->bank_count; i++)
		print_bank(call, &chip->banks[i], (unsigned)i);
	monitor_print(call, "loader %s, reset after loads %s, voltage %u mV%s\n",
		      engine->flash.no_loader ? "off" : "on", engine->flash.reset_after ? "on" : "off",
		      engine->flash.supply_mv ? engine->flash.supply_mv : engine->board.supply_mv,
		      engine->flash.supply_mv ? " (set)" : "");
	if (engine_unfinished_text(call->engine, text, sizeof(text))[0])
		monitor_print(call, "%s\n", text);
	return OK;
}

/* Afterwards the core is halted and what was cached is old. */
static int finish(struct monitor_call *call, int err, const struct flash_report *report)
{
	char text[200];

	core_take_reset(call->session->core);
	memory_cache_drop(call->session->core);
	if (call->session->core->state != CORE_UNKNOWN)
		session_adopt_core(call->session, "flash erase");
	if (err)
		return err;
	flash_report_text(report, text, sizeof(text));
	monitor_print(call, "%s\n", text);
	return OK;
}

static int erase_range(struct monitor_call *call, uint32_t address, uint32_t length)
{
	struct flash_report report = { 0 };
	struct flash_plan *plan;
	int err = flash_plan_new(&plan, call->session->core);

	if (err)
		return err;
	err = flash_plan_erase(plan, address, length, call->why);
	if (!err)
		err = finish(call, flash_commit(plan, &call->engine->flash, &report, NULL, NULL,
						call->why), &report);
	flash_plan_free(plan);
	return err;
}

static int erase_all(struct monitor_call *call)
{
	struct flash_report report = { 0 };
	int err = flash_erase_all(call->session->core, &call->engine->flash, &report, call->why);

	return finish(call, err, &report);
}

static int run_erase(struct monitor_call *call)
{
	uint32_t address, length;
	int err;

	if (monitor_is(call, 0, "all"))
		return erase_all(call);
	if (call->argc != 2)
		return monitor_usage(call, "flash erase all|ADDRESS LENGTH");
	err = monitor_number(call, 0, &address);
	if (!err)
		err = monitor_number(call, 1, &length);
	return err ? err : erase_range(call, address, length);
}

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

static int run_loader(struct monitor_call *call)
{
	bool on = true;
	int err = monitor_switch(call, 0, &on);

	call->engine->flash.no_loader = !on;
	return err;
}

enum { ERASE = MONITOR_TARGET | MONITOR_CONTROL | MONITOR_CHANGES };

const struct monitor_command monitor_flash[] = {
	{ "flash info", "", "Show sectors and how loads are done", MONITOR_TARGET, run_info },
	{ "flash erase", "all|ADDRESS LENGTH", "Erase all, or the sectors that a range touches", ERASE,
	  run_erase },
	{ "flash checksum", "ADDRESS LENGTH", "CRC-32 of target memory, as GDB's qCRC",
	  MONITOR_TARGET | MONITOR_HALTED, run_checksum },
	{ "flash voltage", "MV|auto", "Supply to assume for programming", MONITOR_CONTROL, run_voltage },
	{ "flash reset-after", "on|off", "End loads in reset-halt (default on)", MONITOR_CONTROL,
	  run_reset_after },
	{ "flash loader", "on|off", "Program through a loader in RAM (default on)", MONITOR_CONTROL,
	  run_loader },
	{ NULL, NULL, NULL, 0, NULL },
};
