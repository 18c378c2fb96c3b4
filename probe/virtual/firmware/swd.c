/* SPDX-License-Identifier: MIT
 *
 * How the firmware talks SWD. Sequences as seen by a logic analyser; Arm ADIv5 (IHI 0031E).
 */
#include "probe/virtual/firmware/swd.h"

#include "probe/bytes.h"
#include "probe/virtual/timing.h"

#define POWER_REQUESTS	0x50000000u
#define POWER_ACKS	0xA0000000u
#define ABORT_ALL	0x1Fu		/* the transaction in progress and all sticky flags */
#define CSW_DEFAULT	0x23000000u
#define CSW_INCREMENT	0x10u
#define TAR_WRAP	0x3FFu

static uint8_t status_of(enum swd_ack ack, bool ap)
{
	switch (ack) {
	case SWD_OK:
		return STATUS_OK;
	case SWD_WAIT:
		return ap ? STATUS_AP_WAIT : STATUS_DP_WAIT;
	case SWD_FAULT:
		return ap ? STATUS_AP_FAULT : STATUS_DP_FAULT;
	case SWD_NO_ACK:
		break;
	}
	return ap ? STATUS_AP_ERROR : STATUS_DP_ERROR;
}

/* One packet; WAIT is retried at once, as often as this firmware does. */
static uint8_t transfer(struct firmware *fw, enum swd_request request, uint8_t reg, uint32_t *value)
{
	bool ap = request == SWD_AP_READ || request == SWD_AP_WRITE;
	unsigned retries = fw->personality->wait_retries;
	enum swd_ack ack;

	do
		ack = dap_transfer(&fw->dap, request, reg & 0xC, value);
	while (ack == SWD_WAIT && retries--);
	return status_of(ack, ap);
}

void swd_forget(struct firmware *fw)
{
	fw->select_known = fw->csw_known = false;
}

static uint8_t select_port(struct firmware *fw, uint32_t select)
{
	uint8_t status;

	if (fw->select_known && fw->select == select)
		return STATUS_OK;
	status = transfer(fw, SWD_DP_WRITE, DP_SELECT, &select);
	if (status == STATUS_OK)
		fw->select = select;
	if (status == STATUS_OK || status == STATUS_DP_ERROR)	/* refused = unchanged */
		fw->select_known = status == STATUS_OK;
	return status;
}

/* What a packet to the debug port says on behalf of the access port. */
static uint8_t as_ap(uint8_t status)
{
	return status == STATUS_OK ? status : status - STATUS_DP_WAIT + STATUS_AP_WAIT;
}

static uint8_t select_ap(struct firmware *fw, uint8_t ap, uint8_t reg)
{
	return as_ap(select_port(fw, (uint32_t)ap << 24 | (reg & 0xF0u)));
}

/* Only the register at 4 is banked. ABORT and DPIDR must work whatever SELECT is. */
static uint8_t select_dp_bank(struct firmware *fw, uint8_t reg, uint8_t bank)
{
	if (reg != DP_CTRL_STAT || (fw->select_known && (fw->select & 15) == bank))
		return STATUS_OK;
	return select_port(fw, (fw->select & ~15u) | bank);
}

uint8_t swd_dp_read(struct firmware *fw, uint8_t reg, uint8_t bank, uint32_t *value)
{
	uint8_t status = select_dp_bank(fw, reg, bank);

	return status == STATUS_OK ? transfer(fw, SWD_DP_READ, reg, value) : status;
}

uint8_t swd_dp_write(struct firmware *fw, uint8_t reg, uint8_t bank, uint32_t value)
{
	uint8_t status;

	if (reg == DP_SELECT && value & 15)
		firmware_odd(fw, "SELECT's bank of the debug port belongs to the firmware");
	if (reg == DP_SELECT)	/* ours: the host only chooses the access port and its bank */
		return select_port(fw, value & ~15u);
	status = select_dp_bank(fw, reg, bank);
	return status == STATUS_OK ? transfer(fw, SWD_DP_WRITE, reg, &value) : status;
}

uint8_t swd_ap_write(struct firmware *fw, uint8_t ap, uint8_t reg, uint32_t value)
{
	uint8_t status = select_ap(fw, ap, reg);

	return status == STATUS_OK ? transfer(fw, SWD_AP_WRITE, reg, &value) : status;
}

uint8_t swd_ap_post(struct firmware *fw, uint8_t ap, uint8_t reg, uint32_t *value)
{
	uint8_t status = select_ap(fw, ap, reg);

	return status == STATUS_OK ? transfer(fw, SWD_AP_READ, reg, value) : status;
}

/* WAIT and FAULT of RDBUFF speak of the access port's last transaction. */
uint8_t swd_ap_collect(struct firmware *fw, uint32_t *value)
{
	return as_ap(transfer(fw, SWD_DP_READ, DP_RDBUFF, value));
}

uint8_t swd_ap_read(struct firmware *fw, uint8_t ap, uint8_t reg, uint32_t *value)
{
	uint8_t status = swd_ap_post(fw, ap, reg, value);

	return status == STATUS_OK ? swd_ap_collect(fw, value) : status;
}

static uint8_t power_up(struct firmware *fw)
{
	uint32_t control;

	swd_dp_write(fw, DP_ABORT, 0, ABORT_ALL & ~1u);
	swd_dp_read(fw, DP_CTRL_STAT, 0, &control);
	if (swd_dp_write(fw, DP_CTRL_STAT, 0, POWER_REQUESTS) == STATUS_DP_WAIT)
		return STATUS_DP_WAIT;		/* an access port that never ends its transaction */
	if (swd_dp_read(fw, DP_CTRL_STAT, 0, &control) != STATUS_OK
	    || (control & POWER_ACKS) != POWER_ACKS)
		return STATUS_DEBUG_POWER;
	return STATUS_OK;
}

uint8_t swd_enter(struct firmware *fw, uint32_t *dpidr)
{
	uint32_t ignored;
	uint8_t status;

	swd_forget(fw);
	dap_switch(&fw->dap, true);
	fw->select = 0;
	fw->select_known = true;		/* a line reset clears it */
	if (transfer(fw, SWD_DP_READ, DP_DPIDR, dpidr) != STATUS_OK)
		return STATUS_IDCODE_ERROR;
	status = power_up(fw);
	if (status != STATUS_OK)
		return status;
	swd_ap_post(fw, 0, AP_IDR, &ignored);
	swd_ap_read(fw, 0, AP_BASE, &ignored);
	return STATUS_OK;
}

uint8_t swd_prepare(struct firmware *fw, const struct swd_block *block)
{
	uint32_t size = block->width == 4 ? 2 : block->width == 2 ? 1 : 0;
	bool increments = !block->fixed && !fw->personality->old_memory;
	uint32_t csw = (block->csw ? block->csw : CSW_DEFAULT) | size;
	uint8_t status;

	if (increments)
		csw |= CSW_INCREMENT;
	if (fw->csw_known && fw->csw == csw && fw->csw_ap == block->ap)
		return select_ap(fw, block->ap, AP_TAR);
	status = swd_ap_write(fw, block->ap, AP_CSW, csw);
	fw->csw_known = status == STATUS_OK;
	fw->csw = csw;
	fw->csw_ap = block->ap;
	return status;
}

uint8_t swd_fail(struct firmware *fw, const struct swd_block *block, uint8_t status,
		 uint32_t *fault)
{
	uint32_t address;

	*fault = block->address;
	if (swd_dp_write(fw, DP_ABORT, 0, ABORT_ALL) != STATUS_OK) {
		swd_forget(fw);
		return status;
	}
	if (swd_ap_read(fw, block->ap, AP_TAR, &address) == STATUS_OK)
		*fault = address;
	return status;
}

/* Single accesses and blocks have their own pauses between packets. */
static void set_gap(struct firmware *fw, const struct swd_block *block)
{
	bool streams = block->length > block->width && !fw->personality->old_memory;
	uint32_t v2_gap_ns = streams ? TIMING_V2_BLOCK_GAP_NS : TIMING_V2_GAP_NS;

	fw->dap.gap_ns = fw->personality->major == 2 ? v2_gap_ns : TIMING_V3_GAP_NS;
}

static void store(const struct swd_block *block, uint8_t *data, uint32_t offset, uint32_t value)
{
	uint32_t lane = (block->address + (block->fixed ? 0 : offset)) & 3;

	for (unsigned i = 0; i < block->width; i++)
		data[offset + i] = (uint8_t)(value >> 8 * ((lane & (4u - block->width)) + i));
}

static uint32_t fetch(const struct swd_block *block, const uint8_t *data, uint32_t offset)
{
	uint32_t lane = (block->address + (block->fixed ? 0 : offset)) & 3, value = 0;

	for (unsigned i = 0; i < block->width; i++)
		value |= (uint32_t)data[offset + i] << 8 * ((lane & (4u - block->width)) + i);
	return value;
}

/* TAR has to be written for the first access and where its counter wraps. */
static bool needs_address(const struct swd_block *block, uint32_t offset)
{
	return !offset || (!block->fixed && !((block->address + offset) & TAR_WRAP));
}

/* Each read brings the value of the one before it; RDBUFF brings the last of each run. */
static uint8_t stream_in(struct firmware *fw, const struct swd_block *block, uint8_t *data)
{
	uint8_t status = swd_prepare(fw, block);
	uint32_t value = 0;
	bool first = true;

	for (uint32_t at = 0; at < block->length && status == STATUS_OK; at += block->width) {
		uint32_t next = at + block->width;
		bool last = next == block->length || needs_address(block, next);

		if (first)
			status = swd_ap_write(fw, block->ap, AP_TAR, block->address + at);
		if (status == STATUS_OK)
			status = swd_ap_post(fw, block->ap, AP_DRW, &value);
		if (status == STATUS_OK && !first)
			store(block, data, at - block->width, value);
		if (status == STATUS_OK && last)
			status = swd_ap_collect(fw, &value);
		if (status == STATUS_OK && last)
			store(block, data, at, value);
		first = last;
	}
	return status;
}

static uint8_t stream_out(struct firmware *fw, const struct swd_block *block, const uint8_t *data)
{
	uint8_t status = swd_prepare(fw, block);
	uint32_t ignored;

	for (uint32_t at = 0; at < block->length && status == STATUS_OK; at += block->width) {
		if (needs_address(block, at))
			status = swd_ap_write(fw, block->ap, AP_TAR, block->address + at);
		if (status == STATUS_OK)
			status = swd_ap_write(fw, block->ap, AP_DRW, fetch(block, data, at));
	}
	return status == STATUS_OK ? swd_ap_collect(fw, &ignored) : status;
}

uint8_t swd_read_block(struct firmware *fw, const struct swd_block *block, uint8_t *data,
		       uint32_t *fault)
{
	uint8_t status;

	set_gap(fw, block);
	if (fw->personality->old_memory && block->length > block->width)
		return swd_old_read_block(fw, block, data, fault);
	status = stream_in(fw, block, data);
	return status == STATUS_OK ? status : swd_fail(fw, block, status, fault);
}

uint8_t swd_write_block(struct firmware *fw, const struct swd_block *block, const uint8_t *data,
			uint32_t *fault)
{
	uint8_t status;

	set_gap(fw, block);
	if (fw->personality->old_memory && block->length > block->width)
		return swd_old_write_block(fw, block, data, fault);
	status = stream_out(fw, block, data);
	return status == STATUS_OK ? status : swd_fail(fw, block, status, fault);
}

uint8_t swd_read_word(struct firmware *fw, uint8_t ap, uint32_t address, uint32_t *value)
{
	struct swd_block block = { .ap = ap, .width = 4, .address = address, .length = 4 };
	uint8_t bytes[4] = { 0 };
	uint32_t fault;
	uint8_t status = swd_read_block(fw, &block, bytes, &fault);

	*value = get_u32(bytes);
	return status;
}

uint8_t swd_write_word(struct firmware *fw, uint8_t ap, uint32_t address, uint32_t value)
{
	struct swd_block block = { .ap = ap, .width = 4, .address = address, .length = 4 };
	uint8_t bytes[4];
	uint32_t fault;

	put_u32(bytes, value);
	return swd_write_block(fw, &block, bytes, &fault);
}
