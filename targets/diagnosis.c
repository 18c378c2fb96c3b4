/* SPDX-License-Identifier: MIT
 *
 * The table from signs to causes. The first row that fits counts: the sure ones come first. ST publishes
 * no list of its names; these are where users have seen them.
 */
#include "targets/diagnosis.h"

#include <stdio.h>

#include "probe/bytes.h"
#include "probe/error.h"

#define S(name) (1u << SIGN_##name)
#define ST_NO_ANSWER "DEV_TARGET_CMD_ERR, DEV_NO_DEVICE, No STM32 target found"
#define POWER_CYCLE "switch the board off and on while `monitor connect` is repeated"

static const struct row {
	uint32_t all, none;	/* signs */
	struct diagnosis diagnosis;
} rows[] = {
	{ S(NO_PROBE), 0,
	  { "no-probe", "no such probe is plugged in", "plug it in, without a hub; `tether list` shows those that "
	    "there are; a virtual machine needs the USB device passed to it", "DEV_NO_STLINK" } },
	{ S(PERMISSION), 0,
	  { "permission", "no right to open the probe",
	    "sudo cp scripts/udev/60-tether.rules /etc/udev/rules.d/, then plug it in again",
	    "DEV_CONNECT_ERR" } },
	{ S(HELD_BY_OTHER), 0,
	  { "probe-busy", "another program holds the probe", "end that program", "DEV_CONNECT_ERR" } },
	{ S(OLD_FIRMWARE), S(REACHED),
	  { "probe-too-old", "the probe's firmware is too old for this chip",
	    "update it with ST's STSW-LINK007", "OLD_FIRMWARE_WARNING" } },
	{ S(USB_TROUBLE), S(REACHED),
	  { "probe-wedged", "the probe does not answer as it should",
	    "unplug it and plug it in again, without a hub; update its firmware with ST's STSW-LINK007",
	    "DEV_USB_COMM_ERR" } },
	{ S(NO_SUPPLY) | S(SILENT), S(ANSWERED),
	  { "no-supply", "the target has no supply voltage",
	    "switch the board on; connect the probe's VTref (VAPP, VDD_TARGET) to its supply, and GND. A "
	    "copy of an ST-LINK may measure nothing: then check SWDIO and SWCLK", ST_NO_ANSWER } },
	{ S(IN_RESET), S(REACHED),
	  { "held-in-reset", "something holds the chip in reset",
	    "find what pulls NRST low: a button, a supervisor, another probe, a short; it should be at "
	    "the level of the supply", "DEV_TARGET_HELD_UNDER_RESET" } },
	{ S(REACHED) | S(FELL_ASLEEP), 0,
	  { "asleep", "the firmware puts the core into Stop or Standby mode, and SWD with it",
	    "nothing: while Tether is attached the debug clocks stay on. Without it they are off; "
	    "firmware may set DBG_STOP and DBG_STANDBY in DBGMCU_CR itself", ST_NO_ANSWER } },
	{ S(REACHED) | S(FELL_SILENT), 0,
	  { "pins-taken", "the firmware uses the SWD pins for something else",
	    "load other firmware now: the chip stands at its reset vector. In yours leave PA13 and PA14 "
	    "alone, or take them a second after reset", ST_NO_ANSWER } },
	{ S(REACHED) | S(RESETS) | S(WATCHDOG), 0,
	  { "watchdog", "a watchdog resets the chip again and again",
	    "halt it: then its watchdogs stand still. In the firmware, reload them; if option bytes start "
	    "them, `option` shows how", "DEV_TARGET_NOT_HALTED, DEV_TARGET_RESET_ERR" } },
	{ S(REACHED) | S(RESETS), 0,
	  { "reset-loop", "the chip is reset again and again: by its firmware, its watchdog or its supply",
	    "`reset halt`, then step through the start; `fault` tells more after a crash",
	    "DEV_TARGET_NOT_HALTED" } },
	{ S(REACHED) | S(SILENT) | S(TOOK_RESET) | S(TOOK_PATIENCE), 0,
	  { "bad-wires", "SWD works at a low speed only, after a reset",
	    "shorten the wires, above all GND; `--connect under-reset --speed 100` comes here at once",
	    "DEV_TARGET_CMD_ERR" } },
	{ S(REACHED) | S(SILENT) | S(TOOK_RESET), 0,
	  { "cut-off", "the firmware cuts SWD off: it uses its pins otherwise, or sleeps in Stop or Standby mode",
	    "load other firmware now: the chip stands at its reset vector", ST_NO_ANSWER } },
	{ S(REACHED) | S(BUS_BUSY) | S(TOOK_RESET), 0,
	  { "sleeping", "the core sleeps (WFI or WFE) with its bus clock off",
	    "nothing: while Tether is attached DBG_SLEEP keeps the clock on; firmware may set it in "
	    "DBGMCU_CR itself", "DEV_TARGET_CMD_ERR, unknown chip id" } },
	{ S(REACHED) | S(SLEEPING) | S(TOOK_HALT), 0,
	  { "sleeping", "the core sleeps (WFI or WFE) with its bus clock off",
	    "nothing: while Tether is attached DBG_SLEEP keeps the clock on; firmware may set it in "
	    "DBGMCU_CR itself", "DEV_TARGET_CMD_ERR, unknown chip id" } },
	{ S(REACHED) | S(BUS_BUSY) | S(TOOK_PATIENCE), 0,
	  { "slow-clock", "the core's clock is too slow for the SWD speed",
	    "nothing: SWD stays slow; --speed sets it from the start", "DEV_TARGET_CMD_ERR" } },
	{ S(REACHED) | S(TOOK_PATIENCE), 0,
	  { "bad-wires", "SWD works at a low speed only",
	    "shorten the wires, above all GND; --speed sets the speed from the start",
	    "DEV_TARGET_CMD_ERR" } },
	{ S(REACHED) | S(LOCKED_UP), 0,
	  { "lock-up", "the core is locked up: no program, or a fault in its fault handler",
	    "load a program; `fault` tells what is wrong with the one that is there",
	    "DEV_TARGET_NOT_HALTED" } },
	{ S(REACHED) | S(PIN_DEAD), 0,
	  { "nrst-unwired", "pulling NRST low does not reset the chip: it is not connected, or is no reset pin here",
	    "connect the probe's NRST; until then a chip that cuts SWD off can't be caught",
	    "DEV_TARGET_RESET_ERR" } },
	{ S(REACHED) | S(BITS_LOST), 0,
	  { "comes-and-goes", "SWD broke off on the way", "check wires, GND and supply; a chip that is reset at "
	    "times does it too", ST_NO_ANSWER } },
	{ S(REACHED) | S(SILENT), 0,
	  { "comes-and-goes", "SWD was silent at first", "check wires, GND and supply; a chip that sleeps at "
	    "times does it too", ST_NO_ANSWER } },
	{ S(REACHED), 0, { NULL, NULL, NULL, NULL } },

	/* From here on it was not reached. */
	{ S(NO_DEBUG_POWER), 0,
	  { "no-debug-power", "the debug port answers, but its power-up request is never acknowledged: read "
	    "protection level 2, Shutdown mode, or a supply that is too low",
	    "check the supply; wake the chip (NRST or a wake-up pin) and try again",
	    "DEV_TARGET_CMD_ERR" } },
	{ S(NO_CORE) | S(ANSWERED), S(BUS_BUSY),
	  { "no-core", "the debug port answers, but there is no Cortex-M behind it that may be seen: a closed "
	    "product state, read protection level 2, or no STM32",
	    "`tether --connect under-reset`; if that is no better, debug authentication with ST's tools, or "
	    "another chip", "DEV_UNKNOWN_MCU_TARGET, unknown chip id" } },
	{ S(BUS_BUSY) | S(SLEEPING), 0,
	  { "sleeping", "the core sleeps (WFI or WFE) with its bus clock off",
	    "connect the probe's NRST, then `--connect under-reset`; without it hold the reset button, or "
	    POWER_CYCLE, "DEV_TARGET_CMD_ERR, unknown chip id" } },
	{ S(BUS_BUSY), 0,
	  { "bus-stuck", "the debug port answers, the chip's bus does not: the core sleeps (WFI or WFE) with its "
	    "clock off, or runs far too slowly",
	    "connect the probe's NRST, then `--connect under-reset`; without it hold the reset button, or "
	    POWER_CYCLE "; --speed 100 for a slow clock", "DEV_TARGET_CMD_ERR, unknown chip id" } },
	{ S(NOT_HALTED), 0,
	  { "not-halted", "the core answers, but does not halt",
	    "connect the probe's NRST, then `--connect under-reset`; TrustZone or read protection may forbid it",
	    "DEV_TARGET_NOT_HALTED" } },
	{ S(NO_MEMORY), 0,
	  { "no-memory", "the core answers, the rest of the chip does not",
	    "`--connect under-reset`; --chip NAME says which chip it is", "DEV_UNKNOWN_MCU_TARGET" } },
	{ S(SILENT) | S(ANSWERED), 0,
	  { "comes-and-goes", "SWD answers at times only: the chip is reset or sleeps in between, or wires and "
	    "supply are loose", "check supply and wires; connect the probe's NRST, then `--connect under-reset`",
	    ST_NO_ANSWER } },
	{ S(BITS_LOST), 0,
	  { "bad-wires", "bits are lost on SWD", "lower the speed (--speed 480), shorten the wires, above all GND",
	    "DEV_TARGET_CMD_ERR" } },
	{ S(SILENT), 0,
	  { "silent", "nothing answers on SWD: it is not connected, or the firmware cuts it off and NRST, which "
	    "would help, is not connected",
	    "check SWDIO, SWCLK, GND and the target's power; connect NRST, or hold the reset button or BOOT0 "
	    "during `--connect under-reset`; a chip with read protection level 2 stays silent", ST_NO_ANSWER } },
	{ 0, 0,
	  { "unknown", "the target can't be reached", "`--log target,probe,usb` shows each step",
	    "DEV_TARGET_CMD_ERR" } },
};

void evidence_add(struct evidence *evidence, enum sign sign)
{
	evidence->signs |= 1u << sign;
}

bool evidence_has(const struct evidence *evidence, enum sign sign)
{
	return evidence->signs >> sign & 1;
}

void evidence_add_error(struct evidence *evidence, int err)
{
	static const struct {
		int err;
		enum sign sign;
	} signs[] = {
		{ E_NO_PROBE, SIGN_NO_PROBE }, { E_GONE, SIGN_NO_PROBE },
		{ E_PERMISSION, SIGN_PERMISSION }, { E_PROBE_BUSY, SIGN_HELD_BY_OTHER },
		{ E_FIRMWARE, SIGN_OLD_FIRMWARE }, { E_USB, SIGN_USB_TROUBLE },
		{ E_TIMEOUT, SIGN_USB_TROUBLE }, { E_PROTOCOL, SIGN_USB_TROUBLE },
		{ E_NO_TARGET, SIGN_SILENT }, { E_POWER, SIGN_NO_DEBUG_POWER },
		{ E_WIRE, SIGN_BITS_LOST }, { E_WAIT, SIGN_BUS_BUSY }, { E_FAULT, SIGN_NO_MEMORY },
		{ E_AP, SIGN_NO_CORE }, { E_CHIP, SIGN_NO_CORE },
		{ E_NOT_HALTED, SIGN_NOT_HALTED }, { E_IN_RESET, SIGN_IN_RESET },
	};

	for (size_t i = 0; i < ARRAY_SIZE(signs); i++)
		if (signs[i].err == err)
			evidence_add(evidence, signs[i].sign);
}

static const char *const sign_words[SIGNS] = {
	[SIGN_NO_PROBE] = "no probe", [SIGN_PERMISSION] = "no permission", [SIGN_HELD_BY_OTHER] = "the probe is in use",
	[SIGN_OLD_FIRMWARE] = "a command that the probe does not know",
	[SIGN_USB_TROUBLE] = "time-outs on USB", [SIGN_SILENT] = "no acknowledge on SWD",
	[SIGN_ANSWERED] = "the debug port's id was read",
	[SIGN_NO_DEBUG_POWER] = "no acknowledge of CDBGPWRUPREQ",
	[SIGN_BITS_LOST] = "SWD transfers broke off", [SIGN_BUS_BUSY] = "endless WAIT",
	[SIGN_NO_CORE] = "no CPUID", [SIGN_NO_MEMORY] = "bus faults", [SIGN_SLEEPING] = "S_SLEEP",
	[SIGN_LOCKED_UP] = "S_LOCKUP", [SIGN_NOT_HALTED] = "C_HALT without S_HALT",
	[SIGN_IN_RESET] = "S_RESET_ST stays set", [SIGN_RESETS] = "S_RESET_ST again and again",
	[SIGN_WATCHDOG] = "the chip's reset flags name a watchdog",
	[SIGN_PIN_DEAD] = "NRST low without S_RESET_ST",
	[SIGN_PIN_REFUSED] = "the probe can't drive NRST",
	[SIGN_TOOK_PATIENCE] = "better at a lower speed", [SIGN_TOOK_HALT] = "reached by halting it",
	[SIGN_TOOK_RESET] = "reached through NRST only",
	[SIGN_FELL_ASLEEP] = "let run, it was in SLEEPDEEP", [SIGN_FELL_SILENT] = "let run, SWD was lost",
};

const char *evidence_text(const struct evidence *evidence, char *text, size_t size)
{
	size_t used = (size_t)snprintf(text, size, "%u.%02u V at the target", evidence->supply_mv / 1000,
				       evidence->supply_mv % 1000 / 10);

	for (unsigned i = 0; i < SIGNS && used < size; i++)
		if (sign_words[i] && evidence_has(evidence, (enum sign)i) &&
		    !(i == SIGN_ANSWERED && evidence_has(evidence, SIGN_REACHED)))
			used += (size_t)snprintf(text + used, size - used, ", %s", sign_words[i]);
	if (evidence->trial_ms && used < size)
		snprintf(text + used, size - used, " within %u ms", evidence->trial_ms);
	return text;
}

static bool fits(const struct row *row, const struct evidence *evidence)
{
	return (evidence->signs & row->all) == row->all && !(evidence->signs & row->none);
}

const struct diagnosis *diagnose(const struct evidence *evidence)
{
	size_t i = 0;

	while (!fits(&rows[i], evidence))	/* the last one always does */
		i++;
	return rows[i].diagnosis.name ? &rows[i].diagnosis : NULL;
}

const struct diagnosis *diagnose_error(int err)
{
	struct evidence evidence = { 0 };

	evidence_add_error(&evidence, err);
	return evidence.signs ? diagnose(&evidence) : NULL;
}

const struct diagnosis *diagnosis_at(size_t i)
{
	return i < ARRAY_SIZE(rows) ? &rows[i].diagnosis : NULL;
}
