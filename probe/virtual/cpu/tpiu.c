/* SPDX-License-Identifier: MIT
 *
 * Trace port interface unit with its one-pin output (DDI 0403E C1.10, DDI 0314H): a small queue in
 * front of an asynchronous sender, ten bits to a byte, clocked by the core's clock. Only the serial
 * wire with NRZ coding and without the formatter is modelled; other settings send nothing that a
 * UART would take for bytes. Chips bring it to a pin, or have none (cpu_add_trace_port). On H7 the same
 * sender is a unit of the chip, SWO, without a formatter, behind a funnel (RM0433 60.5.9 and 60.5.10); its
 * clock, pll1_r, is taken to be the core's.
 */
#include "probe/virtual/cpu/internal.h"

#define TPIU_BASE 0xE0040000u
#define SWO_BASE 0x5C003000u
#define FUNNEL_BASE 0x5C004000u
#define LOCK_KEY 0xC5ACCE55u

enum {
	SSPSR = 0x000, CSPSR = 0x004, ACPR = 0x010, SPPR = 0x0F0, FFSR = 0x300, FFCR = 0x304,
	LAR = 0xFB0, DEVID = 0xFC8, FUNNEL_CTRL = 0, FUNNEL_ITM = 1 << 0,
	ACPR_MASK = 0x1FFF, SPPR_MASK = 3, SPPR_NRZ = 2,
	FFCR_FORMATTER = 1 << 1, FFCR_RESET = 0x102, FFCR_WRITABLE = 0x102,
	FFSR_NOT_STOPPABLE = 1 << 3, DEVID_ASYNCHRONOUS = 0xCA1,
	BITS_PER_BYTE = 10,
	QUEUE_BYTES = 8,		/* assumed; a packet has at most 6 */
};

enum { NS_PER_S = 1000000000 };

static bool sends_bytes(const struct cpu *cpu)
{
	if (!cpu->tpiu.present || cpu->tpiu.protocol != SPPR_NRZ)
		return false;
	return cpu->tpiu.is_swo ? cpu->tpiu.funnel & FUNNEL_ITM
				: !(cpu->tpiu.formatter & FFCR_FORMATTER);
}

static uint32_t bits_per_s(const struct cpu *cpu)
{
	return cpu->hz / (cpu->tpiu.prescaler + 1) + !cpu->hz;
}

static uint64_t byte_ns(const struct cpu *cpu)
{
	return (uint64_t)BITS_PER_BYTE * NS_PER_S * (cpu->tpiu.prescaler + 1) / cpu->hz;
}

static uint64_t queued_ns(const struct cpu *cpu)
{
	uint64_t now_ns = cpu_now_ns(cpu);

	return cpu->tpiu.busy_until_ns > now_ns ? cpu->tpiu.busy_until_ns - now_ns : 0;
}

bool tpiu_has_room(const struct cpu *cpu)
{
	return queued_ns(cpu) <= QUEUE_BYTES * byte_ns(cpu);
}

bool tpiu_is_sending(const struct cpu *cpu)
{
	return queued_ns(cpu);
}

void tpiu_put(struct cpu *cpu, const uint8_t *bytes, size_t length)
{
	uint64_t now_ns = cpu_now_ns(cpu);

	if (!sends_bytes(cpu))
		return;
	if (cpu->tpiu.busy_until_ns < now_ns)
		cpu->tpiu.busy_until_ns = now_ns;
	for (size_t i = 0; i < length; i++) {
		cpu->tpiu.busy_until_ns += byte_ns(cpu);
		cpu->host.traced(cpu->host.context, bytes[i], cpu->tpiu.busy_until_ns, bits_per_s(cpu));
	}
}

static uint32_t read_word(struct cpu *cpu, uint32_t offset)
{
	switch (offset) {
	case SSPSR: case CSPSR:
		return 1;		/* one pin */
	case ACPR:
		return cpu->tpiu.prescaler;
	case SPPR:
		return cpu->tpiu.protocol;
	case FFSR:
		return FFSR_NOT_STOPPABLE;
	case FFCR:
		return cpu->tpiu.formatter;
	case DEVID:
		return DEVID_ASYNCHRONOUS;
	}
	return coresight_id(cpu, TPIU_BASE, offset);
}

static enum bus_result read_register(void *context, uint32_t offset, unsigned width, uint32_t *value,
				     enum bus_master master)
{
	(void)master;
	*value = lane_get(read_word(context, offset & ~3u), offset, width);
	return BUS_OK;
}

/* Without DEMCR.TRCENA it has no clock (C1.6.5). */
static enum bus_result write_register(void *context, uint32_t offset, unsigned width, uint32_t value,
				      enum bus_master master)
{
	struct cpu *cpu = context;

	(void)master;
	if (width != 4 || !(cpu->debug.demcr & DEMCR_TRCENA))
		return BUS_OK;
	if (offset == ACPR)
		cpu->tpiu.prescaler = value & ACPR_MASK;
	else if (offset == SPPR)
		cpu->tpiu.protocol = value & SPPR_MASK;
	else if (offset == FFCR)
		cpu->tpiu.formatter = value & FFCR_WRITABLE;
	return BUS_OK;
}

static enum bus_result read_swo(void *context, uint32_t offset, unsigned width, uint32_t *value,
				enum bus_master master)
{
	struct cpu *cpu = context;
	uint32_t word = offset == ACPR ? cpu->tpiu.prescaler : offset == SPPR ? cpu->tpiu.protocol : 0;

	(void)master;
	*value = lane_get(word, offset, width);
	return BUS_OK;
}

static enum bus_result write_swo(void *context, uint32_t offset, unsigned width, uint32_t value,
				 enum bus_master master)
{
	struct cpu *cpu = context;

	(void)master;
	if (width != 4)
		return BUS_OK;
	if (offset == LAR)
		cpu->tpiu.unlocked = value == LOCK_KEY;
	else if (offset == ACPR && cpu->tpiu.unlocked)
		cpu->tpiu.prescaler = value & ACPR_MASK;
	else if (offset == SPPR && cpu->tpiu.unlocked)
		cpu->tpiu.protocol = value & SPPR_MASK;
	return BUS_OK;
}

static enum bus_result read_funnel(void *context, uint32_t offset, unsigned width, uint32_t *value,
				   enum bus_master master)
{
	(void)master;
	*value = lane_get(offset == FUNNEL_CTRL ? ((struct cpu *)context)->tpiu.funnel : 0, offset, width);
	return BUS_OK;
}

static enum bus_result write_funnel(void *context, uint32_t offset, unsigned width, uint32_t value,
				    enum bus_master master)
{
	struct cpu *cpu = context;

	(void)master;
	if (width == 4 && offset == LAR)
		cpu->tpiu.funnel_unlocked = value == LOCK_KEY;
	else if (width == 4 && offset == FUNNEL_CTRL && cpu->tpiu.funnel_unlocked)
		cpu->tpiu.funnel = value;
	return BUS_OK;
}

void tpiu_power_on(struct cpu *cpu)
{
	cpu->tpiu = (struct cpu_tpiu){ .present = cpu->tpiu.present, .is_swo = cpu->tpiu.is_swo,
				       .protocol = 1, .formatter = FFCR_RESET, .funnel = 0x300 };
}

void cpu_add_trace_port(struct cpu *cpu, bool swo)
{
	cpu->tpiu.present = true;
	cpu->tpiu.is_swo = swo;
	if (!swo) {
		bus_add_device(cpu->bus, &(struct bus_device){ "TPIU", TPIU_BASE, 0x1000, cpu,
							       read_register, write_register });
		return;
	}
	bus_add_device(cpu->bus, &(struct bus_device){ "SWO", SWO_BASE, 0x1000, cpu, read_swo, write_swo });
	bus_add_device(cpu->bus, &(struct bus_device){ "SWTF", FUNNEL_BASE, 0x1000, cpu, read_funnel,
						       write_funnel });
}
