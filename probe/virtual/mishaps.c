/* SPDX-License-Identifier: MIT
 *
 * What a fault schedule does to the chip itself.
 */
#include "probe/virtual/mishaps.h"

#include "probe/virtual/bad_firmware.h"

enum { UP_NS = 8000000 };

/* A GD32F1x0 answers with F103's id, another revision and its own debug port. */
enum { CLONE_REVISION = 0x1303, CLONE_DPIDR = 0x2BA01477, UNKNOWN_ID = 0x10000FED };

void mishaps_change_spec(const struct faults *faults, struct virtual_spec *spec)
{
	if (faults_has(faults, FAULT_NO_SIZE))
		spec->size_address = 0;
	if (faults_has(faults, FAULT_UNKNOWN_CHIP))
		spec->idcode = UNKNOWN_ID;
	if (faults_has(faults, FAULT_CLONE)) {
		spec->idcode = (spec->idcode & 0xFFFF) | (uint32_t)CLONE_REVISION << 16;
		spec->dpidr = CLONE_DPIDR;
	}
}

/* A vector table and the program at the beginning of flash; then power, and it has run for a while. */
static int install(struct machine *machine, const struct fault_rule *mishap, struct why *why)
{
	const struct virtual_spec *spec = machine_spec(machine);
	uint8_t image[BAD_FIRMWARE_MAX];
	int length = bad_firmware_build(spec, mishap, image, why);

	if (length <= 0)
		return length;
	machine_set_power(machine, false);
	machine_poke(machine, spec->banks[0].base, image, (uint32_t)length);
	machine_set_power(machine, true);
	machine_advance(machine, UP_NS + 2 * mishap->amount);
	return OK;
}

static uint64_t amount_of(const struct faults *faults, enum fault_kind kind)
{
	const struct fault_rule *rule = faults_find(faults, kind);

	return rule ? rule->amount : 0;
}

static uint32_t first_stuck(const struct faults *faults)
{
	const struct fault_rule *rule = faults_find(faults, FAULT_STUCK);

	return rule ? (uint32_t)rule->at : 0;
}

int mishaps_apply(const struct faults *faults, struct machine *machine, struct why *why)
{
	struct machine_mishaps mishaps = {
		.held_in_reset = faults_has(faults, FAULT_HELD_IN_RESET),
		.swd_unwired = faults_has(faults, FAULT_SWD_UNWIRED),
		.swd_max_khz = (uint32_t)amount_of(faults, FAULT_LONG_WIRES),
		.no_debug_power = faults_has(faults, FAULT_NO_DEBUG_POWER),
		.reset_cuts_swd = faults_has(faults, FAULT_RESET_CUTS_SWD),
		.loses_halts = faults_has(faults, FAULT_HALT_LOST),
		.flash_stuck = first_stuck(faults),
	};
	int err = OK;

	for (size_t i = 0; i < faults->count && !err; i++)
		if (faults->rules[i].event == FAULT_ALWAYS)
			err = install(machine, &faults->rules[i], why);
	machine_set_mishaps(machine, &mishaps);
	if (faults_has(faults, FAULT_NO_POWER))
		machine_set_power(machine, false);
	return err;
}
