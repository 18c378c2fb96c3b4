/* SPDX-License-Identifier: MIT
 *
 * Any code, any registers, any writes to the private peripheral bus: the virtual core may fault and
 * lock up, but it neither crashes nor hangs, and time goes on.
 */
#include "tests/unit/cpu_rig.h"

#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
const char *__lsan_default_suppressions(void);

/* It keeps a bitmap of a page with code over uc_close. */
const char *__lsan_default_suppressions(void)
{
	return "leak:libunicorn";
}

enum { CODE_BYTES = 128, STEP_BYTES = 7, SLICE_CYCLES = 200 };

/* Where a write may go: one of these pages, and an offset. */
static const uint32_t pages[] = {
	0xE000E000, 0xE000E000, 0xE000ED00, 0xE000ED00, 0xE0001000, 0xE0002000, 0xE0000000,
	0xE00FF000, RIG_RAM, RIG_DEVICE,
};

static uint32_t word_at(const uint8_t *bytes)
{
	return bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

static void do_step(struct rig *rig, const uint8_t *step)
{
	uint32_t value = word_at(step + 3);
	uint32_t address = pages[step[1] % (sizeof(pages) / sizeof(pages[0]))] + step[2] * 4;

	switch (step[0] % 8) {
	case 0: case 1:
		bus_write(&rig->bus, address, 4, value, BUS_DEBUG);
		break;
	case 2:
		bus_read(&rig->bus, address, 4, &value, BUS_DEBUG);
		break;
	case 3:
		cpu_set_register(rig->cpu, step[2] & 0x7F, value);
		break;
	case 4:
		bus_write(&rig->bus, DHCSR, 4, DHCSR_KEY | (value & 0xF), BUS_DEBUG);
		break;
	case 5:
		cpu_set_irq(rig->cpu, step[2], step[1] & 1);
		break;
	case 6:
		bus_write(&rig->bus, RIG_RAM + step[2] * 4u, 4, value, BUS_DEBUG);
		break;
	case 7:
		rig->flash_special = step[1] & 1;
		break;
	}
}

static void run(struct rig *rig)
{
	uint64_t before = rig->now_ns;

	rig_run(rig, SLICE_CYCLES);
	assert(rig->now_ns >= before);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rig *rig;
	size_t at = 1 + 2 * CODE_BYTES;

	if (size < at)
		return 0;
	rig = rig_new((enum virtual_core)(data[0] % 6), data + 1, CODE_BYTES);
	memcpy(rig->ram, data + 1 + CODE_BYTES, CODE_BYTES);
	/* Vectors into flash and RAM in turn, so that something runs. */
	for (unsigned i = 1; i < 24; i++)
		rig->flash[4 * i + 3] = i & 1 ? 0x08 : 0x20, rig->flash[4 * i + 2] = 0,
		rig->flash[4 * i + 1] = 0;
	run(rig);
	for (; at + STEP_BYTES <= size; at += STEP_BYTES) {
		do_step(rig, data + at);
		run(rig);
	}
	rig_free(rig);
	return 0;
}
