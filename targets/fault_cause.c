/* SPDX-License-Identifier: MIT
 *
 * From the traces of a fault to what probably went wrong. One row for each cause, the most certain
 * first; the first that says something counts.
 */
#include "targets/fault.h"

#include <stdio.h>

#include "probe/bytes.h"
#include "targets/thumb.h"

enum { XPSR_T = 1 << 24 };
enum { NULL_END = 0x400,		/* members of a structure at no address */
       MARGIN = 0x10000 };		/* how far a stack is off its RAM */

struct sentence {
	char *text;
	size_t size;
};

#define SAY(to, ...) snprintf((to)->text, (to)->size, __VA_ARGS__)

static enum board_area area_of(const struct fault *fault, uint32_t address)
{
	return board_area_at(fault->core->board, address, NULL);
}

static uint32_t pc_of(const struct fault *fault)
{
	return fault->r[REG_PC];
}

/* v6-M tells nothing: what can be seen there must do. */
static bool is_told(const struct fault *fault, uint32_t cfsr_bits)
{
	return fault->cfsr & cfsr_bits;
}

static bool is_mute(const struct fault *fault)
{
	return !fault->core->mainline;
}

static bool decode(const struct fault *fault, struct thumb_access *access)
{
	return fault->has_code && thumb_decode(fault->code, fault->r, access);
}

/* --- nothing to run ---------------------------------------------------------------------------- */

/* Only when no program ran: a table that firmware has moved away from is nobody's fault. */
static void say_vectors(const struct fault *fault, struct sentence *to)
{
	if (fault->hfsr & VECTTBL && !fault->vectors.readable)
		SAY(to, "the vector table at 0x%08x (VTOR) can't be read", fault->vectors.base);
	else if (!fault->has_frame || (pc_of(fault) ^ fault->vectors.word[VECTOR_RESET]) < 2)
		vectors_judge(fault->core->board, &fault->vectors, to->text, to->size);
}

/* --- the stack --------------------------------------------------------------------------------- */

/* The RAM that ends nearest below the address, or begins nearest above it. */
static const struct chip_region *nearest_ram(const struct chip *chip, uint32_t address, bool above)
{
	const struct chip_region *nearest = NULL;
	uint32_t least = UINT32_MAX;

	for (size_t i = 0; i < chip->region_count; i++) {
		const struct chip_region *region = &chip->regions[i];
		uint32_t distance = above ? region->base - address : address - (region->base + region->size);

		if ((region->kind == CHIP_RAM || region->kind == CHIP_CCM) && distance < least) {
			least = distance;
			nearest = region;
		}
	}
	return nearest;
}

static void say_stack(const struct fault *fault, struct sentence *to)
{
	const struct chip *chip = &fault->core->board->chip;
	const struct chip_region *above = nearest_ram(chip, fault->sp, true);
	const struct chip_region *below = nearest_ram(chip, fault->sp, false);

	if (is_told(fault, STKOF)) {
		SAY(to, "stack overflow: SP 0x%08x has reached its limit (MSPLIM, PSPLIM)", fault->sp);
		return;
	}
	if (area_of(fault, fault->has_frame ? fault->sp : fault->sp - 4) == AREA_RAM)
		return;
	if (above && above->base - fault->sp < MARGIN)
		SAY(to, "stack overflow: SP 0x%08x is below RAM, which begins at 0x%08x", fault->sp,
		    above->base);
	else if (below && fault->sp - (below->base + below->size) < MARGIN)
		SAY(to, "SP 0x%08x is above RAM, which ends at 0x%08x: the linker script has another size, "
		    "or more was popped than pushed", fault->sp, below->base + below->size);
	else
		SAY(to, "SP 0x%08x is not in RAM", fault->sp);
}

/* A push that ran out of RAM, on a core that took it back. */
static void say_push(const struct fault *fault, struct sentence *to)
{
	uint32_t sp = fault->r[REG_SP];
	const struct chip_region *ram = chip_region_at(&fault->core->board->chip, sp - 1);
	struct thumb_access access;

	if (ram && decode(fault, &access) && access.store && access.address < ram->base &&
	    sp - access.address < MARGIN)
		SAY(to, "stack overflow: a write to 0x%08x, below RAM, which begins at 0x%08x",
		    access.address, ram->base);
}

static void say_broken_return(const struct fault *fault, struct sentence *to)
{
	if (is_told(fault, INVPC | UNSTKERR | MUNSTKERR))
		SAY(to, "a return from an exception found no proper frame: the stack was overwritten, or SP "
		    "(0x%08x) was changed", fault->sp);
}

/* --- where it ran ------------------------------------------------------------------------------ */

static bool lost_thumb(const struct fault *fault)
{
	return fault->has_frame && !(fault->xpsr & XPSR_T);
}

/* In a lock-up the status also has what the handler did. */
static bool is_all_told(const struct fault *fault, uint32_t cfsr_bits)
{
	return is_told(fault, cfsr_bits) && !is_told(fault, ~(cfsr_bits | MMARVALID | BFARVALID));
}

static void say_bad_jump(const struct fault *fault, struct sentence *to)
{
	uint32_t pc = pc_of(fault), lr = fault->r[REG_LR];
	bool nowhere = area_of(fault, pc) == AREA_NONE, peripheral = area_of(fault, pc) == AREA_PERIPHERAL;

	if (!fault->has_frame)
		return;
	if ((lost_thumb(fault) || nowhere) && pc < 2)
		SAY(to, "a call through a null pointer; LR 0x%08x is where it would have returned to", lr);
	else if (lost_thumb(fault))
		SAY(to, "branch to an even address, 0x%08x: a Thumb function's is odd; LR is 0x%08x", pc, lr);
	else if (nowhere)
		SAY(to, "a jump to 0x%08x, where no memory is: a function pointer or return address was "
		    "overwritten; LR is 0x%08x", pc, lr);
	else if (peripheral || is_all_told(fault, IACCVIOL))
		SAY(to, "execution at 0x%08x, where nothing may be executed (%s); LR is 0x%08x", pc,
		    peripheral ? "peripherals are there" : "execute never", lr);
}

static bool is_undefined(const struct fault *fault)
{
	return is_told(fault, UNDEFINSTR) ||
	       (is_mute(fault) && (fault->code[0] == 0xFFFF || fault->code[0] >> 8 == 0xDE));
}

static void say_undefined(const struct fault *fault, struct sentence *to)
{
	if (!fault->has_code || !is_undefined(fault))
		return;
	if (fault->code[0] == 0xFFFF)
		SAY(to, "execution ran into erased flash at 0x%08x: the program is not complete, or a jump "
		    "went wrong", pc_of(fault));
	else if (fault->code[0] >> 8 == 0xDE)
		SAY(to, "UDF #%u at 0x%08x: a trap that the compiler or an assertion put there",
		    fault->code[0] & 0xFFu, pc_of(fault));
	else
		SAY(to, "%04x %04x at 0x%08x is no instruction of this core: built for another one, or data "
		    "is executed", fault->code[0], fault->code[1], pc_of(fault));
}

static void say_no_coprocessor(const struct fault *fault, struct sentence *to)
{
	if (!is_told(fault, NOCP))
		return;
	if (fault->core->fpu)
		SAY(to, "a floating-point instruction while the FPU is off (CPACR 0x%08x): SCB->CPACR |= "
		    "0xF << 20 before the first one", fault->cpacr);
	else
		SAY(to, "a floating-point instruction, and this chip has no FPU: build with -mfloat-abi=soft");
}

/* --- what it computed or reached --------------------------------------------------------------- */

static void say_division(const struct fault *fault, struct sentence *to)
{
	if (is_told(fault, DIVBYZERO))
		SAY(to, "division by zero (CCR.DIV_0_TRP traps it)");
}

static void say_alignment(const struct fault *fault, struct sentence *to)
{
	struct thumb_access access;
	bool known = decode(fault, &access), off = known && access.address % access.align;

	if (known && off && access.several && is_told(fault, UNALIGNED))
		SAY(to, "unaligned LDM, STM, LDRD or STRD: 0x%08x is no multiple of 4, which these always "
		    "need", access.address);
	else if (is_told(fault, UNALIGNED))
		SAY(to, "unaligned access%s (CCR.UNALIGN_TRP traps it)", off ? " by a single load or store" : "");
	else if (is_mute(fault) && off)
		SAY(to, "unaligned access to 0x%08x: this core needs a multiple of %u", access.address,
		    access.align);
}

static void say_bus_error(const struct fault *fault, struct sentence *to)
{
	struct thumb_access access = { 0 };
	const char *what = decode(fault, &access) && access.store ? "a write to" : "a read from";
	uint32_t address;

	if (!fault_address(fault, &address) ||
	    !(is_told(fault, PRECISERR | DACCVIOL) || is_mute(fault)))
		return;
	if (is_told(fault, DACCVIOL))
		SAY(to, "the MPU forbids %s 0x%08x", what, address);
	else if (area_of(fault, address) == AREA_NONE && address < NULL_END)
		SAY(to, "null pointer: %s 0x%08x", what, address);
	else if (area_of(fault, address) == AREA_NONE)
		SAY(to, "%s 0x%08x, where nothing is", what, address);
	else if (area_of(fault, address) == AREA_PERIPHERAL)
		SAY(to, "%s 0x%08x, where no register answers", what, address);
	else if (area_of(fault, address) == AREA_FLASH && access.store)
		SAY(to, "a write to flash at 0x%08x", address);
}

/* The write buffer of M3 and M4 can be switched off. */
static void say_imprecise(const struct fault *fault, struct sentence *to)
{
	unsigned part = fault->core->cpuid >> 4 & 0xFFF;
	bool can_wait = part == 0xC23 || part == 0xC24;

	if (is_told(fault, IMPRECISERR))
		SAY(to, "a write before PC 0x%08x went to where nothing answers%s", pc_of(fault),
		    can_wait ? "; after `mww 0xE000E008 2` (ACTLR.DISDEFWBUF) the fault names it" : "");
}

static void say_breakpoint(const struct fault *fault, struct sentence *to)
{
	if (fault->hfsr & DEBUGEVT)
		SAY(to, "a BKPT instruction while no debugger was attached");
}

static void (*const causes[])(const struct fault *fault, struct sentence *to) = {
	say_vectors, say_stack, say_push, say_broken_return, say_bad_jump, say_undefined, say_no_coprocessor,
	say_division, say_alignment, say_bus_error, say_imprecise, say_breakpoint,
};

void fault_find_cause(const struct fault *fault, char *text, size_t size)
{
	struct sentence sentence = { text, size };

	text[0] = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(causes) && !text[0]; i++)
		causes[i](fault, &sentence);
}
