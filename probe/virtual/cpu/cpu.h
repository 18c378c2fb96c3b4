/* SPDX-License-Identifier: MIT
 *
 * A Cortex-M core: instructions by Unicorn; exceptions, NVIC, SysTick, the system control space,
 * debug registers, FPB and DWT by us (Armv7-M ARM DDI 0403E, Armv6-M DDI 0419E, Armv8-M DDI 0553).
 * The core adds its private peripheral bus (0xE0000000-0xE00FFFFF, without the chip's DBGMCU) to
 * the bus as devices; the debug port reaches DHCSR and the others through the same devices (BUS_DEBUG).
 */
#ifndef PROBE_VIRTUAL_CPU_H
#define PROBE_VIRTUAL_CPU_H

#include <stdbool.h>
#include <stdint.h>

#include "probe/virtual/bus.h"
#include "probe/virtual/spec.h"

struct cpu;

struct cpu_host {		/* what the core asks of the chip */
	void *context;
	void (*reset_requested)(void *context);	/* AIRCR.SYSRESETREQ was written */
	/* A byte of trace on the serial wire; its last bit ends at end_ns. NULL where there is no
	 * trace port. */
	void (*traced)(void *context, uint8_t byte, uint64_t end_ns, uint32_t baud);
};

struct cpu *cpu_new(enum virtual_core core, bool fpu, uint32_t cpuid, struct bus *bus,
		    const struct cpu_host *host);
void cpu_free(struct cpu *cpu);
/* The part number (DBGMCU DEV_ID) that the ROM table's peripheral id shows beside ST's JEP106. */
void cpu_set_part(struct cpu *cpu, uint16_t part);

/* Adds the trace port of chips that bring it to a pin: the TPIU, or the SWO unit of H7. */
void cpu_add_trace_port(struct cpu *cpu, bool swo);

/* Power-on: debug registers, FPB and DWT are cleared too. System reset keeps them
 * (DDI 0403E C1.4). Both leave the core ready to fetch its vectors at the next cpu_run. */
void cpu_power_on(struct cpu *cpu);
void cpu_reset(struct cpu *cpu);
/* While nRST is low the core does not run; DHCSR.S_RESET_ST reads 1. */
void cpu_hold_in_reset(struct cpu *cpu, bool held);
/* Where the vector table is at reset, if not at 0; after cpu_reset. */
void cpu_set_vector_table(struct cpu *cpu, uint32_t address);
/* Whether the debugger is let into the secure state, as DHCSR.S_SDE says. */
void cpu_set_secure_debug(struct cpu *cpu, bool allowed);

/* Core clock in Hz; the chip changes it when RCC is written. */
void cpu_set_clock(struct cpu *cpu, uint32_t hz);

/* Runs at most until_ns of virtual time and returns the time reached: until_ns, or earlier when
 * a device stopped it with cpu_break (the machine then handles alarms and calls again). A core that is
 * halted, asleep, locked up or held lets time pass at no cost. SysTick wakes it exactly. */
uint64_t cpu_run(struct cpu *cpu, uint64_t from_ns, uint64_t until_ns);
/* Virtual time by the core's count of cycles: exact inside a CPU access too, where the chip's clock
 * still stands at the start of the slice. A stall may carry it past until_ns of the run. */
uint64_t cpu_now_ns(const struct cpu *cpu);
/* Called by devices from inside an access: end cpu_run after this instruction. */
void cpu_break(struct cpu *cpu);
/* Called by devices from inside a CPU access: let ns pass before the next instruction (stall). */
void cpu_stall(struct cpu *cpu, uint64_t ns);

/* Interrupt lines from peripherals: level triggered. */
void cpu_set_irq(struct cpu *cpu, unsigned irq, bool level);

enum cpu_state { CPU_RUNNING, CPU_HALTED, CPU_SLEEPING, CPU_LOCKED_UP, CPU_HELD };
enum cpu_state cpu_state(const struct cpu *cpu);
bool cpu_is_deep_sleep(const struct cpu *cpu);	/* SCR.SLEEPDEEP and asleep */

/* For tests: core register by DCRSR number, whatever the state. */
uint32_t cpu_register(struct cpu *cpu, unsigned regsel);
void cpu_set_register(struct cpu *cpu, unsigned regsel, uint32_t value);

#endif
