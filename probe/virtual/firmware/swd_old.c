/* SPDX-License-Identifier: MIT
 *
 * Blocks of memory as firmware before J26 moved them: words in groups of 16 bytes through the
 * banked registers BD0..3, bytes one by one, never with address increment. Recorded with V2J16
 * and V2J17.
 */
#include "probe/virtual/firmware/swd.h"

#include "probe/bytes.h"
#include "probe/virtual/timing.h"

enum { GROUP = 16, USB_PACKET = 64 };

static uint8_t open_group(struct firmware *fw, const struct swd_block *block, uint32_t address)
{
	meter_swd(&fw->meter, TIMING_OLD_GROUP_NS);
	return swd_ap_write(fw, block->ap, AP_TAR, address & ~(GROUP - 1u));
}

static uint8_t bank_register(uint32_t address)
{
	return (uint8_t)(AP_BD0 + (address & (GROUP - 4)));
}

static bool ends_group(const struct swd_block *block, uint32_t at)
{
	return at + 4 == block->length || !((block->address + at + 4) & (GROUP - 1));
}

/* *reached in these: offset of the access that failed, which shows one packet late. */
static uint8_t read_words(struct firmware *fw, const struct swd_block *block, uint8_t *data,
			  uint32_t *reached)
{
	uint8_t status = STATUS_OK;
	uint32_t value;
	bool first = true;

	for (uint32_t at = 0; at < block->length && status == STATUS_OK; at += 4) {
		uint8_t reg = bank_register(block->address + at);
		bool last = ends_group(block, at);

		*reached = first ? at : at - 4;
		if (first)
			status = open_group(fw, block, block->address + at);
		if (status == STATUS_OK)
			status = swd_ap_post(fw, block->ap, reg, &value);
		if (status == STATUS_OK && !first)
			put_u32(data + at - 4, value);
		*reached = status == STATUS_OK ? at : *reached;
		if (status == STATUS_OK && last)
			status = swd_ap_collect(fw, &value);
		if (status == STATUS_OK && last)
			put_u32(data + at, value);
		first = last;
	}
	return status;
}

static uint8_t write_words(struct firmware *fw, const struct swd_block *block, const uint8_t *data,
			   uint32_t *reached)
{
	uint8_t status = STATUS_OK;
	uint32_t ignored;
	bool first = true;

	for (uint32_t at = 0; at < block->length && status == STATUS_OK; at += 4) {
		*reached = at ? at - 4 : 0;
		if (at % USB_PACKET == 0)
			meter_swd(&fw->meter, TIMING_OLD_WRITE_PACKET_NS);
		if (first)
			status = open_group(fw, block, block->address + at);
		if (status == STATUS_OK)
			status = swd_ap_write(fw, block->ap, bank_register(block->address + at),
					      get_u32(data + at));
		first = ends_group(block, at);
	}
	if (status != STATUS_OK)
		return status;
	*reached = block->length - 4;
	return swd_ap_collect(fw, &ignored);
}

static uint8_t move_bytes(struct firmware *fw, const struct swd_block *block, uint8_t *in,
			  const uint8_t *out, uint32_t *reached)
{
	uint8_t status = STATUS_OK;
	uint32_t value = 0;

	for (uint32_t at = 0; at < block->length && status == STATUS_OK; at++) {
		unsigned lane = 8 * ((block->address + at) & 3);

		*reached = at;
		meter_swd(&fw->meter, TIMING_OLD_BYTE_NS);
		status = swd_ap_write(fw, block->ap, AP_TAR, block->address + at);
		if (status == STATUS_OK && out)
			status = swd_ap_write(fw, block->ap, AP_DRW, (uint32_t)out[at] << lane);
		else if (status == STATUS_OK)
			status = swd_ap_post(fw, block->ap, AP_DRW, &value);
		if (status == STATUS_OK)
			status = swd_ap_collect(fw, &value);
		if (status == STATUS_OK && in)
			in[at] = (uint8_t)(value >> lane);
	}
	return status;
}

static uint8_t finish(struct firmware *fw, const struct swd_block *block, uint8_t status,
		      uint32_t reached, uint32_t *fault)
{
	if (status == STATUS_OK)
		return status;
	swd_fail(fw, block, status, fault);
	*fault = block->address + reached;	/* TAR only names the group */
	return status;
}

uint8_t swd_old_read_block(struct firmware *fw, const struct swd_block *block, uint8_t *data,
			   uint32_t *fault)
{
	uint32_t reached = 0;
	uint8_t status = swd_prepare(fw, block);

	if (status == STATUS_OK)
		status = block->width == 4 ? read_words(fw, block, data, &reached)
					   : move_bytes(fw, block, data, NULL, &reached);
	return finish(fw, block, status, reached, fault);
}

uint8_t swd_old_write_block(struct firmware *fw, const struct swd_block *block, const uint8_t *data,
			    uint32_t *fault)
{
	uint32_t reached = 0;
	uint8_t status = swd_prepare(fw, block);

	if (status == STATUS_OK)
		status = block->width == 4 ? write_words(fw, block, data, &reached)
					   : move_bytes(fw, block, NULL, data, &reached);
	return finish(fw, block, status, reached, fault);
}
