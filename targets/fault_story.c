/* SPDX-License-Identifier: MIT
 *
 * The story of a fault in words, and the signal that GDB shows for it. DDI 0403E B3.2.15 to B3.2.18;
 * SFSR: DDI 0553 D1.2.222.
 */
#include "targets/fault.h"

#include <stdarg.h>
#include <stdio.h>

#include "probe/bytes.h"

/* GDB's numbers, whatever the host's are. */
enum { SIGNAL_ILL = 4, SIGNAL_TRAP = 5, SIGNAL_FPE = 8, SIGNAL_BUS = 10, SIGNAL_SEGV = 11 };

struct fault_bit {
	uint32_t mask;
	uint8_t signal;
	const char *text;
};

/* The most telling first. */
static const struct fault_bit cfsr_bits[] = {
	{ DACCVIOL, SIGNAL_SEGV, "data access refused by the memory protection" },
	{ IACCVIOL, SIGNAL_SEGV, "instruction fetch from a place where nothing may be executed" },
	{ PRECISERR, SIGNAL_BUS, "bus error of a data access (precise)" },
	{ IMPRECISERR, SIGNAL_BUS, "bus error of an earlier write (imprecise: PC is later than the cause)" },
	{ IBUSERR, SIGNAL_BUS, "bus error of an instruction fetch" },
	{ UNDEFINSTR, SIGNAL_ILL, "undefined instruction" },
	{ INVSTATE, SIGNAL_ILL, "jump to an address without the Thumb bit" },
	{ INVPC, SIGNAL_ILL, "broken return from an exception" },
	{ NOCP, SIGNAL_ILL, "FPU or coprocessor used while it is off (CPACR)" },
	{ STKOF, SIGNAL_SEGV, "stack overflow (stack limit)" },
	{ UNALIGNED, SIGNAL_BUS, "unaligned access" },
	{ DIVBYZERO, SIGNAL_FPE, "division by zero" },
	{ MSTKERR, SIGNAL_SEGV, "memory protection while stacking for an exception" },
	{ MUNSTKERR, SIGNAL_SEGV, "memory protection while unstacking" },
	{ MLSPERR, SIGNAL_SEGV, "memory protection while saving FPU state" },
	{ STKERR, SIGNAL_BUS, "bus error while stacking for an exception" },
	{ UNSTKERR, SIGNAL_BUS, "bus error while unstacking" },
	{ LSPERR, SIGNAL_BUS, "bus error while saving FPU state" },
};

static const struct fault_bit hfsr_bits[] = {
	{ VECTTBL, SIGNAL_BUS, "bus error while reading the vector table" },
	{ DEBUGEVT, SIGNAL_TRAP, "BKPT or debug event while debugging was off" },
};

enum { SFARVALID = 1 << 6 };

static const struct fault_bit sfsr_bits[] = {
	{ 1 << 0, SIGNAL_SEGV, "call into Secure code that does not begin with SG" },
	{ 1 << 1, SIGNAL_SEGV, "broken integrity signature of a Secure stack frame" },
	{ 1 << 2, SIGNAL_SEGV, "return from an exception to the wrong security state" },
	{ 1 << 3, SIGNAL_SEGV, "access to Secure memory from Non-secure code (SAU, IDAU)" },
	{ 1 << 4, SIGNAL_SEGV, "branch to Non-secure memory without BXNS or BLXNS" },
	{ 1 << 5, SIGNAL_SEGV, "security violation while saving FPU state" },
	{ 1 << 7, SIGNAL_SEGV, "security error while saving FPU state" },
};

static const struct fault_bit *find_bit(const struct fault_bit *bits, size_t count, uint32_t value)
{
	for (size_t i = 0; i < count; i++) {
		if (bits[i].mask & value)
			return &bits[i];
	}
	return NULL;
}

static const struct fault_bit *main_bit(const struct fault *fault)
{
	const struct fault_bit *bit = find_bit(cfsr_bits, ARRAY_SIZE(cfsr_bits), fault->cfsr);

	if (!bit)
		bit = find_bit(sfsr_bits, ARRAY_SIZE(sfsr_bits), fault->sfsr);
	return bit ? bit : find_bit(hfsr_bits, ARRAY_SIZE(hfsr_bits), fault->hfsr);
}

int fault_signal(struct core *core, uint8_t *signal)
{
	const struct fault_bit *bit;
	struct fault fault;
	int err = fault_read(core, &fault);

	*signal = SIGNAL_TRAP;
	if (err || !fault.exception || (fault.exception == EXCEPTION_NMI && core->stop != STOP_LOCKUP))
		return err;
	bit = main_bit(&fault);
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

static void say_status(struct story *story, const struct fault *fault)
{
	say_bits(story, cfsr_bits, ARRAY_SIZE(cfsr_bits), fault->cfsr);
	say_bits(story, hfsr_bits, ARRAY_SIZE(hfsr_bits), fault->hfsr);
	say_bits(story, sfsr_bits, ARRAY_SIZE(sfsr_bits), fault->sfsr);
	if (fault->cfsr & MMARVALID)
		say(story, "  at address 0x%08x (MMFAR)\n", fault->mmfar);
	if (fault->cfsr & BFARVALID)
		say(story, "  at address 0x%08x (BFAR)\n", fault->bfar);
	if (fault->sfsr & SFARVALID)
		say(story, "  at address 0x%08x (SFAR)\n", fault->sfar);
	if (!fault->core->mainline)
		say(story, "  this core has no fault status registers\n");
	else if (fault->sfsr)
		say(story, "  CFSR 0x%08x HFSR 0x%08x SFSR 0x%08x\n", fault->cfsr, fault->hfsr, fault->sfsr);
	else
		say(story, "  CFSR 0x%08x HFSR 0x%08x\n", fault->cfsr, fault->hfsr);
}

static void say_frame(struct story *story, const struct fault *fault)
{
	const uint32_t *r = fault->r;

	if (fault->has_frame) {
		say(story, "  by the instruction at PC 0x%08x, LR 0x%08x, xPSR 0x%08x, SP 0x%08x\n",
		    r[REG_PC], r[REG_LR], fault->xpsr, r[REG_SP]);
		say(story, "  r0 0x%08x r1 0x%08x r2 0x%08x r3 0x%08x r12 0x%08x\n", r[0], r[1], r[2], r[3],
		    r[12]);
	} else if (fault->exc_return) {
		say(story, "  no stack frame at SP 0x%08x\n", fault->sp);
	} else {
		say(story, "  LR is no EXC_RETURN any more: where it came from is in GDB's backtrace\n");
	}
}

static const char *exception_name(const struct fault *fault)
{
	static const char *const names[] = {
		[EXCEPTION_NMI] = "NMI", [EXCEPTION_HARDFAULT] = "HardFault",
		[EXCEPTION_MEMMANAGE] = "MemManage", [EXCEPTION_BUSFAULT] = "BusFault",
		[EXCEPTION_USAGEFAULT] = "UsageFault", [EXCEPTION_SECUREFAULT] = "SecureFault",
	};

	return names[fault->exception];
}

/* A handler that can't start makes a lock-up of any fault. */
static void say_handler(struct story *story, const struct fault *fault)
{
	uint32_t vector = fault->vectors.word[VECTOR_HARDFAULT];
	uint32_t place = fault->vectors.base + 4 * VECTOR_HARDFAULT;

	if (!fault->vectors.readable || vectors_are_blank(&fault->vectors))
		return;
	if (vector == 0 || vector == UINT32_MAX)
		say(story, "  the HardFault vector at 0x%08x is blank (%08X)\n", place, vector);
	else if (!(vector & 1))
		say(story, "  the HardFault vector at 0x%08x is 0x%08x: even, so that its first "
		    "instruction faults\n", place, vector);
}

static void say_no_fault(struct story *story, const struct core *core, const struct fault *fault)
{
	if (core->stop == STOP_LOCKUP)
		say(story, "lock-up\n");
	else
		say(story, "no fault: the core is in %s\n", fault->xpsr & 0x1FF ? "an exception" : "thread mode");
	if (fault->cfsr | fault->hfsr | fault->sfsr) {
		say(story, "causes of earlier faults, not cleared yet:\n");
		say_status(story, fault);
	}
}

int fault_explain(struct core *core, char *text, size_t size)
{
	struct story story = { text, size, 0 };
	char cause[300];
	struct fault fault;
	int err = fault_read(core, &fault);

	text[0] = 0;
	if (err)
		return err;
	if (!fault.exception || (fault.exception == EXCEPTION_NMI && core->stop != STOP_LOCKUP)) {
		say_no_fault(&story, core, &fault);
		return 0;
	}
	say(&story, "%s%s\n", exception_name(&fault),
	    core->stop == STOP_LOCKUP ? ", and another fault inside of it: lock-up" : "");
	fault_find_cause(&fault, cause, sizeof(cause));
	if (cause[0])
		say(&story, "  likely: %s\n", cause);
	say_handler(&story, &fault);
	say_status(&story, &fault);
	say_frame(&story, &fault);
	return 0;
}

/* The cause where there is one, else what the status says. */
int fault_headline(struct core *core, char *text, size_t size)
{
	struct story story = { text, size, 0 };
	const struct fault_bit *bit;
	char cause[300];
	struct fault fault;
	int err = fault_read(core, &fault);

	text[0] = 0;
	if (err || !fault.exception)
		return err;
	fault_find_cause(&fault, cause, sizeof(cause));
	bit = main_bit(&fault);
	say(&story, "%s%s", exception_name(&fault), core->stop == STOP_LOCKUP ? " and lock-up" : "");
	if (fault.has_frame)
		say(&story, " at PC 0x%08x", fault.r[REG_PC]);
	if (cause[0] || bit)
		say(&story, ": %s", cause[0] ? cause : bit->text);
	return 0;
}
