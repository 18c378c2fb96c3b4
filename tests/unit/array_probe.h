/* SPDX-License-Identifier: MIT
 *
 * A probe on a small ST-LINK made of an array: it does what firmware does, and refuses what firmware
 * refuses by failing the test.
 */
#ifndef TESTS_UNIT_ARRAY_PROBE_H
#define TESTS_UNIT_ARRAY_PROBE_H

#include "probe/bytes.h"
#include "probe/probe.h"

#include "tests/unit/fake_link.h"

enum { BASE = 0x20000000, SIZE = 0x8000 };

/* Memory at BASE, core registers without contents at 0xE0000000, elsewhere faults. */
struct array_device {
	uint8_t memory[SIZE];
	unsigned mem8_max;
	uint8_t version[2];
	uint8_t status;
	uint32_t fault;
	unsigned commands, units;	/* memory commands, and the widths seen, as a mask */
	uint8_t trouble;	/* see array_probe_trouble */
	unsigned times;
	uint32_t trouble_at;
	uint8_t batch[1227 * 8];
	uint32_t batch_count;
	unsigned batch_aps;
};

struct array_probe {
	struct fake_link fake;
	struct array_device device;
	struct probe *probe;
	uint64_t exchanges;	/* at the last array_probe_count() */
};

/* V2J37, V2J13 (tells no fault address) or V3J7. */
struct array_probe *array_probe_new(const char *version);
void array_probe_free(struct array_probe *array);
/* Exchanges since the last call. */
unsigned array_probe_count(struct array_probe *array);
/* This status for the next memory commands, `times` of them, with this fault address (0 = where the
 * command begins). */
void array_probe_trouble(struct array_probe *array, uint8_t status, unsigned times, uint32_t at);

#endif
