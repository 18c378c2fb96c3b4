/* SPDX-License-Identifier: MIT
 *
 * Access ports and raw access to DP and AP registers; batches of 32-bit accesses (RW_MISC). Sticky
 * errors of raw accesses stay until the host clears them by ABORT.
 */
#include "probe/bytes.h"
#include "probe/virtual/firmware/commands.h"
#include "probe/virtual/firmware/swd.h"

enum { PORT_DP = 0xFFFF };

enum { ITEM_ADDRESS = 1, ITEM_WRITE = 2, ITEM_READ = 3, ITEM_AP = 5 };

static const struct gate names_port = { 32, 2 };	/* also the DP's banked registers */
static const struct gate close_works = { 29, 0 };
static const struct gate limits_ports = { 37, 7 };

bool ports_has_parameter(const struct firmware *fw)
{
	return personality_has(fw->personality, names_port);
}

uint8_t ports_parameter(const struct firmware *fw, uint8_t parameter)
{
	return ports_has_parameter(fw) ? parameter : 0;
}

uint8_t ports_check(const struct firmware *fw, uint8_t ap)
{
	if (ap == 0 || (ap <= AP_MAX && fw->open_aps & 1u << ap))
		return STATUS_OK;
	firmware_odd(fw, "access port was not opened");
	return STATUS_BAD_AP;
}

/* An access port without an identification does not exist. */
static uint8_t open_port(struct firmware *fw, uint8_t ap)
{
	uint32_t idr = 0;
	uint8_t status;

	if (ap > AP_MAX)
		return STATUS_BAD_AP;
	if (__builtin_popcount(fw->open_aps & ~(1u << ap)) >= APS_OPEN_MAX
	    && personality_has(fw->personality, limits_ports))
		return STATUS_TOO_MANY_AP;
	status = swd_ap_read(fw, ap, AP_IDR, &idr);
	if (status != STATUS_OK)
		return status;
	if (!idr)
		return STATUS_BAD_AP;
	fw->open_aps |= 1u << ap;
	return STATUS_OK;
}

HANDLER(ports_open)
{
	firmware_put_status(data, open_port(fw, block[2]));
}

HANDLER(ports_close)
{
	uint8_t ap = block[2];
	bool known = ap <= AP_MAX && fw->open_aps & 1u << ap;

	if (known)
		fw->open_aps &= ~(1u << ap);
	if (known && !personality_has(fw->personality, close_works))
		firmware_odd(fw, "closed, but this version says 1D");
	known = known && personality_has(fw->personality, close_works);
	firmware_put_status(data, known ? STATUS_OK : STATUS_BAD_AP);
}

/* Registers are words; bank bits of a DP address need newer firmware. */
static uint8_t check_register(const struct firmware *fw, uint16_t port, uint16_t address)
{
	if (port == PORT_DP)
		return address & 0xFF03 || (address & 0xF0 && !ports_has_parameter(fw))
		       ? STATUS_COMMAND_ERROR : STATUS_OK;
	if (port > UINT8_MAX)
		return STATUS_BAD_AP;
	return address & 0xFF03 ? STATUS_COMMAND_ERROR : STATUS_OK;
}

HANDLER(ports_read)
{
	uint16_t port = get_u16(block + 2), address = get_u16(block + 4);
	uint8_t status = check_register(fw, port, address), reg = (uint8_t)address;
	uint32_t value = 0;

	if (status == STATUS_OK)
		status = port == PORT_DP ? swd_dp_read(fw, reg & 0xC, reg >> 4, &value)
					 : swd_ap_read(fw, (uint8_t)port, reg, &value);
	firmware_put_status(data, status);
	put_u32(data + 4, value);
}

HANDLER(ports_write)
{
	uint16_t port = get_u16(block + 2), address = get_u16(block + 4);
	uint8_t status = check_register(fw, port, address), reg = (uint8_t)address;
	uint32_t value = get_u32(block + 6);

	if (status == STATUS_OK && port == PORT_DP)
		status = swd_dp_write(fw, reg & 0xC, reg >> 4, value);
	else if (status == STATUS_OK)
		status = swd_ap_write(fw, (uint8_t)port, reg, value);
	if (port != PORT_DP && reg == AP_CSW)
		fw->csw_known = false;
	firmware_put_status(data, status);
}

HANDLER(ports_batch_max)
{
	put_u16(data, fw->personality->batch_max);
}

/* N item codes, padded to whole words, and N words. A count out of limits carries no payload. */
uint32_t ports_batch_out_length(const struct firmware *fw, const uint8_t *block)
{
	uint32_t n = get_u32(block + 2);

	(void)fw;
	return n <= BATCH_MAX ? (n + 3) / 4 * 4 + 4 * n : 0;
}

/* N results and N status words of the last batch. */
uint32_t ports_batch_in_length(const struct firmware *fw, const uint8_t *block)
{
	(void)block;
	return 8 * fw->batch_count;
}

struct batch_state {
	uint8_t ap, ap_status;
	uint32_t address;
};

static uint8_t run_item(struct firmware *fw, struct batch_state *state, uint8_t code, uint32_t word,
			uint32_t *result)
{
	switch (code) {
	case ITEM_ADDRESS:
		state->address = word;
		return STATUS_OK;
	case ITEM_AP:
		state->ap = (uint8_t)word;
		state->ap_status = ports_check(fw, state->ap);
		return state->ap_status;
	case ITEM_WRITE:
		if (state->ap_status != STATUS_OK)
			return state->ap_status;
		return swd_write_word(fw, state->ap, state->address, word);
	case ITEM_READ:
		if (state->ap_status != STATUS_OK)
			return state->ap_status;
		return swd_read_word(fw, state->ap, word, result);
	}
	firmware_odd(fw, "unknown item in a batch");
	return STATUS_COMMAND_ERROR;
}

/* Every item is done and has a status of its own, whatever happened to those before it. */
HANDLER(ports_batch_out)
{
	uint32_t n = get_u32(block + 2);
	const uint8_t *words = data + (n + 3) / 4 * 4;
	struct batch_state state = { .ap_status = STATUS_OK };

	fw->batch_count = 0;
	if (n > fw->personality->batch_max) {
		firmware_odd(fw, "more items than RW_MISC_GET_MAX");
		return;
	}
	for (uint32_t i = 0; i < n; i++) {
		fw->batch_result[i] = 0;
		fw->batch_status[i] = run_item(fw, &state, data[i], get_u32(words + 4 * i),
					       &fw->batch_result[i]);
	}
	fw->batch_count = n;
}

HANDLER(ports_batch_in)
{
	uint32_t n = length / 8;

	if (!n) {
		firmware_odd(fw, "results of a batch that was not done");
		fw->silent = true;
	}
	for (uint32_t i = 0; i < n; i++) {
		put_u32(data + 4 * i, fw->batch_result[i]);
		put_u32(data + 4 * (n + i), fw->batch_status[i]);
	}
}
