/* SPDX-License-Identifier: MIT
 *
 * A virtual core with flash, RAM, a RAM that can't be executed and one odd device, for tests.
 */
#ifndef TESTS_UNIT_CPU_RIG_H
#define TESTS_UNIT_CPU_RIG_H

#include <stddef.h>

#include "probe/virtual/cpu/cpu.h"

enum {
	RIG_FLASH = 0x08000000, RIG_RAM = 0x20000000, RIG_CCM = 0x10000000, RIG_DEVICE = 0x40000000,
	RIG_SIZE = 0x10000, RIG_TRACE = 256,
	/* The device: what a write to a register does; reads give the time in ns at +0. */
	RIG_IRQ_UP = 0, RIG_IRQ_DOWN = 4, RIG_FAULT = 8, RIG_STALL = 12, RIG_BREAK = 16, RIG_RESET = 20,
	DHCSR = 0xE000EDF0u, DCRSR = 0xE000EDF4u, DCRDR = 0xE000EDF8u, DEMCR = 0xE000EDFCu,
	DFSR = 0xE000ED30u, ICSR = 0xE000ED04u, CFSR = 0xE000ED28u, HFSR = 0xE000ED2Cu,
	BFAR = 0xE000ED38u, SHCSR = 0xE000ED24u, CCR = 0xE000ED14u, CPACR = 0xE000ED88u,
	DHCSR_KEY = 0xA05F0000u,
	DEBUGEN = 1, HALT = 2, STEP = 4, MASKINTS = 8,
	PC = 15, XPSR = 16,
};

struct rig {
	struct bus bus;
	struct cpu *cpu;
	uint64_t now_ns;
	uint8_t flash[RIG_SIZE], ram[RIG_SIZE], ccm[RIG_SIZE];
	bool flash_special;		/* fetches and reads of flash fault while true */
	bool flash_refuses;		/* writes have no effect on it */
	unsigned flash_writes, resets;
	uint32_t last_flash_value;
	uint8_t traced[RIG_TRACE];	/* what left its trace port, which cpu_add_trace_port adds */
	size_t traced_count;
	uint64_t traced_end_ns;
	uint32_t traced_baud;
};

/* The core has no FPU where the model has none. The program starts at 0x08000000, seen at 0 too. */
struct rig *rig_new(enum virtual_core core, const uint8_t *program, size_t size);
void rig_free(struct rig *rig);
#define RIG(core, name) rig_new(core, program_##name, sizeof(program_##name))
/* The same, halted at reset. */
struct rig *rig_new_halted(enum virtual_core core, const uint8_t *program, size_t size);
#define HALTED_RIG(core, name) rig_new_halted(core, program_##name, sizeof(program_##name))

/* Halted at reset, r10 and r11 cleared, with the program `faults`; its faults enabled in SHCSR
 * or not. */
struct rig *rig_at_faults(enum virtual_core core, bool enabled);

/* 16 cycles are 1 us. */
void rig_run(struct rig *rig, unsigned cycles);
uint32_t rig_read(struct rig *rig, uint32_t address);		/* as the debug port */
void rig_write(struct rig *rig, uint32_t address, uint32_t value);
void rig_debug(struct rig *rig, uint32_t bits);			/* DHCSR */
void rig_reset_halt(struct rig *rig);
void rig_step(struct rig *rig);
void rig_go(struct rig *rig, uint32_t pc, unsigned cycles);	/* from halt; stays running */
bool rig_is_halted(struct rig *rig);
uint32_t rig_reg(struct rig *rig, unsigned regsel);
void rig_set_reg(struct rig *rig, unsigned regsel, uint32_t value);
void rig_breakpoint(struct rig *rig, unsigned unit, uint32_t address);

#endif
