/* SPDX-License-Identifier: MIT
 *
 * A stand-in for the machine. Its values are those of the STM32L1 that was recorded.
 */
#include "tests/unit/fake_machine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CPUID	0xE000ED00u
#define AIRCR	0xE000ED0Cu
#define DHCSR	0xE000EDF0u
#define DCRSR	0xE000EDF4u
#define DCRDR	0xE000EDF8u
#define DBGMCU	0xE0042000u
#define IWDG	0x40003000u

enum {
	C_HALT = 1u << 1, S_REGRDY = 1u << 16, S_HALT = 1u << 17,
	S_RETIRE = 1u << 24, S_RESET = 1u << 25,
	XPSR = 16,
};

struct machine {
	struct virtual_spec spec;
	uint64_t now_ns, busy_ns, busy_until_ns;
	uint32_t supply_mv, fifo;
	bool dead, power, nrst;
	unsigned accesses, resets;
	uint32_t control, sticky;	/* DHCSR */
	uint32_t dcrdr, registers[128];
	uint8_t ram[FAKE_RAM_SIZE], flash[FAKE_FLASH_SIZE];
	struct machine_trace trace;
	uint64_t traced_until_ns;
};

struct virtual_spec fake_machine_spec(const char *firmware)
{
	struct virtual_spec spec = { .chip = "STM32L152RB", .core = VIRTUAL_M3, .cpuid = 0x412FC230,
				     .dpidr = 0x2BA01477, .supply_mv = 2918 };

	snprintf(spec.firmware, sizeof(spec.firmware), "%s", firmware);
	return spec;
}

int machine_new(struct machine **out, const struct virtual_spec *spec, struct why *why)
{
	struct machine *m = calloc(1, sizeof(*m));

	if (!m)
		return explain(why, E_MEMORY, "out of memory");
	m->spec = *spec;
	m->supply_mv = spec->supply_mv;
	m->power = m->nrst = true;
	m->sticky = S_RESET | S_RETIRE;
	*out = m;
	return 0;
}

void machine_free(struct machine *m)
{
	free(m);
}

void machine_advance(struct machine *m, uint64_t ns)
{
	m->now_ns += ns;
}

uint64_t machine_now_ns(const struct machine *m)
{
	return m->now_ns;
}

static void reset(struct machine *m)
{
	m->resets++;
	m->sticky |= S_RESET;
}

static uint32_t read_dhcsr(struct machine *m)
{
	uint32_t value = m->control | m->sticky | S_REGRDY;

	if (m->control & C_HALT)
		value |= S_HALT;
	m->sticky = 0;
	return value;
}

static enum bus_result read_register(struct machine *m, uint32_t address, uint32_t *value)
{
	switch (address) {
	case CPUID:
		*value = m->spec.cpuid;
		return BUS_OK;
	case AIRCR:
		*value = 0xFA050000;
		return BUS_OK;
	case DHCSR:
		*value = read_dhcsr(m);
		return BUS_OK;
	case DCRDR:
		*value = m->dcrdr;
		return BUS_OK;
	case DBGMCU:
		*value = 0x10186416;
		return BUS_OK;
	case FAKE_FIFO:
		*value = m->fifo++;
		return BUS_OK;
	}
	return BUS_FAULT;
}

static void select_register(struct machine *m, uint32_t value)
{
	uint32_t *reg = &m->registers[value & 127];

	if (value >> 16 & 1)
		*reg = (value & 127) == XPSR ? m->dcrdr & ~(uint32_t)FAKE_READ_ONLY_BIT : m->dcrdr;
	else
		m->dcrdr = *reg;
}

static enum bus_result write_register(struct machine *m, uint32_t address, uint32_t value)
{
	if (address == DHCSR && value >> 16 == 0xA05F)
		m->control = value & 15;
	else if (address == AIRCR && value == 0x05FA0004)
		reset(m);
	else if (address == DCRSR)
		select_register(m, value);
	else if (address == DCRDR)
		m->dcrdr = value;
	else if (address != IWDG && (address & ~0xFFu) != DBGMCU)
		return BUS_FAULT;
	return BUS_OK;
}

static uint8_t *bytes_at(struct machine *m, uint32_t address)
{
	if (address - FAKE_RAM < FAKE_RAM_SIZE)
		return m->ram + (address - FAKE_RAM);
	if (address - FAKE_FLASH < FAKE_FLASH_SIZE)
		return m->flash + (address - FAKE_FLASH);
	return NULL;
}

static bool is_busy(const struct machine *m, uint32_t address)
{
	return address - FAKE_FLASH < FAKE_FLASH_SIZE && m->now_ns < m->busy_until_ns;
}

bool machine_lets_in(const struct machine *m, uint32_t address, bool private_peripherals, bool nonsecure)
{
	(void)m, (void)address, (void)private_peripherals, (void)nonsecure;
	return true;
}

bool machine_core_port_open(const struct machine *m, bool private_peripherals)
{
	(void)m, (void)private_peripherals;
	return true;
}

enum bus_result machine_read(struct machine *m, uint32_t address, unsigned width, uint32_t *value)
{
	const uint8_t *bytes = bytes_at(m, address);

	if (is_busy(m, address))
		return BUS_STALL;
	m->accesses++;
	if (!bytes)
		return read_register(m, address, value);
	*value = 0;
	memcpy(value, bytes, width);
	return BUS_OK;
}

enum bus_result machine_write(struct machine *m, uint32_t address, unsigned width, uint32_t value)
{
	uint8_t *bytes = bytes_at(m, address);

	if (is_busy(m, address))
		return BUS_STALL;
	m->accesses++;
	if (!bytes)
		return write_register(m, address, value);
	memcpy(bytes, &value, width);
	if (address - FAKE_FLASH < FAKE_FLASH_SIZE)
		m->busy_until_ns = m->now_ns + m->busy_ns;
	return BUS_OK;
}

void machine_set_nrst(struct machine *m, bool level)
{
	if (level && !m->nrst)
		reset(m);
	m->nrst = level;
}

bool machine_nrst(const struct machine *m)
{
	return m->nrst;
}

void machine_set_power(struct machine *m, bool on)
{
	m->power = on;
}

uint32_t machine_supply_mv(const struct machine *m)
{
	return m->power ? m->supply_mv : 0;
}

void machine_set_supply_mv(struct machine *m, uint32_t mv)
{
	m->supply_mv = mv;
}

enum machine_swd machine_swd(const struct machine *m)
{
	return m->dead || !m->power ? MACHINE_SWD_DEAD : MACHINE_SWD_OK;
}

const struct virtual_spec *machine_spec(const struct machine *m)
{
	return &m->spec;
}

uint64_t machine_flash_busy_ns(const struct machine *m)
{
	return m->busy_ns;
}

uint64_t machine_cpu_ns(const struct machine *m)
{
	(void)m;
	return 0;
}

void fake_machine_set_dead(struct machine *m, bool dead)
{
	m->dead = dead;
}

void fake_machine_set_busy(struct machine *m, uint64_t ns)
{
	m->busy_ns = ns;
}

unsigned fake_machine_accesses(const struct machine *m)
{
	return m->accesses;
}

unsigned fake_machine_resets(const struct machine *m)
{
	return m->resets;
}

void machine_on_trace(struct machine *m, const struct machine_trace *trace)
{
	m->trace = *trace;
}

void fake_machine_trace(struct machine *m, const void *bytes, size_t length, uint32_t baud)
{
	for (size_t i = 0; i < length; i++) {
		m->traced_until_ns = (m->traced_until_ns > m->now_ns ? m->traced_until_ns : m->now_ns) +
				     UINT64_C(10000000000) / baud;
		m->trace.received(m->trace.context, ((const uint8_t *)bytes)[i], m->traced_until_ns,
				  baud);
	}
}

/* The chip itself is not tested here. */
void machine_set_mishaps(struct machine *m, const struct machine_mishaps *mishaps)
{
	(void)m;
	(void)mishaps;
}

bool machine_swd_carries(const struct machine *m, uint32_t bit_ps)
{
	(void)m;
	(void)bit_ps;
	return true;
}

unsigned machine_swd_cuts(const struct machine *m)
{
	(void)m;
	return 0;
}

uint64_t machine_bus_delay_ns(const struct machine *m, bool private_peripherals)
{
	(void)m;
	(void)private_peripherals;
	return 0;
}

bool machine_bus_is_stuck(const struct machine *m)
{
	(void)m;
	return false;
}

void machine_poke(struct machine *m, uint32_t address, const void *data, uint32_t length)
{
	(void)m;
	(void)address;
	(void)data;
	(void)length;
}
