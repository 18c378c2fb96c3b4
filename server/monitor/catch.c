/* SPDX-License-Identifier: MIT
 *
 * `monitor catch`: at which exceptions the core stops before its handler runs. The names are those of
 * OpenOCD's `cortex_m vector_catch`.
 */
#include "server/monitor/monitor.h"
#include "server/session/session.h"

#include "targets/cortexm.h"

#include "probe/bytes.h"

#include <string.h>

static const struct catch_row {
	const char *name;
	uint32_t bit;
	const char *about;
} rows[] = {
	{ "hard_err", VC_HARDERR, "HardFault" },
	{ "int_err", VC_INTERR, "a fault while an exception is entered or left" },
	{ "bus_err", VC_BUSERR, "BusFault" },
	{ "state_err", VC_STATERR, "UsageFault: undefined instruction, lost Thumb bit" },
	{ "chk_err", VC_CHKERR, "UsageFault: division by zero, unaligned access" },
	{ "nocp_err", VC_NOCPERR, "UsageFault: FPU or coprocessor off" },
	{ "mm_err", VC_MMERR, "MemManage" },
	{ "sec_err", VC_SFERR, "SecureFault" },
	{ "reset", VC_CORERESET, "reset, from whatever cause" },
};

static int print_catches(struct monitor_call *call)
{
	const struct core *core = call->session->core;
	uint32_t available = core_catches(core);

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (rows[i].bit & available)
			monitor_print(call, "%-9s  %-3s  %s\n", rows[i].name,
				      rows[i].bit & core->demcr ? "on" : "off", rows[i].about);
	return OK;
}

static bool find_bits(const char *name, uint32_t *bits)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (!strcmp(rows[i].name, name)) {
			*bits = rows[i].bit;
			return true;
		}
	*bits = strcmp(name, "all") ? 0 : VC_ALL & ~(uint32_t)VC_CORERESET;
	return *bits || !strcmp(name, "none");
}

/* What is named is caught from now on, and nothing else. `all` is all faults. */
static int run_catch(struct monitor_call *call)
{
	struct core *core = call->session->core;
	uint32_t wanted = 0, available = core_catches(core), bits;
	int err;

	if (!call->argc)
		return print_catches(call);
	for (unsigned i = 0; i < call->argc; i++) {
		if (!find_bits(call->argv[i], &bits))
			return explain(call->why, E_ARGUMENT, "'%s' can't be caught; `catch` lists what can.",
				       call->argv[i]);
		if (bits && !(bits & available))
			return explain(call->why, E_ARGUMENT, "This core can't catch %s.", call->argv[i]);
		wanted |= bits & available;
	}
	err = core_catch(core, wanted);
	return err ? err : print_catches(call);
}

enum { RULES = MONITOR_TARGET | MONITOR_CONTROL | MONITOR_CHANGES };

const struct monitor_command monitor_catch[] = {
	{ "catch", "[all|none|NAME...]", "Stop at these exceptions, before their handlers\n"
	  "catch hard_err bus_err", RULES, run_catch },
	{ "cortex_m vector_catch", "...", "catch", RULES | MONITOR_SPELLING, run_catch },
	{ "vector_catch", "...", "catch", RULES | MONITOR_SPELLING, run_catch },
	{ NULL, NULL, NULL, 0, NULL },
};
