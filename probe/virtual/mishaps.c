/* SPDX-License-Identifier: MIT
 *
 * What a fault schedule does to the chip itself.
 */
#include "probe/virtual/mishaps.h"

#include <string.h>

#include "probe/bytes.h"

enum { VECTORS = 4, CODE = 4 * VECTORS, STACK = 0x400, RESET_NS = 1000000 };

static const struct program {
	enum fault_kind kind;
	uint8_t code[16];
} programs[] = {
	/* SCR.SLEEPDEEP, then WFI for ever */
	{ FAULT_ASLEEP, { 0x02, 0x48,		/* ldr r0, [pc, #8] */
			  0x04, 0x21,		/* movs r1, #4 */
			  0x01, 0x60,		/* str r1, [r0] */
			  0x30, 0xBF,		/* wfi */
			  0xFD, 0xE7,		/* b to the wfi */
			  0x00, 0xBF,
			  0x10, 0xED, 0x00, 0xE0 } },	/* SCR */
	/* its HardFault vector has no Thumb bit: a fault in a fault */
	{ FAULT_LOCK_UP, { 0x00, 0xDE } },	/* udf */
};

/* A vector table and the program at the beginning of flash; then a reset, so that it runs. */
static void install(struct machine *machine, const struct program *program)
{
	const struct virtual_spec *spec = machine_spec(machine);
	uint32_t base = spec->banks[0].base;
	uint8_t bytes[CODE + sizeof(program->code)] = { 0 };

	put_u32(bytes, spec->regions[0].base + STACK);
	put_u32(bytes + 4, base + CODE + 1);
	memcpy(bytes + CODE, program->code, sizeof(program->code));
	machine_poke(machine, base, bytes, sizeof(bytes));
	machine_set_nrst(machine, false);
	machine_advance(machine, RESET_NS);
	machine_set_nrst(machine, true);
	machine_advance(machine, RESET_NS);
}

static uint32_t first_stuck(const struct faults *faults)
{
	const struct fault_rule *rule = faults_find(faults, FAULT_STUCK);

	return rule ? (uint32_t)rule->at : 0;
}

void mishaps_apply(const struct faults *faults, struct machine *machine)
{
	const struct fault_rule *taken = faults_find(faults, FAULT_PINS_TAKEN);
	struct machine_mishaps mishaps = {
		.held_in_reset = faults_has(faults, FAULT_HELD_IN_RESET),
		.pins_taken_ns = taken ? taken->amount : 0,
		.flash_stuck = first_stuck(faults),
	};

	for (size_t i = 0; i < ARRAY_SIZE(programs); i++)
		if (faults_has(faults, programs[i].kind))
			install(machine, &programs[i]);
	machine_set_mishaps(machine, &mishaps);
}
