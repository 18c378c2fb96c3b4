/* SPDX-License-Identifier: MIT
 *
 * A board: a probe, the chip found behind it, and its cores. Reset, power and flash are events of
 * the board. All of this belongs to the engine's thread.
 */
#ifndef TARGETS_BOARD_H
#define TARGETS_BOARD_H

#include <stdbool.h>
#include <stdint.h>

#include "probe/probe.h"
#include "targets/chip.h"
#include "targets/climb.h"
#include "targets/core.h"
#include "targets/journal.h"

enum connect_mode {
	CONNECT_AUTO,		/* whatever works, the gentlest first */
	CONNECT_NORMAL,		/* without a reset, without a halt */
	CONNECT_UNDER_RESET,
	CONNECT_HOT_PLUG,	/* and without writing anything */
	CONNECT_OBSERVE,	/* nor does anybody's attach halt it */
};

enum reset_kind { RESET_AUTO, RESET_SYSTEM /* SYSRESETREQ */, RESET_PIN, RESET_CORE /* VECTRESET */ };

struct board_options {
	const struct chip_library *chips;	/* kept by reference */
	const char *chip;		/* override by name, or NULL; kept by reference */
	enum connect_mode connect;
	uint32_t speed_khz;		/* 0 = the probe's default for this purpose (4000 V2, 24000 V3) */
	enum reset_kind reset;		/* what RESET_AUTO tries first; RESET_AUTO = SYSRESETREQ */
	bool low_power_debug;		/* set the chip's DBGMCU sleep bits while attached */
};

enum { BOARD_CORES = 2, BOARD_JOURNAL = 16 };

struct board {
	struct probe *probe;
	struct board_options options;
	struct chip chip;
	bool attached;			/* SWD up, chip known, cores examined */
	bool debugging;			/* freeze bits set, cores debuggable (not yet after hot-plug) */
	uint32_t dpidr, idcode, supply_mv;
	uint32_t flash_kib_register;	/* what the size register said; 0 = not read */
	struct chip_wake woken;		/* what was done to reach a sleeping core; address 0 = nothing */
	uint32_t woken_before;		/* the register's value then */
	uint32_t reset_flags;		/* of the reset cause register, after the last reset; 0 = not known */
	bool pin_is_dead;		/* NRST was pulled low, and nothing was reset */
	struct climb climb;		/* how the target was reached, or why not */
	char notes[2000];		/* what was odd on the way; "" = nothing */
	struct core cores[BOARD_CORES];
	unsigned core_count;
	/* Told after the event, with the context; any may be NULL. */
	struct board_listener {
		void *context;
		void (*was_reset)(void *context);
		void (*flash_changed)(void *context);
	} listener;
	struct {			/* RAM that clients wrote since a core ran last; size 0 = none */
		uint32_t base, size;
	} written;
	struct {			/* flash that a job left unfinished; size 0 = none */
		uint32_t base, size;
	} unfinished;
	struct {			/* option words that were being changed; count 0 = none */
		size_t count;
		uint32_t uid[3];	/* of the chip that they are of; zeros when it has none */
		uint32_t before[CHIP_OPTION_WORDS], after[CHIP_OPTION_WORDS];
	} options_unfinished;
	uint32_t raised_hz;		/* core clock until the next reset (clock.h); 0 = not raised */
	struct journal_entry journal[BOARD_JOURNAL];	/* registers changed by us, to be put back */
	unsigned journal_count;
	struct journal_entry journal_code[BOARD_JOURNAL];	/* a ring of what BKPTs have replaced */
	unsigned journal_code_next;
	bool has_dead_code;		/* some of it is of a process that died */
};

/* Prepares a board on an opened probe (taken over; closed by board_clear). Touches no target. */
void board_init(struct board *board, struct probe *probe, const struct board_options *options);
/* Detaches without changing run state, closes the probe. */
void board_clear(struct board *board);

/* Reaches the target: SWD, chip, cores, freeze bits. Does not halt, except that CONNECT_UNDER_RESET
 * leaves the core halted at its reset vector, as does CONNECT_AUTO where nothing gentler works. Nothing is
 * written in CONNECT_HOT_PLUG and CONNECT_OBSERVE.
 * E_NO_TARGET ... with the cause and the next step in why. May be called again after a failure. */
int board_attach(struct board *board, struct why *why);
/* What follows once core 0 was reached: finds out which chip it is and begins to debug it, where the
 * connect mode lets us. For connect.c. E_CHIP for a chip that is known and refused. */
int board_take_hold(struct board *board, struct why *why);
/* Puts back what was changed: breakpoint units, DEMCR, DBGMCU, C_DEBUGEN; leaves cores running or
 * halted as they are told. Keeps the probe open. */
int board_detach(struct board *board, bool leave_halted);

/* Sets the freeze bits and makes the cores debuggable; done by board_attach, except after a hot-plug
 * where the first core_halt does it. Does nothing when it is done already. */
int board_start_debugging(struct board *board);

/* Adds a sentence to notes. */
void board_note(struct board *board, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Marks units, registers and caches as unknown (after reset, power loss, resync). */
void board_forget(struct board *board);

/* Resets the chip. halt: all cores stop at their reset vector, before the first instruction. Verified by
 * evidence (S_RESET_ST seen; halted, PC at the vector). RESET_AUTO begins with options.reset and goes on with
 * what else the board can; any other kind is just that. E_NO_RESET, E_NOT_HALTED with the reason. */
int board_reset(struct board *board, enum reset_kind kind, bool halt, struct why *why);

/* The cause of the last reset in words ("independent watchdog", "pin", "power-on"...) from RCC: the most
 * telling flag that is new since they were last read. "" unknown. */
void board_reset_cause(struct board *board, char *text, size_t size);

/* What kind of memory an address is, for access rules. *end (may be NULL) is the first
 * address behind that area, 0 for 2^32. OTP and the factory's data are AREA_ROM. */
enum board_area { AREA_FLASH, AREA_RAM, AREA_ROM, AREA_PERIPHERAL, AREA_NONE };
enum board_area board_area_at(const struct board *board, uint32_t address, uint32_t *end);

/* Saves a register's value for board_detach to put back, once per address; also on disk, for the case
 * that this process dies. Before the register is written. */
int board_journal(struct board *board, const struct core *core, uint32_t address);

#endif
