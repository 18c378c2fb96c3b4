/* SPDX-License-Identifier: MIT
 *
 * Why did the core halt? DFSR says which kind of event (DDI 0403E C1.6.1); PC, the instruction there
 * and the comparators say the rest.
 */
#include "targets/core_private.h"

#include "probe/bytes.h"
#include "targets/board.h"
#include "targets/cortexm.h"

enum { SIGNAL_TRAP = 5 };
enum { BKPT_OPCODE = 0xBE00, BKPT_MASK = 0xFF00, BKPT_SEMIHOSTING = 0xBEAB };
enum { LOCKUP_PC = 0xFFFFFFFE, LOCKUP_PC_V8 = 0xEFFFFFFE, XPSR_EXCEPTION = 0x1FF };

static int classify_watch(struct core *core)
{
	int index, err = units_find_match(core, &index);

	core->stop = STOP_WATCHPOINT;
	if (err || index < 0 || (unsigned)index >= core->watchpoint_count)
		return err;
	core->stop_address = core->watchpoints[index].address;
	core->stop_watch = core->watchpoints[index].kind;
	return 0;
}

/* A breakpoint of ours, or a BKPT that the firmware contains. */
static int classify_breakpoint(struct core *core, bool own_code)
{
	const struct core_breakpoint *point = points_breakpoint_at(core, core->stop_pc);
	uint8_t bytes[2] = { 0 };
	uint32_t done;
	int err;

	core->stop = STOP_BREAKPOINT_SW;
	if (own_code)
		return 0;
	core->stop = STOP_BREAKPOINT_HW;
	if (point && point->hardware)
		return 0;
	core->stop = STOP_BREAKPOINT_SW;
	if (point)
		return 0;
	err = memory_read(core, core->stop_pc, bytes, sizeof(bytes), &done);
	if (err)
		return err == E_FAULT ? 0 : err;
	core->stop_at_own_bkpt = (get_u16(bytes) & BKPT_MASK) == BKPT_OPCODE;
	if (get_u16(bytes) == BKPT_SEMIHOSTING)
		core->stop = STOP_SEMIHOSTING;
	else if (!core->stop_at_own_bkpt)
		core->stop = STOP_BREAKPOINT_HW;
	return 0;
}

/* Vector catch: of the reset in thread mode, of a fault in its handler. */
static int classify_catch(struct core *core)
{
	uint32_t xpsr;
	int err = core_read_register(core, REG_XPSR, &xpsr);

	if (err)
		return err;
	core->stop = xpsr & XPSR_EXCEPTION ? STOP_FAULT : STOP_RESET_CATCH;
	return core->stop == STOP_FAULT ? fault_signal(core, &core->stop_signal) : 0;
}

static bool is_lockup_pc(const struct core *core)
{
	return core->stop_pc == (core->v8 ? (uint32_t)LOCKUP_PC_V8 : (uint32_t)LOCKUP_PC);
}

int core_classify_stop(struct core *core, uint32_t dfsr)
{
	bool own_code = core->runs_own_code;
	int err = own_code ? registers_read_pc(core, &core->stop_pc)
			   : core_read_register(core, REG_PC, &core->stop_pc);

	core->runs_own_code = false;
	core->stop = STOP_REQUEST;
	core->stop_signal = SIGNAL_TRAP;
	core->stop_at_own_bkpt = false;
	if (err)
		return err;
	if ((dfsr & DFSR_VCATCH) && core->was_reset)	/* what was set before the reset is old */
		return classify_catch(core);
	if (dfsr & DFSR_DWTTRAP)
		return classify_watch(core);
	if (dfsr & DFSR_BKPT)
		return classify_breakpoint(core, own_code);
	if (dfsr & DFSR_VCATCH)
		return classify_catch(core);
	if (dfsr & DFSR_EXTERNAL)
		core->stop = STOP_EXTERNAL;
	else if (is_lockup_pc(core))
		core->stop = STOP_LOCKUP;
	if (core->stop == STOP_LOCKUP)
		return fault_signal(core, &core->stop_signal);
	return 0;
}

bool core_stands_on_bkpt(const struct core *core, uint32_t pc)
{
	return core->stop_at_own_bkpt && pc == core->stop_pc;
}
