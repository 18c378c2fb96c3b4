/* SPDX-License-Identifier: MIT
 *
 * Monitor commands that explain the chip: what it is, in which fault it stands. They read only.
 */
#include "server/monitor/monitor.h"
#include "server/session/session.h"

#include "targets/protection.h"

#include <string.h>

static const char *core_name(enum chip_core core)
{
	static const char *const names[] = {
		[CHIP_M0] = "Cortex-M0", [CHIP_M0PLUS] = "Cortex-M0+", [CHIP_M3] = "Cortex-M3",
		[CHIP_M4] = "Cortex-M4", [CHIP_M7] = "Cortex-M7", [CHIP_M33] = "Cortex-M33",
		[CHIP_OTHER_CORE] = "another core",
	};

	return names[core];
}

static void print_state(struct monitor_call *call)
{
	struct core *core = call->session->core;
	uint32_t pc;

	monitor_print(call, "state   %s", session_run_text(call->session->run));
	if (core->state == CORE_HALTED && !core_read_register(core, REG_PC, &pc))
		monitor_print(call, " at 0x%08x", pc);
	monitor_print(call, "\n");
}

static void print_protection(struct monitor_call *call)
{
	const struct chip *chip = &call->engine->board.chip;
	char text[PROTECTION_TEXT];

	if (protection_read(call->session->core) == OK && protection_text(chip, text, sizeof(text))[0])
		monitor_print(call, "protect %s\n", text);
}

static int run_info(struct monitor_call *call)
{
	const struct board *board = &call->engine->board;
	const struct core *core = call->session->core;
	const struct probe_version *version = probe_version(board->probe);
	const struct link_identity *identity = &probe_link(board->probe)->identity;
	const char *revision = chip_revision_name(&board->chip, board->idcode);

	monitor_print(call, "probe   %s, firmware %s, serial %s, SWD at %u kHz\n", version->model,
		      version->text, identity->serial, probe_speed_khz(board->probe));
	monitor_print(call, "chip    %s%s%s, id 0x%08x, supply %u.%02u V\n", board->chip.name,
		      revision[0] ? " revision " : "", revision, board->idcode,
		      board->supply_mv / 1000, board->supply_mv % 1000 / 10);
	monitor_print(call, "flash   %u KiB in %u bank%s\n", chip_flash_size(&board->chip) / 1024,
		      (unsigned)board->chip.bank_count, board->chip.bank_count > 1 ? "s" : "");
	monitor_print(call, "core    %s%s, CPUID 0x%08x, %u breakpoint and %u watchpoint units\n",
		      core_name(board->chip.core), core->fpu ? " with FPU" : "", core->cpuid,
		      core->code_units, core->data_units);
	print_state(call);
	print_protection(call);
	if (board->notes[0])
		monitor_print(call, "note    %s\n", board->notes);
	return OK;
}

/* Some parts with this id have it, and only their name tells. */
static void print_second_core(struct monitor_call *call, const struct chip *chip)
{
	if (chip->second_ap)
		monitor_print(call, "core 1%s: %s, access port %u, left alone: it is never halted, and runs on while core 0 "
			      "stands. A reset of the chip resets it too; debugging it is not supported.\n",
			      chip->core_count > 1 ? "" : " (of parts with two)", core_name(chip->second_core),
			      chip->second_ap);
}

static int run_targets(struct monitor_call *call)
{
	const struct board *board = &call->engine->board;

	for (unsigned i = 0; i < board->core_count; i++)
		monitor_print(call, "core %u: %s, access port %u, %s\n", i, core_name(board->chip.core),
			      board->cores[i].port.ap,
			      session_run_text(call->engine->sessions[i].run));
	print_second_core(call, &board->chip);
	return OK;
}

static int run_fault(struct monitor_call *call)
{
	char text[2048] = "";
	int err = fault_explain(call->session->core, text, sizeof(text));

	if (err < 0)
		return err;
	monitor_print(call, "%s%s", text[0] ? text : "The core stands in no fault.",
		      text[0] && text[strlen(text) - 1] == '\n' ? "" : "\n");
	return OK;
}

const struct monitor_command monitor_chip[] = {
	{ "info", "", "Show probe, chip and core", MONITOR_TARGET, run_info },
	{ "targets", "", "List the cores", MONITOR_TARGET, run_targets },
	{ "fault", "", "Explain the fault in which the core stands", MONITOR_TARGET | MONITOR_HALTED,
	  run_fault },
	{ NULL, NULL, NULL, 0, NULL },
};
