/* SPDX-License-Identifier: MIT
 *
 * A virtual chip without a core.
 */
#include "tests/unit/fake_soc.h"

#include "probe/virtual/chips/chips.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

void fake_spec(struct virtual_spec *spec)
{
	*spec = (struct virtual_spec){
		.chip = "STM32F407VG",
		.core = VIRTUAL_M4,
		.fpu = true,
		.cpuid = 0x410FC241,
		.dpidr = 0x2BA01477,
		.idcode_address = 0xE0042000,
		.idcode = 0x10076413,
		.size_address = 0x1FFF7A22,
		.uid_address = 0x1FFF7A10,
		.uid = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12 },
		.controller = "f4",
		.flash_registers = 0x40023C00,
		.erased = 0xFF,
		.banks = { { .base = 0x08000000, .size = 0x100000, .run_count = 3,
			     .runs = { { 4, 16384 }, { 1, 65536 }, { 7, 131072 } } } },
		.bank_count = 1,
		.otp_base = 0x1FFF7800,
		.otp_size = 512,
		.otp_block = 32,
		.otp_locks = 0x1FFF7A00,
		.options = { { .name = "OPTCR", .address = 0x40023C14, .mirror = 0x1FFFC000,
			       .factory = 0x0FFFAAED } },
		.option_count = 1,
		.regions = { { "sram", VIRTUAL_RAM, 0x20000000, 0x20000 },
			     { "ccm", VIRTUAL_RAM_DATA, 0x10000000, 0x10000 },
			     { "backup", VIRTUAL_RAM, 0x40024000, 0x1000 },
			     { "system", VIRTUAL_ROM, 0x1FFF0000, 0x7800 } },
		.region_count = 4,
		.supply_mv = 3300,
		.hsi_hz = 16000000,
	};
}

static void note_reset(void *context, enum soc_reset cause)
{
	((struct fake_soc *)context)->resets |= (uint32_t)cause;
}

static void note_irq(void *context, unsigned irq, bool level)
{
	assert_true(irq < 96);
	((struct fake_soc *)context)->irqs[irq] = level;
}

/* A core that waits: time passes for everybody. */
static void note_stall(void *context, uint64_t ns)
{
	struct fake_soc *fake = context;

	fake->stalled_ns += ns;
	fake->clock.now_ns += ns;
}

static void note_core_clock(void *context, uint32_t hz)
{
	((struct fake_soc *)context)->core_hz = hz;
}

static void power_up(struct fake_soc *fake)
{
	fake->soc.debugger_seen = false;
	fake->soc.reset_causes = SOC_RESET_POWER;
	soc_power_all(&fake->soc, true);
	soc_reset_all(&fake->soc);
	fake->soc.reset_causes = 0;
}

static void add_memories(struct fake_soc *fake)
{
	for (size_t i = 0; i < fake->spec.region_count; i++) {
		const struct virtual_region *region = &fake->spec.regions[i];

		if (region->kind == VIRTUAL_EEPROM)
			continue;
		fake->regions[i] = calloc(1, region->size);
		assert_non_null(fake->regions[i]);
		bus_add_memory(&fake->bus, &(struct bus_memory){ .name = region->name,
			       .base = region->base, .size = region->size,
			       .bytes = fake->regions[i],
			       .writable = region->kind != VIRTUAL_ROM });
	}
}

struct fake_soc *fake_soc_with(const struct virtual_spec *spec,
			       int (*build)(struct soc *soc, struct why *why))
{
	struct fake_soc *fake = calloc(1, sizeof(*fake));
	struct why why = { "" };

	assert_non_null(fake);
	fake->spec = *spec;
	fake->host = (struct soc_host){ fake, note_reset, note_irq, note_stall, note_core_clock };
	fake->soc.spec = &fake->spec;
	fake->soc.clock = &fake->clock;
	fake->soc.bus = &fake->bus;
	fake->soc.host = &fake->host;
	fake->soc.supply_mv = fake->spec.supply_mv;
	add_memories(fake);
	assert_int_equal(build(&fake->soc, &why), OK);
	assert_null(fake->bus.clash);
	power_up(fake);
	return fake;
}

struct fake_soc *fake_soc_new(void)
{
	struct virtual_spec spec;

	fake_spec(&spec);
	return fake_soc_with(&spec, chip_f4_build);
}

void fake_soc_free(struct fake_soc *fake)
{
	soc_release(&fake->soc);
	for (size_t i = 0; i < fake->spec.region_count; i++)
		free(fake->regions[i]);
	free(fake);
}

void fake_soc_power_cycle(struct fake_soc *fake)
{
	soc_power_all(&fake->soc, false);
	soc_reset_all(&fake->soc);
	power_up(fake);
}

void fake_soc_reset(struct fake_soc *fake)
{
	soc_reset_all(&fake->soc);
}

void fake_soc_advance(struct fake_soc *fake, uint64_t ns)
{
	vclock_set(&fake->clock, fake->clock.now_ns + ns);
}

void fake_soc_halt(struct fake_soc *fake, bool halted)
{
	fake->soc.core_halted = halted;
	soc_notice(&fake->soc);
}

static void see_debugger(struct fake_soc *fake)
{
	if (!fake->soc.debugger_seen) {
		fake->soc.debugger_seen = true;
		soc_notice(&fake->soc);
	}
}

enum bus_result fake_soc_try_read(struct fake_soc *fake, uint32_t address, unsigned width,
				  uint32_t *value)
{
	see_debugger(fake);
	return bus_read(&fake->bus, address, width, value, BUS_DEBUG);
}

enum bus_result fake_soc_try_write(struct fake_soc *fake, uint32_t address, unsigned width,
				   uint32_t value)
{
	see_debugger(fake);
	return bus_write(&fake->bus, address, width, value, BUS_DEBUG);
}

uint32_t fake_soc_read(struct fake_soc *fake, uint32_t address)
{
	uint32_t value;

	assert_int_equal(fake_soc_try_read(fake, address, 4, &value), BUS_OK);
	return value;
}

void fake_soc_write(struct fake_soc *fake, uint32_t address, uint32_t value)
{
	assert_int_equal(fake_soc_try_write(fake, address, 4, value), BUS_OK);
}
