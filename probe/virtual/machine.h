/* SPDX-License-Identifier: MIT
 *
 * A virtual chip with power: clock, bus, core and peripherals put together from a spec. The probe
 * firmware above it (firmware.c, dap.c) sees only this header.
 */
#ifndef PROBE_VIRTUAL_MACHINE_H
#define PROBE_VIRTUAL_MACHINE_H

#include <stdbool.h>
#include <stdint.h>

#include "probe/virtual/bus.h"
#include "probe/virtual/clock.h"
#include "probe/virtual/cpu/cpu.h"
#include "probe/virtual/spec.h"

struct machine;

int machine_new(struct machine **out, const struct virtual_spec *spec, struct why *why);
/* Saves the image file where the spec names one, and frees. NULL is allowed. */
void machine_free(struct machine *machine);

/* Lets virtual time pass: the core runs, alarms ring. */
void machine_advance(struct machine *machine, uint64_t ns);
uint64_t machine_now_ns(const struct machine *machine);

/* Whether the core's access port leads to its bus: not in some life-cycle states, on some families not
 * while nRST is low, but for the core's private peripherals. */
/* With TrustZone on: whether a secure or non-secure access of the debugger gets through. */
bool machine_lets_in(const struct machine *machine, uint32_t address, bool private_peripherals, bool nonsecure);
bool machine_core_port_open(const struct machine *machine, bool private_peripherals);

/* Debug accesses through the core's AHB-AP; naturally aligned. */
enum bus_result machine_read(struct machine *machine, uint32_t address, unsigned width,
			     uint32_t *value);
enum bus_result machine_write(struct machine *machine, uint32_t address, unsigned width,
			      uint32_t value);

/* The pin: false = pulled low by the probe. */
void machine_set_nrst(struct machine *machine, bool level);
bool machine_nrst(const struct machine *machine);
/* The wake-up pin: leads out of Standby, through a reset. */
void machine_wake_up(struct machine *machine);
/* Target power; off loses RAM and debug state, keeps flash, options and OTP. */
void machine_set_power(struct machine *machine, bool on);
uint32_t machine_supply_mv(const struct machine *machine);
void machine_set_supply_mv(struct machine *machine, uint32_t mv);

/* What SWD sees of the debug port. */
enum machine_swd {
	MACHINE_SWD_OK,
	MACHINE_SWD_UNPOWERED,		/* it answers, but the debug domain does not power up */
	MACHINE_SWD_DEAD,		/* no acknowledge */
};
enum machine_swd machine_swd(const struct machine *machine);
/* Whether the wires carry bits of that length. */
bool machine_swd_carries(const struct machine *machine, uint32_t bit_ps);
/* How often the chip has reset its debug port by a reset of its own. */
unsigned machine_swd_cuts(const struct machine *machine);

/* How long the bus keeps a debug access waiting: the slower the core's clock, the longer; UINT64_MAX while
 * a sleeping core has no clock there. */
uint64_t machine_bus_delay_ns(const struct machine *machine, bool private_peripherals);
/* A transaction that waits for a clock outlives an abort (as reported of F1 and F3: WAIT once, then for
 * ever). */
bool machine_bus_is_stuck(const struct machine *machine);

/* Who listens at the trace pin (SWO). received is told each byte when the core hands it to the
 * queue: the last bit is over at end_ns, which may still be to come. */
struct machine_trace {
	void *context;
	void (*received)(void *context, uint8_t byte, uint64_t end_ns, uint32_t baud);
};
void machine_on_trace(struct machine *machine, const struct machine_trace *trace);

/* What is wrong on purpose. */
struct machine_mishaps {
	bool held_in_reset;		/* something else holds nRST low */
	bool swd_unwired;
	uint32_t swd_max_khz;		/* faster packets are lost; 0 = none are */
	bool no_debug_power;
	bool reset_cuts_swd;		/* see machine_swd_cuts */
	bool loses_halts;		/* every other request to halt */
	uint32_t flash_stuck;		/* that erase or program, counted from 1, does not end; 0 = none */
};
void machine_set_mishaps(struct machine *machine, const struct machine_mishaps *mishaps);

const struct virtual_spec *machine_spec(const struct machine *machine);
struct cpu *machine_cpu(struct machine *machine);
struct bus *machine_bus(struct machine *machine);
/* Time the flash controller was busy so far. */
uint64_t machine_flash_busy_ns(const struct machine *machine);
uint64_t machine_cpu_ns(const struct machine *machine);
/* Bytes sent by the firmware to its USARTs so far (tests); not owned. */
const char *machine_usart_output(struct machine *machine, size_t *length);

/* Puts bytes into a memory behind everybody's back, as if they had always been there: flash cells
 * too, not only what the bus shows of them (tests). Within one memory. */
void machine_poke(struct machine *machine, uint32_t address, const void *data, uint32_t length);

#endif
