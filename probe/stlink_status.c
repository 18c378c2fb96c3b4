/* SPDX-License-Identifier: MIT
 *
 * Status codes of the debug commands: what they mean for us, what causes them, what helps.
 * ST publishes no list; this one is the union of what probes have been seen to answer.
 */
#include "probe/stlink_status.h"

#include "probe/bytes.h"
#include "probe/error.h"

#define REPLUG "unplug the probe and plug it in again"
#define SLOWER "lower the SWD speed (--speed) and check the wires, above all ground"
#define UPDATE "update the probe's firmware with ST's STSW-LINK007"
#define REACH "check power, ground, SWDIO and SWCLK; try --connect under-reset"

static const struct stlink_status table[] = {
	{ 0x80, OK, "OK", "", "" },
	{ 0x81, E_WIRE, "FAULT", "an SWD transfer failed", SLOWER },
	{ 0x01, E_FAULT, "UNKNOWN_ERROR", "the access failed", "" },
	{ 0x02, E_WIRE, "SPI_ERROR", "the probe's SWD shifter failed", SLOWER },
	{ 0x03, E_WIRE, "DMA_ERROR", "the probe's DMA failed", REPLUG },
	{ 0x04, E_NO_TARGET, "UNKNOWN_JTAG_CHAIN", "no TAP, or a strange one, on JTAG", REACH },
	{ 0x05, E_NO_TARGET, "NO_DEVICE", "nothing answers on SWD", REACH },
	{ 0x06, E_PROTOCOL, "INTERNAL_ERROR", "the probe's firmware is confused", REPLUG },
	{ 0x07, E_WAIT, "COMMAND_WAIT", "the probe is busy", "" },
	{ 0x08, E_PROTOCOL, "COMMAND_ERROR", "the probe refused a parameter", UPDATE },
	{ 0x09, E_NO_TARGET, "GET_IDCODE_ERROR", "the debug port's id can't be read", REACH },
	{ 0x0A, E_ALIGN, "ALIGNMENT_ERROR", "address or length not aligned", "" },
	{ 0x0B, E_POWER, "DEBUG_POWER_ERROR", "the debug domain does not power up",
	  "check the target's supply; a chip in Shutdown needs --connect under-reset" },
	{ 0x0C, E_FAULT, "WRITE_ERROR", "the write failed", "" },
	/* Reserved bits of xPSR and CONTROL read back differently: the write itself was done. */
	{ 0x0D, OK, "WRITE_VERIFY_ERROR", "", "" },
	{ 0x0E, E_PROTOCOL, "OTHER_MODE", "the probe is open in JTAG mode", REPLUG },
	{ 0x10, E_WAIT, "AP_WAIT", "the target's bus stays busy",
	  "lower the SWD speed; the core may be in Stop mode" },
	{ 0x11, E_FAULT, "AP_FAULT", "bus error", "" },
	{ 0x12, E_WIRE, "AP_ERROR", "the target stopped answering",
	  "the target lost power, slept, or uses its SWD pins; try --connect under-reset" },
	{ 0x13, E_WIRE, "AP_PARITY_ERROR", "bits were lost on SWD", SLOWER },
	{ 0x14, E_WAIT, "DP_WAIT", "the debug port stays busy", "lower the SWD speed" },
	{ 0x15, E_FAULT, "DP_FAULT", "an earlier access failed", "" },
	{ 0x16, E_WIRE, "DP_ERROR", "the target stopped answering", REACH },
	{ 0x17, E_WIRE, "DP_PARITY_ERROR", "bits were lost on SWD", SLOWER },
	{ 0x18, E_FAULT, "AP_WDATA_ERROR", "written data were lost", SLOWER },
	{ 0x19, E_FAULT, "AP_STICKY_ERROR", "bus error", "" },
	{ 0x1A, E_WIRE, "AP_STICKY_OVERRUN", "overrun on SWD", SLOWER },
	{ 0x1B, E_AP, "AP_ALREADY_USED", "another program uses this access port", "" },
	{ 0x1C, E_WIRE, "AP_TURNAROUND", "wrong turnaround on SWD", SLOWER },
	{ 0x1D, E_AP, "BAD_AP", "no such access port", "" },
	{ 0x20, E_FIRMWARE, "SWV_NOT_AVAILABLE", "the probe has no trace input", "" },
	{ 0x21, E_FIRMWARE, "NO_USB_LOADER", "the probe has no loader", "" },
	{ 0x29, E_AP, "TOO_MANY_APS", "too many access ports are open", "" },
	{ 0x30, E_PROTOCOL, "CLIENT_NOT_FOUND", "the probe is shared by a server", "" },
	{ 0x31, E_PROTOCOL, "TOO_MANY_CLIENTS", "the probe is shared by a server", "" },
	{ 0x40, OK, "CONFIGURATION_CHANGED", "", "" },
	{ 0x41, E_PROTOCOL, "SPEED_NOT_SUPPORTED", "the probe can't run at this speed", "" },
	{ 0x42, E_FIRMWARE, "UNKNOWN_COMMAND", "the probe's firmware is too old", UPDATE },
};

static const struct stlink_status unknown = {
	0xFF, E_PROTOCOL, "UNKNOWN_STATUS", "the probe answered a code nobody knows", REPLUG,
};

const struct stlink_status *stlink_status(uint8_t code)
{
	for (size_t i = 0; i < ARRAY_SIZE(table); i++)
		if (table[i].code == code)
			return &table[i];
	return &unknown;
}
