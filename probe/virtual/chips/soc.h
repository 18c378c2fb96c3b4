/* SPDX-License-Identifier: MIT
 *
 * The chip around the core as its peripherals see it: clock, bus, the wires they share (clock
 * gates, resets, interrupts, freeze bits) and the few things that they may ask of the core. A
 * peripheral is a file of its own that adds its registers to the bus and a row to the list here.
 */
#ifndef PROBE_VIRTUAL_SOC_H
#define PROBE_VIRTUAL_SOC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "probe/virtual/bus.h"
#include "probe/virtual/clock.h"
#include "probe/virtual/spec.h"

/* Why the chip was reset; masks, because a reset controller remembers them together. */
enum soc_reset {
	SOC_RESET_PIN = 1 << 0,
	SOC_RESET_POWER = 1 << 1,
	SOC_RESET_SOFTWARE = 1 << 2,
	SOC_RESET_IWDG = 1 << 3,
	SOC_RESET_WWDG = 1 << 4,
	SOC_RESET_OPTIONS = 1 << 5,	/* the option bytes are loaded again */
};

/* Clock gates: the bits of the reset and clock controller's enable registers, 32 to a register. A
 * family that has one AHB or APB calls it the first; AHB4 is also the bus of the I/O ports. */
enum { SOC_AHB1 = 0, SOC_AHB2 = 32, SOC_AHB3 = 64, SOC_AHB4 = 96, SOC_APB1 = 128, SOC_APB2 = 160,
       SOC_APB3 = 192, SOC_APB4 = 224, SOC_APB1_HIGH = 256, SOC_GATES = 288, SOC_ALWAYS_ON = 1023 };

/* Freeze bits of DBGMCU: 32 to a register, in the order of its layout. */
enum { SOC_FREEZE_REGISTERS = 5 };

/* What a debugger's access meets while the core is in Sleep mode and DBG_SLEEP is off (field reports of
 * each family; where there is none: nothing special). */
enum soc_asleep {
	SOC_NOTHING_WAITS,
	SOC_MEMORY_WAITS,		/* memory and peripherals; the core's own answer */
	SOC_ALL_WAITS,			/* and the transaction can't be aborted */
};

/* What a peripheral asks of the core and the reset logic. All rows are needed. */
struct soc_host {
	void *context;
	void (*reset)(void *context, enum soc_reset cause);	/* system reset, soon */
	void (*set_irq)(void *context, unsigned irq, bool level);
	void (*stall_core)(void *context, uint64_t ns);		/* from inside a CPU access */
	void (*set_core_clock)(void *context, uint32_t hz);
};

struct soc_peripheral {
	const char *name;
	void *state;			/* allocated; the soc frees it */
	unsigned gate;			/* resets it through RCC; or SOC_ALWAYS_ON */
	void (*reset)(void *state);	/* system reset, and after power-on */
	void (*power)(void *state, bool on);	/* NULL = reset is enough */
	void (*notice)(void *state);	/* NULL, or: a wire of the soc changed */
	void (*release)(void *state);	/* NULL, or: frees what hangs on the state */
};

/* Bytes that outlive power: flash, option bytes, OTP. The image file keeps them. */
struct soc_area {
	const char *name;
	uint8_t *bytes;
	uint32_t size;
};

/* A block of 32-bit registers, 1 KiB long, behind a clock gate: without clock it reads 0 and
 * ignores writes. Narrow accesses: the APB bridge copies the byte or half-word into all lanes
 * (RM0090 2.1.13); on AHB the other bytes keep their value. */
struct soc_registers {
	const char *name;
	uint32_t base;
	unsigned gate;			/* or SOC_ALWAYS_ON */
	bool apb;
	void *state;
	uint32_t (*read)(void *state, uint32_t offset, enum bus_master master);
	void (*write)(void *state, uint32_t offset, uint32_t value);
	struct soc *soc;		/* filled in by soc_add_registers */
};

/* What the firmware sent to its USARTs. */
struct soc_output {
	char *bytes;
	size_t length, capacity;
};

enum { SOC_PERIPHERALS_MAX = 48, SOC_AREAS_MAX = 6, SOC_REGISTERS_MAX = 48,
       SOC_OUTPUT_MAX = 1 << 20 };

struct soc {
	const struct virtual_spec *spec;
	struct vclock *clock;
	struct bus *bus;
	const struct soc_host *host;

	struct soc_peripheral peripherals[SOC_PERIPHERALS_MAX];
	size_t peripheral_count;
	struct soc_area areas[SOC_AREAS_MAX];
	size_t area_count;
	struct soc_registers registers[SOC_REGISTERS_MAX];
	size_t registers_count;
	struct soc_output output;

	/* Wires. */
	uint32_t gates[SOC_GATES / 32];	/* clock gates that are open */
	uint32_t apb_hz[2], timer_hz[2];
	uint32_t hclk_hz;
	uint32_t freeze[SOC_FREEZE_REGISTERS];	/* DBGMCU's freeze bits */
	uint32_t lsi_hz;		/* of the independent watchdog; 0 = 32 kHz */
	uint32_t debug_modes;		/* DBGMCU_CR */
	bool trace_by_swo;		/* the chip's own unit instead of the core's TPIU */
	bool has_trace_pin, trace_on_pin;	/* SWO of the core's trace port; DBGMCU has its pin on */
	bool woke_from_standby;		/* the reset in work ends Standby: the backup domain was never off */
	uint32_t supply_mv;
	uint32_t brownout_mv;		/* below it the chip is held in reset */
	uint32_t boot_address;		/* VTOR after reset, where option bytes choose it; else 0 */
	bool hardware_watchdog;		/* option: the IWDG runs from reset on */
	uint32_t backup_base;		/* RAM that read protection covers too; 0 = none */
	bool core_halted;		/* by the debugger */
	bool debugger_seen;		/* a debug access since power-on */
	bool swd_disabled;		/* by a protection level, until the next power-on */
	bool trustzone;			/* the core begins in the secure state, and all memory is secure */
	bool secure_debug;		/* with it: the debugger may make secure accesses */
	bool core_port_closed;		/* by a life-cycle state: the core's access port, not the others */
	enum soc_asleep asleep;
	bool bus_stops_in_reset;	/* nothing but the core's own is reached while nRST is low */
	bool swd_pins_taken;		/* the firmware uses SWDIO or SWCLK as something else */
	void *dma;			/* and how a timer asks it for a transfer */
	void (*dma_request)(void *dma, unsigned timer);
	uint32_t reset_causes;		/* of the reset in work; RCC latches them */
	uint64_t flash_busy_ns;		/* sum so far */
	uint32_t flash_operations;	/* so far, and the one that does not end; 0 = none */
	uint32_t flash_stuck;
};

/* Frees the states of all peripherals. */
void soc_release(struct soc *soc);

/* Adds a row (copied). */
void soc_add_peripheral(struct soc *soc, const struct soc_peripheral *peripheral);
void soc_add_area(struct soc *soc, const char *name, uint8_t *bytes, uint32_t size);
/* Puts registers on the bus (the row is copied). */
void soc_add_registers(struct soc *soc, const struct soc_registers *registers);
/* Fills the holes of [base, base+size) with registers that read 0 and ignore writes. Call last. */
void soc_fill_reserved(struct soc *soc, uint32_t base, uint32_t size);

bool soc_gate_open(const struct soc *soc, unsigned gate);
/* Whether a freeze bit holds its peripheral right now. */
bool soc_frozen(const struct soc *soc, unsigned freeze_bit);
/* Resets the peripherals behind these bits of one enable register (index = first gate / 32). */
void soc_reset_gated(struct soc *soc, unsigned index, uint32_t bits);
void soc_reset_all(struct soc *soc);
void soc_power_all(struct soc *soc, bool on);
/* Tells every peripheral that a wire changed. */
void soc_notice(struct soc *soc);
/* Accounts for an erase or program that takes ns; returns how long it really takes. */
uint64_t soc_flash_takes(struct soc *soc, uint64_t ns);
void soc_print(struct soc *soc, char byte);
/* The first ROM of the spec (system memory), or 0. */
uint32_t soc_rom_base(const struct soc *soc);
/* Short for the host's functions. */
void soc_set_irq(const struct soc *soc, unsigned irq, bool level);
void soc_request_reset(const struct soc *soc, enum soc_reset cause);

#endif
