/* SPDX-License-Identifier: MIT
 *
 * Running a small piece of code on the target, out of its RAM: where it may lie, how it is started,
 * waited for and, when it dies, explained. Interrupts are masked while it runs; it uses no stack.
 */
#ifndef FLASH_ROUTINE_H
#define FLASH_ROUTINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "targets/board.h"

/* The largest RAM region of the chip that is safe for a loader; false if there is none (then code
 * can't run: a named fallback). */
bool routine_area(const struct chip *chip, uint32_t *base, uint32_t *size);

/* The word that a routine writes to keep the watchdog quiet: IWDG_KR, or spare where there is none. */
uint32_t routine_watchdog(const struct chip *chip, uint32_t spare);
/* The same for the windowed one: WWDG_CR where an option byte starts it at reset, else spare. */
uint32_t routine_window_watchdog(const struct chip *chip, uint32_t spare);

/* Gives the independent watchdog its longest period, for when it runs already. */
int routine_relax_watchdog(struct core *core, struct why *why);

/* Copies code to RAM and starts it with r0.. = arguments and SP = stack_top. The core has to be halted.
 * Breakpoint and watchpoint units are lifted; faults are caught. Register contents are lost. */
struct routine_call {
	const uint8_t *code;
	size_t code_size;		/* multiple of 2 */
	uint32_t entry;			/* where the code goes; word aligned */
	uint32_t stack_top;		/* for what a fault pushes; multiple of 8 */
	uint32_t arguments[5];		/* r0 to r4 */
};
int routine_start(struct core *core, const struct routine_call *call, struct why *why);

/* Waits for the BKPT that ends the routine, first expected_us without asking. Interrupted or late:
 * the core is halted, E_INTERRUPTED or E_LOADER. */
int routine_wait(struct core *core, const struct routine_call *call, uint64_t expected_us,
		 uint64_t timeout_us, struct why *why);

/* Lets link time pass, in slices so that Ctrl-C is heard: E_INTERRUPTED. */
int routine_pause(struct probe *probe, uint64_t us);

/* Halts the core whatever it does. Not interruptible. */
int routine_stop(struct core *core);

/* Says where and why the core stands, when that is not the end of the routine. E_LOADER. */
int routine_explain_death(struct core *core, const char *doing, struct why *why);

/* The core as its owner left it: registers, stop reason, and the fault flags to be kept. */
struct routine_context {
	uint32_t registers[PROBE_CORE_REGISTERS];
	uint32_t cfsr, hfsr;
	enum core_stop stop;
	uint8_t stop_signal;
	uint32_t stop_address;
	enum watch_kind stop_watch;
};
int routine_save(struct core *core, struct routine_context *context);
int routine_restore(struct core *core, const struct routine_context *context);

#endif
