/* SPDX-License-Identifier: MIT
 *
 * A virtual chip from inside: put together by machine_build.c, kept going by machine.c.
 */
#ifndef PROBE_VIRTUAL_MACHINE_INTERNAL_H
#define PROBE_VIRTUAL_MACHINE_INTERNAL_H

#include "probe/bytes.h"
#include "probe/virtual/image.h"
#include "probe/virtual/machine.h"
#include "probe/virtual/chips/soc.h"

struct machine_ram {		/* a region of the spec */
	uint8_t *bytes;
	uint32_t size;		/* of what gets noise at power-on: 0 for ROM */
};

struct machine {
	struct virtual_spec spec;
	struct vclock clock;
	struct bus bus;
	struct soc soc;
	struct soc_host soc_host;
	struct cpu_host cpu_host;
	struct vclock_runner runner;
	struct cpu *cpu;
	struct image image;
	struct machine_ram rams[VIRTUAL_REGIONS];
	size_t ram_count;

	bool powered, pin_low, supply_low;
	bool pulse_low;			/* the chip itself pulls nRST */
	bool in_reset;
	bool standby;
	bool reset_wanted;		/* by a peripheral or the core; done between accesses */
	struct vclock_alarm pulse_end;
	uint64_t cpu_ns;
	struct machine_mishaps mishaps;
	struct machine_trace trace;
	unsigned swd_cuts, halts_asked;
};

/* machine_build.c: RAM, chip, core, image file; without power yet. On failure *out is NULL. */
int machine_build(struct machine **out, const struct virtual_spec *spec, struct why *why);
void machine_release(struct machine *machine);

/* machine.c: what peripherals and core ask for; in the machine's own tables. */
void machine_connect(struct machine *machine);

#endif
