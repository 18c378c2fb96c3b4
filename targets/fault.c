/* SPDX-License-Identifier: MIT
 *
 * The story of a fault: which kind, at which address, by which instruction; and the signal that GDB
 * shows for it. DDI 0403E B3.2.15 to B3.2.18, exception frames B1.5.6.
 */
#include "targets/core_private.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "probe/bytes.h"
#include "targets/board.h"
#include "targets/cortexm.h"

/* GDB's numbers, whatever the host's are. */
enum { SIGNAL_ILL = 4, SIGNAL_TRAP = 5, SIGNAL_FPE = 8, SIGNAL_BUS = 10, SIGNAL_SEGV = 11 };
enum { MMARVALID = 1 << 7, BFARVALID = 1 << 15 };
enum { XPSR_EXCEPTION = 0x1FF, FIRST_FAULT = 3, LAST_FAULT = 7, EXC_RETURN_PSP = 1 << 2 };
enum { EXC_RETURN_MIN = 0xF0000000 };

struct fault_registers {
	uint32_t cfsr, hfsr, mmfar, bfar;
};

struct fault_bit {
	uint32_t mask;
	uint8_t signal;
	const char *text;
};

/* CFSR, the most telling first. */
static const struct fault_bit cfsr_bits[] = {
	{ 1 << 1, SIGNAL_SEGV, "data access refused by the memory protection" },
	{ 1 << 0, SIGNAL_SEGV, "instruction fetch from a place where nothing may be executed" },
	{ 1 << 9, SIGNAL_BUS, "bus error of a data access (precise)" },
	{ 1 << 10, SIGNAL_BUS, "bus error of an earlier write (imprecise: PC is later than the cause)" },
	{ 1 << 8, SIGNAL_BUS, "bus error of an instruction fetch" },
	{ 1 << 16, SIGNAL_ILL, "undefined instruction" },
	{ 1 << 17, SIGNAL_ILL, "jump to an address without the Thumb bit" },
	{ 1 << 18, SIGNAL_ILL, "broken return from an exception" },
	{ 1 << 19, SIGNAL_ILL, "FPU or coprocessor used while it is off (CPACR)" },
	{ 1 << 20, SIGNAL_SEGV, "stack overflow (stack limit)" },
	{ 1 << 24, SIGNAL_BUS, "unaligned access" },
	{ 1 << 25, SIGNAL_FPE, "division by zero" },
	{ 1 << 4, SIGNAL_SEGV, "memory protection while stacking for an exception" },
	{ 1 << 3, SIGNAL_SEGV, "memory protection while unstacking" },
	{ 1 << 5, SIGNAL_SEGV, "memory protection while saving FPU state" },
	{ 1 << 12, SIGNAL_BUS, "bus error while stacking for an exception: is SP right?" },
	{ 1 << 11, SIGNAL_BUS, "bus error while unstacking" },
	{ 1 << 13, SIGNAL_BUS, "bus error while saving FPU state" },
};

static const struct fault_bit hfsr_bits[] = {
	{ 1 << 1, SIGNAL_BUS, "bus error while reading the vector table" },
	{ 1u << 31, SIGNAL_TRAP, "BKPT or debug event while debugging was off" },
};

static int read_registers(struct core *core, struct fault_registers *out)
{
	size_t cfsr, hfsr, mmfar, bfar;
	struct batch batch;
	int err;

	memset(out, 0, sizeof(*out));
	if (!core->mainline)
		return 0;		/* v6-M has none of them */
	batch_begin(&batch, core);
	cfsr = batch_read(&batch, CFSR);
	hfsr = batch_read(&batch, HFSR);
	mmfar = batch_read(&batch, MMFAR);
	bfar = batch_read(&batch, BFAR);
	err = batch_run(&batch);
	*out = (struct fault_registers){ batch_value(&batch, cfsr), batch_value(&batch, hfsr),
					 batch_value(&batch, mmfar), batch_value(&batch, bfar) };
	return err;
}

static const struct fault_bit *find_bit(const struct fault_bit *bits, size_t count, uint32_t value)
{
	for (size_t i = 0; i < count; i++) {
		if (bits[i].mask & value)
			return &bits[i];
	}
	return NULL;
}

static int read_exception(struct core *core, unsigned *number)
{
	uint32_t xpsr = 0;
	int err = core_read_register(core, REG_XPSR, &xpsr);

	*number = xpsr & XPSR_EXCEPTION;
	return err;
}

int fault_signal(struct core *core, uint8_t *signal)
{
	struct fault_registers fault;
	const struct fault_bit *bit;
	unsigned exception;
	int err = read_exception(core, &exception);

	*signal = SIGNAL_TRAP;
	if (err || exception < FIRST_FAULT || exception > LAST_FAULT)
		return err;
	err = read_registers(core, &fault);
	if (err)
		return err;
	bit = find_bit(cfsr_bits, ARRAY_SIZE(cfsr_bits), fault.cfsr);
	if (!bit)
		bit = find_bit(hfsr_bits, ARRAY_SIZE(hfsr_bits), fault.hfsr);
	*signal = bit ? bit->signal : SIGNAL_SEGV;
	return 0;
}

/* Text that is cut at its room. */
struct story {
	char *text;
	size_t size, used;
};

static void say(struct story *story, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
static void say(struct story *story, const char *format, ...)
{
	va_list args;
	int length;

	va_start(args, format);
	length = vsnprintf(story->text + story->used, story->size - story->used, format, args);
	va_end(args);
	if (length > 0)
		story->used = min_u32((uint32_t)(story->used + (size_t)length),
				      (uint32_t)story->size - 1);
}

static void say_bits(struct story *story, const struct fault_bit *bits, size_t count,
		     uint32_t value)
{
	for (size_t i = 0; i < count; i++) {
		if (bits[i].mask & value)
			say(story, "  %s\n", bits[i].text);
	}
}

static void say_causes(struct story *story, const struct fault_registers *fault)
{
	say_bits(story, cfsr_bits, ARRAY_SIZE(cfsr_bits), fault->cfsr);
	say_bits(story, hfsr_bits, ARRAY_SIZE(hfsr_bits), fault->hfsr);
	if (fault->cfsr & MMARVALID)
		say(story, "  at address 0x%08x\n", fault->mmfar);
	if (fault->cfsr & BFARVALID)
		say(story, "  at address 0x%08x\n", fault->bfar);
	say(story, "  CFSR 0x%08x HFSR 0x%08x\n", fault->cfsr, fault->hfsr);
}

/* Where the exception was taken: the frame that LR points to, as long as LR is still EXC_RETURN. */
static int say_frame(struct core *core, struct story *story)
{
	uint32_t lr, sp, done;
	uint8_t frame[32];
	int err = core_read_register(core, REG_LR, &lr);

	if (!err)
		err = core_read_register(core, lr & EXC_RETURN_PSP ? REG_PSP : REG_MSP, &sp);
	if (err)
		return err;
	if (lr < EXC_RETURN_MIN) {
		say(story, "  LR is no EXC_RETURN any more: where it came from is in GDB's backtrace\n");
		return 0;
	}
	err = memory_read(core, sp, frame, sizeof(frame), &done);
	if (err || done < sizeof(frame)) {
		say(story, "  the stack frame at 0x%08x can't be read\n", sp);
		return err == E_FAULT ? 0 : err;
	}
	say(story, "  by the instruction at PC 0x%08x, LR 0x%08x, xPSR 0x%08x\n",
	    get_u32(frame + 24), get_u32(frame + 20), get_u32(frame + 28));
	say(story, "  r0 0x%08x r1 0x%08x r2 0x%08x r3 0x%08x r12 0x%08x\n", get_u32(frame),
	    get_u32(frame + 4), get_u32(frame + 8), get_u32(frame + 12), get_u32(frame + 16));
	return 0;
}

int fault_explain(struct core *core, char *text, size_t size)
{
	static const char *const names[] = {
		[3] = "HardFault", [4] = "MemManage", [5] = "BusFault", [6] = "UsageFault",
		[7] = "SecureFault",
	};
	struct story story = { text, size, 0 };
	struct fault_registers fault;
	unsigned exception;
	int err = read_exception(core, &exception);

	text[0] = 0;
	if (!err)
		err = read_registers(core, &fault);
	if (err)
		return err;
	if (exception < FIRST_FAULT || exception > LAST_FAULT) {
		say(&story, "no fault: the core is in %s\n", exception ? "an exception" : "thread mode");
		if (fault.cfsr | fault.hfsr) {
			say(&story, "causes of earlier faults, not cleared yet:\n");
			say_causes(&story, &fault);
		}
		return 0;
	}
	say(&story, "%s%s\n", names[exception],
	    core->stop == STOP_LOCKUP ? ", and another fault inside of it: lock-up" : "");
	say_causes(&story, &fault);
	return say_frame(core, &story);
}
