/* SPDX-License-Identifier: MIT
 *
 * One Cortex-M core: run control, registers, breakpoint and watchpoint units, memory as the debugger
 * sees it. DHCSR is read in one place (core_poll); its sticky bits are kept here.
 * Armv7-M ARM DDI 0403E chapter C1, Armv6-M DDI 0419E, Armv8-M DDI 0553.
 */
#ifndef TARGETS_CORE_H
#define TARGETS_CORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "probe/error.h"
#include "probe/probe.h"

struct board;

enum core_state { CORE_UNKNOWN, CORE_RUNNING, CORE_HALTED };

enum core_stop {		/* why the core is halted */
	STOP_NONE,
	STOP_REQUEST,		/* we asked, or a step ended */
	STOP_BREAKPOINT_HW, STOP_BREAKPOINT_SW,	/* FPB; BKPT in memory */
	STOP_SEMIHOSTING,	/* BKPT 0xAB */
	STOP_WATCHPOINT,	/* address and kind in stop_address, stop_watch */
	STOP_RESET_CATCH,
	STOP_FAULT,		/* vector catch of a fault: stop_signal says which kind */
	STOP_LOCKUP,
	STOP_EXTERNAL,
};

enum watch_kind { WATCH_WRITE, WATCH_READ, WATCH_ACCESS };	/* Z2, Z3, Z4 */

/* DCRSR numbers; GDB's numbering is the server's business. */
enum core_register {
	REG_R0 = 0, REG_R7 = 7, REG_SP = 13, REG_LR = 14, REG_PC = 15, REG_XPSR = 16, REG_MSP = 17,
	REG_PSP = 18, REG_SPECIAL = 20 /* CONTROL FAULTMASK BASEPRI PRIMASK */, REG_FPSCR = 33,
	REG_S0 = 64, REG_S31 = 95, REG_COUNT = 96,
};

enum { CORE_CODE_UNITS = 16, CORE_DATA_UNITS = 8, CORE_WATCHPOINTS = 16 };

struct core_breakpoint {
	uint32_t address;
	uint8_t kind;		/* 2 or 4 bytes of instruction */
	bool hardware;		/* a unit; else BKPT in RAM */
	bool wanted;		/* inserted by a client */
	bool placed;		/* in the target now */
	bool known;		/* saved is what the firmware has there */
	uint16_t saved;		/* what BKPT replaced */
};

struct core_watchpoint {
	uint32_t address, length;
	enum watch_kind kind;
	bool wanted;
};

/* A DWT comparator as it is in the target. mask is only used by v6-M and v7-M. */
struct core_data_unit {
	uint32_t address, mask, function;
	uint8_t watchpoint;	/* index of the one it serves */
};

struct core {
	struct board *board;
	struct probe_port port;
	unsigned number;
	uint32_t cpuid;
	bool fpu, v8, mainline;		/* mainline: v7-M or v8-M with fault registers, BASEPRI */
	enum core_state state;
	bool debug_enabled;		/* C_DEBUGEN set by us, units ours */
	bool was_reset;			/* S_RESET_ST seen by a poll, until core_take_reset */
	bool found_reset;		/* at the last attach: reset or powered up since we last looked */
	uint32_t found_dhcsr[2];	/* then: read twice, so that the second has no old sticky bits */
	enum core_stop stop;
	uint8_t stop_signal;		/* POSIX number for GDB: 5 TRAP, 11 SEGV, 7 BUS (GDB 10), ... */
	uint32_t stop_address;		/* data address of a watchpoint */
	enum watch_kind stop_watch;
	uint32_t stop_pc;
	bool stop_at_own_bkpt;		/* at a BKPT that the firmware contains */
	bool runs_own_code;		/* from core_run_code on, until the next stop or reset */

	uint32_t registers[REG_COUNT];
	uint8_t valid[REG_COUNT / 8], dirty[REG_COUNT / 8];	/* bit sets */

	unsigned code_units, data_units;
	uint8_t fpb_revision;
	uint32_t code_unit[CORE_CODE_UNITS];	/* FP_COMPn as it is in the target */
	bool fpb_enabled;
	struct core_data_unit data_unit[CORE_DATA_UNITS];
	struct core_breakpoint *breakpoints;	/* owned */
	unsigned breakpoint_count, breakpoint_room;
	struct core_watchpoint watchpoints[CORE_WATCHPOINTS];
	unsigned watchpoint_count;
	uint32_t demcr;			/* as we want it; vector catch may be changed while halted */
	uint32_t demcr_target;		/* as it is */
	uint32_t demcr_before;		/* as it was found, where demcr_found */
	bool demcr_found;
	bool step_masks_interrupts;	/* policy of core_step; default true */

	struct memory_cache *cache;	/* owned; memory.c */
};

/* Reads CPUID and FPU, and whether the core is halted. Writes nothing, does not halt. */
int core_examine(struct core *core, struct why *why);
/* Makes the core debuggable: DEMCR, C_DEBUGEN (a halted core stays halted), counts the units and clears
 * what an earlier debugger left in them. */
int core_enable_debug(struct core *core);
/* Puts back DEMCR, takes out units and BKPTs, clears C_DEBUGEN last unless it is left halted. */
int core_disable_debug(struct core *core, bool leave_halted);
/* Frees what the core owns. */
void core_clear(struct core *core);
/* Registers, units and memory in the target are unknown from now on (reset, power loss). */
void core_forget(struct core *core, bool units_too);

/* Asks DHCSR (and, once halted, DFSR): updates state, stop, was_reset. One exchange while running. */
int core_poll(struct core *core);
/* True once per reset seen. */
bool core_take_reset(struct core *core);

/* The vector catches that this core has, and choosing among them: VC_* of cortexm.h. At once, also while it
 * runs; our own code in RAM adds its own meanwhile. */
uint32_t core_catches(const struct core *core);
int core_catch(struct core *core, uint32_t catches);

/* Halts; bounded by timeout_ms of link time. E_NOT_HALTED. */
int core_halt(struct core *core, uint32_t timeout_ms);
/* Writes back registers and units (lazily), then runs. Steps off a breakpoint at PC first, and over a BKPT
 * of the firmware's own that the core stands on; when that step ends in a stop of its own the core is
 * still halted afterwards (see state). */
int core_resume(struct core *core, struct why *why);
/* Code of ours in RAM. The core keeps the exception it is in and its choice of stacks. */
struct core_code {
	uint32_t entry, stack_top;	/* stack_top: for what a fault pushes */
	uint32_t arguments[5];		/* r0 to r4 */
};
/* Runs it, privileged and with interrupts masked: breakpoints and watchpoints are lifted, faults and resets
 * are caught. core_poll tells when it has halted, at a BKPT as STOP_BREAKPOINT_SW with only PC read; the next
 * resume puts everything but registers back. */
int core_run_code(struct core *core, const struct core_code *code);
/* One instruction, interrupts masked by policy; waits for the halt. Breakpoints are not hit at PC. */
int core_step(struct core *core, struct why *why);
/* Steps while PC is in [start, end): at least once, until a stop of another kind, the interrupt flag or
 * max_steps. The result is in state and stop. */
int core_step_range(struct core *core, uint32_t start, uint32_t end, unsigned max_steps,
		    struct why *why);

/* Registers by DCRSR number while halted; cached, written back at resume. Bit 0 of PC is dropped;
 * stack pointers and CONTROL are written at once, since they alias. */
int core_read_register(struct core *core, unsigned reg, uint32_t *value);
int core_write_register(struct core *core, unsigned reg, uint32_t value);
/* Everything a stop reply and `g` need, with as few exchanges as possible. */
int core_fetch_registers(struct core *core, bool with_fpu);
/* Writes dirty registers now (before anything that reads them behind the cache). */
int core_flush_registers(struct core *core);

/* Breakpoints are remembered here and placed at resume. hardware_only: never a BKPT. Twice is fine.
 * E_NO_UNIT when there can't be enough units. */
int core_add_breakpoint(struct core *core, uint32_t address, unsigned kind, bool hardware_only,
			struct why *why);
int core_remove_breakpoint(struct core *core, uint32_t address);
int core_add_watchpoint(struct core *core, uint32_t address, uint32_t length, enum watch_kind kind,
			struct why *why);
int core_remove_watchpoint(struct core *core, uint32_t address, uint32_t length,
			   enum watch_kind kind);
void core_remove_all_points(struct core *core);
/* Takes every unit and BKPT out of the target (detach, flash, lost client); wanted ones are kept. */
int core_lift_points(struct core *core);
/* The other way round, for a core that runs and has lost them (power, another debugger, its own startup code). */
int core_place_points(struct core *core);
/* Whether some are BKPTs in RAM, which the program can overwrite. */
bool core_has_bkpts(const struct core *core);

/* Memory as a debugger sees it: caches that are never stale, exact widths on peripherals. BKPTs placed by
 * us read as the original bytes. A read may be short: *done = how many bytes are good (E_FAULT only
 * when 0). */
int memory_read(struct core *core, uint32_t address, void *data, uint32_t length, uint32_t *done);
/* Writes RAM and registers. Flash is E_RANGE here: it goes through flash/. */
int memory_write(struct core *core, uint32_t address, const void *data, uint32_t length,
		 uint32_t *fault);
void memory_cache_drop(struct core *core);		/* all */
void memory_cache_end_burst(struct core *core);		/* RAM read-ahead: a packet came that is no read */
void memory_cache_enable(struct core *core, bool on);

/* The story of the fault the core stands in: lines of text for `monitor fault` and the console. */
int fault_explain(struct core *core, char *text, size_t size);
/* The same in one line without full stop, for the console; "" when it stands in none. */
int fault_headline(struct core *core, char *text, size_t size);
/* The signal number for the fault the core stands in (11, 10, 4, 8), 5 if none. */
int fault_signal(struct core *core, uint8_t *signal);

#endif
