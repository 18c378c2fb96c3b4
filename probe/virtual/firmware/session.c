/* SPDX-License-Identifier: MIT
 *
 * Commands about the probe itself: version, mode, voltage, ENTER and EXIT, reset pin, board, power.
 */
#include <stdio.h>
#include <string.h>

#include "probe/bytes.h"
#include "probe/virtual/firmware/commands.h"
#include "probe/virtual/firmware/swd.h"
#include "probe/virtual/timing.h"

enum {
	VENDOR = 0x0483,
	PROTOCOL_SWD = 0xA3, PROTOCOL_JTAG_NO_RESET = 0xA4,
	PIN_LOW = 0, PIN_HIGH = 1, PIN_PULSE = 2,
	ADC_REFERENCE = 1690,		/* reading of the 1.2 V reference; recorded: 1690, 1691 */
	REFERENCE_MV = 1200,
};

/* Big-endian: major 15:12, J 11:6, S or M 5:0. V3 leaves J and M to GET_VERSION_V3. */
HANDLER(session_get_version)
{
	const struct personality *p = fw->personality;
	unsigned major = p->major == 4 && firmware_guesses(fw, GUESS_PWR_VERSION) ? 3 : p->major;
	unsigned version = major << 12;

	if (p->major == 2)
		version |= (unsigned)p->jtag << 6 | p->minor;
	data[0] = (uint8_t)(version >> 8);
	data[1] = (uint8_t)version;
	put_u16(data + 2, VENDOR);
	put_u16(data + 4, p->product);
}

HANDLER(session_get_version_v3)
{
	const struct personality *p = fw->personality;
	const uint8_t version[] = { p->major, p->swim, p->jtag, p->minor, p->bridge, p->power };

	memcpy(data, version, sizeof(version));
	put_u16(data + 8, VENDOR);
	put_u16(data + 10, p->product);
}

HANDLER(session_get_mode)
{
	data[0] = (uint8_t)fw->mode;
	data[1] = fw->mode == MODE_DFU;		/* version of the boot loader */
}

/* Two readings: the reference, and half of the target's supply. */
HANDLER(session_get_voltage)
{
	bool wired = !faults_has(&fw->faults, FAULT_VTREF_UNWIRED);
	uint32_t mv = wired ? machine_supply_mv(fw->machine) : 0;

	put_u32(data, ADC_REFERENCE);
	put_u32(data + 4, (ADC_REFERENCE * mv + REFERENCE_MV) / (2 * REFERENCE_MV));
}

HANDLER(session_leave_dfu)
{
	if (fw->mode == MODE_DFU)
		fw->mode = MODE_MASS;
}

HANDLER(session_leave_swim)
{
	if (fw->mode == MODE_SWIM)
		fw->mode = MODE_MASS;
}

static void set_nrst(struct firmware *fw, bool low)
{
	fw->nrst_low = low;
	if (!faults_has(&fw->faults, FAULT_NRST_UNWIRED))
		machine_set_nrst(fw->machine, !low);
}

static void pulse_nrst(struct firmware *fw)
{
	set_nrst(fw, true);
	meter_wait(&fw->meter, TIMING_NRST_PULSE_NS);
	set_nrst(fw, false);
}

HANDLER(session_reset_pin)
{
	uint8_t level = block[2];

	meter_settle(&fw->meter);
	firmware_put_status(data, level <= PIN_PULSE ? STATUS_OK : STATUS_COMMAND_ERROR);
	if (level == PIN_PULSE)
		pulse_nrst(fw);
	else if (level <= PIN_HIGH)
		set_nrst(fw, level == PIN_LOW);
}

/* JTAG pins are not wired: only SWD finds the chip. Any other value resets first. */
static uint8_t enter_jtag(struct firmware *fw, uint8_t protocol)
{
	if (protocol != PROTOCOL_JTAG_NO_RESET)
		pulse_nrst(fw);
	return STATUS_JTAG_CHAIN;
}

static uint8_t enter(struct firmware *fw, uint8_t protocol)
{
	uint32_t dpidr;
	uint8_t status;

	if (fw->trace.on) {
		firmware_odd(fw, "trace is still on");
		return STATUS_COMMAND_ERROR;
	}
	if (protocol != PROTOCOL_SWD)
		return enter_jtag(fw, protocol);
	if (fw->mode == MODE_DEBUG && fw->nrst_low && !fw->personality->keeps_nrst)
		set_nrst(fw, false);
	status = swd_enter(fw, &dpidr);
	if (status == STATUS_OK)
		fw->mode = MODE_DEBUG;
	return status;
}

HANDLER(session_enter)
{
	firmware_put_status(data, enter(fw, block[2]));
}

void session_leave_debug(struct firmware *fw)
{
	if (fw->mode == MODE_DEBUG) {
		dap_switch(&fw->dap, false);
		fw->mode = MODE_MASS;
	}
	meter_settle(&fw->meter);
	set_nrst(fw, false);
	swd_forget(fw);
	fw->open_aps = 0;
	fw->trace.on = false;
}

HANDLER(session_exit)
{
	session_leave_debug(fw);
}

/* Strap pins of the board; nothing is known of their values. */
HANDLER(session_board_kind)
{
}

HANDLER(session_board_ids)
{
	firmware_put_status(data, STATUS_OK);
	memcpy(data + 2, fw->personality->board_id, strlen(fw->personality->board_id));
}

HANDLER(session_disk_name)
{
	firmware_put_status(data, STATUS_OK);
	snprintf((char *)data + 4, length - 4, "%s", machine_spec(fw->machine)->chip);
}

HANDLER(session_power)
{
	firmware_put_status(data, STATUS_OK);
	if (!fw->personality->power_switch)
		firmware_put_status(data, STATUS_NOT_AVAILABLE);
	else
		firmware_set_power(fw, block[1] != 0);
}

HANDLER(session_usb_loader)
{
	firmware_put_status(data, STATUS_NO_USB_LOADER);
}

HANDLER(session_not_available)
{
	firmware_put_status(data, STATUS_NOT_AVAILABLE);
}

HANDLER(session_accept)
{
	firmware_put_status(data, STATUS_OK);
}
