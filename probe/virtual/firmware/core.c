/* SPDX-License-Identifier: MIT
 *
 * Run control and core registers, by the debug registers of the core: DHCSR, DCRSR, DCRDR, AIRCR
 * (Armv7-M, DDI 0403E, C1.6). Register transfers go through the banked registers, as recorded.
 */
#include "probe/bytes.h"
#include "probe/virtual/firmware/commands.h"
#include "probe/virtual/firmware/swd.h"

#define AIRCR		0xE000ED0Cu
#define DHCSR		0xE000EDF0u	/* BD0; DCRSR is BD1, DCRDR is BD2 */
#define AIRCR_RESET	0x05FA0004u	/* key, SYSRESETREQ */
#define DHCSR_HALT	0xA05F0003u
#define DHCSR_RUN	0xA05F0001u
#define DHCSR_STEP	0xA05F0005u

enum {
	S_REGRDY = 1u << 16,
	S_HALT = 1u << 17,
	DCRSR_WRITE = 1u << 16,
	READY_TRIES = 10,
	REGISTER_COUNT = 21,
	FPU_COUNT = 32, REGSEL_S0 = 0x40, REGSEL_FPSCR = 0x21,
};

static uint8_t open_registers(struct firmware *fw, uint8_t ap)
{
	struct swd_block block = { .ap = ap, .width = 4 };
	uint8_t status = ports_check(fw, ap);

	if (status == STATUS_OK)
		status = swd_prepare(fw, &block);
	return status == STATUS_OK ? swd_ap_write(fw, ap, AP_TAR, DHCSR) : status;
}

/* Waits for S_REGRDY; *value is then DCRDR. Reading DHCSR eats its sticky bits, as on silicon. */
static uint8_t wait_ready(struct firmware *fw, uint8_t ap, uint32_t *value)
{
	uint32_t dhcsr;
	uint8_t status;

	for (unsigned i = 0; i < READY_TRIES; i++) {
		status = swd_ap_post(fw, ap, AP_BD0, &dhcsr);
		if (status == STATUS_OK)
			status = swd_ap_post(fw, ap, AP_BD2, &dhcsr);
		if (status == STATUS_OK)
			status = swd_ap_collect(fw, value);
		if (status != STATUS_OK || dhcsr & S_REGRDY)
			return status;
	}
	return STATUS_UNKNOWN_ERROR;
}

static uint8_t close_registers(struct firmware *fw, uint8_t ap, uint8_t status)
{
	struct swd_block block = { .ap = ap, .width = 4, .address = DHCSR };
	uint32_t fault;

	return status == STATUS_OK ? status : swd_fail(fw, &block, status, &fault);
}

static uint8_t read_register(struct firmware *fw, uint8_t ap, uint8_t regsel, uint32_t *value)
{
	uint8_t status = open_registers(fw, ap);

	*value = 0;
	if (status == STATUS_OK)
		status = swd_ap_write(fw, ap, AP_BD1, regsel);
	if (status == STATUS_OK)
		status = wait_ready(fw, ap, value);
	return close_registers(fw, ap, status);
}

/* Reads back what was written: bits that do not stick are reported. */
static uint8_t write_register(struct firmware *fw, uint8_t ap, uint8_t regsel, uint32_t value)
{
	uint8_t status = open_registers(fw, ap);
	uint32_t back;

	if (status == STATUS_OK)
		status = swd_ap_write(fw, ap, AP_BD2, value);
	if (status == STATUS_OK)
		status = swd_ap_write(fw, ap, AP_BD1, DCRSR_WRITE | regsel);
	if (status == STATUS_OK)
		status = wait_ready(fw, ap, &back);
	if (status != STATUS_OK)
		return close_registers(fw, ap, status);
	status = read_register(fw, ap, regsel, &back);
	return status == STATUS_OK && back != value ? STATUS_WRITE_VERIFY : status;
}

/* r0..r15, xPSR, MSP, PSP, one that is reserved, CONTROL and its companions: DCRSR 0 to 20. */
static uint8_t read_all(struct firmware *fw, uint8_t ap, uint8_t *words)
{
	uint8_t status = STATUS_OK;
	uint32_t value;

	for (uint8_t i = 0; i < REGISTER_COUNT && status == STATUS_OK; i++) {
		status = read_register(fw, ap, i, &value);
		put_u32(words + 4 * i, value);
	}
	return status;
}

HANDLER(firmware_core_read_all)
{
	uint8_t ap = firmware_guesses(fw, GUESS_ALL_REGISTERS) ? 0 : ports_parameter(fw, block[2]);

	firmware_put_status(data, read_all(fw, ap, data + 4));
}

uint32_t firmware_core_fpu_length(const struct firmware *fw, const uint8_t *block)
{
	(void)block;
	return 4 + 4 * (FPU_COUNT + !firmware_guesses(fw, GUESS_FPSCR));
}

/* S0..S31, and then FPSCR. No tool is known that asks for them so. */
HANDLER(firmware_core_read_fpu)
{
	uint8_t status = STATUS_OK;
	uint32_t value;

	for (uint8_t i = 0; 4 + 4u * i < length && status == STATUS_OK; i++) {
		status = read_register(fw, 0, i < FPU_COUNT ? REGSEL_S0 + i : REGSEL_FPSCR, &value);
		put_u32(data + 4 + 4 * i, value);
	}
	firmware_put_status(data, status);
}

HANDLER(firmware_core_read_all_v1)
{
	read_all(fw, 0, data);
}

HANDLER(firmware_core_read_register)
{
	uint32_t value;

	uint8_t ap = ports_parameter(fw, block[3]);

	firmware_put_status(data, read_register(fw, ap, block[2], &value));
	put_u32(data + 4, value);
}

HANDLER(firmware_core_read_register_v1)
{
	uint32_t value;

	read_register(fw, 0, block[2], &value);
	put_u32(data, value);
}

HANDLER(firmware_core_write_register)
{
	firmware_put_status(data, write_register(fw, ports_parameter(fw, block[7]), block[2],
						 get_u32(block + 3)));
}

HANDLER(firmware_core_write_debug)
{
	uint8_t ap = ports_parameter(fw, block[10]), status = ports_check(fw, ap);

	if (status == STATUS_OK)
		status = swd_write_word(fw, ap, get_u32(block + 2), get_u32(block + 6));
	firmware_put_status(data, status);
}

HANDLER(firmware_core_read_debug)
{
	uint8_t ap = ports_parameter(fw, block[6]), status = ports_check(fw, ap);
	uint32_t value = 0;

	if (status == STATUS_OK)
		status = swd_read_word(fw, ap, get_u32(block + 2), &value);
	firmware_put_status(data, status);
	put_u32(data + 4, value);
}

HANDLER(firmware_core_halt)
{
	firmware_put_status(data, swd_write_word(fw, 0, DHCSR, DHCSR_HALT));
}

HANDLER(firmware_core_run)
{
	firmware_put_status(data, swd_write_word(fw, 0, DHCSR, DHCSR_RUN));
}

HANDLER(firmware_core_step)
{
	firmware_put_status(data, swd_write_word(fw, 0, DHCSR, DHCSR_STEP));
}

/* The write may end in WAIT or FAULT because the reset cuts it off: not an error. */
HANDLER(firmware_core_reset)
{
	uint8_t status;

	status = swd_write_word(fw, 0, AIRCR, AIRCR_RESET);
	if (status == STATUS_AP_WAIT || status == STATUS_AP_FAULT)
		status = STATUS_OK;
	firmware_put_status(data, status);
}

HANDLER(firmware_core_get_status)
{
	uint32_t dhcsr = 0;
	uint8_t status;

	status = swd_read_word(fw, 0, DHCSR, &dhcsr);
	if (status == STATUS_OK)
		status = dhcsr & S_HALT ? STATUS_HALTED : STATUS_RUNNING;
	firmware_put_status(data, status);
}

HANDLER(firmware_core_read_id)
{
	uint32_t dpidr = 0;

	swd_dp_read(fw, DP_DPIDR, 0, &dpidr);
	put_u32(data, dpidr);
}

HANDLER(firmware_core_read_ids)
{
	uint32_t dpidr = 0;

	firmware_put_status(data, swd_dp_read(fw, DP_DPIDR, 0, &dpidr));
	put_u32(data + 4, dpidr);
}
