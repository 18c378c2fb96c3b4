/* SPDX-License-Identifier: MIT
 *
 * A virtual chip without a core, an STM32F407VG or another, for tests of its peripherals: what they
 * ask of the core and of the reset logic is written down here.
 */
#ifndef TESTS_UNIT_FAKE_SOC_H
#define TESTS_UNIT_FAKE_SOC_H

#include "probe/virtual/chips/soc.h"

struct fake_soc {
	struct virtual_spec spec;
	struct vclock clock;
	struct bus bus;
	struct soc soc;
	struct soc_host host;
	uint8_t *regions[VIRTUAL_REGIONS];
	uint32_t resets;		/* causes asked for */
	uint64_t stalled_ns;		/* by the core's accesses */
	bool irqs[96];
	uint32_t core_hz;
};

/* The spec of an STM32F407VG as its chip file gives it. */
void fake_spec(struct virtual_spec *spec);

/* With power, out of reset. */
struct fake_soc *fake_soc_new(void);
struct fake_soc *fake_soc_with(const struct virtual_spec *spec,
			       int (*build)(struct soc *soc, struct why *why));
void fake_soc_free(struct fake_soc *fake);
/* Off and on again; on at once. */
void fake_soc_power_cycle(struct fake_soc *fake);
void fake_soc_reset(struct fake_soc *fake);
void fake_soc_advance(struct fake_soc *fake, uint64_t ns);
void fake_soc_halt(struct fake_soc *fake, bool halted);

/* Words by the debug port; the access must succeed. */
uint32_t fake_soc_read(struct fake_soc *fake, uint32_t address);
void fake_soc_write(struct fake_soc *fake, uint32_t address, uint32_t value);
/* By the debug port, any width: what the bus says. */
enum bus_result fake_soc_try_read(struct fake_soc *fake, uint32_t address, unsigned width,
				  uint32_t *value);
enum bus_result fake_soc_try_write(struct fake_soc *fake, uint32_t address, unsigned width,
				   uint32_t value);

#endif
