/* SPDX-License-Identifier: MIT
 *
 * A virtual core with flash, RAM, a RAM that can't be executed and one odd device, for tests.
 */
#include "tests/unit/cpu_rig.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/cpu_programs.h"

enum { CYCLE_EIGHTHS_PER_NS = 2 };	/* 62.5 ns a cycle at 16 MHz */

static enum bus_result device_read(void *context, uint32_t offset, unsigned width, uint32_t *value,
				   enum bus_master master)
{
	struct rig *rig = context;

	(void)width, (void)master;
	*value = offset == 0 ? (uint32_t)cpu_now_ns(rig->cpu) : 0;
	return offset == RIG_FAULT ? BUS_FAULT : BUS_OK;
}

static enum bus_result device_write(void *context, uint32_t offset, unsigned width, uint32_t value,
				    enum bus_master master)
{
	struct rig *rig = context;

	(void)width, (void)master;
	switch (offset) {
	case RIG_IRQ_UP: case RIG_IRQ_DOWN:
		cpu_set_irq(rig->cpu, 0, offset == RIG_IRQ_UP);
		break;
	case RIG_FAULT:
		return BUS_FAULT;
	case RIG_STALL:
		cpu_stall(rig->cpu, value);
		break;
	case RIG_BREAK:
		cpu_break(rig->cpu);
		break;
	case RIG_RESET:
		cpu_reset(rig->cpu);
		break;
	}
	return BUS_OK;
}

static enum bus_result flash_write(void *context, uint32_t address, unsigned width, uint32_t value,
				   enum bus_master master)
{
	struct rig *rig = context;

	(void)master;
	rig->flash_writes++;
	rig->last_flash_value = value;
	if (rig->flash_refuses)
		return BUS_OK;
	memcpy(rig->flash + address % RIG_SIZE, &value, width);
	bus_changed(&rig->bus, address, width);
	return BUS_OK;
}

static enum bus_result flash_check(void *context, uint32_t address, unsigned width,
				   enum bus_master master)
{
	(void)address, (void)width;
	return master == BUS_CPU && ((struct rig *)context)->flash_special ? BUS_FAULT : BUS_OK;
}

static void reset_requested(void *context)
{
	struct rig *rig = context;

	rig->resets++;
	cpu_reset(rig->cpu);
}

static void traced(void *context, uint8_t byte, uint64_t end_ns, uint32_t baud)
{
	struct rig *rig = context;

	assert_true(rig->traced_count < RIG_TRACE && end_ns >= rig->traced_end_ns);
	rig->traced[rig->traced_count++] = byte;
	rig->traced_end_ns = end_ns;
	rig->traced_baud = baud;
}

static void add_memory(struct rig *rig, const char *name, uint32_t base, uint8_t *bytes, bool code)
{
	struct bus_memory memory = {
		.name = name, .base = base, .size = RIG_SIZE, .bytes = bytes, .executable = code,
		.writable = bytes != rig->flash, .context = rig,
	};

	if (bytes == rig->flash) {
		memory.write = flash_write;
		memory.check = flash_check;
		memory.check_while = &rig->flash_special;
	}
	bus_add_memory(&rig->bus, &memory);
}

struct rig *rig_new(enum virtual_core core, const uint8_t *program, size_t size)
{
	static const uint32_t cpuids[] = {
		0x410CC200, 0x410CC601, 0x412FC231, 0x410FC241, 0x411FC270, 0x410FD214,
	};
	struct rig *rig = calloc(1, sizeof(*rig));
	struct cpu_host host = { rig, reset_requested, traced };

	assert_non_null(rig);
	memset(rig->flash, 0xFF, sizeof(rig->flash));
	memcpy(rig->flash, program, size);
	add_memory(rig, "alias", 0, rig->flash, true);
	add_memory(rig, "flash", RIG_FLASH, rig->flash, true);
	add_memory(rig, "ram", RIG_RAM, rig->ram, true);
	add_memory(rig, "ccm", RIG_CCM, rig->ccm, false);
	bus_add_device(&rig->bus, &(struct bus_device){ "device", RIG_DEVICE, 64, rig, device_read,
							device_write });
	rig->cpu = cpu_new(core, true, cpuids[core], &rig->bus, &host);
	assert_non_null(rig->cpu);
	return rig;
}

void rig_free(struct rig *rig)
{
	cpu_free(rig->cpu);
	free(rig);
}

void rig_run(struct rig *rig, unsigned cycles)
{
	uint64_t until = rig->now_ns + (uint64_t)cycles * 125 / CYCLE_EIGHTHS_PER_NS;

	rig->now_ns = cpu_run(rig->cpu, rig->now_ns, until);
}

uint32_t rig_read(struct rig *rig, uint32_t address)
{
	uint32_t value = 0;

	assert_int_equal(bus_read(&rig->bus, address, 4, &value, BUS_DEBUG), BUS_OK);
	return value;
}

void rig_write(struct rig *rig, uint32_t address, uint32_t value)
{
	assert_int_equal(bus_write(&rig->bus, address, 4, value, BUS_DEBUG), BUS_OK);
}

void rig_debug(struct rig *rig, uint32_t bits)
{
	rig_write(rig, DHCSR, DHCSR_KEY | DEBUGEN | bits);
}

void rig_reset_halt(struct rig *rig)
{
	uint32_t demcr = rig_read(rig, DEMCR);

	rig_debug(rig, 0);
	rig_write(rig, DEMCR, demcr | 1);
	cpu_reset(rig->cpu);
	rig_run(rig, 1);
	rig_write(rig, DEMCR, demcr);
	assert_true(rig_is_halted(rig));
	rig_read(rig, DHCSR);
	rig_write(rig, DFSR, 0x1F);
}

void rig_step(struct rig *rig)
{
	rig_debug(rig, STEP);
	rig_run(rig, 8);
}

void rig_go(struct rig *rig, uint32_t pc, unsigned cycles)
{
	rig_set_reg(rig, PC, pc);
	rig_debug(rig, 0);
	rig_run(rig, cycles);
}

bool rig_is_halted(struct rig *rig)
{
	return cpu_state(rig->cpu) == CPU_HALTED;
}

uint32_t rig_reg(struct rig *rig, unsigned regsel)
{
	return cpu_register(rig->cpu, regsel);
}

void rig_set_reg(struct rig *rig, unsigned regsel, uint32_t value)
{
	cpu_set_register(rig->cpu, regsel, value);
}

void rig_breakpoint(struct rig *rig, unsigned unit, uint32_t address)
{
	uint32_t half = address & 2 ? 0x80000001u : 0x40000001u;

	rig_write(rig, 0xE0002000, 3);
	rig_write(rig, 0xE0002008 + 4 * unit, address ? (address & 0x1FFFFFFC) | half : 0);
}

struct rig *rig_at_faults(enum virtual_core core, bool enabled)
{
	struct rig *rig = RIG(core, faults);

	rig_reset_halt(rig);
	if (enabled)
		rig_write(rig, SHCSR, 7 << 16);
	rig_set_reg(rig, 11, 0);
	rig_set_reg(rig, 10, 0);
	return rig;
}

struct rig *rig_new_halted(enum virtual_core core, const uint8_t *program, size_t size)
{
	struct rig *rig = rig_new(core, program, size);

	rig_reset_halt(rig);
	return rig;
}
