/* SPDX-License-Identifier: MIT
 *
 * Memory commands: length at 6, access port at 8, wanted CSW[31:8] at 9. No status travels with
 * the data; it is kept for 3B and 3E until the next memory command.
 */
#include "probe/bytes.h"
#include "probe/virtual/firmware/commands.h"
#include "probe/virtual/firmware/swd.h"

uint32_t memory_length(const struct firmware *fw, const uint8_t *block)
{
	(void)fw;
	return get_u16(block + 6);
}

/* A single byte comes back as two. */
uint32_t memory_read_8_length(const struct firmware *fw, const uint8_t *block)
{
	return memory_length(fw, block) == 1 ? 2 : memory_length(fw, block);
}

static struct swd_block parse(const struct firmware *fw, const uint8_t *block, uint8_t width,
			      bool fixed)
{
	struct swd_block out = { .width = width, .fixed = fixed, .address = get_u32(block + 2),
				 .length = memory_length(fw, block),
				 .ap = ports_parameter(fw, block[8]) };

	if (ports_has_parameter(fw))
		out.csw = get_u32(block + 8) & ~0xFFu;
	return out;
}

/* What stands in the way before the wire is touched. */
static uint8_t check(struct firmware *fw, const struct swd_block *block)
{
	if (!block->length || (block->width == 1 && block->length > fw->personality->mem8_max)) {
		firmware_odd(fw, "length out of limits");
		return STATUS_COMMAND_ERROR;
	}
	if ((block->address | block->length) & (block->width - 1u)) {
		firmware_odd(fw, "address or length not aligned");
		return STATUS_ALIGNMENT;
	}
	return ports_check(fw, block->ap);
}

static bool moves_unaligned(const struct firmware *fw)
{
	return fw->rw_status == STATUS_ALIGNMENT && firmware_guesses(fw, GUESS_UNALIGNED);
}

/* No data at all comes for a length out of limits: the host runs into its time-out. */
static void read_memory(struct firmware *fw, const uint8_t *block, uint8_t *data, uint8_t width,
			bool fixed)
{
	struct swd_block where = parse(fw, block, width, fixed);

	fw->rw_fault = 0;
	fw->rw_status = check(fw, &where);
	if (fw->rw_status == STATUS_COMMAND_ERROR)
		fw->silent = !firmware_guesses(fw, GUESS_LONG_BYTES);
	else if (fw->rw_status == STATUS_OK)
		fw->rw_status = swd_read_block(fw, &where, data, &fw->rw_fault);
	else if (moves_unaligned(fw))
		swd_read_block(fw, &where, data, &fw->rw_fault);
}

static void write_memory(struct firmware *fw, const uint8_t *block, const uint8_t *data,
			 uint8_t width, bool fixed)
{
	struct swd_block where = parse(fw, block, width, fixed);

	fw->rw_fault = 0;
	fw->rw_status = check(fw, &where);
	if (fw->rw_status == STATUS_OK)
		fw->rw_status = swd_write_block(fw, &where, data, &fw->rw_fault);
	else if (moves_unaligned(fw))
		swd_write_block(fw, &where, data, &fw->rw_fault);
}

HANDLER(memory_read_32)
{
	read_memory(fw, block, data, 4, false);
}

HANDLER(memory_read_32_fixed)
{
	read_memory(fw, block, data, 4, true);
}

HANDLER(memory_read_16)
{
	read_memory(fw, block, data, 2, false);
}

HANDLER(memory_read_8)
{
	read_memory(fw, block, data, 1, false);
}

HANDLER(memory_write_32)
{
	write_memory(fw, block, data, 4, false);
}

HANDLER(memory_write_32_fixed)
{
	write_memory(fw, block, data, 4, true);
}

HANDLER(memory_write_16)
{
	write_memory(fw, block, data, 2, false);
}

HANDLER(memory_write_8)
{
	write_memory(fw, block, data, 1, false);
}

HANDLER(memory_get_status)
{
	firmware_put_status(data, fw->rw_status);
}

HANDLER(memory_get_status2)
{
	firmware_put_status(data, fw->rw_status);
	put_u32(data + 4, fw->rw_fault);
}
